"""Pages in a real browser: what they show is what the emulation did, and every control does what it says."""

import json
import statistics

import numpy as np
import pytest

import hwsim
from hwsim.units import to_seconds

PANELS = ("die0", "waves", "law", "scope", "curve")
_PIXELS = """
const canvas = document.getElementById(arguments[0]);
const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
let many = 0, name = 0;
for (let i = 0; i < data.length; i += 4) if (data[i + 3]) {
  many++;
  name = (name * 31 + data[i] + 7 * data[i + 1] + 13 * data[i + 2] + i) % 1000000007;
}
return [many, name];
"""
_STATES = """
const view = window.hwsim.app.view(0), up = s => s > 0 ? 1 : 0;
return arguments[0].map(t => {
  view.seek(t);
  return [Array.from(view.state, up), Array.from(view.state, (_, i) => up(view.stateAt(t, i)))];
});
"""


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A page with a slider of three delays."""
    path = tmp_path_factory.mktemp("view") / "karate.html"
    hwsim.view("karate", vary={"delay": "0:1tau:3"}, events=4000, seed=5, threads=1, progress=False).save(path)
    return path


def machine(**given):
    """The View of a machine of at most 100 p-bits."""
    how = {"problem": "ea2d:L=5,seed=2", "clock": "poisson", "delay": "0.4tau", "events": 6000} | given
    return hwsim.view(**how, reads=2, schedules=2, seed=4, threads=1, progress=False)


def drawn(browser, panel):
    """Pixels of a canvas that something was drawn on, and a number that names what."""
    return browser.script(_PIXELS, panel)


def shown(browser):
    """What every panel shows."""
    words = browser.script(
        "return ['pbit-words', 'law-words', 'scope-words'].map(id => document.getElementById(id).innerText)"
    )
    return {panel: drawn(browser, panel)[1] for panel in PANELS} | {
        "pbit": words[0],
        "law": words[1],
        "scope": words[2],
    }


def settle(browser):
    """Let the page draw what was asked for."""
    browser.wait("!window.hwsim.app.waiting", seconds=10)


def test_a_page_draws_every_panel_and_says_nothing_on_the_console(browser, swept):
    browser.open(swept)
    assert browser.log() == []
    for panel in PANELS:
        assert drawn(browser, panel)[0] > 300, panel
    assert browser.script("return document.documentElement.scrollWidth <= window.innerWidth")


def test_the_slider_moves_every_panel_and_stands_in_the_address(browser, swept):
    browser.open(swept)
    before = shown(browser)
    browser.type(browser.labelled("delay"), "right")
    browser.wait("location.hash.includes('delay=0.5')")
    after = shown(browser)
    assert not [panel for panel in before if before[panel] == after[panel] and panel not in ("curve", "pbit")]
    address = browser.script("return location.hash")
    browser.open(swept, fragment=address)
    assert shown(browser) == after


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("right", "t"),
        ("left", "t"),
        ("home", "t"),
        ("end", "t"),
        ("]", "axis"),
        ("+", "speed"),
        ("-", "speed"),
        ("l", "loop"),
        ("w", "wires"),
        ("a", "a"),
        ("b", "b"),
        (".", "t"),
        (",", "t"),
        ("i", "zoom"),
        ("n", "t"),
    ],
)
def test_every_key_does_what_the_page_says(browser, swept, key, changes):
    if browser.script("return location.href").split("#")[0] != swept.as_uri():
        browser.open(swept)
    browser.script("document.activeElement.blur(); window.hwsim.app.set({t: 3e8, axis: [1], zoom: [2e8, 4e8]})")
    settle(browser)
    state = "return JSON.stringify(window.hwsim.app.state[arguments[0]])"
    before = browser.script(state, changes)
    browser.press(key)
    browser.wait(f"JSON.stringify(window.hwsim.app.state.{changes}) !== {json.dumps(before)}", seconds=5)


def test_space_plays_and_pauses_in_device_time(browser, swept):
    browser.open(swept)
    browser.press("space")
    start = browser.script("return window.hwsim.app.state.t")
    browser.wait(f"window.hwsim.app.state.t > {start} + window.hwsim.app.round")
    browser.wait(f"Number(location.hash.match(/t=(\\d+)/)[1]) > {start}")
    browser.press("space")
    settle(browser)
    assert browser.script("return window.hwsim.app.playing") is False
    still = browser.script("return window.hwsim.app.state.t")
    assert browser.script("return window.hwsim.app.state.t") == still > start


@pytest.mark.parametrize("clock", ["poisson", "chromatic", "synchronous", "sequential"])
def test_the_state_shown_at_a_time_is_the_emulations_state_then(browser, tmp_path, clock):
    view = machine(clock=clock)
    view.save(tmp_path / "page.html")
    (scene,) = view.scenes
    times = np.sort(np.random.default_rng(6).integers(scene.end - 1, size=50)).tolist()
    settings = {"reads": 2, "schedules": 2, "seed": 4, "engine": "reference"}
    states = []
    with hwsim.Session.of(scene.program, scene.anneal, **settings) as session:
        for time in times:
            session.advance(int(time) + 1)
            states.append((session.peek()[0] > 0).astype(int).tolist())
    browser.open(tmp_path / "page.html")
    order = np.random.default_rng(7).permutation(50).tolist()
    found = browser.script(_STATES, [times[k] for k in order])
    for k, (played, looked_up) in zip(order, found, strict=True):
        assert played == looked_up == states[k]


def stale_reads(scene):
    """The updates that the definition calls stale: a commit of a neighbour, made earlier, has not arrived."""
    network, wires = scene.program.network, scene.program.wires
    state, commits, out = scene.initial.copy(), {}, []
    times = scene.trace[0]
    for instant in np.unique(times[times < scene.end]):
        events = np.flatnonzero(times == instant)
        for e in events:
            row = network.row(int(scene.trace[1][e]))
            late = False
            for k in range(row.start, row.stop):
                for sent in commits.get(int(network.indices[k]), []):
                    every = 0 if wires.exchange is None else int(wires.exchange[k])
                    leaves = (sent // every + 1) * every if every else sent
                    late = late or instant < leaves + int(wires.delay[k])
            out.append(int(late))
        for e in events:
            i, new = int(scene.trace[1][e]), scene.trace[2][e]
            if state[i] != new:
                state[i] = new
                commits.setdefault(i, []).append(int(instant))
    return out


@pytest.mark.parametrize(
    "more", [{}, {"chips": 2, "exchange": "0.6tau", "delay": "1 ns"}], ids=["one chip", "two chips"]
)
def test_stale_reads_and_energies_are_those_of_the_definition(browser, tmp_path, more):
    view = machine(events=900, **more)
    view.save(tmp_path / "page.html")
    (scene,) = view.scenes
    browser.open(tmp_path / "page.html")
    assert browser.script("return Array.from(window.hwsim.app.view(0).stale)") == stale_reads(scene)
    instants = np.unique(scene.trace[0])
    state, energies = scene.initial.copy(), []
    for instant in instants:
        here = scene.trace[0] == instant
        state[scene.trace[1][here]] = scene.trace[2][here]
        energies.append(scene.program.energies(state[None])[0])
    shown = browser.script("return Array.from(window.hwsim.app.view(0).energy)")
    assert np.allclose(shown[1:], energies, rtol=0, atol=1e-9)


def test_next_event_stops_at_each_stale_read_and_says_who_read_whom(browser, tmp_path):
    view = machine(events=900)
    view.save(tmp_path / "page.html")
    browser.open(tmp_path / "page.html", fragment="#t=0")
    browser.choose("Pause at", "next stale read")
    (scene,) = view.scenes
    stale = np.array(stale_reads(scene), dtype=bool)
    expected = np.unique(scene.trace[0][: len(stale)][stale])[:3]
    for instant in expected.tolist():
        browser.click(browser.labelled("Next event"))
        browser.wait(f"window.hwsim.app.state.t === {instant}")
        assert "still under way" in browser.script("return document.getElementById('status').innerText")


def test_a_thousand_pbits_and_a_hundred_thousand_updates_are_quick(browser, tmp_path, record_property):
    path = tmp_path / "glass.html"
    view = hwsim.view("ea3d:L=10", delay="0.2tau", reads=2, schedules=2, events=100_000, threads=1, progress=False)
    view.save(path)
    size = path.stat().st_size
    browser.open(path, fragment="#speed=5")
    paint = browser.script("return performance.getEntriesByType('paint').map(e => e.startTime)")
    browser.script(
        "window.hwsim.app.frames.length = 0; window.hwsim.app.play(true); window.stamps = [];"
        "const stamp = now => { window.stamps.push(now); requestAnimationFrame(stamp); }; requestAnimationFrame(stamp)"
    )
    browser.wait("window.hwsim.app.frames.length >= 30 && window.stamps.length >= 30", seconds=20)
    frames, stamps = browser.script("window.hwsim.app.play(false); return [window.hwsim.app.frames, window.stamps]")
    print(
        f"1,000 p-bits: {size / 1e6:.2f} MB, first paint {max(paint):.0f} ms, a frame every "
        f"{statistics.median(np.diff(stamps)):.0f} ms, of which the page works {statistics.median(frames):.0f} ms"
    )
    assert size < 3_000_000
    assert statistics.median(frames) < 100


def test_two_clocks_stand_side_by_side_in_step(browser, tmp_path):
    path = tmp_path / "clocks.html"
    hwsim.view("ring:n=8", compare="poisson,synchronous", events=3000, threads=1, progress=False).save(path)
    browser.open(path)
    assert browser.log() == []
    for panel in ("die0", "die1", "law"):
        assert drawn(browser, panel)[0] > 300
    before = [drawn(browser, panel)[1] for panel in ("die0", "die1")]
    browser.script("window.hwsim.app.set({t: 7 * window.hwsim.app.round + 5})")
    settle(browser)
    assert all(drawn(browser, panel)[1] != old for panel, old in zip(("die0", "die1"), before, strict=True))
    at = browser.script("return window.hwsim.app.views().map(view => view.at ? view.instant[view.at - 1] : 0)")
    assert max(at) <= browser.script("return window.hwsim.app.state.t")


def test_the_law_on_the_page_is_boltzmanns(browser, tmp_path):
    from hwsim.analysis.exact_laws import boltzmann_law, energies
    from hwsim.analysis.fidelity import total_variation_of_counts, tv_noise_floor

    view = machine(problem="sk:n=6,seed=1", delay="0ns")
    view.save(tmp_path / "page.html")
    (scene,) = view.scenes
    browser.open(tmp_path / "page.html", fragment=f"#t={scene.end}")
    facts = browser.script(
        "const app = window.hwsim.app, view = app.view(0), law = app.panels.law; app.panels.law.draw();"
        "return JSON.parse(JSON.stringify(law.last))"
    )
    expected = boltzmann_law(energies(*scene.program.problem_network), float(scene.anneal.beta[0]))
    assert np.allclose(facts["p"], expected, rtol=1e-12, atol=0)
    assert sum(facts["counts"]) == int(to_seconds(scene.end) / to_seconds(scene.program.clock.round_ticks))
    assert np.isclose(facts["distance"], total_variation_of_counts(facts["counts"], expected), rtol=1e-12)
    assert np.isclose(facts["floor"], tv_noise_floor(expected, int(sum(facts["counts"]))), rtol=1e-6)


def test_of_too_many_updates_the_page_holds_frames_and_says_so(browser, tmp_path, monkeypatch):
    monkeypatch.setattr("hwsim.command.viewed.MOST_EVENTS", 1000)
    view = machine(problem="ea2d:L=5,seed=2")
    view.save(tmp_path / "page.html")
    (scene,) = view.scenes
    assert "thinned: this page holds 40 frames" in view.show.notes[0]
    with hwsim.Session.of(scene.program, scene.anneal, reads=2, schedules=2, seed=4) as session:
        expected = [frame.states[0].tolist() for frame in session.frames(40)]
    browser.open(tmp_path / "page.html")
    assert browser.log() == []
    shown = browser.script(
        "const view = window.hwsim.app.view(0);"
        "return Array.from(view.instant, t => { view.seek(t); return Array.from(view.state) })"
    )
    assert shown == expected
    energies = browser.script("return Array.from(window.hwsim.app.view(0).energy).slice(1)")
    assert energies == scene.program.energies(np.array(expected, dtype=np.int8)).tolist()


def test_a_saved_run_is_shown_as_it_ran(browser, tmp_path):
    program = hwsim.compile(hwsim.read("karate"), hwsim.chip("generic-all-to-all", delay="1 ns"))
    how = {"anneal": hwsim.linear(0.1, 1.0, "100 ns"), "reads": 4, "schedules": 2, "seed": 9}
    run = hwsim.run(program, record=(0,), **how)
    hwsim.save_run(run, tmp_path / "run.npz")
    ways = [hwsim.view(tmp_path / "run.npz", progress=False), hwsim.run(program, **how).view()]
    for view in ways:
        assert all(np.array_equal(a, b) for a, b in zip(view.scenes[0].trace, run.traces[0], strict=True))
    ways[0].save(tmp_path / "page.html")
    browser.open(tmp_path / "page.html", fragment=f"#t={run.anneal.end}")
    assert browser.log() == []
    assert browser.script("return Array.from(window.hwsim.app.view(0).state)") == run.states[0].tolist()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"delay": "1 ns"}, "a run is shown as it ran: leave delay out, or give the problem itself"),
        ({"vary": {"delay": "0:1tau:3"}}, "a run is shown as it ran: leave vary out, or give the problem itself"),
        ({"time": "1 us"}, "a run is shown as it ran: leave time out, or give the problem itself"),
    ],
)
def test_a_run_takes_nothing_that_would_change_it(given, words):
    program = hwsim.compile(hwsim.read("ring:n=4"), "generic-all-to-all")
    run = hwsim.run(program, anneal=hwsim.constant(1, "20 ns"), reads=2, record=(0,))
    with pytest.raises(hwsim.HwsimError, match=f"^{words}$"):
        hwsim.view(run, progress=False, **given)


def test_a_saved_program_is_shown_with_its_own_chip(tmp_path):
    from hwsim.program import save

    program = hwsim.compile(hwsim.read("ring:n=5"), hwsim.chip("generic-all-to-all", delay="1 ns"))
    save(program, tmp_path / "ring.npz")
    view = hwsim.view(tmp_path / "ring.npz", events=500, progress=False)
    assert np.array_equal(view.scenes[0].program.wires.delay, program.wires.delay)
    grid = hwsim.compile(hwsim.read("ring:n=8"), "hitachi-king")
    save(grid, tmp_path / "grid.npz")
    where = hwsim.view(tmp_path / "grid.npz", events=500, progress=False).scenes[0].where
    assert where.words == "each p-bit on its place in the king graph of the chip"
    with pytest.raises(hwsim.HwsimError, match="a saved program contains its chip: leave tau out"):
        hwsim.view(tmp_path / "ring.npz", tau="2 ns", progress=False)


def test_chains_vote_break_and_stand_beside_the_problem(browser, tmp_path):
    pytest.importorskip("minorminer")
    view = machine(problem="sk:n=14,seed=1", chip="dwave-advantage2-1.10", delay=None, clock=None, time="60tau")
    view.save(tmp_path / "page.html")
    (scene,) = view.scenes
    readout, times = scene.program.readout, np.unique(scene.trace[0])
    browser.open(tmp_path / "page.html", fragment="#t=0")
    assert browser.log() == [] and drawn(browser, "logical")[0] > 300
    state, energies, broken = scene.initial.copy(), [], []
    for instant in times:
        here = scene.trace[0] == instant
        state[scene.trace[1][here]] = scene.trace[2][here]
        energies.append(scene.program.energies(state[None])[0])
        broken.append(int(readout.broken(state[None]).sum()))
    assert max(broken) > 0
    shown = browser.script(
        "const view = window.hwsim.app.view(0); return [Array.from(view.energy), Array.from(view.broken)]"
    )
    assert np.allclose(shown[0][1:], energies, rtol=0, atol=1e-9)
    assert shown[1][1:] == broken
    browser.choose("Pause at", "next chain break")
    browser.click(browser.labelled("Next event"))
    browser.wait("document.getElementById('status').innerText.startsWith('A chain breaks')")


def test_a_mixed_machine_shows_its_modes_as_curves_and_their_pull_on_a_pbit(browser, tmp_path):
    from hwsim.thermo.mixed import MixedNetwork

    rng = np.random.default_rng(8)
    coupling = np.zeros((4, 4))
    coupling[0, 1] = coupling[1, 0] = -0.5
    network = MixedNetwork(
        bias=np.array([0.1, -0.2, 0.0, 0.3]),
        coupling=coupling,
        stiffness=2 * np.eye(2),
        force=np.zeros(2),
        weights=rng.standard_normal((2, 4)),
        pbit_tau_s=5e-9,
        mode_tau_s=10e-9,
    )
    view = hwsim.view(network, beta=0.8, delay="1 ns", events=300, seed=2, progress=False)
    view.save(tmp_path / "page.html")
    (scene,) = view.scenes
    browser.open(tmp_path / "page.html")
    assert browser.log() == []
    shown = browser.script(
        "const view = window.hwsim.app.view(0);"
        "return [Array.from(view.value), view.modes.values.map(values => Array.from(values))]"
    )
    assert shown[0] == scene.trace[2].tolist()
    step = np.ptp(scene.modes.values, axis=0) / 2**16
    assert np.all(np.abs(np.array(shown[1]).T[1:] - scene.modes.values) <= 2 * step)
    event = 200
    t, i = int(scene.trace[0][event]), int(scene.trace[1][event])
    x = scene.modes.values[event, 1:]
    heard = browser.script(
        "const app = window.hwsim.app, view = app.view(0), m = view.machine, [t, i] = arguments, out = [];"
        "for (let k = m.pointer[i]; k < m.pointer[i + 1]; k++) out.push([m.indices[k], view.heard(k, t).value]);"
        "return [view.input(i, t), out]",
        t,
        i,
    )
    field = network.bias[i] + sum(coupling[i, j] * value for j, value in heard[1]) - network.weights[:, i] @ x
    assert np.isclose(heard[0], -field, atol=1e-3)
    for beta, words in (("warm", "^beta must be a number"), ("0.1:1", "^a mixed machine runs at one beta")):
        with pytest.raises(hwsim.HwsimError, match=words):
            hwsim.view(network, beta=beta, progress=False)
