"""What all figures share: the sheet, its look, the checks of the numbers, and the file.

Enters: numbers and text of a figure. Leaves: one file, png, svg or pdf by its suffix, written whole or not at all.
"""

import os
import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.errors import InputError
from hwsim.files import check_writable, replacing
from hwsim.report.provenance import Provenance
from hwsim.units import format_si

SUFFIXES = (".png", ".svg", ".pdf")


def picture_path(path: str | os.PathLike) -> Path:
    """The path of a figure. Raises InputError for a suffix other than png, svg, pdf, or where no file can be made."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"a figure must end in {', '.join(SUFFIXES)}, got {str(path)!r}")
    check_writable(path)
    return path


def numbers(record: Any, key: str, where: str, n: int | None = None, *, finite: bool = True) -> np.ndarray:
    """``record[key]`` as float64 (n,), or (k,) with k >= 1 when n is None.

    finite : whether infinities are refused; nan always is. Raises InputError, which names ``where`` and the key.
    """
    if not isinstance(record, Mapping) or key not in record:
        raise InputError(f"{where} needs {key!r}, which is missing")
    try:
        values = np.asarray(record[key], dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{where} needs {key!r} to be numbers, got {record[key]!r}") from None
    if values.ndim != 1 or values.size == 0 or (n is not None and values.size != n):
        wanted = "(k,) with k >= 1" if n is None else f"({n},)"
        raise InputError(f"{where} needs {key!r} of shape {wanted}, got {values.shape}")
    if np.isnan(values).any() or (finite and not np.isfinite(values).all()):
        raise InputError(f"{where} has a value in {key!r} that is not {'finite' if finite else 'a number'}")
    return values


def interval(value: np.ndarray, low: np.ndarray, high: np.ndarray, where: str) -> np.ndarray:
    """Lengths below and above ``value``, float64 (2, k), for error bars.

    Raises InputError where an interval does not contain its value, rounding aside.
    """
    slack = 1e-9 * np.maximum(np.abs(value), 1e-300)
    if (low > value + slack).any() or (high < value - slack).any():
        raise InputError(f"{where} has an interval, 'low' to 'high', that does not contain its value")
    return np.maximum([value - low, high - value], 0.0)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A picture of one panel or several: how each is drawn, and how they are put together.

    panels : {name: function that draws on axes};  size : (width, height) of the sheet in inches
    grid : rows and columns of the panels, one row where None;  layout : keywords of matplotlib's ``subplots``
    finish : called with the sheet and its axes when all panels are drawn there, for what they share
    alone : called with the axes of a panel that is drawn by itself, for what it would share
    compose : draws all panels on a sheet, in place of ``panels`` one after the other, and returns their axes
    wrap : characters of a line of the title;  title_size : of its letters
    """

    title: str
    panels: Mapping[str, Callable[[Any], Any]]
    size: tuple[float, float]
    grid: tuple[int, int] | None = None
    layout: Mapping[str, Any] = field(default_factory=dict)
    finish: Callable[[Any, Sequence[Any]], Any] | None = None
    alone: Callable[[Any], Any] | None = None
    compose: Callable[[Any], list[Any]] | None = None
    wrap: int = 80
    title_size: str = "large"

    def on(self, ax: Any = None, *, panel: str | None = None) -> Any:
        """Draw on ``ax`` and return the axes, several as an array; see `hwsim.command.result.Result.plot`."""
        if panel is not None and panel not in self.panels:
            raise InputError(f"panel must be one of {', '.join(self.panels)}, got {panel!r}")
        chosen = list(self.panels) if panel is None else [panel]
        if ax is None or hasattr(ax, "subplots"):
            sheet = self._new(1 if panel is not None else len(chosen)) if ax is None else ax
            axes = self.whole(sheet) if panel is None else self._part(sheet.subplots(), panel)
            return axes[0] if isinstance(axes, list) and len(axes) == 1 else axes
        if hasattr(ax, "plot"):
            return self._part(ax, chosen[0])
        each = np.asarray(ax, dtype=object).ravel()
        if len(each) != len(chosen):
            raise InputError(f"this picture has {len(chosen)} panels ({', '.join(chosen)}), got {len(each)} axes")
        for one, name in zip(each, chosen, strict=True):
            self._part(one, name)
        return ax

    def write(self, path: str | os.PathLike, provenance: Provenance | None = None) -> Path:
        """Write the whole picture; returns the path. Raises InputError for a suffix other than png, svg, pdf."""
        path = picture_path(path)
        figure = blank(*self.size)
        self.whole(figure)
        write(figure, path, provenance)
        return path

    def _new(self, n: int) -> Any:
        """A new figure of pyplot, which notebooks show."""
        import matplotlib.pyplot as plt

        width, height = self.size
        rows, columns = (1, len(self.panels)) if self.grid is None else self.grid
        size = (width, height) if n == len(self.panels) else (width / columns, height / rows)
        return plt.figure(figsize=size, layout="constrained")

    def whole(self, sheet: Any) -> list[Any]:
        """Draw all panels on ``sheet``, a figure or a part of one; returns their axes."""
        if self.title:
            headline(sheet, self.title, width=self.wrap, size=self.title_size)
        if self.compose is not None:
            return self.compose(sheet)
        rows, columns = (1, len(self.panels)) if self.grid is None else self.grid
        axes = list(sheet.subplots(rows, columns, squeeze=False, **self.layout).ravel())
        for one, draw in zip(axes, self.panels.values(), strict=True):
            draw(one)
        if self.finish is not None:
            self.finish(sheet, axes)
        return axes

    def _part(self, axes: Any, panel: str) -> Any:
        self.panels[panel](axes)
        if self.alone is not None:
            self.alone(axes)
        return axes


