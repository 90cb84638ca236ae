"""Draw: samples of a trained model on a chip, as rows, as images, and as a file of data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from hwsim.command import given
from hwsim.command.defaults import OWN
from hwsim.command.keywords import ChipKeywords, PaceKeywords, ReadKeywords, command
from hwsim.command.result import Result
from hwsim.display import Facts, counted
from hwsim.errors import InputError
from hwsim.units import whole

if TYPE_CHECKING:
    from hwsim.chip.chip import Chip
    from hwsim.learn.answers import Samples
    from hwsim.learn.bill import Bill
    from hwsim.learn.code import Code
    from hwsim.learn.model import Model
    from hwsim.report.canvas import Drawing

_MOST_SEEN = 12
"""Visible and label units whose states are counted one by one."""


class Keywords(ChipKeywords, PaceKeywords, ReadKeywords, total=False):
    """Of `draw`."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Drawn(Result):
    """What `draw` found. samples : the states of all units;  code : how they are read;  bill : of all samples"""

    samples: "Samples"
    code: "Code"
    bill: "Bill"

    @property
    def title(self) -> str:
        """What was drawn, where."""
        found = self.document
        return f"{counted(len(self.rows), 'sample')} of {found['model']} on {found['chip']}, die {found['die_seed']}"

    def text(self, width: int | None = None) -> str:
        """Small rows as the states that were seen, with their shares; images as characters; other rows as bits."""
        from hwsim.report.learnt import samples_text

        return samples_text(self.title, self.document, self.levels, self.bill, width=width)

    def drawing(self) -> "Drawing":
        """Images side by side, or the shares of the states, or the rows."""
        from hwsim.report.learnt import samples_drawing

        return samples_drawing(self.title, self.document, self.levels)

    @property
    def levels(self) -> np.ndarray:
        """float64 (samples, columns) in [0, 1], (samples, height, width) of images."""
        levels = self.code.levels_of(self.samples.bits)
        return levels if self.code.shape is None else levels.reshape(-1, *self.code.shape)

    def save(self, path: str | Path) -> None:
        """Write a picture or JSON as every result does; to a name that ends in npz the samples, which
        `hwsim.learn.read_data` reads: x (levels), y (labels, where there are some), states int8 (samples, units), units
        (names)."""
        if Path(path).suffix.lower() != ".npz":
            super().save(path)
            return
        from hwsim.files import replacing
        from hwsim.npy import write_arrays

        labels = [row["label"] for row in self.rows]
        arrays: dict[str, Any] = {"x": self.levels, "states": self.samples.states}
        arrays["units"] = np.array(self.samples.model.labels)
        if labels[0] is not None:
            arrays["y"] = np.array(labels)
        with replacing(path) as part, part.open("wb") as file:
            write_arrays(file, arrays)

    def _shown(self) -> tuple[str, Facts]:
        law = self.document["law"]
        words = None if law is None else f"{law['total_variation']:.3g}, of which noise makes {law['noise_floor']:.3g}"
        return self.title, [
            ("sweeps", self.document["sweeps"]),
            ("distance from the model's law", words),
            ("bill", self.bill._shown()[0].removeprefix("Bill: ")),
        ]


