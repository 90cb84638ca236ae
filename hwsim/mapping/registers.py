"""Registers: the biases and couplings that a chip realises for those of a problem.

Enters: a network in problem units. Leaves: another network in problem units, with rounding, errors and cross-talk.
"""

from typing import Any

import numpy as np
from scipy.sparse import coo_array

from hwsim.chip.chip import Chip, Control
from hwsim.errors import InputError
from hwsim.mapping.quantize import fixed_point, quantize_weights
from hwsim.program import Network
from hwsim.streams import generator


def programmed(asked: Network, chip: Chip, die_seed: int) -> Network:
    """The network that the registers and control lines of die ``die_seed`` realise for ``asked``."""
    weights, control = chip.weights, chip.control
    how = {"rounding": weights.rounding, "saturation": weights.saturation}
    bias, weight = asked.bias, asked.weight
    full = _largest(bias, weight)
    if weights.bits is not None:
        bias, weight = quantize_weights(bias, weight, bits=weights.bits, limit=weights.limit, **how)
        full = full if weights.limit is None else weights.limit
    elif weights.integer_bits is not None and weights.fraction_bits is not None:
        bias, weight = (fixed_point(a, weights.integer_bits, weights.fraction_bits, **how) for a in (bias, weight))
        full = 2.0**weights.integer_bits
    if weights.dtod > 0 and full > 0:
        with np.errstate(over="ignore"):
            bias = bias + weights.dtod * full * generator(die_seed, "die bias").standard_normal(len(bias))
            weight = weight + weights.dtod * full * generator(die_seed, "die weight").standard_normal(len(weight))
        if not (np.isfinite(bias).all() and np.isfinite(weight).all()):
            raise InputError(f"weight_dtod of {weights.dtod:g} takes weights beyond 64-bit numbers")
    network = asked
    if bias is not asked.bias or weight is not asked.weight:
        network = Network(bias=bias, indptr=asked.indptr, indices=asked.indices, weight=weight)
    return network if control.is_exact else controlled(network, control, control_scale(asked, chip), die_seed)


def register_codes(asked: Network, chip: Chip) -> dict[str, Any]:
    """What the weight registers hold, before a die's own errors, as fields of hwsim.program.Placement; no fields where
    registers hold real numbers."""
    weights = chip.weights
    how = {"rounding": weights.rounding, "saturation": weights.saturation}
    if weights.bits is not None:
        bias, weight = quantize_weights(asked.bias, asked.weight, bits=weights.bits, limit=weights.limit, **how)
        full = _largest(asked.bias, asked.weight) if weights.limit is None else weights.limit
        scale, bits = full / max(1, 2 ** (weights.bits - 1) - 1) or 1.0, weights.bits
    elif weights.integer_bits is not None and weights.fraction_bits is not None:
        bias, weight = (
            fixed_point(a, weights.integer_bits, weights.fraction_bits, **how) for a in (asked.bias, asked.weight)
        )
        scale, bits = 2.0**-weights.fraction_bits, 1 + weights.integer_bits + weights.fraction_bits
    else:
        return {}
    bias_code, weight_code = (np.rint(values / scale).astype(np.int64) for values in (bias, weight))
    return {"bias_code": bias_code, "weight_code": weight_code, "code_scale": scale, "weight_bits": bits}


def control_scale(asked: Network, chip: Chip) -> float:
    """Units of the control lines per problem unit: the largest at which couplings and biases stay within limits.
    Strong negative couplings, as those of chains, may use the extended range (D-Wave, solver parameter auto_scale)."""
    control = chip.control
    ratios = []
    wider = control.j_limit if control.j_extended_limit is None else control.j_extended_limit
    positive, negative = asked.weight[asked.weight > 0], asked.weight[asked.weight < 0]
    for values, limit in ((positive, control.j_limit), (negative, wider), (asked.bias, control.h_limit)):
        largest = _largest(values)
        if limit is not None and largest > 0:
            ratios.append(limit / largest)
    return min(ratios, default=1.0)


def controlled(network: Network, control: Control, scale: float, die_seed: int) -> Network:
    """The network with integrated control errors, drawn once: they do not change during a run.

    Each coupling is one control line, so both directions have the same error.
    """
    n = network.n
    first, second, coupling = network.pairs
    h, j = scale * network.bias, scale * coupling
    spread = control.background_susceptibility
    new_h = h + spread * (
        np.bincount(first, weights=j * h[second], minlength=n) + np.bincount(second, weights=j * h[first], minlength=n)
    )
    new_h = new_h + _errors(control.h_noise, control.h_quantization, n, die_seed, "control h")
    new_j = j + _errors(control.j_noise, control.j_quantization, len(j), die_seed, "control j")
    if spread != 0:
        far_first, far_second, product = _through_neighbours(network, scale)
        first, second = np.concatenate((first, far_first)), np.concatenate((second, far_second))
        new_j = np.concatenate((new_j, spread * product))
    indptr, indices, weight = symmetric_rows(n, first, second, new_j / scale)
    return Network(bias=new_h / scale, indptr=indptr, indices=indices, weight=weight)


def _errors(noise: float, step: float, count: int, die_seed: int, name: str) -> np.ndarray:
    source = generator(die_seed, name)
    return noise * source.standard_normal(count) + step * source.uniform(-1.0, 1.0, count)


def _through_neighbours(network: Network, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(i, k, J_ij J_jk) of every path i - j - k with i < k, in units of the control lines."""
    firsts, seconds, products = [], [], []
    for j in range(len(network.bias)):
        row = slice(network.indptr[j], network.indptr[j + 1])
        ends, weight = network.indices[row].astype(np.int64), scale * network.weight[row]
        a, b = np.triu_indices(len(ends), 1)
        firsts.append(np.minimum(ends[a], ends[b]))
        seconds.append(np.maximum(ends[a], ends[b]))
        products.append(weight[a] * weight[b])
    return np.concatenate(firsts), np.concatenate(seconds), np.concatenate(products)


def symmetric_rows(
    n: int, rows: np.ndarray, columns: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(indptr, indices, weight) with each coupling in both rows, sorted by (row, column); repeated ones are added."""
    both_rows = np.concatenate((rows, columns)).astype(np.int64)
    both_columns = np.concatenate((columns, rows)).astype(np.int64)
    both_values = np.concatenate((values, values)).astype(np.float64)
    # of an upper triangle that is sorted, the lower half first leaves every row sorted
    once = coo_array((both_values, (both_columns, both_rows)), shape=(n, n)).tocsr()
    if once.nnz == len(both_values):  # none is repeated, and counting sorts faster than comparing
        once.sort_indices()
        return once.indptr.astype(np.int64), once.indices.astype(np.int32), once.data
    # added in the order given, on which the last bit depends
    key, place = np.unique(both_rows * n + both_columns, return_inverse=True)
    weight = np.bincount(place, weights=both_values, minlength=len(key))
    row = key // max(n, 1)
    indptr = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=n)))).astype(np.int64)
    return indptr, (key % max(n, 1)).astype(np.int32), weight


def _largest(*arrays: np.ndarray) -> float:
    return max((float(np.max(np.abs(a))) for a in arrays if len(a)), default=0.0)
