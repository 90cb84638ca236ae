"""Fit: numbers of a p-bit, and a card, from measurements of one or many devices."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hwsim.command.given import several
from hwsim.command.keywords import command
from hwsim.command.result import Result
from hwsim.display import Facts, counted
from hwsim.errors import InputError
from hwsim.units import format_si, parse, seconds

if TYPE_CHECKING:
    from hwsim.cell.fit import Fit
    from hwsim.cell.measured import Measured
    from hwsim.report.canvas import Drawing


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Fitted(Result):
    """What `fit` found. fit : the numbers, as they stand in a card;  drawn : those of the picture, of the data as they
    are;  measured : the data"""

    fit: "Fit"
    drawn: "Fit"
    measured: "Measured"
    row_key = "devices"

    def flat_rows(self) -> list[dict[str, Any]]:
        """A row for each device, each estimate with its interval."""
        rows = []
        for device in self.rows:
            row: dict[str, Any] = {key: device[key] for key in ("device", "n_samples", "n_changes", "share_plus")}
            for name, estimate in device["estimates"].items():
                row |= {name: estimate["value"], f"{name}_ci": [estimate["low"], estimate["high"]]}
            rows.append(row)
        return rows

    def text(self, width: int | None = None) -> str:
        """The estimates of each device and of all, and the tests of the law."""
        from hwsim.report.fit_table import fit_table

        return fit_table(self.fit, width=width)

    def drawing(self) -> "Drawing":
        """Data and fit."""
        from hwsim.report.fit import fit_drawing

        return fit_drawing(self.drawn, self.measured)

    def card(self, name: str = "fitted") -> str:
        """A p-bit card called ``name``, as TOML. Raises InputError where the data lack a number that a card needs."""
        from hwsim.cell.fit_card import card_text

        return card_text(self.fit, name)

    def devices(self) -> str:
        """Gain, offset and tau of each device as CSV, which ``die`` of other commands reads."""
        from hwsim.cell.fit_card import devices_text

        return devices_text(self.fit)

    def save_card(self, path: str | Path) -> None:
        """Write the card, named as its file, to ``path``, which ends in .toml."""
        from hwsim.files import write_text
        from hwsim.text import ending, stem

        if ending(path) != ".toml":
            raise InputError(f"a card must end in .toml, got {str(path)!r}")
        write_text(path, self.card(stem(path)))

    def _shown(self) -> tuple[str, Facts]:
        found = self.fit
        facts = [(name, _estimate(name, estimate)) for name, estimate in found.headline.items()]
        return f"Fit of {found.kind} of {counted(len(found.devices), 'device')} in {found.file}", facts[:5]


@command()
def fit(
    data: str | Path | Sequence[str | Path],
    *,
    input_scale: str | float | None = None,
    interval: str | float | None = None,
    columns: str | Sequence[str] | None = None,
    threshold: float | None = None,
    inputs: str | Sequence[str | float] | None = None,
    tau: str | float | None = None,
    law: str | None = None,
    at_zero: bool = False,
    progress: Any = None,
) -> Fitted:
    """Fit P(+1) = (1 + tanh z) / 2, z = gain (x + offset), to measured sigmoids, traces, bits or dwell times.

    data : a file (see ``hwsim fit --help``), or several with devices each
    input_scale : the input at which x = 1, in the unit of the column;  interval : between samples, where the file has
    no times or rounded ones;  columns : of a record, the time and its channels;  threshold : above it a sample is +1
    inputs : of each file, where several are records of the same devices
    tau : of the card, where the data show no time;  law : of a sigmoid's card;  at_zero : whether the mean offset is
    taken off, as a lab biases its devices;  progress : see ReadKeywords. Raises InputError.
    """
    import numpy as np

    from hwsim.cell.collected import read_all
    from hwsim.cell.fit import at_zero_input
    from hwsim.cell.fit import fit as estimate
    from hwsim.cell.measured import Reading
    from hwsim.report.fit_table import fit_facts
    from hwsim.report.provenance import provenance

    progress.show(0.0, "reading the measurements")
    how = Reading(
        interval_s=None if interval is None else seconds(interval, name="interval"),
        input_scale=input_scale,
        columns=several(columns) or None,
        threshold=None if threshold is None else parse(threshold, "number", name="threshold"),
        inputs=several(inputs) or None,
    )
    files = [data] if isinstance(data, str | Path) or not isinstance(data, Iterable) else list(data)
    if not all(isinstance(file, str | Path) for file in files):
        raise InputError(f"data must be a file of measurements, or several, got {type(data).__name__}")
    with np.errstate(all="ignore"):  # values as large as 1e308 leave no level and no maximum, which is refused
        measured = read_all(files, how)
        progress.show(0.3, "fitting")
        found = estimate(measured, law_name=law, tau_s=None if tau is None else seconds(tau, name="tau"))
        result = at_zero_input(found) if at_zero else found
    return Fitted(document=fit_facts(result), provenance=provenance(), fit=result, drawn=found, measured=measured)


def _estimate(name: str, estimate: Any) -> str:
    from hwsim.report.fit_table import TIMES

    def one(value: float | None) -> str:
        if value is None:
            return "..."
        return format_si(value, "s") if name in TIMES else f"{value:.4g}"

    return f"{one(estimate.value)} [{one(estimate.low)}, {one(estimate.high)}]"
