"""Arrays as text of an HTML page: byte planes, compressed, in base64.

Enters: arrays. Leaves: a reference to each (plain data for JSON) and the text elements they refer to. Byte k of all
numbers of an array stands together: the planes of large numbers that grow slowly are nearly constant and compress well.
Equal arrays are stored once. page/codec.js reads what is written here.
"""

import base64
import gzip
import hashlib
from typing import Any

import numpy as np

from hwsim.errors import InputError

_LEVEL = 7
_WHOLE = 2**53
"""JavaScript's numbers are float64: whole numbers below this are exact."""

Reference = dict[str, Any]


class Arrays:
    """The arrays of one page. elements : the text of each, by its number"""

    def __init__(self) -> None:
        self.elements: list[str] = []
        self._known: dict[bytes, int] = {}

    @property
    def size(self) -> int:
        """Bytes of all elements together."""
        return sum(map(len, self.elements))

    def whole(self, values: Any, *, rising: bool = False) -> Reference:
        """Whole numbers >= 0. rising : they never fall, and differences are stored. Raises InputError for one that
        JavaScript does not hold."""
        plain = np.asarray(values, dtype=np.int64).ravel()
        if plain.size and (plain.min() < 0 or plain.max() >= _WHOLE):
            raise InputError(
                "a page holds whole numbers from 0 to 2**53, so times and delays, in fs, of up to 9 s; this run has "
                f"{plain.max() if plain.min() >= 0 else plain.min()}"
            )
        stored = np.diff(plain, prepend=0) if rising else plain
        if not rising and plain.size and np.all(plain == plain[0]):
            return {"v": int(plain[0]), "n": plain.size}
        n_bytes = max(1, (int(stored.max(initial=0)).bit_length() + 7) // 8)
        reference = {"t": "u", "b": n_bytes, "n": plain.size, "a": self._add(_planes(stored.astype("<u8"), n_bytes))}
        return reference | {"d": 1} if rising else reference

    def real(self, values: Any, *, n_bytes: int = 8) -> Reference:
        """Floats of 8 bytes, or of 4."""
        plain = np.asarray(values, dtype=f"<f{n_bytes}").ravel()
        if plain.size and np.all(plain == plain[0]) and np.isfinite(plain[0]):
            return {"v": float(plain[0]), "n": plain.size}
        return {"t": "f", "b": n_bytes, "n": plain.size, "a": self._add(_planes(plain, n_bytes))}

    def bits(self, values: Any) -> Reference:
        """Truth values."""
        plain = np.asarray(values, dtype=bool).ravel()
        return {"t": "bits", "n": plain.size, "a": self._add(np.packbits(plain, bitorder="little").tobytes())}

    def spins(self, values: Any) -> Reference:
        """-1 and +1, as bits."""
        return self.bits(np.asarray(values) > 0)

    def _add(self, data: bytes) -> int:
        digest = hashlib.sha256(data).digest()
        if digest not in self._known:
            self._known[digest] = len(self.elements)
            packed = gzip.compress(data, _LEVEL, mtime=0)
            self.elements.append(base64.b64encode(packed).decode("ascii"))
        return self._known[digest]


def _planes(values: np.ndarray, n_bytes: int) -> bytes:
    """Byte 0 of all ``values``, then byte 1 of all, up to ``n_bytes``."""
    each = values.view(np.uint8).reshape(values.size, values.itemsize)
    return np.ascontiguousarray(each[:, :n_bytes].T).tobytes()


def read(reference: Reference, elements: list[str]) -> np.ndarray:
    """The array of a ``reference``: what page/codec.js makes of it, float64 for whole numbers and floats, else bool."""
    n = reference["n"]
    if "v" in reference:
        return np.full(n, float(reference["v"]))
    data = np.frombuffer(gzip.decompress(base64.b64decode(elements[reference["a"]])), dtype=np.uint8)
    if reference["t"] == "bits":
        return np.unpackbits(data, count=n, bitorder="little").astype(bool)
    planes = data.reshape(reference["b"], n)
    if reference["t"] == "f":
        return np.ascontiguousarray(planes.T).view(f"<f{reference['b']}").ravel().astype(np.float64)
    values = sum((planes[k].astype(np.int64) << (8 * k) for k in range(reference["b"])), np.zeros(n, dtype=np.int64))
    return (np.cumsum(values) if reference.get("d") else values).astype(np.float64)
