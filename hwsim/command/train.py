"""Train: a model learnt on an emulated chip, as a plan says."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from hwsim.command.keywords import command
from hwsim.command.progress import tell
from hwsim.command.result import Result
from hwsim.command.train_studies import DEFAULTS, MovedModel, StudyKeywords, checked_study, movable, train_along
from hwsim.display import Facts, counted

if TYPE_CHECKING:
    from hwsim.command.denoise import TrainedChain
    from hwsim.command.sweep import Sweep
    from hwsim.learn.bill import Bill
    from hwsim.learn.data import Data
    from hwsim.learn.model import Model
    from hwsim.report.canvas import Drawing


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Trained(Result):
    """What `train` did, a row for each judgement. model : the trained Model;  bill : of the whole training"""

    model: "Model" = field()
    bill: "Bill" = field()

    @property
    def is_shown(self) -> bool:
        """Whether a part of the training is done."""
        return bool(self.rows)

    def text(self, width: int | None = None) -> str:
        """What was learnt, where; a line for each judgement."""
        from hwsim.report.learn import training_text

        return f"{training_text(self.document, width=width)}\n\n{self.bill.text()}"

    def drawing(self) -> "Drawing | None":
        """The learning curve, the numbers that were learnt, samples as images."""
        from hwsim.report.learn import training_drawing

        if not self.rows:
            return None
        numbers = {"bias": self.model.bias, "weight": self.model.weight}
        return training_drawing(self.document | numbers)

    def _shown(self) -> tuple[str, Facts]:
        last = self.rows[-1] if self.rows else {}
        known = [f"{key} {last[key]:.4g}" for key in ("kl", "log_likelihood", "max_j") if last.get(key) is not None]
        return f"Training of {self.document['data']['name']} on {self.document['chip']}", [
            ("model", self.model._shown()[0]),
            ("came to", ", ".join(known) or None),
            ("bill", self.bill._shown()[0].removeprefix("Bill: ")),
        ]


@command(**DEFAULTS)
def train(
    plan: str | Path | Mapping[str, Any],
    *,
    output: str | Path | None = None,
    chip: str | None = None,
    seed: int | None = None,
    die_seed: int | None = None,
    threads: int | None = None,
    progress: Any = None,
    command_line: str | None = None,
    **study: Unpack[StudyKeywords],
) -> "Trained | TrainedChain | MovedModel | Sweep":
    """Train the model of ``plan`` on its chip.

    plan : a TOML file, or a dict with its keys, see `hwsim.learn.plan.checked`
    output : the file of the model, saved after each part of the training: the same call goes on there
    chip, seed, die_seed : in place of the plan's;  threads, progress : see ReadKeywords
    study : see StudyKeywords; with vary the plan is trained at each setting, with dies the model moves to other dies
    Raises InputError.
    """
    from hwsim.files import check_writable
    from hwsim.learn.plan import checked, planned, read_plan

    full = checked(plan) if isinstance(plan, Mapping) else read_plan(plan)
    full |= {key: value for key, value in (("chip", chip), ("seed", seed)) if value is not None}
    if die_seed is not None:
        full["machine"] = full["machine"] | {"die_seed": die_seed}
    full = checked(full)
    checked_study(study, full, output)
    if output is not None:
        check_writable(output)
    progress.show(0.0, "reading the data")
    if full["model"]["kind"] == "denoising":
        from hwsim.command.denoise import train_denoiser

        return train_denoiser(full, output=output, threads=threads, progress=progress, command_line=command_line)
    how = {"threads": threads, "progress": progress, "command_line": command_line}
    if study["vary"] is not None:
        return train_along(full, study, how)
    asked = planned(full)
    if study["dies"] is None:
        return _trained(asked, output, how)
    move = movable(asked, study)
    home = _trained(asked, output, how)
    return home if home.interrupted else move(home, how)


def _trained(asked: Any, output: str | Path | None, how: Mapping[str, Any]) -> Trained:
    """What the plan ``asked`` came to. how : threads, progress, command_line"""
    from hwsim.learn.bill import bill_of
    from hwsim.learn.judgement import judge_of
    from hwsim.learn.training import Watch, train
    from hwsim.report.provenance import provenance

    full = asked.plan
    done = train(
        asked.rows,
        asked.model,
        asked.chip,
        asked.course,
        output=output,
        watch=Watch(progress=how["progress"].show, judge=judge_of(asked), plan=full),
        threads=how["threads"],
        **asked.keywords,
    )
    made = provenance(seed=full["seed"], programs=(done.program,), beta=(done.model.beta,), command=how["command_line"])
    data_pbits = sum(activity.data_writes for activity in done.activity.values())
    cost = bill_of(
        done.activity.values(), done.program.prices, programmings=done.loads, data_rounds=data_pbits / done.model.n_seen
    )
    step = done.history[-1]["step"] if done.history else 0
    say_saved(output, done.history)
    stopped = f"; {step} of {counted(done.course.steps, 'step')} are kept" if done.interrupted else None
    document = _document(asked, done) | {"bill": cost.facts}
    return Trained(document=document, provenance=made, stopped=stopped, model=done.model, bill=cost)


def say_saved(output: str | Path | None, history: Sequence[Mapping[str, Any]]) -> None:
    """Say where the model is, once a part of its training is done."""
    if output is not None and history:
        tell(f"model: {output}, after {history[-1]['host_s']:.1f} s of this computer")


def data_facts(data: "Data", bits: int) -> dict[str, Any]:
    """The ``data`` part of a document. bits : of a row, as the model sees it"""
    shape = data.code.shape
    return {"name": data.name, "rows": len(data), "bits": bits, "shape": None if shape is None else list(shape)}


def _document(asked: Any, done: Any) -> dict[str, Any]:
    """What ``--json`` writes."""
    from hwsim.learn.registers import codes_of

    model, data = done.model, asked.data
    codes = codes_of(model.network, asked.chip)
    return {
        "plan": asked.plan,
        "data": data_facts(data, asked.rows.shape[1]) | {"names": list(model.names)},
        "model": {
            "visible": model.n_visible,
            "label": model.n_label,
            "hidden": model.n_hidden,
            "couplings": len(model.weight),
        },
        "registers": None
        if codes is None
        else codes.facts | {"units": model.labels, "first": model.first.tolist(), "second": model.second.tolist()},
        "chip": asked.chip.name,
        "clock": asked.chip.clock.kind,
        "engine": done.engine,
        "steps": done.course.steps,
        "rows": done.history,
        "activity": {name: asdict(activity) for name, activity in done.activity.items()},
        "samples": data.code.levels_of(done.samples[:, : model.n_visible]).tolist(),
    }