def stacked(drawings: Mapping[str, Drawing]) -> Drawing:
    """Several drawings one below the other; one of them as it is. A panel is named after its drawing and itself."""
    if len(drawings) == 1:
        return next(iter(drawings.values()))
    panels = {f"{name} {key}": draw for name, one in drawings.items() for key, draw in one.panels.items()}
    sizes = [one.size for one in drawings.values()]

    def compose(sheet: Any) -> list[Any]:
        parts = sheet.subfigures(len(drawings), 1, height_ratios=[height for _, height in sizes])
        return [axes for one, part in zip(drawings.values(), parts, strict=True) for axes in one.whole(part)]

    return Drawing(
        title="",
        panels=panels,
        size=(max(width for width, _ in sizes), sum(height for _, height in sizes)),
        alone=next(iter(drawings.values())).alone,
        compose=compose,
    )


def blank(width_in: float, height_in: float) -> Any:
    """An empty sheet. matplotlib's object interface: no global figure list, no display, safe in threads."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), dpi=150, layout="constrained")


def space(sheet: Any, between: float) -> None:
    """Set the space ``between`` panels of a whole figure; a part of another one keeps that one's."""
    engine = sheet.get_layout_engine() if hasattr(sheet, "set_layout_engine") else None
    if engine is not None:
        engine.set(wspace=between)


def palette() -> Any:
    """The ten colours of every figure, as (red, green, blue)."""
    import matplotlib

    return matplotlib.colormaps["tab10"].colors  # type: ignore[attr-defined]


def dress(axes: Any, title: str = "") -> None:
    """The common look of a panel: light grid below the data, no top or right spine, title on the left."""
    axes.grid(True, color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if title:
        axes.set_title(plain(title), loc="left", fontsize="medium")


def headline(figure: Any, title: str, *, width: int = 80, size: str = "large") -> None:
    """The title of the sheet, wrapped at ``width`` characters."""
    figure.suptitle("\n".join(textwrap.wrap(plain(title), width)), x=0.01, ha="left", fontsize=size)


def plain(text: str) -> str:
    """``text`` with its dollar signs escaped, so that matplotlib does not read it as mathematics."""
    return text.replace("$", r"\$")


@contextmanager
def any_letters() -> Iterator[None]:
    """A letter that the font lacks is drawn as a box, without a warning of matplotlib's."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def time_unit(longest_s: float) -> tuple[str, float]:
    """The unit in which the longest time is at least one, and that unit in seconds."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("ps", 1e-12)):
        if longest_s >= scale:
            return unit, scale
    return ("s", 1.0) if longest_s == 0 else ("fs", 1e-15)


def log_time(axes: Any) -> None:
    """A logarithmic x axis of seconds whose ticks say their unit: 100 ns, 1 us, 10 us. Set its limits first."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    low, high = axes.get_xlim()
    if high < 30 * low:
        # little more than a decade: mark 1, 2 and 5, or the axis may show a single number
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: format_si(seconds, "s")))
    axes.xaxis.set_minor_formatter(NullFormatter())


def svg(figure: Any, provenance: Provenance | None = None) -> str:
    """The figure as SVG text for a page; its metadata hold the provenance."""
    file = StringIO()
    _save(figure, file, "svg", provenance)
    return file.getvalue()


def write(figure: Any, path: Path, provenance: Provenance | None = None) -> None:
    """Write the figure to a file, whole or not at all; its metadata hold the provenance."""
    with replacing(path) as part:
        _save(figure, part, path.suffix[1:].lower(), provenance)


def _save(figure: Any, file: Any, kind: str, provenance: Provenance | None) -> None:
    """The same bytes for the same figure: matplotlib's names of clip paths in SVG are random without a salt."""
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": "hwsim"}), any_letters():
        figure.savefig(file, format=kind, metadata=(provenance or Provenance()).metadata(kind))
