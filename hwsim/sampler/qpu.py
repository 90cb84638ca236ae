"""QPU: the properties and times of an annealer's chip, under the keys that D-Wave's solvers give them.

Enters: a Chip, or a Program and its reads. Leaves: plain dicts. Times are device time in microseconds, as D-Wave writes
them; a number that the card does not have is left out.
"""

from typing import Any

from hwsim.chip.chip import Chip
from hwsim.chip.family import family, n_qubits
from hwsim.chip.topology import sites, wires
from hwsim.prices import Prices
from hwsim.units import parse, seconds

_US = 1e6


def is_annealer(chip: Chip) -> bool:
    """Whether the chip is a machine of fixed wires that anneals to a beta of its own."""
    return chip.topology.is_fixed and chip.fixed_beta is not None and chip.prices.anneal_time_s is not None


def annealer_properties(chip: Chip) -> dict[str, Any]:
    """The properties of an annealer, whose p-bits stand for qubits."""
    numbers, joined = sites(chip.topology).tolist(), wires(chip.topology).tolist()
    found: dict[str, Any] = {
        "chip_id": chip.name,
        "category": "qpu",
        "supported_problem_types": ["ising", "qubo"],
        "num_qubits": len(numbers),
        "qubits": numbers,
        "couplers": joined,
        "default_annealing_time": _us(chip.prices.anneal_time_s or 0.0),
        "default_readout_thermalization": 0.0,
    }
    known = family(chip.topology)
    if known is not None:
        kind, shape = known
        found |= {"topology": {"type": kind, "shape": list(shape)}, "num_qubits": n_qubits(kind, shape)}
    control, notes = chip.control, chip.notes
    if control.h_limit is not None:
        found["h_range"] = [-control.h_limit, control.h_limit]
    if control.j_limit is not None:
        found["j_range"] = [-control.j_limit, control.j_limit]
        wider = control.j_limit if control.j_extended_limit is None else control.j_extended_limit
        found["extended_j_range"] = [-wider, control.j_limit]
    if "shortest_anneal" in notes and "longest_anneal" in notes:
        ends = (notes["shortest_anneal"].value, notes["longest_anneal"].value)
        found["annealing_time_range"] = [_us(seconds(end, name="annealing time")) for end in ends]
    if "most_reads" in notes:
        found["num_reads_range"] = [1, int(parse(notes["most_reads"].value, "number", name="most_reads"))]
    return found


def annealer_timing(prices: Prices, *, anneal_s: float, reads: int) -> dict[str, float]:
    """What a solver says of the time of ``reads`` reads with anneals of ``anneal_s`` seconds."""
    readout_s, pause_s = prices.readout_time_s or 0.0, prices.readout_delay_s or 0.0
    sampling_s = reads * (anneal_s + readout_s + pause_s)
    programming_s = prices.programming_time_s or 0.0
    return {
        "qpu_programming_time": _us(programming_s),
        "qpu_anneal_time_per_sample": _us(anneal_s),
        "qpu_readout_time_per_sample": _us(readout_s),
        "qpu_delay_time_per_sample": _us(pause_s),
        "qpu_sampling_time": _us(sampling_s),
        "qpu_access_time": _us(programming_s + sampling_s),
    }


def _us(time_s: float) -> float:
    """Microseconds, to the femtosecond of the time grid."""
    return round(time_s * _US, 9)
