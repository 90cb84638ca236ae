"""Text as a function of x: checked, evaluated on arrays, and turned into a polynomial where it is one.

Enters: ``x**4/4 - x**2/2`` and the like. Leaves: values, exact slopes, or coefficients that kernels read.
"""

import ast
import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from hwsim.display import Shown
from hwsim.errors import InputError

_FUNCTIONS = {name: getattr(np, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "cosh", "sinh")}
_COMPLEX_STEP = 1e-30
_HIGHEST = 16
"""Above this degree an expression is evaluated as written."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Polynomial(Shown):
    """centre : float;  slope : float64 (k,), coefficients of dU/dx in powers of x - centre, the constant first"""

    centre: float
    slope: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """dU/dx, of the shape of ``x``, computed in the same order of operations as the kernels."""
        value = np.full(np.shape(x), self.slope[-1])
        for term in self.slope[-2::-1]:
            value = value * (x - self.centre) + term
        return value


class Expression:
    """``text`` as a function of x. Raises InputError unless it is arithmetic of x."""

    def __init__(self, text: str) -> None:
        try:
            tree = ast.parse(text.replace("^", "**"), mode="eval")
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            raise InputError(f"a potential is an expression of x such as x**4/4 - x**2/2, got {text!r}") from None
        self._body = tree.body
        try:
            _check(self._body, text)
        except RecursionError:
            raise InputError(f"a potential may have some hundred terms, got {len(text)} characters: {text!r}") from None

    def value(self, x: np.ndarray) -> np.ndarray:
        """float64, of the shape of ``x``."""
        with np.errstate(all="ignore"):
            return np.broadcast_to(np.real(_value(self._body, np.asarray(x, dtype=float))), np.shape(x)).astype(float)

    def slope(self, x: np.ndarray) -> np.ndarray:
        """float64, of the shape of ``x``; a complex step makes it exact where the function is smooth."""
        with np.errstate(all="ignore"):
            value = _value(self._body, np.asarray(x) + 1j * _COMPLEX_STEP)
        return np.broadcast_to(np.imag(value) / _COMPLEX_STEP, np.shape(x)).astype(float)

    def polynomial(self) -> Polynomial | None:
        """The slope as a polynomial; None where it is not one, or loses digits when multiplied out."""
        terms = _terms(self._body)
        if terms is None:
            return None
        try:
            # an exact shift to the mean of the roots: (x - 1000)**4 has one term then, not five that cancel
            centre = _centre(terms)
            slope = [k * term for k, term in enumerate(_shifted(terms, centre))][1:] or [Fraction(0)]
            found = Polynomial(centre=float(centre), slope=np.array([float(term) for term in slope]))
        except OverflowError:
            return None
        return found if self._agrees(found) else None

    def _agrees(self, polynomial: Polynomial) -> bool:
        """Whether the polynomial gives the slope to 1e-10 of its size near each extremum of the potential."""
        extrema = np.roots(np.trim_zeros(polynomial.slope[::-1], "f")).real
        away = np.abs(extrema).max(initial=0)
        for place in extrema + polynomial.centre:
            x = place + np.linspace(-1, 1, 21) * (1e-3 * away or 1.0)
            wanted = self.slope(x)
            if not np.abs(polynomial(x) - wanted).max() <= 1e-10 * np.abs(wanted).max():
                return False
        return True


def _terms(node: ast.expr) -> list[Fraction] | None:
    """Exact coefficients of a polynomial in x, the constant first; None for anything else, or a degree above 16."""
    if not any(isinstance(part, ast.Name) and part.id == "x" for part in ast.walk(node)):
        with np.errstate(all="ignore"):
            number = complex(_value(node, np.zeros(())))
        return [Fraction(number.real)] if math.isfinite(number.real) and number.imag == 0 else None
    if isinstance(node, ast.Name):
        return [Fraction(0), Fraction(1)]
    if isinstance(node, ast.UnaryOp):
        inner = _terms(node.operand)
        return [-term for term in inner] if inner and isinstance(node.op, ast.USub) else inner
    if not isinstance(node, ast.BinOp):
        return None
    left, right = _terms(node.left), _terms(node.right)
    if left is None or right is None:
        return None
    if isinstance(node.op, ast.Add | ast.Sub):
        sign = -1 if isinstance(node.op, ast.Sub) else 1
        left += [Fraction(0)] * (len(right) - len(left))
        return [a + sign * b for a, b in zip(left, right + [Fraction(0)] * (len(left) - len(right)), strict=True)]
    if isinstance(node.op, ast.Mult):
        return _product(left, right)
    if len(right) > 1:
        return None
    if isinstance(node.op, ast.Div):
        return [term / right[0] for term in left] if right[0] else None
    result: list[Fraction] | None = [Fraction(1)]
    if right[0].denominator != 1 or not 0 <= right[0] <= _HIGHEST:
        return None
    for _ in range(int(right[0])):
        result = result and _product(result, left)
    return result


def _product(a: list[Fraction], b: list[Fraction]) -> list[Fraction] | None:
    if len(a) + len(b) - 2 > _HIGHEST:
        return None
    result = [Fraction(0)] * (len(a) + len(b) - 1)
    for i, p in enumerate(a):
        for j, q in enumerate(b):
            result[i + j] += p * q
    return result


def _centre(terms: list[Fraction]) -> Fraction:
    """Mean of the roots of the slope, rounded to a float64."""
    while len(terms) > 1 and terms[-1] == 0:
        terms.pop()
    n = len(terms) - 1
    return Fraction(float(-terms[n - 1] / (n * terms[n]))) if n >= 2 else Fraction(0)


def _shifted(terms: list[Fraction], centre: Fraction) -> list[Fraction]:
    """The same polynomial in powers of x - centre: Taylor's, by Horner's rule."""
    result: list[Fraction] = []
    for term in reversed(terms):
        result = [centre * a + b for a, b in zip([*result, Fraction(0)], [Fraction(0), *result], strict=True)]
        result[0] += term
    return result


def _check(node: ast.expr, text: str) -> None:
    """Raise InputError for anything that is not arithmetic of x."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.Pow):
        _check(node.left, text)
        _check(node.right, text)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        _check(node.operand, text)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        if len(node.args) != 1 or node.keywords:
            raise InputError(f"{node.func.id} in the potential {text!r} takes one value")
        _check(node.args[0], text)
    elif not (
        (isinstance(node, ast.Name) and node.id in ("x", "pi"))
        or (isinstance(node, ast.Constant) and type(node.value) in (int, float))
    ):
        raise InputError(
            f"a potential is arithmetic of x with {', '.join(_FUNCTIONS)}; {ast.unparse(node)!r} in {text!r} is not"
        )


def _value(node: ast.expr, x: np.ndarray) -> np.ndarray:
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, x), _value(node.right, x)
        if isinstance(node.op, ast.Pow):
            return _power(left, right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        return left * right if isinstance(node.op, ast.Mult) else left / right
    if isinstance(node, ast.UnaryOp):
        value = _value(node.operand, x)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)
        return _FUNCTIONS[node.func.id](_value(node.args[0], x))
    if isinstance(node, ast.Name):
        return x if node.id == "x" else np.asarray(math.pi)
    assert isinstance(node, ast.Constant) and isinstance(node.value, int | float)
    return np.asarray(float(node.value))


def _power(base: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """``base ** exponent``; whole exponents by repeated products, which keep a complex step exact."""
    if np.ndim(exponent) == 0 and not np.iscomplexobj(exponent) and float(exponent).is_integer():
        times = abs(int(exponent))
        if times <= 64:
            result = np.ones_like(base)
            for _ in range(times):
                result = result * base
            return 1 / result if exponent < 0 else result
    return base**exponent
