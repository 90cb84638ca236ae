"""The manifest of a folder of RTL: what every name, width and constant means in hwsim, and how to make it again.

Enters: a Machine and its files. Leaves: JSON, and from such JSON the Machine.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from hwsim.anneal import Anneal
from hwsim.errors import InputError
from hwsim.files import alone, write_text
from hwsim.program import load
from hwsim.rtl.array_module import chips, seen_name, why_constant
from hwsim.rtl.expected import Expected
from hwsim.rtl.machine import PORT, Machine, machine
from hwsim.rtl.pbit_module import law_words, neighbours, pbit_name, suffix, widths
from hwsim.rtl.shell_module import NAME, address_width, registers
from hwsim.rtl.source_module import MODULES, STATE_BITS, seed_of
from hwsim.rtl.top_module import readout_name, top_ports
from hwsim.text import json_of, read_text
from hwsim.units import TICK_S, to_seconds

FORMAT = "hwsim-rtl-1"
FILE, PROGRAM = "manifest.json", "program.npz"


def digest(content: bytes) -> str:
    """How the manifest identifies a file."""
    return hashlib.blake2b(content, digest_size=20).hexdigest()


def manifest(expected: Expected, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The manifest of the machine of ``expected`` with ``files``, their content by path."""
    made = expected.machine
    clock, wiring, program = made.program.clock, made.wiring, made.program
    return {
        "format": FORMAT,
        "machine": made.digest,
        "chip": program.placement.chip,
        "problem": program.readout.problem_name,
        "is_exact": made.whole.is_exact,
        "field_unit": made.whole.scale,
        "codes_per_field_unit": made.whole.codes,
        "clock": {
            "kind": clock.kind,
            "slots_of_a_round": wiring.n_slots,
            "clocks_of_a_slot": made.clocks_per_slot,
            "pbits_of_a_slot": [len(each) for each in made.members],
            "round_s": to_seconds(clock.period),
            "clock_period_s": made.clock_period_s,
            "exchange_slots": wiring.exchange or None,
        },
        "run": {"slots": made.n_slots, "updates": made.updates, "engine": expected.engine},
        "build": {
            "seed": made.seed,
            "source": made.source,
            "table": made.table,
            "weights": made.weights,
            "anneal": {
                "tick_s": TICK_S,
                "start": made.anneal.start.tolist(),
                "beta": made.anneal.beta.tolist(),
                "end": made.anneal.end,
            },
            "parts": made.chip_of.tolist() if made.n_chips > 1 else None,
            "shell": made.shell,
        },
        "write": _write_port(made) if made.is_writable else None,
        "shell": None if made.shell is None else _shell(made),
        "steps": [
            {"first_slot": slot, "beta": beta}
            for slot, beta in zip(made.step_slots, made.activations[0].betas, strict=True)
        ],
        "ports": {
            port.name: {"direction": port.direction, "bits": port.width, "is": port.note or "clock, rising edge"}
            for port in top_ports(made)
        },
        "modules": _modules(made),
        "pbits": [_pbit(made, i) for i in range(made.n)],
        "readout": [[made.names[i] for i in chip.members] for chip in chips(made)],
        "files": {name: digest(content) for name, content in sorted(files.items())},
    }


def _write_port(made: Machine) -> dict[str, Any]:
    """What the host of a machine with written weights must know."""
    half = 2 ** (made.weight_width - 1)
    return {
        "address_bits": made.address_bits,
        "word_bits": made.word_bits,
        "words": "0 the bias, k the weight of the p-bit's neighbour number k - 1, at the p-bit's address plus k",
        "least": -half,
        "most": half - 1,
        "unit": made.whole.scale,
    }


def _shell(made: Machine) -> dict[str, Any]:
    """What a driver of the bus must know."""
    return {
        "bus": made.shell,
        "module": NAME,
        "address_bits": address_width(made),
        "registers": [asdict(each) for each in registers(made)],
        "errors": "DECERR: no register; SLVERR: read or write only, a part of a word, a refused value",
    }


