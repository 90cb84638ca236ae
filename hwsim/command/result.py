"""Results of commands: the document that ``--json`` writes, which shows itself as the command prints it.

Enters: numbers. Leaves: a Result. Its repr is short; printing it gives the command's whole text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hwsim.display import Shown, data_frame
from hwsim.errors import InputError

if TYPE_CHECKING:
    from hwsim.report.canvas import Drawing
    from hwsim.report.provenance import Provenance


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Result(Shown):
    """What a command found. Subclasses say how it is shown: `text`, and `drawing` where the command draws one.

    document : plain data, what ``--json`` writes;  provenance : where it comes from
    stopped : how far an interrupted command got, as the end of a sentence, else None
    """

    document: dict[str, Any]
    provenance: "Provenance"
    stopped: str | None = None
    row_key: ClassVar[str] = "rows"
    """Where the rows are in ``document``."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of the table, plain numbers in SI units."""
        return self.document[self.row_key]

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended it early."""
        return self.stopped is not None

    @property
    def is_shown(self) -> bool:
        """Whether there is something to print."""
        return True

    def text(self, width: int | None = None) -> str:
        """What the command prints. width : of the terminal, None for lines as long as they need to be"""
        raise NotImplementedError

    def drawing(self) -> "Drawing | None":
        """What ``--plot`` draws; None where there is nothing to draw."""
        return None

    def plot(self, ax: Any = None, *, panel: str | None = None) -> Any:
        """Draw the command's picture and return its axes.

        ax : matplotlib axes for one panel, several for all of them, or a figure; None for a new figure
        panel : which one, by name; the first where ``ax`` is one. Raises InputError
        """
        return self._drawn().on(ax, panel=panel)

    def _drawn(self) -> "Drawing":
        drawing = self.drawing()
        if drawing is None:
            raise InputError(f"this {type(self).__name__} has nothing to draw")
        return drawing

    def to_pandas(self) -> Any:
        """The rows as a pandas DataFrame. Raises MissingExtraError."""
        return data_frame(self.flat_rows())

    def flat_rows(self) -> list[dict[str, Any]]:
        """The rows as a data frame holds them."""
        return self.rows

    def save(self, path: str | Path) -> None:
        """Write what ``--json`` writes to ``path``, or what ``--plot`` draws where it ends in png, svg or pdf."""
        from hwsim.report.canvas import SUFFIXES
        from hwsim.report.document import write_document
        from hwsim.text import ending

        if ending(path) not in SUFFIXES:
            write_document(self.document, str(path), self.provenance)
            return
        self._drawn().write(path, self.provenance)

    def made_by(self, command: str) -> "Provenance":
        """The provenance, with the command line as it was typed."""
        return replace(self.provenance, command=command)

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text())}</pre>"


def best_row(rows: Sequence[dict[str, Any]], key: str, *, most: bool = False) -> dict[str, Any] | None:
    """The row with the least (or the most) of ``key``, None where no row has it."""
    known = [row for row in rows if row.get(key) is not None]
    return (max if most else min)(known, key=lambda row: row[key]) if known else None
