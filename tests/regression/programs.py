"""Fifty programs drawn from a seed: problems on chips, made from public names alone, and how each is run.

Enters: a number. Leaves: a Trial. Number k always gives the same problem, chip and run, so that two versions of hwsim
can be asked for the same thing. Kinds of problem, clocks and styles of device go round with coprime periods; all other
choices are drawn. Every clock, law, random source and fault occurs (`test_results.py` counts them).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dimod
import numpy as np

import hwsim

COUNT, SEED = 50, 123
CLOCKS = ("poisson", "synchronous", "chromatic", "sequential", "random-sequential", "free-running")
TAU_S = 5e-9


@dataclass(frozen=True, kw_only=True)
class Trial:
    """words : what was chosen, for people and for counts;  how : arguments of `hwsim.run` but for the engine"""

    words: tuple[str, ...]
    program: Any
    how: dict[str, Any]

    @property
    def needs_functions(self) -> bool:
        """Whether numpy's cosh and power, or the C library's exp, have a part in it."""
        return bool({"law arrhenius", "law low-barrier", "anneal geometric", "floorplan"} & set(self.words))


@dataclass(kw_only=True)
class Draft:
    """A trial in the making: settings of the chip and options of the compilation gather here."""

    rng: np.random.Generator
    words: list[str]
    chip: dict[str, Any]
    options: dict[str, Any]
    problem: Any = None
    card: str = "generic-all-to-all"

    def pick(self, *choices: Any) -> Any:
        """One of ``choices``."""
        return choices[int(self.rng.integers(len(choices)))]

    def whole(self, least: int, most: int) -> int:
        """A whole number, both ends included."""
        return int(self.rng.integers(least, most + 1))

    def chance(self, part: float) -> bool:
        """Yes, ``part`` of the time."""
        return bool(self.rng.random() < part)

    @property
    def bqm(self) -> Any:
        """The problem's BQM."""
        return getattr(self.problem, "bqm", self.problem)

    @property
    def is_discrete(self) -> bool:
        """Whether variables are p-dits."""
        return isinstance(self.problem, dimod.DiscreteQuadraticModel)


def trial(number: int) -> Trial:
    """Trial ``number`` of COUNT."""
    draft = drafted(number)
    program = hwsim.compile(draft.problem, hwsim.chip(draft.card, **draft.chip), **draft.options)
    how = _run(draft, program)
    return Trial(words=(draft.chip["clock"], *draft.words), program=program, how=how)


