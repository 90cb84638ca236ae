"""Plans of denoising chains: what a plan whose model is of kind "denoising" describes, and how images are judged.

Enters: a plan with its defaults filled in. Leaves: data, an untrained chain, a chip, a ChainCourse. Of [train] it takes
epochs, batch, positive and negative; all chains begin anew in every step. [noise] is that of
`hwsim.learn.noising.Noise`, [penalty] has the rule of its controller, "code", "paper" or "none", the threshold, and how
mixing is measured; judge.times says how often the controller acts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hwsim.chip.chip import Chip
from hwsim.display import Shown
from hwsim.errors import InputError
from hwsim.learn.data import Data
from hwsim.learn.denoise import Denoiser, denoiser, generate
from hwsim.learn.denoise_training import ChainCourse, Mixing
from hwsim.learn.machine import Timing
from hwsim.learn.noising import Noise
from hwsim.learn.penalty import RULES, Controller
from hwsim.learn.plan import chip_of_plan, data_of_plan
from hwsim.learn.quality import COMPONENTS, features, frechet
from hwsim.learn.updates import Updates

_ALONE = {"rule": "pcd", "chains": 100, "betas": [1.0], "statistics": "sampled"}
"""What of [train] a chain has no use for, with the defaults."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PlannedChain(Shown):
    """What a plan describes. data : to learn, test : held back, or None;  chain : where the training begins"""

    plan: dict[str, Any]
    data: Data
    test: Data | None
    chain: Denoiser
    chip: Chip
    course: ChainCourse


def planned_chain(full: Mapping[str, Any]) -> PlannedChain:
    """What ``full``, a plan with its defaults filled in, describes. Raises InputError and DoesNotFitError."""
    train, judge = full["train"], full["judge"]
    for key, usual in _ALONE.items():
        if train[key] != usual:
            raise InputError(f"train.{key} does not apply to a denoising chain, whose chains begin anew in every step")
    if train["epochs"] is None or train["epochs"] != int(train["epochs"]):
        raise InputError("a denoising chain takes train.epochs, a whole number")
    for key in ("file", "hidden", "layers"):
        if full["model"][key]:
            raise InputError(f"model.{key} does not apply to a denoising chain: its hidden units are all other p-bits")
    chip, (data, test, labels) = chip_of_plan(full), data_of_plan(full)
    chain = denoiser(data, chip, Noise(**full["noise"]), labels=labels, seed=full["seed"])
    penalty, epochs = full["penalty"], int(train["epochs"])
    course = ChainCourse(
        epochs=epochs,
        batch=train["batch"],
        positive=Timing(**train["positive"]),
        negative=Timing(**train["negative"]),
        updates=Updates(**full["update"]),
        controller=_controller(penalty),
        every=max(1, round(epochs / max(1, judge["times"]))),
        mixing=Mixing(**{key: penalty[key] for key in ("inputs", "chains", "looks", "spacing")}),
    )
    return PlannedChain(plan=dict(full), data=data, test=test, chain=chain, chip=chip, course=course)


def _controller(penalty: Mapping[str, Any]) -> Controller | None:
    """The controller of [penalty], None for the rule "none". Raises InputError."""
    if penalty["rule"] not in (*RULES, "none"):
        raise InputError(f"penalty.rule must be one of {', '.join(RULES)}, none, got {penalty['rule']!r}")
    if penalty["rule"] == "none":
        return None
    usual = Controller.of(penalty["rule"])
    return usual if penalty["threshold"] is None else replace(usual, threshold=penalty["threshold"])


class ImageJudge:
    """The Frechet distance of images that a chain makes, from rows of the test, or of the data where none are held
    back. sweeps : of each machine, as many as its negative phase lasts;  images : judge.rows"""

    def __init__(self, asked: PlannedChain, threads: int | None) -> None:
        self._asked, self._threads = asked, threads
        self.sweeps, self.images = asked.course.negative.sweeps, asked.plan["judge"]["rows"]
        rows, bits = asked.data.bits.shape
        self.components = min(COMPONENTS, rows - 1, bits)
        self._features = features(asked.data.bits, self.components) if self.components else None

    def __call__(self, chain: Denoiser, epochs: int) -> dict[str, Any]:
        """{"frechet": distance} of the chain as it is; nothing of a single row of data."""
        asked, shown = self._asked, self._features
        if shown is None or self.images < 2:
            return {}
        other = asked.data if asked.test is None else asked.test
        made = self.made(chain)
        return {"frechet": frechet(shown.of(made.bits), shown.of(other.bits))}

    def made(self, chain: Denoiser) -> Any:
        """The images that are judged."""
        plan = self._asked.plan
        return generate(
            chain,
            self._asked.chip,
            self.images,
            sweeps=self.sweeps,
            die_seed=plan["machine"]["die_seed"],
            rounding=plan["machine"]["rounding"],
            seed=plan["seed"],
            engine=plan["engine"],
            threads=self._threads,
        )
