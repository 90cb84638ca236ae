"""Denoising chains in commands: trained as a plan says, and their images."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hwsim.command import given
from hwsim.command.result import Result
from hwsim.display import Facts, counted
from hwsim.errors import InputError
from hwsim.units import whole

if TYPE_CHECKING:
    from hwsim.command.draw import Drawn
    from hwsim.learn.bill import Bill
    from hwsim.learn.denoise import Denoiser
    from hwsim.learn.denoise_plan import PlannedChain
    from hwsim.learn.denoise_training import ChainTraining
    from hwsim.report.canvas import Drawing


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class TrainedChain(Result):
    """What `train` did of a denoising chain, a row for each part. chain : the trained Denoiser
    bill : of the whole training, one machine after the other"""

    chain: "Denoiser" = field()
    bill: "Bill" = field()

    @property
    def is_shown(self) -> bool:
        """Whether a part of the training is done."""
        return bool(self.rows)

    def text(self, width: int | None = None) -> str:
        """What was learnt, where; a line for each part."""
        from hwsim.report.denoise import chain_text

        return f"{chain_text(self.document, width=width)}\n\n{self.bill.text()}"

    def drawing(self) -> "Drawing | None":
        """Distance and autocorrelation by epoch, and images."""
        from hwsim.report.denoise import chain_drawing

        return chain_drawing(self.document) if self.rows else None

    def _shown(self) -> tuple[str, Facts]:
        last = self.rows[-1] if self.rows else {}
        return f"Training of {self.document['data']['name']} on {self.document['chip']}", [
            ("chain", self.chain._shown()[0]),
            ("Frechet distance", None if last.get("frechet") is None else f"{last['frechet']:.3g}"),
            ("worst autocorrelation", f"{max(last['autocorrelation']):.3f}" if last else None),
            ("bill", self.bill._shown()[0].removeprefix("Bill: ")),
        ]


def train_denoiser(
    full: Mapping[str, Any], *, output: str | Path | None, threads: int | None, progress: Any, command_line: str | None
) -> TrainedChain:
    """Train the chain of ``full``, a plan with its defaults. Raises InputError."""
    from hwsim.command.train import say_saved
    from hwsim.learn.bill import bill_of
    from hwsim.learn.denoise_plan import ImageJudge, planned_chain
    from hwsim.learn.denoise_training import ChainWatch, train_chain
    from hwsim.report.provenance import provenance

    asked = planned_chain(full)
    judge = ImageJudge(asked, threads)
    done = train_chain(
        asked.data,
        asked.chain,
        asked.chip,
        asked.course,
        watch=ChainWatch(progress=progress.show, judge=judge, plan=asked.plan),
        output=output,
        die_seed=full["machine"]["die_seed"],
        rounding=full["machine"]["rounding"],
        seed=full["seed"],
        engine=full["engine"],
        threads=threads,
    )
    kept = done.history[-1]["step"] if done.history else 0
    say_saved(output, done.history)
    data_pbits = sum(activity.data_writes for activity in done.activity.values())
    cost = bill_of(
        done.activity.values(),
        asked.chip.prices,
        programmings=kept * len(done.chain.models),
        data_rounds=data_pbits / done.chain.models[0].n_seen,
    )
    return TrainedChain(
        document=_document(asked, judge, done) | {"bill": cost.facts},
        provenance=provenance(seed=full["seed"], beta=(1.0,), command=command_line),
        stopped=f"; {counted(kept, 'step')} are kept" if done.interrupted else None,
        chain=done.chain,
        bill=cost,
    )


def draw_images(
    chain: "Denoiser | str | Path",
    chip: Any,
    *,
    sweeps: int,
    label: Any,
    clamp: Mapping[str, int],
    how: Mapping[str, Any],
) -> "Drawn":
    """Images of ``chain``, a Denoiser or its file, on ``chip``, as `hwsim.command.draw.draw` shows samples. Raises
    InputError."""
    from hwsim.command.draw import Drawn, rows_of
    from hwsim.learn.answers import Samples, code_of
    from hwsim.learn.denoise import Denoiser, generate
    from hwsim.learn.model import plain_settings
    from hwsim.report.provenance import provenance

    found = chain if isinstance(chain, Denoiser) else Denoiser.load(chain)
    model = found.models[0]
    code, images = code_of(model), whole(how["reads"], name="reads", least=1)
    if clamp:
        raise InputError("a denoising chain makes whole images: hold its label with --label, nothing with --clamp")
    if label is not None and not model.n_label:
        raise InputError(f"the chain has no label units to hold at {label!r}")
    number = None if label is None else np.full(images, code.class_of(label))
    machine = given.machine_of(*given.own_chip(chip, model.chip, found.notes, how))
    how["progress"].show(0.0, "making images")
    settings = {name: how[name] for name in ("seed", "engine", "threads", "die_seed")}
    made = generate(found, machine, images, sweeps=sweeps, labels=number, **settings)
    labels = code.votes(made.label_bits).argmax(axis=1) if model.n_label else None
    samples = Samples(model=model, states=made.states, labels=labels, activity=made.activity)
    cost = made.bill(machine.prices, images)
    held = {} if number is None else dict(zip(model.names[model.n_visible :], made.label_bits[0].tolist(), strict=True))
    document = {
        "model": f"a chain of {counted(len(found.models), 'machine')}",
        "chip": machine.name,
        "settings": plain_settings(machine),
        "clock": machine.clock.kind,
        "die_seed": how["die_seed"],
        "sweeps": sweeps,
        "columns": list(code.names),
        "shape": None if code.shape is None else list(code.shape),
        "held": held,
        "rows": rows_of(samples, code),
        "law": None,
        "bill": cost.facts,
    }
    made_by = provenance(seed=how["seed"], beta=[model.beta])
    return Drawn(document=document, provenance=made_by, samples=samples, code=code, bill=cost)


def _document(asked: "PlannedChain", judge: Any, done: "ChainTraining") -> dict[str, Any]:
    """What ``--json`` writes."""
    from hwsim.command.train import data_facts

    model, code = done.chain.models[0], asked.data.code
    images = [] if done.interrupted else code.levels_of(judge.made(done.chain).bits[:64]).tolist()
    return {
        "plan": asked.plan,
        "data": data_facts(asked.data, asked.data.bits.shape[1]),
        "model": {
            "machines": len(done.chain.models),
            "visible": model.n_visible,
            "label": model.n_label,
            "hidden": model.n_hidden,
            "couplings": len(model.weight),
        },
        "noise": {"times": [float(time) for time in done.chain.noise.times[:-1]], "kept": done.chain.noise.kept},
        "chip": asked.chip.name,
        "clock": asked.chip.clock.kind,
        "images": judge.images,
        "components": judge.components,
        "sweeps": judge.sweeps,
        "rows": done.history,
        "activity": {name: asdict(activity) for name, activity in done.activity.items()},
        "samples": images,
    }
