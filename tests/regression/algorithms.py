"""Small runs of all controllers: tempering, quantum and population annealing, ladders, free energies,
demons, the sampler, studies, and experiments on dies and anneals.

Enters: nothing. Leaves: rows. Names that are not public are looked for where they are now, then where they were.
"""

import contextlib
import io
import json
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from digest import ENGINES, digest, of_outcome, of_run, public, refused, schedule_of

import hwsim

Row = tuple[str, Callable[[], Any]]
_FAST = tuple(engine for engine in ENGINES if engine not in ("auto", "reference"))
_BETAS = np.array([0.2, 0.5, 0.9, 1.4])


def rows(quick: bool) -> Iterator[Row]:
    """(name, work) of every algorithm; ``quick``: a few of each that have public names."""
    yield from _tempering(quick)
    yield from _quantum(quick)
    yield from _population(quick)
    yield from _equilibrium(quick)
    if not quick:
        yield from _ladders()
        yield from _sampler()
        yield from _studies()
        yield from _experiments()


@cache
def _program(name: str) -> Any:
    """The programs on which algorithms run, compiled once each."""
    lattice, cut = hwsim.generate("ea2d:L=4,seed=3"), hwsim.generate("maxcut:n=18,p=0.3,seed=4")
    card = "generic-all-to-all"
    if name == "chromatic":
        return hwsim.compile(lattice, hwsim.chip(card, clock="chromatic"))
    if name == "delayed":
        return hwsim.compile(cut, hwsim.chip(card, delay="1.7 ns", energy_per_update="1 fJ"))
    if name == "dense":
        return hwsim.compile(hwsim.generate("sk:n=14,seed=2"), hwsim.chip(card, delay="0.5 ns", gain_dtod=0.1))
    if name in ("faults", "stuck"):  # what the registers hold is not what was asked, and the temperature rises
        faults = {"weight_bits": 4, "noise_white": 0.2, "noise_flicker": 0.2, "temperature_drift": 2e6}
        stuck = 0.1 if name == "stuck" else 0.0
        return hwsim.compile(cut, hwsim.chip(card, tau_dtod=0.2, stuck_fraction=stuck, **faults), die_seed=1)
    if name == "floorplan":
        return hwsim.compile(lattice, hwsim.chip("generic-floorplan", clock="free-running", jitter="0.2 ns"))
    if name == "chips":
        return hwsim.compile(cut, hwsim.chip(card), parts=[i // 6 for i in range(18)], exchange_s=6e-9)
    if name == "copies":
        sparse = hwsim.chip("generic-sparse", max_degree=3, input_fraction_bits=8)
        return hwsim.compile(hwsim.generate("maxcut:n=7,p=1,seed=0"), sparse)
    if name == "binary":
        return hwsim.compile(hwsim.generate("sat:n=8,m=12,seed=5"), hwsim.chip(card, clock="sequential"))
    if name == "warming":  # whole-number couplings, for demons
        return hwsim.compile(lattice, hwsim.chip(card, clock="synchronous", participation=0.4, temperature_drift=5e6))
    if name == "many":
        return hwsim.compile(hwsim.generate("sk:n=72,seed=2"), hwsim.chip(card, delay="0.5 ns"))
    assert name == "magnets"
    slow = hwsim.chip("purdue-autonomous", input_limit=1.5)
    return hwsim.compile(hwsim.generate("ring:n=8"), slow)


_NAMES = (
    "chromatic",
    "delayed",
    "dense",
    "faults",
    "stuck",
    "floorplan",
    "chips",
    "copies",
    "binary",
    "magnets",
    "warming",
    "many",
)


def _tempering(quick: bool) -> Iterator[Row]:
    def tempered(name: str, seen: bool = False, **how: Any) -> Callable[[], Any]:
        frames: list[Any] = []

        def observe(time_s: float, states: np.ndarray) -> None:
            frames.extend((time_s, states.copy()))

        def work() -> Any:
            settings = {"sweeps": 20, "betas": _BETAS, "reads": 4, "seed": 7, "threads": 1} | how
            outcome = hwsim.parallel_tempering(_program(name), **settings, **({"observe": observe} if seen else {}))
            return of_outcome(outcome) | {"frames": digest(*frames)}

        return lambda: refused(work)

    yield "tempering, chromatic, observed", tempered("chromatic", seen=True, schedules=2)
    yield "tempering, faults, own ladder", tempered("faults", betas=None, sweeps=30, replicas=2)
    if quick:
        return
    for name in _NAMES:
        yield f"tempering, {name}", tempered(name)
    yield "tempering, no clusters", tempered("delayed", cluster=False, replicas=3, reads=6, schedules=3)
    yield "tempering, in turns", tempered("delayed", copies=3, sweeps_per_swap=3, sweeps=25, checkpoints=[5, 10, 25])
    yield "tempering, one beta", tempered("chromatic", betas=np.array([1.0]), checkpoints=3)
    for engine in ENGINES[1:]:
        yield f"tempering, delayed, {engine}", tempered("delayed", engine=engine)
        yield f"tempering, dense, {engine}", tempered("dense", engine=engine, sweeps=8)


def _quantum(quick: bool) -> Iterator[Row]:
    def annealed(name: str, **how: Any) -> Callable[[], Any]:
        def work() -> Any:
            settings = {"sweeps": 12, "copies": 5, "reads": 20, "seed": 3, "threads": 1} | how
            return of_outcome(hwsim.quantum_annealing(_program(name), **settings))

        return lambda: refused(work)

    yield "quantum annealing, delayed", annealed("delayed")
    if quick:
        return
    for name in _NAMES:
        yield f"quantum annealing, {name}, 4 copies", annealed(name, copies=4, reads=70, schedules=2)
    yield "quantum annealing, 2 copies", annealed("chromatic", copies=2)
    yield "quantum annealing, factor", annealed("chromatic", copies=3, factor=0.5, beta=0.8, field=2.0)
    for engine in ENGINES[1:]:
        yield f"quantum annealing, delayed, {engine}", annealed("delayed", engine=engine)
        yield f"coupled copies, floorplan, {engine}", lambda engine=engine: _coupled("floorplan", engine)


def _coupled(name: str, engine: str) -> Any:
    """The program of all copies, run under an anneal of its own and recorded."""
    couple, drive = (public(f"hwsim.algorithm.quantum:{found}") for found in ("coupled_copies", "transverse_anneal"))
    copies, anneal = couple(_program(name), 4), drive(6, 5_000_000)
    return of_run(copies, engine=engine, anneal=anneal, reads=33, seed=4, schedules=2, checkpoints=2, record=(0, 32))


def _population(quick: bool) -> Iterator[Row]:
    def cooled(name: str, **how: Any) -> Callable[[], Any]:
        def work() -> Any:
            settings = {"betas": _BETAS, "sweeps_per_step": 3, "population": 40, "reads": 3, "seed": 9, "threads": 1}
            return of_outcome(hwsim.population_annealing(_program(name), **(settings | how)))

        return lambda: refused(work)

    yield "population annealing, delayed", cooled("delayed")
    if quick:
        return
    for name in _NAMES:
        yield f"population annealing, {name}, in turns", cooled(name, copies=7)
    yield "population annealing, own ladder", cooled("faults", betas=None, population=64, reads=2)
    for engine in ENGINES[1:]:
        yield f"population annealing, dense, {engine}", cooled("dense", engine=engine, population=20)


def _ladders() -> Iterator[Row]:
    def found(name: str, **how: Any) -> Any:
        ladder = public("hwsim.algorithm.ladder:adaptive_ladder")
        return {"betas": digest(ladder(_program(name), threads=1, **how))}

    for name in _NAMES:
        yield f"ladder, {name}", lambda name=name: found(name, last=3.0, sweeps=20, seed=2)
    for engine in _FAST:
        how = {"first": 0.1, "step": 1.5, "sweeps": 10, "engine": engine}
        yield f"ladder, delayed, {engine}", lambda how=how: refused(lambda: found("delayed", **how))


def _equilibrium(quick: bool) -> Iterator[Row]:
    def annealed(name: str, **how: Any) -> Any:
        settings = {"betas": None, "sweeps": 3, "settle": 5, "reads": 96, "schedules": 3, "seed": 2, "threads": 1}
        found = hwsim.annealed_importance(_program(name), 0.8, **(settings | how))
        return _estimate(found) | {"work": digest(found.forward, found.reverse, schedule_of(found))}

    def integrated(name: str, **how: Any) -> Any:
        settings = {"betas": None, "sweeps": 20, "reads": 96, "schedules": 3, "seed": 2, "threads": 1}
        found = hwsim.thermodynamic_integration(_program(name), 0.8, **(settings | how))
        means = digest(found.energies, found.errors, found.variances, *found.hysteresis, found.quadrature)
        return _estimate(found) | {"means": means}

    betas = np.linspace(0.0, 0.8, 9)
    yield "annealed importance, delayed", lambda: annealed("delayed", betas=betas)
    yield "integration, delayed", lambda: integrated("delayed", betas=betas)
    yield "thermometer, chromatic", lambda: _thermometer("chromatic")
    if quick:
        return
    for name in ("chromatic", "faults", "dense", "floorplan"):
        yield f"annealed importance, {name}, own ladder", lambda name=name: annealed(name)
        yield f"integration, {name}, own ladder", lambda name=name: integrated(name, sweeps=8)
    for engine in _FAST:
        yield f"thermometer, delayed, {engine}", lambda engine=engine: _thermometer("delayed", engine=engine)
    yield "thermometer, warming", lambda: _thermometer("warming")
    yield "isolated demons", _isolated


def _estimate(found: Any) -> dict[str, Any]:
    numbers = [getattr(found.estimate, name) for name in ("log_z", "error", "low", "high", "lower", "upper")]
    activity = found.activity
    counts = digest(float(activity.updates), activity.run_s, activity.settle_s, activity.reads, activity.writes)
    return {"engine": found.engine, "betas": digest(found.betas), "estimate": digest(*numbers), "activity": counts}


def _thermometer(name: str, **how: Any) -> Any:
    measure = public("hwsim.equilibrium.demon:thermometer")

    def work() -> Any:
        read = measure(_program(name), beta=0.6, rounds=12, settle=4, replicas=96, schedules=4, threads=1, **how)
        numbers = digest(read.quantum, read.mean_energy, read.mean_energy_error, read.beta, read.error)
        return {"numbers": numbers, "energies": digest(read.energies, read.last), "states": digest(read.states)}

    return refused(work)


def _isolated() -> Any:
    alone = public("hwsim.equilibrium.demon:isolated")
    found = alone(_program("chromatic"), total_energy=-8.0, sweeps=20, replicas=64, seed=3)
    return {"energies": digest(found.quantum, found.energies), "states": digest(found.states)}


def _sampler() -> Iterator[Row]:
    def sampled(**how: Any) -> Any:
        bqm = hwsim.generate("sat:n=8,m=12,seed=5").bqm
        found = hwsim.HwsimSampler("autonomous-pbit").sample(bqm, seed=3, threads=1, **{"num_sweeps": 10} | how)
        return {"states": digest(found.record.sample), "energies": digest(found.record.energy)}

    yield "sampler", lambda: sampled(num_reads=33)
    yield "sampler, linear", lambda: sampled(num_reads=70, beta_schedule_type="linear", beta_range=(0.1, 2.0))
    custom = {
        "beta_schedule_type": "custom",
        "beta_schedule": [0.1, 0.5, 1.0],
        "num_sweeps": None,
        "engine": "lanes",
        "schedules": 2,
    }
    yield "sampler, custom", lambda: sampled(num_reads=5, **custom)


_STUDIES = {
    "anneal": {"time": "0.1 us", "reads": 66, "schedules": 3, "clock": "poisson"},
    "tempering": {"time": "50 ns", "reads": 6, "schedules": 2, "replicas": 2, "clock": "chromatic"},
    "quantum": {"time": "60 ns", "reads": 33, "replicas": 4, "clock": "chromatic"},
    "population": {"time": "0.2 us", "reads": 3, "population": 32, "clock": "poisson", "delay": "0.5 ns"},
}


def _studies() -> Iterator[Row]:
    """What ``hwsim study`` puts into its store: the energies of two shards, whose seeds come from the plan."""
    for algorithm, settings in _STUDIES.items():
        yield f"study, {algorithm}", lambda algorithm=algorithm, settings=settings: _study(algorithm, settings)


def _study(algorithm: str, settings: dict[str, Any]) -> Any:
    main = public("hwsim.cli.main:main")
    of_card = {key: settings[key] for key in ("clock", "delay") if key in settings}
    plan = {"problem": "planted:L=3,seed=1", "algorithm": algorithm, "seed": 5}
    plan |= {key: value for key, value in settings.items() if key not in of_card}
    tables = {"set": of_card | {"tau": "5 ns", "tau_dtod": 0.1}, "stop": {"relative_width": 1e-9, "max_shards": 2}}
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in plan.items())
    for table, values in tables.items():
        text += f"[{table}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    with tempfile.TemporaryDirectory() as folder:
        path, store = Path(folder, "plan.toml"), Path(folder, "study.db")
        path.write_text(text)
        with contextlib.redirect_stdout(io.StringIO()):
            code = main(["study", str(path), "--store", str(store), "--workers", "1"])
        with contextlib.closing(sqlite3.connect(store)) as file:
            found = file.execute("SELECT shard, sizes, energies FROM rows ORDER BY shard").fetchall()
    energies = [np.frombuffer(zlib.decompress(packed), dtype="<f8") for _, _, packed in found]
    return {
        "code": code,
        "shards": [shard for shard, _, _ in found],
        "sizes": [json.loads(s) for _, s, _ in found],
        "energies": digest(*energies),
    }


def _experiments() -> Iterator[Row]:
    """Experiments that compile and run: dies of a chip, blame for its faults, a design rule, a search, a device."""
    chip = hwsim.chip("generic-all-to-all", gain_dtod=0.1, delay="0.5 ns", stuck_fraction=0.02)
    problem, anneal = hwsim.generate("maxcut:n=16,p=0.3,seed=4"), hwsim.linear(0.1, 2.0, "60 ns")
    how = {"anneal": anneal, "reads": 66, "schedules": 2, "seed": 1, "threads": 1}

    def found(name: str, *rooms: str) -> Any:
        return public(*(f"hwsim.{room}:{name}" for room in rooms))

    def dies() -> Any:
        runs = found("run_dies", "experiment.dies", "analysis.dies")(problem, chip, dies=3, **how)
        return {"states": digest(*(run.states for run in runs)), "energies": digest(*(run.energies for run in runs))}

    def blamed() -> Any:
        rows = found("blame", "experiment.blame", "analysis.blame")(problem, chip, target=None, dies=2, **how)["rows"]
        kept = [
            (row["fault"], row[which][key])
            for row in rows
            for which in ("without", "alone")
            for key in ("p_success", "correlation_error")
        ]
        return {"rows": digest(*kept)}

    def rule() -> Any:
        settings = how | {"anneal": hwsim.constant(0.5, "60 ns"), "schedules": 4, "ratios": (0.1, 0.5, 1.0)}
        made = found("design_rule", "experiment.design_rule", "analysis.design_rule")(_program("delayed"), **settings)
        return {"curve": digest(*made.curve), "critical_delay_s": made.critical_delay_s}

    def best() -> Any:
        of = found("best_found", "experiment.best", "analysis.best")
        return {"energy": of(hwsim.generate("sk:n=12,seed=1"), seed=1, threads=1).energy}

    def device() -> Any:
        of = found("measure_device", "experiment.device", "analysis.device")
        made = of(hwsim.chip("generic-all-to-all", dac_bits=4), seed=2)
        return {
            "sigmoid": digest(made.sigmoid.x, made.sigmoid.p),
            "dwell": digest(made.dwell.density_up),
            "autocorrelation": digest(made.autocorrelation.value),
        }

    def toggles() -> Any:
        of = found("toggled", "cost.toggles", "experiment.toggles", "analysis.toggles")
        made = of(_program("floorplan"), anneal, seed=3)
        return {"toggles": made.toggles, "wire_j": made.wire_j, "error": made.error}

    yield from {
        "dies": dies,
        "blame": blamed,
        "design rule": rule,
        "best found": best,
        "device": device,
        "toggles": toggles,
    }.items()
