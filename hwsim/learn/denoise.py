"""Denoise: a chain of machines, each of which undoes one step of noise. Coins become images step by step.

Enters: data, a chip of two colours, a Noise; or a file. Leaves: a Denoiser, and images that it makes on the chip with
the device time that they took. Denoising thermodynamic models: Jelincic et al., arXiv:2510.23972 (2025). A machine
gets its noisy input as biases of each read's own, so that the input takes no p-bits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, Unpack

import msgspec
import numpy as np

from hwsim import archive
from hwsim.anneal import constant, linear
from hwsim.arguments import named
from hwsim.chip.chip import Chip
from hwsim.chip.library import made_chip
from hwsim.chip.topology import sites, wires
from hwsim.display import Facts, Shown, counted
from hwsim.errors import DoesNotFitError, InputError
from hwsim.learn.bill import Bill, bill_of
from hwsim.learn.code import Code
from hwsim.learn.data import Data
from hwsim.learn.machine import LearningMachine
from hwsim.learn.memory import check_couplings
from hwsim.learn.model import HIDDEN, LABEL, Model, on_chip
from hwsim.learn.noising import Noise
from hwsim.mapping.color import greedy_coloring
from hwsim.mapping.registers import symmetric_rows
from hwsim.prices import Prices
from hwsim.problem.model_file import TRAINING, check_array, check_notes
from hwsim.session import Activity, ReadKeywords, Session, added
from hwsim.streams import generator, stream_key
from hwsim.units import to_seconds, whole

KIND, VERSION = "denoiser", 1
_EXTREME = 0.99
"""|mean| of a unit at the start of a training at most."""
_STACKED = ("bias", "weight", "first", "second", "sites")
"""Arrays of a model that a file holds for all machines."""


class _Manifest(archive.Head, forbid_unknown_fields=True):
    """What a denoiser is besides its arrays."""

    noise: dict[str, Any]
    names: list[str]
    code: dict[str, Any] | None
    chip: str | None
    notes: dict[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Denoiser(Shown):
    """A chain of machines of one size. models : machine k undoes ``noise.used[k]``; images are made from the last one
    down to the first;  notes : of the training, plain data. Raises InputError."""

    models: tuple[Model, ...]
    noise: Noise
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.models) != self.noise.steps:
            raise InputError(
                f"{counted(self.noise.steps, 'step')} of noise need as many machines, got {len(self.models)}"
            )
        if len({(m.n, m.n_visible, m.n_label, len(m.weight)) for m in self.models}) > 1:
            raise InputError("the machines of a chain must have as many units and couplings each")

    def _shown(self) -> tuple[str, Facts]:
        model = self.models[0]
        return f"Denoiser of {counted(len(self.models), 'machine')} of {counted(model.n, 'p-bit')}", [
            ("units", f"{model.n_visible} visible, {model.n_label} label, {model.n_hidden} hidden in each"),
            (
                "couplings",
                f"{len(model.weight)} in each, max |J| {max(np.abs(m.weight).max() for m in self.models):.3g}",
            ),
            ("noise", f"kept {', '.join(f'{share:.3f}' for share in self.noise.kept)} of the pixels after each step"),
            ("trained on", model.chip),
        ]

    @property
    def code(self) -> Code | None:
        """How data became bits."""
        found = self.models[0].code
        return None if found is None else Code.of_plain(found)

    @property
    def rates(self) -> np.ndarray:
        """float64 (seen,): rates of the noise of the visible and label units."""
        return self.noise.rates(self.models[0].n_visible, self.models[0].n_label)

    def with_values(self, values: Sequence[tuple[np.ndarray, np.ndarray]], **changes: Any) -> Self:
        """The same chain with other (bias, weight) of each machine."""
        models = tuple(m.with_values(*each) for m, each in zip(self.models, values, strict=True))
        return replace(self, models=models, **changes)

    def save(self, path: str | Path, *, training: Mapping[str, np.ndarray] | None = None) -> None:
        """Write the chain to ``path``, whole or not at all. training : arrays with which a training goes on"""
        model = self.models[0]
        manifest = _Manifest(
            format=f"hwsim-{KIND}",
            version=VERSION,
            noise=msgspec.to_builtins(self.noise),
            names=list(model.names),
            code=None if model.code is None else dict(model.code),
            chip=model.chip,
            notes=dict(self.notes),
        )
        arrays = {key: np.stack([getattr(m, key) for m in self.models]) for key in _STACKED}
        extra = {TRAINING + key: value for key, value in (training or {}).items()}
        archive.write(path, manifest, arrays | {"role": model.role} | extra)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The chain that `save` wrote to ``path``. Raises InputError."""
        return cls.resume(path)[0]

    @classmethod
    def resume(cls, path: str | Path) -> tuple[Self, dict[str, np.ndarray]]:
        """(chain, arrays of its training) of ``path``. Raises InputError."""
        manifest, arrays = archive.read(path, KIND, {VERSION: _Manifest})
        try:
            noise = msgspec.convert(manifest.noise, Noise)
            for key in (*_STACKED, "role"):
                check_array(arrays[key], key, dimensions=1 if key == "role" else 2)
            check_notes(manifest.notes)
            stacked = [arrays[key] for key in _STACKED]
            models = tuple(
                Model(
                    **{key: each[k] for key, each in zip(_STACKED, stacked, strict=True)},
                    role=arrays["role"],
                    names=tuple(manifest.names),
                    code=manifest.code,
                    chip=manifest.chip,
                    name=f"step {k + 1}",
                )
                for k in range(len(stacked[0]))
            )
        except (KeyError, IndexError, TypeError, ValueError, msgspec.ValidationError) as error:
            more = f": {error}" if isinstance(error, InputError) else ""
            raise InputError(f"{path} is a damaged {KIND}{more}") from None
        extra = {key.removeprefix(TRAINING): each for key, each in arrays.items() if key.startswith(TRAINING)}
        return cls(models=models, noise=noise, notes=manifest.notes), extra


