import numpy as np
import pytest

import hwsim
from hwsim.errors import InputError
from hwsim.report.waveform import wire_names, write_gtkw, write_run, write_vcd


def trace(seed=0, n=5, events=200):
    rng = np.random.default_rng(seed)
    return {
        "n_pbits": n,
        "initial": rng.choice([-1, 1], n).astype(np.int8),
        "times_ticks": np.cumsum(rng.integers(0, 9_000_000, events)),
        "pbit": rng.integers(0, n, events).astype(np.int32),
        "value": rng.choice([-1, 1], events).astype(np.int8),
    }


def state_at(log, tick):
    state = log["initial"].copy()
    for t, i, s in zip(log["times_ticks"], log["pbit"], log["value"], strict=True):
        if t <= tick:
            state[i] = s
    return state


def read_back(path):
    """Value changes by name, by the rules of IEEE 1364: (tick, text) lists."""
    names, changes, tick = {}, {}, 0
    for line in path.read_text().splitlines():
        words = line.split()
        if words[0] == "$var":
            names[words[3]] = words[4]
            changes[words[4]] = []
        elif line[0] == "#":
            tick = int(line[1:])
        elif line[0] in "01":
            changes[names[line[1:]]].append((tick, line[0]))
        elif line[0] == "r":
            changes[names[words[1]]].append((tick, words[0][1:]))
    return changes


def test_the_states_at_every_instant_read_back_equal(tmp_path):
    log = trace()
    names = write_vcd(tmp_path / "a.vcd", **log)
    changes = read_back(tmp_path / "a.vcd")
    for tick in [0, *log["times_ticks"].tolist()]:
        found = [1 if [v for t, v in changes[name] if t <= tick][-1] == "1" else -1 for name in names]
        assert found == state_at(log, tick).tolist()
    assert [t for t, _ in changes["update"]] == sorted(set(log["times_ticks"].tolist()))


def test_an_independent_reader_sees_the_same_states(tmp_path):
    pywellen = pytest.importorskip("pywellen")
    log = trace(1)
    names = write_vcd(tmp_path / "a.vcd", **log, energies=[(0, -1.5), (7, 2.25)])
    found = {var.name: var.signal for var in pywellen.Waveform(str(tmp_path / "a.vcd")).all_vars()}
    for tick in [0, *log["times_ticks"].tolist()]:
        assert [2 * int(found[name].value_at(tick)) - 1 for name in names] == state_at(log, tick).tolist()
    assert [float(found["energy"].value_at(t)) for t in (0, 6, 7)] == [-1.5, -1.5, 2.25]


def test_each_p_bits_own_updates_are_events_of_their_own_also_when_nothing_flips(tmp_path):
    log = trace(2, n=2, events=1)
    write_vcd(tmp_path / "a.vcd", **log, tick_times=[np.array([5, 10]), np.array([7])])
    changes = read_back(tmp_path / "a.vcd")
    assert changes["s0_tick"] == [(5, "1"), (10, "1")]
    assert changes["s1_tick"] == [(7, "1")]


def test_the_same_trace_is_the_same_file(tmp_path):
    for name in ("a", "b"):
        write_vcd(tmp_path / f"{name}.vcd", **trace(3))
    assert (tmp_path / "a.vcd").read_bytes() == (tmp_path / "b.vcd").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.vcd", "b.vcd"]


def test_labels_become_legal_names_that_differ():
    names = wire_names([0, "a b", "a_b", (1, 2), "", "update", "energy"])
    assert names == ["s0", "a_b", "a_b_2", "s1_2", "s", "update_5", "energy_6"]


def test_the_gtkwave_view_names_every_wire(tmp_path):
    write_gtkw(tmp_path / "a.gtkw", vcd_path="a.vcd", names=["s0", "s1"])
    text = (tmp_path / "a.gtkw").read_text()
    assert "chip.s0" in text and "chip.s1" in text and "chip.energy" in text


def test_a_time_that_decreases_and_a_value_that_is_no_spin_are_refused(tmp_path):
    log = trace(4)
    with pytest.raises(InputError, match="must not decrease"):
        write_vcd(tmp_path / "a.vcd", **{**log, "times_ticks": log["times_ticks"][::-1]})
    with pytest.raises(InputError, match="-1 or \\+1"):
        write_vcd(tmp_path / "a.vcd", **{**log, "value": np.zeros(200, dtype=np.int8)})
    assert list(tmp_path.iterdir()) == []


def test_the_first_round_of_a_clocked_machine_is_in_the_file(tmp_path):
    program = hwsim.compile(hwsim.generate("ring:n=4"), hwsim.chip("generic-all-to-all", clock="synchronous"))
    run = hwsim.run(program, anneal=hwsim.constant(0.3, "50 ns"), reads=1, record=(0,), seed=4)
    times, pbits, values = run.traces[0]
    assert times[0] == 0 and np.any(values[times == 0] != run.initial_states[0][pbits[times == 0]])
    write_run(run, tmp_path / "a.vcd")
    changes = read_back(tmp_path / "a.vcd")
    names = wire_names(program.readout.names)
    first = [-1 if changes[name][0] == (0, "0") else 1 for name in names]
    assert first == run.initial_states[0].tolist()
    after = [1 if [v for t, v in changes[name] if t <= 1][-1] == "1" else -1 for name in names]
    assert after == values[times == 0][np.argsort(pbits[times == 0])].tolist()
    assert float(changes["energy"][0][1]) == program.energies(run.initial_states)[0]
    assert changes["update"][0][0] == 1
