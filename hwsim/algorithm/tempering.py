"""Parallel tempering: replicas at a ladder of temperatures exchange states, and pairs exchange clusters.

Enters: a Program and a ladder. Leaves: an Outcome. Between two exchanges every replica runs under the chip's own clock
and delays; then the controller reads all states and writes those that moved. That is what the machine does and pays;
here the states stay where the engine keeps them.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Unpack

import numpy as np

from hwsim.algorithm.ladder import ladder_of
from hwsim.algorithm.moves import accepted, meeting, n_meetings
from hwsim.algorithm.outcome import History, Outcome, checked_copies, refuse_pdits
from hwsim.anneal import constant
from hwsim.arguments import named
from hwsim.engine.contract import State
from hwsim.engine.moves import Pairs
from hwsim.errors import InputError
from hwsim.memory import check_replicas
from hwsim.program import Program
from hwsim.session import RunKeywords, RunSettings, Session
from hwsim.streams import generator
from hwsim.units import to_seconds, whole


@named
def parallel_tempering(
    program: Program,
    *,
    sweeps: int,
    betas: np.ndarray | None = None,
    replicas: int = 4,
    sweeps_per_swap: int = 1,
    cluster: bool = True,
    copies: int | None = None,
    checkpoints: int | list[int] = 20,
    observe: Callable[[float, np.ndarray], None] | None = None,
    **settings: Unpack[RunKeywords],
) -> Outcome:
    """Run ``reads`` independent runs of ``sweeps`` sweeps, each with ``replicas`` replicas at every beta.

    betas : float64 (m,), ascending, or None for `adaptive_ladder`, which is found before the clock starts
    cluster : whether pairs of replicas at one beta exchange a cluster (Houdayer's move, isoenergetic: Zhu, Ochoa and
    Katzgraber, Phys. Rev. Lett. 115, 077201 (2015)) every ``sweeps_per_swap`` sweeps. Then neighbouring betas exchange
    states, even and odd pairs in turn. At every beta each replica meets each other in turn. Rounds 11 to 20 measure the
    clusters; where none of them, at any beta, leaves out a p-bit that differs, as on dense graphs, which are above the
    percolation threshold at every temperature, the move changes names alone and is left out from then on.
    facts["cluster_betas"] : where it is made
    schedules : realisations of the clock; all replicas of the reads of one schedule share it
    copies : networks on the machine at once, all replicas by default; fewer take turns, and each turn writes and
    reads its states
    checkpoints : sweeps at which energies are kept, or how many of them
    observe : called before every exchange with (device seconds, states int8 (m, reads, replicas, n))
    settings : see RunSettings; 16 reads of one schedule by default
    The controller decides exchanges by energies that it computes from the states it reads, as a real one would. With
    faults the machine's own law differs from the law of these energies. Raises InputError and UnsupportedError.
    """
    how, began = RunSettings.of(settings, reads=16, schedules=1), time.perf_counter()
    _check(how, sweeps, sweeps_per_swap, replicas)
    refuse_pdits(program, "parallel tempering")
    check_replicas(program.n_pbits, how.reads, replicas)
    betas = ladder_of(program, betas, how)
    check_replicas(program.n_pbits, how.reads, len(betas) * replicas)
    moves = _Moves(program, betas, how, replicas, cluster)
    copies = checked_copies(copies, moves.n_replicas)
    n_rounds, sweep = -(-sweeps // sweeps_per_swap), program.clock.round_ticks
    end = sweep * sweeps
    anneals = [constant(float(beta), to_seconds(end)) for beta in betas] * how.schedules
    wanted = _rounds(checkpoints, sweeps, sweeps_per_swap)
    many = replace(how, reads=how.reads * moves.n_replicas)
    history = History(moves.by_read)
    with Session(program, many, anneals, end=end, rungs=len(betas)) as session:
        history.look(0.0, session.state.energies())
        for number in range(1, n_rounds + 1):
            session.advance(min(sweeps, number * sweeps_per_swap) * sweep)
            energies = session.read_energies()
            if observe is not None:
                observe(session.time_s, session.peek()[moves.place])
            history.look(session.time_s, energies, keep=number in wanted or session.stopped)
            if session.stopped or number == n_rounds:
                break
            session.wrote(moves.clusters(session.state) + moves.swap(session.state, energies))
    return history.outcome(
        session,
        algorithm="parallel tempering",
        copies=copies,
        states=session.state.spins(history.best),
        schedule=np.repeat(np.arange(how.schedules), how.reads // how.schedules),
        swaps=moves.decided,
        betas=betas,
        facts=moves.facts(),
        began=began,
    )


_LOOK = 10, 20
"""Rounds in which clusters are measured; before them replicas remember their random starts."""


class _Moves:
    """The moves of the controller: exchanges of clusters, then exchanges of neighbouring temperatures.

    The session has one rung for each beta. Its reads are, for each schedule and each beta, the first replica of every
    read, then the second, and so on: the bits of a word are then reads, and moves are moves of words.
    place : int64 (m, reads, replicas), row of each replica in the states
    by_read : int64 (reads, m replicas), the same by read
    """

    def __init__(self, program: Program, betas: np.ndarray, how: RunSettings, replicas: int, cluster: bool) -> None:
        self._program, self._betas, self._reads = program, betas, how.reads
        self.n_replicas = len(betas) * replicas
        self._rows = np.arange(how.reads * self.n_replicas).reshape(
            how.schedules, len(betas), replicas, how.reads // how.schedules
        )
        self.place = np.ascontiguousarray(self._rows.transpose(1, 0, 3, 2)).reshape(len(betas), how.reads, replicas)
        self.by_read = np.moveaxis(self.place, 1, 0).reshape(how.reads, -1)
        self._ladders = np.moveaxis(self._rows, 1, 0).reshape(len(betas), -1)
        self._pairs = replicas // 2 if cluster else 0
        self._replicas = replicas
        self._known: dict[tuple[str, int], Pairs] = {}
        self._source = generator(how.seed, "parallel tempering")
        self._accepted = np.zeros(max(0, len(betas) - 1))
        self._has_clusters, self._left_out = self._pairs > 0, 0
        self._moved = self._swaps = self._tried = 0

    def _made(self, state: State, kind: str, number: int, first: np.ndarray, second: np.ndarray) -> Pairs:
        if (kind, number) not in self._known:
            self._known[kind, number] = state.pairs(first.ravel(), second.ravel())
        return self._known[kind, number]

    def clusters(self, state: State) -> int:
        """Exchange a cluster within each pair of replicas at one beta: how many states moved."""
        if self._swaps == _LOOK[1] and self._left_out == 0:
            self._has_clusters = False
        if not self._has_clusters:
            return 0
        number = self._swaps % n_meetings(self._replicas)
        first, second = meeting(self._replicas, number).T
        pairs = self._made(state, "clusters", number, self._rows[:, :, first], self._rows[:, :, second])
        size, differ = state.clusters(pairs, self._source.integers(0, self._program.n_pbits, len(pairs)))
        self._moved += int(size.sum())
        self._tried += len(pairs)
        if _LOOK[0] <= self._swaps < _LOOK[1]:
            self._left_out += int(np.sum(differ - size))
        return 2 * int(np.count_nonzero(size))

    def swap(self, state: State, energies: np.ndarray) -> int:
        """Exchange neighbouring temperatures: how many states moved. energies : of the problem, before the cluster
        moves."""
        odd, self._swaps = self._swaps % 2, self._swaps + 1
        if len(self._betas) < 2:
            return 0
        if self._has_clusters or self._program.readout.problem is not None:
            energies = state.law_energies()  # the energies of the machine's law
        lower, upper = self._ladders[odd:-1:2], self._ladders[odd + 1 :: 2]
        pairs = self._made(state, "swap", odd, lower, upper)
        taken = accepted(self._betas, energies[self._ladders], odd, self._source.random(lower.shape))
        self._accepted[odd::2] += taken.mean(axis=1)
        state.exchange(pairs, taken.ravel())
        return 2 * int(taken.sum())

    @property
    def decided(self) -> float:
        """How many exchanges and cluster moves one run decided."""
        return float(self._swaps * (self.n_replicas // 2)) + self._tried / self._reads

    def facts(self) -> dict[str, list[float]]:
        """The exchange rate of each pair of neighbouring betas, the mean size of a cluster in p-bits, and the betas at
        which clusters are exchanged."""
        tried = [max(1, (self._swaps + 1 - k % 2) // 2) for k in range(len(self._accepted))]
        return {
            "exchange_rate": [float(a) / n for a, n in zip(self._accepted, tried, strict=True)],
            "cluster_size": [self._moved / max(1, self._tried)],
            "cluster_betas": self._betas.tolist() if self._has_clusters else [],
        }


def _check(how: RunSettings, sweeps: int, sweeps_per_swap: int, replicas: int) -> None:
    for name, value in (("sweeps", sweeps), ("sweeps_per_swap", sweeps_per_swap), ("replicas", replicas)):
        whole(value, name=name, least=1)
    if how.reads % how.schedules:
        raise InputError(f"reads must be a multiple of schedules, got {how.reads} and {how.schedules}")


def _rounds(checkpoints: int | list[int], sweeps: int, per_swap: int) -> set[int]:
    """Numbers of the rounds after which energies are kept; the last round is always among them."""
    per_swap = min(per_swap, sweeps)
    last = -(-sweeps // per_swap)
    if isinstance(checkpoints, int | np.integer):
        many = min(whole(checkpoints, name="checkpoints", least=1), 2 * last)  # more hit no other rounds
        at = [sweeps * k / many for k in range(1, many + 1)]
    else:
        at = [float(k) for k in checkpoints]
    return {min(last, max(1, round(k / per_swap))) for k in at if k <= sweeps} | {last}