def _modules(made: Machine) -> dict[str, Any]:
    """What the ports of each module mean."""
    found: dict[str, Any] = {}
    noise = made.program.noise
    if made.source != PORT:
        found[MODULES[made.source]] = {
            "is": "random source of a p-bit" if not made.has_taps else f"random source of {noise.source_share} p-bits",
            "hwsim": {
                "random_source": made.source,
                "random_shifts": noise.source_shifts,
                "random_steps": noise.source_steps,
                "random_shows": noise.source_shows,
            },
            "flip_flops": STATE_BITS[made.source],
        }
    for kind, activation in enumerate(made.activations):
        wide = widths(made, kind)
        found[f"activation{suffix(made, kind)}"] = {
            "is": "table of thresholds",
            "hwsim": law_words(made, kind),
            "over": "field" if activation.over_field else "levels of the input quantiser",
            "words": activation.n_words,
            "threshold": {
                "bits": wide.threshold,
                "unit": 2.0**-wide.compared,
                "compared_bits": wide.compared,
                "comparison": made.program.cells.comparison,
            },
            "field": {
                "bits": wide.field,
                "unit": made.whole.scale,
                "least": activation.reach[0],
                "most": activation.reach[1],
            },
        }
        if not activation.over_field:
            found[f"quantiser{suffix(made, kind)}"] = {
                "is": "input quantiser, from a field to a level",
                "hwsim": law_words(made, kind),
                "bits": wide.level,
                "levels": activation.words.shape[1],
                "shifts": [{"beta": b, **asdict(s)} for b, s in zip(activation.betas, activation.shifts, strict=True)],
            }
        degrees = np.unique(made.program.network.degree[made.kind == kind])
        for degree in degrees.tolist():
            found[pbit_name(made, kind, degree)] = {
                "is": f"p-bit with {neighbours(degree)}",
                "hwsim": "field I = bias + sum of weight s, with bias = -h and weight = -J of hwsim",
                "count": int(np.sum((made.kind == kind) & (made.program.network.degree == degree))),
                "weight": {"bits": wide.weight, "unit": made.whole.scale, "signed": True},
            }
    return found | _others(made)


def _others(made: Machine) -> dict[str, Any]:
    """The modules around the p-bits."""
    wiring, clock = made.wiring, made.program.clock
    found: dict[str, Any] = {"phases": {"is": "clock phases", "hwsim": f"clock {clock.kind}, its colours and period"}}
    if made.is_annealed:
        found["anneal"] = {"is": "steps of beta, and the end of the run", "hwsim": "the anneal"}
    if wiring.exchange:
        found["exchange_counter"] = {"is": "when values cross between chips", "hwsim": "exchange_s of hwsim.compile"}
        found["link"] = {"is": "a p-bit as another chip sees it", "hwsim": "wires.exchange"}
    for stages in np.unique(wiring.stages[wiring.stages > 0]).tolist():
        found[f"delay_{stages}"] = {
            "is": f"a wire of {stages} slots beyond the p-bit's register",
            "hwsim": "wires.delay",
        }
    if made.is_writable:
        found["write_port"] = {"is": "write port of biases and weights", "hwsim": "placement.weight_code, bias_code"}
    for chip in chips(made):
        found[chip.name] = {"is": "p-bits, a net each, and what they see of others", "chip": chip.number}
        found[readout_name(made, chip)] = {"is": "shift chain of states", "chip": chip.number}
        if made.n_chips > 1:
            found[f"chip_{chip.number}"] = {"is": "a chip: clock, p-bits, read-out", "chip": chip.number}
    found["top"] = {"is": "the machine"}
    if made.shell is not None:
        found[NAME] = {"is": f"the machine on a bus, {made.shell}"}
    return found