@command(reads=64, schedules=16)
def draw(
    model: Any,
    chip: "str | Chip" = OWN,
    *,
    sweeps: int = 1000,
    label: Any = None,
    clamp: Mapping[str, int] | None = None,
    **how: Unpack[Keywords],
) -> Drawn:
    """Samples of ``model``, a Model or its file, on ``chip``: the states of ``reads`` chains after ``sweeps`` rounds of
    the clock from random states. Of a Denoiser or its file, images that the chain makes, ``sweeps`` of each machine.

    chip : own for the one that the model was trained on, with what was set there
    label : the class that the label units are held at
    clamp : {name of a visible or label unit: -1 or +1, or 0 for -1}, units that are held
    how : see ChipKeywords, PaceKeywords and ReadKeywords. Raises InputError, DoesNotFitError.
    """
    from hwsim.learn.answers import code_of, samples
    from hwsim.learn.bill import bill_of
    from hwsim.learn.denoise import is_denoiser
    from hwsim.learn.model import model_of, plain_settings
    from hwsim.report.provenance import provenance

    if is_denoiser(model):
        from hwsim.command.denoise import draw_images

        return draw_images(model, chip, sweeps=sweeps, label=label, clamp=clamp or {}, how=how)
    learnt = model_of(model)
    code = code_of(learnt)
    values = _held(learnt, code, label, clamp or {})
    machine = given.learning_machine(learnt, chip, how)
    held = np.isin(np.arange(learnt.n), list(values))
    kept = np.array([values[unit] for unit in sorted(values)], dtype=np.int8)
    found = samples(
        machine,
        whole(how["reads"], name="reads", least=1),
        sweeps=whole(sweeps, name="sweeps", least=1),
        held=held,
        values=kept if values else None,
        tell=lambda part: how["progress"].show(part, "drawing samples"),
    )
    cost = bill_of([found.activity], machine.chip.prices, programmings=0, data_rounds=float(bool(values)) * len(found))
    names = learnt.labels
    document = {
        "model": learnt.name,
        "chip": machine.chip.name,
        "settings": plain_settings(machine.chip),
        "clock": machine.program.clock.kind,
        "die_seed": how["die_seed"],
        "sweeps": sweeps,
        "columns": list(code.names),
        "shape": None if code.shape is None else list(code.shape),
        "held": {names[unit]: value for unit, value in sorted(values.items())},
        "rows": rows_of(found, code),
        "law": _law(learnt, found, values),
        "bill": cost.facts,
    }
    return Drawn(
        document=document,
        provenance=provenance(seed=how["seed"], beta=[learnt.beta], programs=[machine.program]),
        samples=found,
        code=code,
        bill=cost,
    )


def _held(model: "Model", code: "Code", label: Any, clamp: Mapping[str, int]) -> dict[int, int]:
    """{unit: value} of ``clamp`` and the class ``label``. Raises InputError."""
    from hwsim.learn.code import listed

    place = {name: unit for unit, name in enumerate(model.names)}
    found: dict[int, int] = {}
    for name, value in clamp.items():
        if name not in place:
            raise InputError(f"{model.name} has no visible or label unit {name!r} to clamp; it has {listed(place)}")
        if value not in (-1, 0, 1):
            raise InputError(f"{name!r} must be clamped to -1 (or 0) or to 1, got {value!r}")
        found[place[name]] = 1 if value > 0 else -1
    if label is None:
        return found
    if not code.classes or not model.n_label:
        raise InputError(f"{model.name} has no label units to hold at {label!r}")
    bits = code.label_bits(np.array([code.class_of(label)]))[0]
    return found | {model.n_visible + k: int(bit) for k, bit in enumerate(bits)}


def rows_of(found: "Samples", code: "Code") -> list[dict[str, Any]]:
    """A row for each sample: its energy in the model's own numbers, its class, its visible bits as text of 0 and 1."""
    energies = found.model.network.energies(found.states)
    labels = [None] * len(found) if found.labels is None else [code.classes[k] for k in found.labels]
    bits = ["".join(row) for row in np.where(found.bits > 0, "1", "0")]
    return [
        {"sample": k, "label": label, "energy": float(energy), "bits": text}
        for k, (label, energy, text) in enumerate(zip(labels, energies, bits, strict=True))
    ]


def _law(model: "Model", found: "Samples", held: Mapping[int, int]) -> dict[str, Any] | None:
    """Shares of the visible states beside the model's exact law, given what is held; None of larger models."""
    from hwsim.analysis.exact_laws import state_index
    from hwsim.analysis.fidelity import total_variation, tv_noise_floor
    from hwsim.learn.exact import visible_law

    if model.n_seen > _MOST_SEEN:
        return None
    try:
        law = visible_law(model.network, range(model.n_seen), beta=model.beta)
    except InputError:  # hidden units that are coupled too widely
        return None
    number = np.arange(len(law))
    allowed = np.all([(number >> unit & 1) == (value > 0) for unit, value in held.items()], axis=0)
    law = np.where(allowed, law, 0.0)
    law = np.bincount(number & (2**model.n_visible - 1), weights=law / law.sum())
    index = state_index(found.bits)
    counts = np.bincount(index, minlength=len(law))
    return {
        "states": [
            {"bits": format(k, f"0{model.n_visible}b")[::-1], "count": int(counts[k]), "probability": float(law[k])}
            for k in np.argsort(-counts, kind="stable").tolist()
            if counts[k]
        ],
        "total_variation": total_variation(index, law),
        "noise_floor": tv_noise_floor(law, len(found)),
    }
