"""dense: the fast engine for many couplings a p-bit, and for few reads, of any weights. A flip changes its neighbours'
fields.

Enters: a Program, a schedule chunk and a Shard (some replicas of one schedule). Leaves: the shard advanced.

Every replica keeps the fields of all its p-bits side by side. An update reads one of them, and a commit that changes a
p-bit adds its couplings to the fields of that replica, when it arrives at the neighbours: one addition a coupling and
flip instead of one a coupling and update, and a cold network flips rarely. The fields are 32-bit integers, couplings
rounded to a fine grid: their sums never drift, half as many bytes move as with float64, and the error is known. So they
screen: where the random number lies within the error of the probability, the exact law decides on the exact sum.

This file lays a program out for the kernels: those in dense_kernel add a flip's couplings to the fields at once, that
in dense_blocks adds rows of the coupling matrix for many replicas and a block of updates at a time.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from hwsim.anneal import Anneal
from hwsim.engine import dense_blocks
from hwsim.engine.arguments import given, start_rows, steps_of
from hwsim.engine.contract import Start, columns
from hwsim.engine.dense_blocks import BLOCK, LISTED, NEXT, ROW, TOGETHER, advance_by_blocks
from hwsim.engine.dense_kernel import VECTOR, Network, Scratch, advance_by_lists, advance_by_rows, make_fields
from hwsim.engine.dense_vectors import FIGURES, TILE
from hwsim.engine.feature import SHARED, Feature, missing
from hwsim.engine.memory import aligned
from hwsim.engine.pending import drop, longer, new_queue, newest
from hwsim.engine.schedule import Chunk
from hwsim.engine.shards import Replicas, ShardedState
from hwsim.engine.uniforms import Uniforms, lane_of_replica, new_uniforms, random_start
from hwsim.engine.words import pack_bits
from hwsim.program import Network as WiredNetwork
from hwsim.program import Program

FEATURES = SHARED | {Feature.REAL_COUPLINGS, Feature.READ_BIAS}
_MOST_ROWS = 8192  # p-bits up to which the whole coupling matrix is kept
_ROW_PER_COUPLING = 12  # entries of a row that are added in the time of one coupling of a list
_LANES = 64
_DEAF = 2.0**-500
_BLOCK_WORDS = 8
"""Words of a shard in blocks."""


def why_not(program: Program) -> str | None:
    """Why this engine cannot run ``program``, or None."""
    return missing(program, FEATURES)


def start(program: Program, start: Start) -> ShardedState:
    """Replicas at time 0."""
    return ShardedState(program, start, Prepared(program))


def keeps_matrix(network: WiredNetwork) -> bool:
    """Whether whole rows of the coupling matrix are added, not lists of couplings."""
    return network.n <= _MOST_ROWS and len(network.weight) * _ROW_PER_COUPLING > network.n**2


class Prepared:
    """A Program laid out for the kernels; made once a run and shared by its shards."""

    grain, mixes = 1, False

    def __init__(self, program: Program) -> None:
        n = self.n_pbits = program.n_pbits
        device, network = columns(program), program.network
        deaf = np.where(program.cells.stuck != 0, _DEAF, 1.0)  # no input turns a stuck p-bit, however strong
        self.by_rows = keeps_matrix(network)
        self.shard_words = _BLOCK_WORDS if self.by_rows else 1
        self._order = np.lexsort((network.rows, network.indices))  # what each p-bit pushes, side by side
        if self.by_rows:
            self._order = self._order[:0]
        ends = np.cumsum(np.bincount(network.indices[self._order], minlength=n))
        self.biased = program.cells.biased
        self._most_added = np.zeros(len(self.biased))
        none = np.zeros(0, dtype=np.int32)
        self.network = Network(
            network.bias,
            network.indptr,
            network.indices,
            network.weight,
            np.zeros((0, 0), dtype=np.int32),
            np.concatenate(([0], ends)),
            network.rows[self._order].astype(np.uint32),
            none,
            none,
            none,
            network.reach,
            np.empty((0, 0)),
            given(start_rows(self.biased, n), np.int32),
            device.gain * deaf,
            device.offset / deaf,
            device.comparator_step,
            program.wires.uniform_delay or 0,
            0.0,
        )
        self.load(program)

    def load(self, program: Program) -> None:
        """Lay out the numbers of the program's network."""
        network = program.network
        reach = network.reach.copy()
        reach[self.biased] += self._most_added
        grid = _grid(reach)
        push = np.rint(network.weight / grid).astype(np.int32)
        self.network = self.network._replace(
            bias=network.bias,
            weight=network.weight,
            step=2 * push[self._order],
            push=push,
            start=np.rint(network.bias / grid).astype(np.int32),
            reach=reach,
            grid=grid,
        )
        self._program, self.law_network = program, network
        self._fill_matrices()
        self.counts_own_network = program.readout.problem is None and program.readout.own is None
        self.energy_offset = program.readout.energy_offset
        self.energies, self.law_energies = program.column_energies, network.column_energies

    def _fill_matrices(self) -> None:
        """Write the couplings into the matrices that there are."""
        rows, indices, push = self._program.network.rows, self._program.network.indices, self.network.push
        if self.by_rows and "matrix" in vars(self):
            self.matrix[indices, rows] = 2 * push
        if "tiles" in vars(self):
            self.tiles[rows // TILE, indices, rows % TILE] = 2 * push

    @cached_property
    def matrix(self) -> np.ndarray:
        """int32 (n, n): twice the couplings on the grid, by what each p-bit pushes; for few replicas."""
        return aligned((self.n_pbits, self.n_pbits) if self.by_rows else (0, 0), np.int32)

    @cached_property
    def tiles(self) -> np.ndarray:
        """int32 (tiles, n, 64): the same, 64 p-bits that are pushed at a time; for many."""
        return aligned((-(-self.n_pbits // TILE), self.n_pbits, TILE), np.int32)

    def bias_reads(self, most: np.ndarray) -> None:
        """Make room for what reads add: at most ``most`` float64 (k,) to the bias of each of the `biased`."""
        self._most_added = most
        reach = self._program.network.reach.copy()
        reach[self.biased] += most
        if _grid(reach) == self.network.grid:
            self.network = self.network._replace(reach=reach)
        else:
            self.load(self._program)

    def shard(self, replicas: Replicas) -> "Shard | BlockShard":
        """Some of the replicas at time 0."""
        many = self.by_rows and (replicas.words > 1 or replicas.reads > VECTOR)
        if (many and "tiles" not in vars(self)) or (not many and "matrix" not in vars(self)):
            _ = self.tiles if many else self.matrix
            self._fill_matrices()
        return BlockShard(self, replicas) if many else Shard(self, replicas)


class _Fields:
    """What both kinds of shard do with the fields of their replicas."""

    _prepared: Prepared
    _network: Network | dense_blocks.Network
    _column: np.ndarray  # int64: of each replica; in blocks, its lane
    _added: np.ndarray  # float64 (k, R): what reads add to the biases of the `biased`, by column

    def _with_starts(self) -> Network | dense_blocks.Network:
        """What the kernels read, with what the sums of each column begin with."""
        raise NotImplementedError

    def _seen(self) -> np.ndarray:
        """int8 (n, R): the visible states, by column."""
        raise NotImplementedError

    def _newest(self) -> np.ndarray:
        """int8 (n, R): the committed states, by column."""
        raise NotImplementedError

    def _by_part(self) -> np.ndarray:
        """int32 (parts, replicas, p-bits of a part): h + sum J s of the visible states, on the grid."""
        raise NotImplementedError

    def load(self) -> None:
        """Take the numbers of the program as they are laid out now."""
        self._network = self._with_starts()
        self._make_fields()

    def _make_fields(self) -> None:
        make_fields(self._network, self._seen(), self._by_part())

    def bias_reads(self, values: np.ndarray) -> None:
        """Each read adds ``values`` float64 (64 * words, k) to the biases of the `biased`."""
        before, field, biased = self._network, self._by_part(), self._prepared.biased
        _, count, width = field.shape
        self._added[:, self._column[:count]] = values[:count].T
        self._network = self._with_starts()
        if self._network.grid != before.grid:
            self._make_fields()
            return
        moved = np.rint(self._network.starts / before.grid) - np.rint(before.starts / before.grid)
        field[biased // width, :, biased % width] += moved[:, :count].astype(np.int64).astype(np.int32)

    def spins(self) -> np.ndarray:
        """int8 (64 * words, n): the committed states, replicas in order; those of spare lanes are repeated ones."""
        return np.ascontiguousarray(self._newest().T)[self._column]

    def energies(self) -> np.ndarray:
        """float64 (64 * words,): E, in problem units."""
        return self._prepared.energies(self._newest())[self._column]


class Shard(_Fields):
    """Up to 64 replicas of one schedule, up to 16 where rows are added, in whole vectors of columns; spare columns do
    nothing."""

    def __init__(self, prepared: Prepared, replicas: Replicas) -> None:
        self._prepared = prepared
        uniforms, lane = new_uniforms(replicas.noise_key, 1, replicas.first_word), lane_of_replica(1)
        n, count = prepared.n_pbits, min(replicas.reads, _LANES)
        width = -(-count // VECTOR) * VECTOR
        # columns in the order of the lanes that have a replica: all 64 lanes are all columns
        lanes = np.zeros(width, dtype=np.int64)
        lanes[:count] = np.sort(lane[:count])
        self._column = np.searchsorted(lanes[:count], lane[np.arange(_LANES) % count])
        self._visible = np.zeros((n, width), dtype=np.int8)  # what neighbours see, by column
        random_start(np.uint64(replicas.initial_key), uniforms.replica[lanes], self._visible)
        if replicas.initial is not None:
            self._visible[:, self._column[:count]] = replicas.initial[:count].T
        self._field = aligned((count, n), np.int32)  # h + sum J s of the visible states, on the grid, by column
        self._added = np.zeros((len(prepared.biased), width))
        self.load()
        self._queue = new_queue(width, np.int8)
        self._scratch = _new_scratch(uniforms, lanes, count)

    @property
    def lanes(self) -> int:
        """How many replicas, padding included."""
        return self._visible.shape[1]

    def advance(self, chunk: Chunk, anneals: Sequence[Anneal], recorded: np.ndarray) -> np.ndarray:
        """Run the events of ``chunk``; returns int8 (n_events, len(recorded)), the new values of those replicas."""
        network, steps, event = self._network, steps_of(anneals[0]), 0
        run = advance_by_rows if self._prepared.by_rows else advance_by_lists
        trace = np.empty((len(chunk.time) if len(recorded) else 0, self.lanes), dtype=np.int8)
        while True:
            event = run(event, chunk, steps, network, self._field, self._visible, self._queue, self._scratch, trace)
            if event == len(chunk.time):
                return trace[:, self._column[recorded]]
            self._queue = longer(self._queue)

    @property
    def n_words(self) -> int:
        """How many words of replicas."""
        return 1

    def _with_starts(self) -> Network:
        network = self._prepared.network
        return network._replace(
            matrix=self._prepared.matrix, starts=network.bias[self._prepared.biased][:, None] + self._added
        )

    def _seen(self) -> np.ndarray:
        return self._visible

    def _by_part(self) -> np.ndarray:
        return self._field[None]

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (64, n); nothing is under way then."""
        count = len(self._field)
        self._visible[:, self._column[:count]] = states[:count].T
        drop(self._queue)
        self._make_fields()

    def _newest(self) -> np.ndarray:
        return newest(self._queue, self._visible)

    def law_energies(self) -> np.ndarray:
        """float64 (64,): E, in the network that the machine realises."""
        return self._prepared.law_energies(self._newest())[self._column]


def _grid(reach: np.ndarray) -> float:
    """The unit of fields of up to ``reach`` float64 (n,): 2**29 of it hold the largest, and 2**30 twice a coupling."""
    widest = float(reach.max()) or 1.0
    return float(2.0 ** (np.ceil(np.log2(widest)) - 29))


def _new_scratch(uniforms: Uniforms, lanes: np.ndarray, count: int) -> Scratch:
    """Buffers for columns that are ``lanes`` of the noise, of which ``count`` have a replica."""
    width = len(lanes)
    tied, change = np.zeros(width, dtype=np.uint8), np.zeros(width, dtype=np.int8)
    return Scratch(
        uniforms=uniforms,
        lanes=lanes.astype(np.uint64),
        leading=np.zeros(width, dtype=np.uint16),
        rough=aligned((width,), np.float32),
        tied=tied,
        tied_words=tied.view(np.uint64),
        change=change,
        change_words=change.view(np.uint64),
        flipped=np.where(np.arange(width) < count, 2, 0).astype(np.uint8).view(np.uint64),
    )


class BlockShard(_Fields):
    """Some words of replicas of one schedule; see dense_blocks."""

    def __init__(self, prepared: Prepared, replicas: Replicas) -> None:
        self._prepared, self.n_words = prepared, replicas.words
        self._uniforms = new_uniforms(replicas.noise_key, replicas.words, replicas.first_word, BLOCK)
        self._column, n = lane_of_replica(replicas.words), prepared.n_pbits
        columns = np.empty((n, self.lanes), dtype=np.int8)
        random_start(np.uint64(replicas.initial_key), self._uniforms.replica, columns)
        if replicas.initial is not None:
            columns[:, self._column] = replicas.initial.T
        lanes, tiles = self.lanes, len(prepared.tiles)
        self._memory = dense_blocks.Memory(
            field=aligned((tiles * lanes * TILE,), np.int32),
            visible=np.zeros((n, self.n_words), dtype=np.uint64),
            newest=np.zeros((n, self.n_words), dtype=np.uint64),
            counts=np.zeros(4, dtype=np.int64),
            **dense_blocks.new_ring(512, self.n_words),
            near=aligned((lanes * ROW,), np.int32),
            listed=aligned((lanes * LISTED,), np.int32),
            n_listed=np.zeros(lanes, dtype=np.int64),
            n_down=np.zeros(lanes, dtype=np.int64),
        )
        self._plan = dense_blocks.Plan(
            seen=np.zeros(BLOCK, dtype=np.int64),
            begin=np.zeros(BLOCK + 1, dtype=np.int64),
            size=np.zeros(2, dtype=np.int64),
            beta=np.zeros(BLOCK),
            figures=np.zeros(BLOCK * FIGURES, dtype=np.float32),
            place=np.zeros(BLOCK, dtype=np.int64),
            rows=aligned((BLOCK * BLOCK,), np.int32),
            terms=aligned((BLOCK * NEXT,), np.float32),
            change=aligned((TOGETHER * NEXT * _LANES,), np.float32),
            turned=aligned((TOGETHER * NEXT * _LANES,), np.int32),
            by_tile=np.zeros(BLOCK, dtype=np.int64),
            tile_end=np.zeros(tiles + 1, dtype=np.int64),
        )
        self._added = np.zeros((len(prepared.biased), lanes))
        self._network = self._with_starts()
        self._write(columns)

    def _write(self, columns: np.ndarray) -> None:
        """Write int8 (n, R), by lane; nothing is under way then."""
        memory = self._memory
        memory.visible[:] = memory.newest[:] = pack_bits(columns)
        memory.counts[:] = 0
        self._make_fields()

    def _make_fields(self) -> None:
        memory = self._memory
        memory.n_listed[:], memory.n_down[:] = 0, 0
        memory.counts[dense_blocks.LISTED_NOW], memory.counts[dense_blocks.PUSHED] = 0, memory.counts[dense_blocks.SEEN]
        super()._make_fields()

    def _seen(self) -> np.ndarray:
        return _columns(self._memory.visible)

    def _by_part(self) -> np.ndarray:
        return self._memory.field.reshape(-1, self.lanes, TILE)

    def _with_starts(self) -> dense_blocks.Network:
        network, prepared = self._prepared.network, self._prepared
        rounded = prepared.law_network.weight - network.grid * network.push
        return dense_blocks.Network(
            network.bias,
            network.indptr,
            network.indices,
            network.weight,
            network.push,
            network.start,
            network.bias[prepared.biased][:, None] + self._added,
            network.start_row,
            prepared.tiles.reshape(-1),
            network.reach,
            prepared.law_network.row_sums(np.abs(rounded)) + network.grid,
            network.gain,
            network.offset,
            network.comparator_step,
            network.delay,
            network.grid,
        )

    @property
    def lanes(self) -> int:
        """How many replicas, padding included."""
        return _LANES * self.n_words

    def advance(self, chunk: Chunk, anneals: Sequence[Anneal], recorded: np.ndarray) -> np.ndarray:
        """Run the events of ``chunk``; returns int8 (n_events, len(recorded)), the new values of those replicas."""
        steps, event = steps_of(anneals[0]), 0
        trace = np.empty((len(chunk.time) if len(recorded) else 0, self.lanes), dtype=np.int8)
        while True:
            event = advance_by_blocks(
                event, chunk, steps, self._network, self._memory, self._plan, self._uniforms, trace
            )
            if event == len(chunk.time):
                return trace[:, self._column[recorded]]
            self._memory = dense_blocks.longer(self._memory)

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (64 * words, n); nothing is under way then."""
        columns = np.empty((self._prepared.n_pbits, self.lanes), dtype=np.int8)
        columns[:, self._column] = states.T
        self._write(columns)

    def _newest(self) -> np.ndarray:
        return _columns(self._memory.newest)

    def energies(self) -> np.ndarray:
        """float64 (64 * words,): E, in problem units."""
        prepared = self._prepared
        if prepared.counts_own_network:
            return self._own_energies(prepared.energy_offset)
        return super().energies()

    def law_energies(self) -> np.ndarray:
        """float64 (64 * words,): E, in the network that the machine realises."""
        return self._own_energies(0.0)

    def _own_energies(self, offset: float) -> np.ndarray:
        """The same, added to ``offset``."""
        energies = np.empty(self.lanes)
        dense_blocks.add_energies(self._network, self._memory.newest, offset, np.empty(_LANES), energies)
        return energies[self._column]


def _columns(words: np.ndarray) -> np.ndarray:
    """int8 (n, 64 * W) of +-1 from the bits of uint64 (n, W)."""
    octets = np.ascontiguousarray(words.astype("<u8")).view(np.uint8)
    return (2 * np.unpackbits(octets, axis=1, bitorder="little").astype(np.int8) - 1).astype(np.int8)
