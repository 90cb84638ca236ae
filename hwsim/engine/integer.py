"""Integer couplings: the unit in which a program's biases and weights are small whole numbers."""

import numpy as np

from hwsim.program import Program


def integer_unit(program: Program) -> float | None:
    """The power of two of which every bias and weight is a small multiple, or None: then sums are exact in float64."""
    values = np.concatenate((program.network.bias, program.network.weight))
    values = np.abs(values[values != 0])
    if len(values) == 0:
        return 1.0
    mantissa, exponent = np.frexp(values)
    bits = (mantissa * 2.0**53).astype(np.int64)
    trailing = np.array([(int(b) & -int(b)).bit_length() - 1 for b in np.unique(bits)])
    if len(trailing) > 4096:
        return None
    lowest = exponent - 53 + trailing[np.searchsorted(np.unique(bits), bits)]
    unit = 2.0 ** int(lowest.min())
    network, rows = program.network, np.zeros(program.n_pbits)
    if len(network.weight):
        rows = np.add.reduceat(np.append(np.abs(network.weight), 0.0), network.indptr[:-1])
    rows = np.where(network.degree > 0, rows, 0.0) + np.abs(network.bias)
    return unit if rows.max() / unit < 16000 else None