@named
def denoiser(
    data: Data, chip: Chip | str | Path, noise: Noise | None = None, *, labels: bool = True, seed: int = 0
) -> Denoiser:
    """An untrained chain for ``data`` on ``chip``, whose wires must have two colours.

    Visible units sit on p-bits of one colour, drawn anew for each machine by ``seed``, so that no two are joined; all
    other p-bits are hidden. Biases have the means of the noisy data. labels : whether labels are units too. Raises
    InputError and DoesNotFitError.
    """
    machine, noise = made_chip(chip), noise or Noise()
    side = _one_colour(machine)
    n_label = data.label_bits.shape[1] if labels else 0
    seen = data.bits.shape[1] + n_label
    if seen > len(side):
        raise DoesNotFitError(
            f"the data have {seen} bits and chip {machine.name!r} holds {len(side)} p-bits of one colour"
        )
    check_couplings(noise.steps * len(sites(machine.topology)), noise.steps * len(wires(machine.topology)))
    rows = data.seen(with_labels=n_label > 0)
    mean = np.average(rows, axis=0, weights=data.weights)
    rates, models = noise.rates(data.bits.shape[1], n_label), []
    names = (*data.columns, *data.code.label_names)[:seen]
    for k, step in enumerate(noise.trained):
        own = stream_key(seed, "machine of a chain", k) >> 1
        model = on_chip(
            machine,
            data.bits.shape[1],
            labels=n_label,
            placement=generator(own, "visible units").permutation(side)[:seen].tolist(),
            seed=own,
            names=names,
            code=data.code.plain,
            name=f"step {k + 1}",
        )
        bias = np.zeros(model.n)
        bias[:seen] = -np.arctanh(np.clip(mean * np.exp(-rates * step.start), -_EXTREME, _EXTREME))
        models.append(model.with_values(bias, model.weight, chip=machine.name))
    return Denoiser(models=tuple(models), noise=noise)


def is_denoiser(source: Any) -> bool:
    """Whether ``source`` is a Denoiser, or the path of the file of one."""
    return isinstance(source, Denoiser) or (isinstance(source, str | Path) and archive.kind_of(source) == KIND)


