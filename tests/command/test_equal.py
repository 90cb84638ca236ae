"""Each function gives what its command writes, number for number, and shows itself in a few lines."""

import json

import numpy as np
import pytest

import hwsim
from hwsim.cli.main import main

HOST = {"host_s", "host_seconds", "updates_per_ns", "host_energy_j"}
"""What this computer's speed decides."""
FEW = {"time": "60ns", "reads": 16, "schedules": 4}
SPEC = {"problem": "sk:n=6,seed=1", "target": "exact", "reads": 16, "sweep": {"weight_bits": [3, 8]}, "time": "60 ns"}
TOML = 'problem = "sk:n=6,seed=1"\ntarget = "exact"\nreads = 16\ntime = "60 ns"\n[sweep]\nweight_bits = [3, 8]\n'
SHORT = "--time 60ns --reads 16 --schedules 4"
COMMANDS = {
    f"tts sk:n=6,seed=1 --target exact --clock poisson,synchronous {SHORT}": lambda: hwsim.tts(
        "sk:n=6,seed=1", clock="poisson,synchronous", target="exact", **FEW
    ),
    f"tts sk:n=6,seed=1 --target exact --chip autonomous-pbit,generic-all-to-all {SHORT}": lambda: hwsim.tts(
        "sk:n=6,seed=1", ["autonomous-pbit", "generic-all-to-all"], target="exact", **FEW
    ),
    f"blame sk:n=6,seed=1 --chip autonomous-pbit --dies 2 {SHORT}": lambda: hwsim.blame(
        "sk:n=6,seed=1", "autonomous-pbit", dies=2, **FEW
    ),
    f"blame sk:n=6,seed=1 --chip autonomous-pbit,generic-floorplan --dies 2 {SHORT}": lambda: hwsim.blame(
        "sk:n=6,seed=1", "autonomous-pbit,generic-floorplan", dies=2, **FEW
    ),
    f"layout sk:n=6,seed=1 --beta 0.5 {SHORT}": lambda: hwsim.layout("sk:n=6,seed=1", beta=0.5, **FEW),
    "layout --chip extropic-g8": lambda: hwsim.layout(chip="extropic-g8"),
    f"sweep sk:n=6,seed=1 --vary delay=0:1tau:2 {SHORT}": lambda: hwsim.sweep(
        "sk:n=6,seed=1", {"delay": "0:1tau:2"}, **FEW
    ),
    "explore spec.toml": lambda: hwsim.explore(SPEC),
    "free-energy sk:n=6,seed=1 --beta 0.5 --reads 16 --schedules 4 --delay 1ns": lambda: hwsim.free_energy(
        "sk:n=6,seed=1", beta=0.5, reads=16, schedules=4, delay="1 ns"
    ),
    "fit sigmoid.csv --tau 5ns": lambda: hwsim.fit("sigmoid.csv", tau="5 ns"),
    "thermo solve A.npy b.npy --time 50us --host-power 10W": lambda: hwsim.thermo.solve(
        [[2.0, 0.5], [0.5, 1.0]], [1, 2], time="50 us", host_power="10 W"
    ),
    "thermo inverse A.npy --time 50us --set tau=2us": lambda: hwsim.thermo.inverse(
        "A.npy", time=50e-6, set={"tau": "2 us"}
    ),
    "thermo regression X.npy y.npy --prior 2 --time 50us": lambda: hwsim.thermo.regression(
        np.load("X.npy"), np.load("y.npy"), prior=2, time="50us"
    ),
    "thermo determinant A.npy --samples 4": lambda: hwsim.thermo.determinant("A.npy", samples=4),
    "thermo exponential A.npy --samples 4": lambda: hwsim.thermo.exponential("A.npy", samples=4),
    "thermo lyapunov A.npy A.npy --samples 4": lambda: hwsim.thermo.lyapunov("A.npy", "A.npy", samples=4),
    "thermo sample bowl --time 1us --replicas 10": lambda: hwsim.thermo.sample("bowl", time="1us", replicas=10),
}


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("A.npy", np.array([[2.0, 0.5], [0.5, 1.0]]))
    np.save("b.npy", np.array([1.0, 2.0]))
    np.save("X.npy", np.array([[1.0, 2.0], [3.0, 1.0], [0.5, 0.5]]))
    np.save("y.npy", np.array([1.0, 2.0, 0.0]))
    x = np.linspace(-2, 2, 9)
    rows = [f"{at},1000,{(1 + np.tanh(at)) / 2:.4f}" for at in x]
    (tmp_path / "sigmoid.csv").write_text("\n".join(["input,n,p", *rows]) + "\n")
    (tmp_path / "spec.toml").write_text(TOML)


def numbers(document):
    """The document as JSON holds it, without the numbers of this computer."""
    if isinstance(document, dict):
        return {key: numbers(value) for key, value in document.items() if key not in HOST}
    return [numbers(value) for value in document] if isinstance(document, list | tuple) else document


@pytest.mark.parametrize("command", COMMANDS)
def test_the_function_equals_the_command(command, files, capsys):
    assert main([*command.split(), "--json", "-"]) == 0
    written = json.loads(capsys.readouterr().out)
    made = written.pop("provenance")
    found = COMMANDS[command]()
    mine = json.loads(json.dumps(found.document))
    assert numbers(written) == numbers(mine)
    assert {**made, "command": None} == json.loads(json.dumps(found.provenance.facts()))
    assert capsys.readouterr() == ("", "")  # a function prints nothing
    assert len(repr(found)) < 500 and 1 <= repr(found).count("\n") < 6
    assert str(found) and found._repr_html_().startswith("<pre>")
    assert found.rows and isinstance(found.flat_rows()[0], dict)


@pytest.mark.parametrize("command", ["thermo sample bowl --time 1us --replicas 10", "fit sigmoid.csv --tau 5ns"])
def test_its_picture_takes_axes_several_axes_or_a_figure(command, files):
    from matplotlib.figure import Figure

    found = COMMANDS[command]()
    names = list(found.drawing().panels)
    assert found.plot(axes := Figure().subplots(), panel=names[-1]) is axes
    several = Figure().subplots(1, len(names), squeeze=False)
    found.plot(several)
    assert all(one.has_data() for one in several.ravel())
    sheet = Figure(layout="constrained")
    left, right = sheet.subfigures(1, 2)
    found.plot(left)
    assert left.axes and not right.axes
    with pytest.raises(hwsim.HwsimError, match="panel must be one of"):
        found.plot(panel="front")
    with pytest.raises(hwsim.HwsimError, match="panels"):
        found.plot(Figure().subplots(1, len(names) + 1))


def test_rows_are_a_data_frame_where_pandas_is_there(files, monkeypatch):
    found = COMMANDS["thermo sample bowl --time 1us --replicas 10"]()
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(hwsim.HwsimError, match=r"pip install hwsim\[notebook\]"):
        found.to_pandas()
    monkeypatch.undo()
    pytest.importorskip("pandas")
    assert list(found.to_pandas().columns) == ["low", "high", "count", "law"]