def _pbit(made: Machine, i: int) -> dict[str, Any]:
    row = made.program.network.row(i)
    fact: dict[str, Any] = {"net": made.names[i], "pbit": i, "variable": made.labels[i], "chip": int(made.chip_of[i])}
    if not made.free[i]:
        return fact | {"constant": int(made.initial[i]), "why": why_constant(made, i)}
    return fact | {
        "module": pbit_name(made, int(made.kind[i]), row.stop - row.start),
        "slot": int(made.wiring.slot[i]),
        **({"address": i << made.word_bits} if made.is_writable else {}),
        **_random(made, i),
        "initial": int(made.initial[i]),
        "bias": -int(made.whole.bias[i]),
        "neighbours": [seen_name(made, k) for k in range(row.start, row.stop)],
        "weights": (-made.whole.weight[row]).tolist(),
    }


def _random(made: Machine, i: int) -> dict[str, Any]:
    """Where the random words of p-bit ``i`` come from: a port, a register of its own, or a shared one and its turn."""
    if made.source == PORT:
        return {"random": f"random_{made.names[i]}"}
    seed = f"{seed_of(made.source, made.source_states[i].tolist()):0{STATE_BITS[made.source] // 4}x}"
    if not made.has_taps:
        return {"seed": seed}
    return {"random": f"random_{i // made.program.noise.source_share}", "turned_left": made.turn(i)}


def text(document: Mapping[str, Any]) -> str:
    """``document`` as JSON, a line for each p-bit."""
    head = json.dumps({k: v for k, v in document.items() if k not in ("pbits", "readout")}, indent=2)
    pbits = ",\n".join("    " + json.dumps(each) for each in document["pbits"])
    chains = ",\n".join("    " + json.dumps(each) for each in document["readout"])
    return f'{head[:-2]},\n  "pbits": [\n{pbits}\n  ],\n  "readout": [\n{chains}\n  ]\n}}\n'


def add(folder: Path, facts: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, Any]:
    """Put ``facts``, which tools have told of ``files``, into the manifest of ``folder``, and return it. Raises
    InputError where another process has written other files there meanwhile."""
    with alone(folder):
        before = read_manifest(folder)
        if before["files"] != files:
            raise InputError(f"another process has written {folder} meanwhile: give each its own folder")
        document = {**before, **facts}
        if facts:
            write_text(folder / FILE, text(document))
    return document


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest in ``folder``. Raises InputError."""
    try:
        has_one = (folder / FILE).exists()
    except OSError:  # too long a name
        has_one = False
    if not has_one:
        raise InputError(f"{folder} holds no {FILE}: give a folder that hwsim rtl write made")
    document = json_of(folder / FILE, read_text(folder / FILE))
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(f"{folder / FILE} is no manifest of the format {FORMAT}")
    try:
        msgspec.convert(document, _Parts)
    except msgspec.ValidationError:
        raise _damaged(folder) from None
    return document


class _Parts(msgspec.Struct):
    """What a manifest holds as soon as it is written; `machine_of` looks at the rest."""

    files: dict[str, str]
    pbits: list[dict[str, Any]]
    readout: list[list[str]]


def _damaged(folder: Path) -> InputError:
    return InputError(f"{folder / FILE} is damaged: write the folder again")


def machine_of(folder: Path) -> Machine:
    """The Machine that the manifest in ``folder`` was written for. Raises InputError."""
    document = read_manifest(folder)
    damaged = _damaged(folder)
    try:
        build = document["build"]
        anneal = Anneal(
            start=np.array(build["anneal"]["start"], dtype=np.int64),
            beta=np.array(build["anneal"]["beta"], dtype=np.float64),
            end=int(build["anneal"]["end"]),
        )
        kept = {name: build[name] for name in ("seed", "source", "table", "weights", "parts", "shell")}
        wanted = document["machine"]
    except (KeyError, TypeError, ValueError, OverflowError):
        raise damaged from None
    program = load(folder / PROGRAM)
    try:
        made = machine(program, anneal, **kept)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        raise damaged from None
    if made.digest != wanted:
        raise InputError(
            f"{folder / PROGRAM} is another program than {FILE} was written for, or of another version of hwsim: write "
            "the folder again"
        )
    return made