def _one_colour(chip: Chip) -> np.ndarray:
    """int64: the p-bits of ``chip`` of colour 0. Raises InputError where its wires need more than two colours."""
    if not chip.topology.is_fixed:
        raise InputError(f"chip {chip.name!r} has no wires of its own: a denoising chain needs a grid of two colours")
    nodes, wire = sites(chip.topology), wires(chip.topology)
    ends = np.searchsorted(nodes, wire)
    indptr, indices, _ = symmetric_rows(len(nodes), ends[:, 0], ends[:, 1], np.ones(len(ends)))
    color = greedy_coloring(indptr, indices)
    if color.max(initial=0) > 1:
        raise InputError(f"the wires of chip {chip.name!r} need more than two colours, and a denoising chain two")
    return nodes[color == 0]


_FAR = 2**60
"""Ticks that a machine may run at most: 19 minutes of the device."""


class Undoing:
    """A machine of a chain on a die of the chip, and the step of noise that it undoes.

    machine : the registers and what they hold;  rates : float64 (seen,), of the noise;  seed : of its chains
    """

    def __init__(self, machine: LearningMachine, rates: np.ndarray, seed: int) -> None:
        self.machine, self.rates, self.seed = machine, rates, seed
        self.is_seen = machine.model.role != HIDDEN

    def session(
        self,
        reads: int,
        what: str,
        number: int,
        *,
        given: np.ndarray | None = None,
        held: np.ndarray | None = None,
        values: np.ndarray | None = None,
        beta: tuple[float, float] | None = None,
        sweeps: int | None = None,
    ) -> Session:
        """A session of ``reads`` chains, each unit drawn by its own bias alone at the start.

        given : float64 (reads, seen), biases of each read, None where nothing is given
        held, values : bool (n,), int8 (reads, held), units that keep the values that each read gives them
        beta : at the start and the end of ``sweeps``, None for the model's own for ever
        what, number : choose the random numbers
        """
        machine, n = self.machine, self.machine.model.n
        seed = stream_key(self.seed, what, number) >> 1
        program = machine.program.changed(
            network=machine.network, held=np.zeros(n, dtype=bool) if held is None else held
        )
        if given is not None:
            program = program.changed(read_bias=self.is_seen)
        end = _FAR if sweeps is None else sweeps * program.clock.round_ticks
        own = machine.model.beta
        low, high = (own, own) if beta is None else (own * beta[0], own * beta[1])
        anneal = constant(low, to_seconds(end)) if low == high else linear(low, high, to_seconds(end))
        settings = replace(machine.settings, reads=reads, seed=seed, schedules=min(machine.settings.schedules, reads))
        states = self.drawn(reads, what, number)
        if held is not None:
            states[:, held] = values
        return Session(
            program,
            settings,
            anneal,
            end=end,
            initial_states=states,
            read_bias=None if given is None else self.placed(given),
            loads=sweeps is None,
        )

    def drawn(self, reads: int, what: str, number: int) -> np.ndarray:
        """int8 (reads, n): every unit drawn by its bias alone."""
        return self.machine.drawn(reads, generator(self.seed, f"{what} start", number))

    def placed(self, given: np.ndarray) -> np.ndarray:
        """float64 (reads, n): ``given`` (reads, seen) at the seen units, which come first, and 0 at hidden ones."""
        return np.pad(given, ((0, 0), (0, self.machine.model.n_hidden)))