def drafted(number: int, seed: int = SEED) -> Draft:
    """The problem and the chip of trial ``number``."""
    chip = {"clock": CLOCKS[number % 6], "tau": "5 ns"}
    draft = Draft(rng=np.random.default_rng([seed, number]), words=[], chip=chip, options={})
    PROBLEMS[number % len(PROBLEMS)](draft)
    (_ideal if draft.is_discrete else STYLES[number // 6 % 3])(draft)
    _clock(draft)
    _wires(draft)
    _weights(draft)
    return draft


def _glass(draft: Draft) -> None:
    draft.words.append("glass")
    seed = draft.whole(0, 99)
    shape = draft.pick("ea2d:L=3", "ea2d:L=5", "ea2d:L=6,boundary=open", "ea3d:L=3", "ea3d:L=2,boundary=open")
    draft.problem = hwsim.generate(f"{shape},seed={seed}")


def _gauss(draft: Draft) -> None:
    draft.words.append("gaussian glass")
    draft.problem = hwsim.generate(f"ea2d:L={draft.whole(3, 5)},seed={draft.whole(0, 99)},weights=gauss")


def _cut(draft: Draft) -> None:
    draft.words.append("max-cut")
    n, p = draft.whole(6, 40), draft.pick(0.2, 0.4, 0.8)
    draft.problem = hwsim.generate(f"maxcut:n={n},p={p},seed={draft.whole(0, 99)}")


def _sk(draft: Draft) -> None:
    draft.words.append("sk")
    n = draft.pick(draft.whole(6, 32), 72)  # of more than 64 couplings a p-bit are for the engine dense
    draft.problem = hwsim.generate(f"sk:n={n},seed={draft.whole(0, 99)}")


def _qubo(draft: Draft) -> None:
    draft.words.append("qubo")
    n = draft.whole(6, 24)
    names = [f"x{i}" for i in range(n)]
    matrix = np.triu(draft.rng.random((n, n)) - 0.5) * (draft.rng.random((n, n)) < 0.6)
    pairs = {(names[i], names[j]): float(matrix[i, j]) for i, j in zip(*np.nonzero(matrix), strict=True)}
    draft.problem = dimod.BinaryQuadraticModel.from_qubo(pairs | {(names[n - 1], names[0]): 0.25}, offset=1.75)


def _whole_numbers(draft: Draft) -> None:
    draft.words.append("whole numbers")
    n, top = draft.whole(6, 20), draft.pick(1, 3, 7)
    matrix = np.triu(draft.rng.integers(-top, top + 1, (n, n)), 1) * (draft.rng.random((n, n)) < 0.5)
    bias = draft.rng.integers(-2, 3, n)
    linear = {f"s{i}": float(bias[i]) for i in range(n)}
    pairs = {(f"s{i}", f"s{j}"): float(matrix[i, j]) for i, j in zip(*np.nonzero(matrix), strict=True)}
    draft.problem = dimod.BinaryQuadraticModel(linear, pairs, -0.5, "SPIN")


def _levels(draft: Draft) -> None:
    draft.words.append("p-dits")
    model, cases = dimod.DiscreteQuadraticModel(), [draft.whole(2, 5) for _ in range(draft.whole(3, 8))]
    is_whole = draft.chance(0.5)

    def energies(*shape: int) -> np.ndarray:
        drawn = draft.rng.integers(-2, 3, shape).astype(float)
        return drawn if is_whole else drawn + draft.rng.random(shape)

    for u, k in enumerate(cases):
        model.add_variable(k, label=u)
        model.set_linear(u, energies(k))
        for v in range(u):
            if draft.chance(0.6):
                table = energies(cases[v], k)
                model.set_quadratic(v, u, {(a, b): float(table[a, b]) for a in range(cases[v]) for b in range(k)})
    model.offset = 0.5
    draft.problem = model


def crossbar(n: int) -> dict[int, list[int]]:
    """Chains of n spins, all of them coupled, on a cubic grid of n rows, n columns and two layers: spin i has row i
    of one layer and column i of the other."""
    return {i: sorted([*range(i * n, (i + 1) * n), *range(n * n + i, 2 * n * n, n)]) for i in range(n)}


def _chains(draft: Draft) -> None:
    draft.words.append("chains")
    n = draft.whole(3, 4)
    draft.problem = hwsim.generate(f"sk:n={n},seed={draft.whole(0, 99)}")
    draft.chip |= {"topology": "cubic", "rows": n, "columns": n, "layers": 2}
    draft.options |= {"embedding": crossbar(n), "chain_strength": draft.pick(None, "torque", "sufficient", 1.5)}


def _as_it_is(draft: Draft) -> None:
    kind = draft.pick("king", "square-torus", "square", "bipartite")
    draft.words.append(f"as it is on {kind}")
    rows, columns = draft.whole(3, 6), draft.whole(3, 6)
    draft.chip |= {"topology": kind, "rows": rows, "columns": columns}
    if kind == "bipartite":
        wires = [(i, rows + j) for i in range(rows) for j in range(columns)]
    else:
        around = kind == "square-torus"
        steps = [(0, 1), (1, 0)] + ([(1, 1), (1, -1)] if kind == "king" else [])
        wires = [
            (r * columns + c, (r + down) % rows * columns + (c + across) % columns)
            for r in range(rows)
            for c in range(columns)
            for down, across in steps
            if around or (r + down < rows and 0 <= c + across < columns)
        ]
    pairs = {wire: float(draft.pick(-1, 1, 2)) for wire in wires if draft.chance(0.8)}
    draft.problem = dimod.BinaryQuadraticModel({wires[0][0]: 0.5}, pairs | {wires[0]: 1.0}, 0.0, "SPIN")


def _copies(draft: Draft) -> None:
    draft.words.append("copies")
    n = draft.whole(6, 9)
    draft.problem = hwsim.generate(f"maxcut:n={n},p=1,seed=0")
    draft.chip |= {"topology": "sparse", "max_degree": draft.whole(3, 5)}


def _family(draft: Draft) -> None:
    text = draft.pick(
        "rbm:v=6,h=5,seed={}",
        "xorsat:n=8,seed={}",
        "planted:L=3,seed={}",
        "sat:n=8,m=12,seed={}",
        "tile2d:L=4,seed={}",
        "dbm:v=5,h=4,seed={}",
    )
    draft.words.append(text.split(":")[0])
    draft.problem = hwsim.generate(text.format(draft.whole(0, 99)))


def _floorplan(draft: Draft) -> None:
    draft.words.append("floorplan")
    draft.problem = hwsim.generate(f"maxcut:n={draft.whole(8, 30)},p=0.3,seed={draft.whole(0, 99)}")
    draft.card = "generic-floorplan"
    draft.chip |= {"wire_delay": draft.pick("1 ns/mm", "20 ns/mm"), "stage_delay": draft.pick("0 s", "0.3 ns")}


def _exchange(draft: Draft) -> None:
    draft.words.append("exchange")
    draft.problem = hwsim.generate(f"maxcut:n={draft.whole(8, 30)},p=0.3,seed={draft.whole(0, 99)}")
    n = len(draft.bqm)
    draft.options |= {"parts": [i * 3 // n for i in range(n)], "exchange_s": draft.pick(0.4e-9, 2e-9, 11e-9)}


PROBLEMS: tuple[Callable[[Draft], None], ...] = (
    _glass,
    _gauss,
    _cut,
    _sk,
    _qubo,
    _whole_numbers,
    _levels,
    _chains,
    _as_it_is,
    _copies,
    _family,
    _floorplan,
    _exchange,
)


def _ideal(draft: Draft) -> None:
    """The heat bath, with what every engine but `dense` honours at times."""
    draft.words.append("law heat-bath")
    if draft.chance(0.4):
        draft.words.append("spread")
        draft.chip |= {"gain_dtod": 0.1, "offset_dtod": 0.1, "gain": 1.1, "offset": -0.05}
    if draft.chance(0.3):
        draft.words.append("comparator")
        draft.chip["threshold_bits"] = draft.pick(4, 8, 16)
    if draft.chance(0.3):
        _quantised(draft)
    if not draft.is_discrete and draft.chance(0.4):
        draft.words.append("stuck")
        draft.chip["stuck_fraction"] = 0.2
    _drift(draft)


def _noisy(draft: Draft) -> None:
    """Laws without memory, with noise at the input."""
    law = draft.pick("heat-bath", "linear", "table")
    draft.words.append(f"law {law}")
    if law == "linear":  # its card has the input of a byte
        draft.chip["pbit"] = "wobblybits-cell"
    elif law == "table":
        draft.chip["pbit"] = str(Path(__file__).with_name("measured-response.toml"))
    if law != "linear" and draft.chance(0.4):
        _quantised(draft)
    _noise(draft, 0.7)
    draft.words.append("spread")
    draft.chip |= {"gain_dtod": 0.1, "offset_dtod": 0.1, "stuck_fraction": draft.pick(0.0, 0.1)}
    _drift(draft)


def _all_faults(draft: Draft) -> None:
    """Laws with memory, random sources with a state of their own, a filter at the input."""
    cards = {"arrhenius": "smtj-inplane-ns", "low-barrier": "low-barrier-magnet", "p-kit": "p-kit-rule"}
    if draft.chip["clock"] == "poisson" or draft.chance(0.25):
        law = draft.pick("arrhenius", "low-barrier")
        draft.chip |= {"clock": "poisson", "input_limit": 1.5}
    else:
        law = draft.pick("heat-bath", "p-kit", "p-kit")
        if draft.chance(0.4):
            _quantised(draft)
    draft.words.append(f"law {law}")
    if law in cards:
        draft.chip["pbit"] = cards[law]
    if draft.chance(0.75):
        source = draft.pick("lfsr32", "lfsr16", "xorshift32", "xoshiro128+")
        draft.words.append(source)
        draft.chip |= {"random_source": source, "random_shifts": draft.pick(1, 8)}
        draft.chip |= {"random_share": draft.pick(1, 3), "random_phase": draft.pick(0, 5)}
    if draft.chance(0.5):
        draft.words.append("synapse")
        draft.chip["synapse_tau"] = draft.pick("0.5 ns", "4 ns")
    if draft.chance(0.4):
        _noise(draft, 0.5)
    draft.chip |= {"gain_dtod": draft.pick(0.0, 0.1), "offset_dtod": draft.pick(0.0, 0.1)}
    draft.chip["stuck_fraction"] = draft.pick(0.0, 0.1)
    _drift(draft)


STYLES: tuple[Callable[[Draft], None], ...] = (_ideal, _noisy, _all_faults)


def _quantised(draft: Draft) -> None:
    kind = draft.pick("dac", "fixed-point input", "steps", "limit")
    draft.words.append(kind)
    draft.chip |= {
        "dac": {"dac_bits": draft.pick(2, 4, 8), "dac_limit": 4.0},
        "fixed-point input": {"input_integer_bits": 3, "input_fraction_bits": draft.pick(0, 3)},
        "steps": {"input_low": -3.0, "input_high": 2.5, "input_step": 0.25},
        "limit": {"input_limit": 2.0},
    }[kind]


def _noise(draft: Draft, part: float) -> None:
    if draft.chance(part):
        draft.words.append("white")
        draft.chip["noise_white"] = draft.pick(0.1, 0.5)
    if draft.chance(part):
        draft.words.append("flicker")
        draft.chip |= {"noise_flicker": draft.pick(0.1, 0.4), "flicker_shortest": draft.pick("1 ns", "12 ns")}


def _drift(draft: Draft) -> None:
    if draft.chance(0.3):
        draft.words.append("drift")
        draft.chip["temperature_drift"] = draft.pick(2e6, 2e7)


def _clock(draft: Draft) -> None:
    clock = draft.chip["clock"]
    if clock == "synchronous" and draft.chance(0.6):
        draft.words.append("participation")
        draft.chip["participation"] = draft.pick(0.3, 0.5)
    if clock == "free-running":
        draft.chip["jitter"] = draft.pick("0 s", "0.4 ns")
    if clock in ("poisson", "free-running") and draft.chance(0.6):
        draft.words.append("rate spread")
        draft.chip["tau_dtod"] = draft.pick(0.1, 0.4)
    if clock not in ("poisson", "free-running") and draft.chance(0.3):
        draft.words.append("period")
        draft.chip["period"] = "7 ns"
    draft.options["die_seed"] = draft.whole(0, 9)


def _wires(draft: Draft) -> None:
    can_differ = not (draft.is_discrete or {"chains", "copies"} & set(draft.words))
    kind = draft.pick("no delay", "uniform delay", "uniform delay", "delay of a round", "wire delays")
    if kind == "wire delays" and not can_differ:
        kind = "uniform delay"
    draft.words.append(kind)
    draft.chip["delay"] = {
        "no delay": "0 s",
        "uniform delay": draft.pick("0.5 ns", "1.7 ns", "13 ns"),
        "delay of a round": "5 ns",
        "wire delays": "0.2 ns",
    }[kind]
    if kind == "wire delays":
        delays = {}
        for (u, v), value in draft.bqm.quadratic.items():
            if value == 0:
                continue
            delays[u, v] = float(draft.rng.integers(0, 9_000_000)) * 1e-15
            if draft.chance(0.3):  # the way back takes as long unless it is given
                delays[v, u] = float(draft.rng.integers(0, 9_000_000)) * 1e-15
        draft.options["delay_s"] = delays


def _weights(draft: Draft) -> None:
    if draft.is_discrete or draft.chance(0.4):
        return
    kind = draft.pick("weight bits", "fixed-point weights", "weight errors", "control errors")
    draft.words.append(kind)
    draft.chip |= {
        "weight bits": {"weight_bits": draft.pick(3, 5, 8)},
        "fixed-point weights": {"weight_integer_bits": 3, "weight_fraction_bits": draft.pick(0, 2)},
        "weight errors": {"weight_dtod": 0.05},
        "control errors": {
            "h_noise": 0.05,
            "j_noise": 0.03,
            "h_quantization": 0.01,
            "j_quantization": 0.01,
            "j_limit": 1.0,
            "h_limit": 4.0,
            "background_susceptibility": draft.pick(0.0, -0.015),
        },
    }[kind]


def _run(draft: Draft, program: Any) -> dict[str, Any]:
    """The arguments of `hwsim.run`. A law with rates updates ten times as often, so its runs are shorter."""
    rounds = 3 if {"law arrhenius", "law low-barrier"} & set(draft.words) else 14
    time_s = rounds * TAU_S
    shape = draft.pick("linear", "linear", "geometric", "constant", "table")
    draft.words.append(f"anneal {shape}")
    anneal = {
        "linear": lambda: hwsim.linear(0.05, 2.0, time_s, steps=9),
        "geometric": lambda: hwsim.geometric(0.1, 3.0, time_s, steps=7),
        "constant": lambda: hwsim.constant(0.7, time_s),
        "table": lambda: hwsim.table([0.0, 0.3 * time_s, 0.35 * time_s], [0.2, 3.0, 0.9], time_s),
    }[shape]()
    reads = draft.pick(1, 33, 64, 70, 70, 130) if program.n_pbits < 40 else 3
    how = {
        "anneal": anneal,
        "reads": reads,
        "schedules": min(reads, draft.pick(1, 1, 2, 3)),
        "seed": draft.whole(0, 999),
        "checkpoints": draft.pick(1, 3, 4),
        "record": tuple(sorted({0, reads - 1})),
    }
    if draft.chance(0.2):
        draft.words.append("given start")
        how["initial_states"] = np.where(draft.rng.random((reads, program.n_pbits)) < 0.5, -1, 1).astype(np.int8)
    return how