def undoings(chain: Denoiser, chip: Chip | str | Path, die_seed: int, rounding: str, **settings: Any) -> list[Undoing]:
    """The machines of ``chain`` on one die of ``chip``, which is programmed for one after the other."""
    found = []
    for k, model in enumerate(chain.models):
        machine = LearningMachine(model, chip, die_seed=die_seed, rounding=rounding, **settings)
        own = stream_key(machine.settings.seed, "machine of a chain", k) >> 1
        found.append(Undoing(machine, chain.rates, own))
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Generated(Shown):
    """Images that a chain made. bits : int8 (images, visible);  label_bits : int8 (images, labels)
    path : int8 (steps, images, seen), what each machine answered, the last one of the chain first
    states : int8 (images, n), all units of the first machine, whose answer the images are
    activity : what one image asked of the chip, all its machines together: updates, reads of states, and biases that
    were written as the input of a machine;  sweeps : of each machine;  chain : that made them
    """

    bits: np.ndarray
    label_bits: np.ndarray
    path: np.ndarray
    states: np.ndarray
    activity: Activity
    sweeps: int
    chain: Denoiser

    def _shown(self) -> tuple[str, Facts]:
        return f"{counted(len(self.bits), 'image')} of {counted(self.bits.shape[1], 'bit')}", [
            ("made in", f"{counted(len(self.path), 'step')} of {counted(self.sweeps, 'sweep')}"),
            ("device", f"{self.activity.device_time_s:.3g} s of running for one image"),
        ]

    def bill(self, prices: Prices, images: int = 1) -> Bill:
        """What ``images``, one after the other, cost at ``prices``: every machine runs, its seen p-bits are read, and
        their values are written as the input of the next one. Machines are programmed once, for all images."""
        model, machines = self.chain.models[0], len(self.chain.models)
        seen = replace(self.activity, n_pbits=model.n_seen, reads=float(machines), read_rounds=float(machines))
        return bill_of([seen] * images, prices, programmings=0, data_rounds=float(machines - 1) * images)


@named
def generate(
    chain: Denoiser,
    chip: Chip | str | Path,
    images: int,
    *,
    sweeps: int = 250,
    beta: tuple[float, float] = (1.0, 1.0),
    labels: Sequence[int] | np.ndarray | None = None,
    die_seed: int = 0,
    rounding: str = "nearest",
    **settings: Unpack[ReadKeywords],
) -> Generated:
    """Make ``images`` with ``chain`` on ``chip``, side by side, each independent of the others.

    sweeps : of each machine;  beta : at the start and at the end of them; the published code takes (0.8, 1.2)
    labels : int (images,), the class that each image shall have: its label units are held. None: the chain chooses
    settings : seed, engine, threads. Raises InputError.
    """
    whole(images, name="images", least=1)
    whole(sweeps, name="sweeps", least=1)
    wanted = _label_bits(chain, labels, images)
    found, path, spent = undoings(chain, chip, die_seed, rounding, **settings), [], []
    below: np.ndarray | None = None
    for k in reversed(range(len(chain.models))):
        undoing, step = found[k], chain.noise.used[k]
        held = None if wanted is None else chain.models[k].role == LABEL
        given = None if step.is_free else step.bias(_input(below, images, undoing), undoing.rates)
        session = undoing.session(
            images, "generate", k, given=given, held=held, values=wanted, beta=beta, sweeps=sweeps
        )
        session.advance(session.end)
        states = session.read()
        below = states[:, undoing.is_seen]
        path.append(below)
        asked = session.activity(runs=images)
        spent.append(asked if given is not None or held is None else replace(asked, data_writes=float(held.sum())))
    v = chain.models[0].n_visible
    return Generated(
        bits=path[-1][:, :v],
        label_bits=path[-1][:, v:],
        path=np.stack(path),
        states=states,
        activity=added(spent),
        sweeps=sweeps,
        chain=chain,
    )


def _input(below: np.ndarray | None, images: int, undoing: Undoing) -> np.ndarray:
    """int8 (images, seen): what the machine before answered; coins for the first one of a schedule that ends."""
    if below is not None:
        return below
    seen = int(np.sum(undoing.is_seen))
    return (2 * generator(undoing.seed, "coins").integers(0, 2, (images, seen)) - 1).astype(np.int8)


def _label_bits(chain: Denoiser, labels: Sequence[int] | np.ndarray | None, images: int) -> np.ndarray | None:
    """int8 (images, label units) of ``labels``. Raises InputError."""
    if labels is None:
        return None
    code, numbers = chain.code, np.asarray(labels)
    if code is None or not chain.models[0].n_label:
        raise InputError("the chain has no label units: leave labels away")
    classes = len(code.classes)
    if numbers.shape != (images,) or not np.issubdtype(numbers.dtype, np.integer) or np.any(numbers // classes):
        raise InputError(f"labels must be {counted(images, 'class', 'classes')}, numbers from 0 to {classes - 1}")
    return code.label_bits(numbers)
