"""Bit-sliced kernels: eight words, so 512 replicas, of one p-bit at a time, held in vector registers.

Enters: rows of replica words, the packed inputs of a p-bit, its threshold planes and the start of its noise. Leaves:
the row of new states, or energies.

A packed input is ``row << 1 | flip``: a bit that is one where the neighbour pushes towards +1. Inputs come in septets:
seven of them, padded with an empty row, which four full adders count. The field is an affine function of the number S
of ones among all inputs. The random number of a replica is compared with the threshold of its S plane by plane, most
significant first; after n planes a replica is undecided with probability 2**-n, and a vector stops when none is.
"""

from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from hwsim.engine.noise import GOLDEN, MIX_1, MIX_2, ROMU, ROMU_TURN, STRIDE
from hwsim.engine.vector import LANES, WORD, Variable, Vec, Words, add_seven, constant, full_add, loop, splat

SEPTET = 7
"""Inputs that four full adders count at once."""
PLANES = 32
ALWAYS, OPEN = PLANES, PLANES + 1
"""Rows of a mask table behind the 32 threshold planes: threshold 2**32, and a threshold strictly between."""
_FIRST_PLANES = 12  # without a test; then a vector of 512 replicas is undecided with probability 0.12


def _i64(value: int) -> ir.Constant:
    return ir.Constant(WORD, value)


def mix_words(x: Vec) -> Vec:
    """SplitMix64's finaliser: hwsim.engine.noise.mix for eight words."""
    x = (x ^ (x >> 30)) * MIX_1
    x = (x ^ (x >> 27)) * MIX_2
    return x ^ (x >> 31)


class Lanes(NamedTuple):
    """Updates that share vectors, as the code of a kernel: where the noise of each word begins."""

    pbit: Words  # uint64, of each word, from ``at`` on
    number: Words
    at: Any
    key: Any
    first_word: Any
    width: Any  # words of an update, one or two


def first_words(builder: Any, start: Any, block: Any) -> tuple[Vec, Vec]:
    """hwsim.engine.noise.first_word for the words of ``block``; ``start`` : word_start of the first, or Words, of each,
    or Lanes."""
    stride, offset = STRIDE * GOLDEN % 2**64, builder.mul(block, _i64(LANES))
    if isinstance(start, Words):
        begin = start.load(offset)
        return mix_words(begin + GOLDEN), mix_words(begin + 2 * GOLDEN)
    if isinstance(start, Lanes):
        at = builder.add(start.at, offset)
        key = mix_words(splat(builder, start.key) + start.pbit.load(at) * GOLDEN)
        second = splat(builder, builder.sub(start.width, _i64(1))) * constant(builder, [0, stride] * (LANES // 2))
        first = splat(builder, builder.mul(start.first_word, _i64(stride)))
        begin = mix_words(key + start.number.load(at) * GOLDEN) + first + second
        return mix_words(begin + GOLDEN), mix_words(begin + 2 * GOLDEN)
    begin = splat(builder, builder.add(start, builder.mul(offset, _i64(stride))))
    shown, hidden = (constant(builder, [w * stride + k * GOLDEN for w in range(LANES)]) for k in (1, 2))
    return mix_words(begin + shown), mix_words(begin + hidden)


def next_words(shown: Vec, hidden: Vec) -> tuple[Vec, Vec]:
    """hwsim.engine.noise.next_word for eight words."""
    turned = hidden - shown
    return hidden * ROMU, (turned << ROMU_TURN) | (turned >> (64 - ROMU_TURN))


def _advance_words(shown: Variable, hidden: Variable) -> None:
    s, h = next_words(shown.get(), hidden.get())
    shown.set(s)
    hidden.set(h)


def _compare(below: Vec, open_: Vec, threshold: Vec, random: Vec) -> tuple[Vec, Vec]:
    """One plane of ``random < threshold``: replicas where it is settled true, and those where it is still open."""
    return below | (open_ & threshold & ~random), open_ & ~(threshold ^ random)


def _input(builder: Any, rows: Words, packed: Any, width: Any, offset: Any) -> Vec:
    """Eight words of a packed input."""
    row = builder.lshr(packed, _i64(1))
    flip = builder.sub(_i64(0), builder.and_(packed, _i64(1)))
    return rows.load(builder.add(builder.mul(row, width), offset)) ^ splat(builder, flip)


class Update(NamedTuple):
    """An update, as the code of a kernel: what it reads and where the new values go. Indices are LLVM's i64."""

    rows: Words  # uint64, rows of ``width`` words (a multiple of 8), of which ``vectors`` are wanted
    width: Any
    vectors: Any
    inputs: Words  # int64, packed
    start: Any  # of its noise: see first_words
    out: Words  # uint64, ``vectors`` from ``out_first`` on
    out_first: Any


def decide_narrow(
    builder: Any, update: Update, first: Any, masks: Words, mask_first: Any, n_inputs: int, *, by_word: bool
) -> None:
    """Emit the new states of a p-bit with up to ``n_inputs`` inputs. by_word : whether each word has thresholds of its
    own

    first : of its seven packed inputs, the last ones empty
    masks : uint64, (34, 8) words from ``mask_first`` on, all ones where the plane of the threshold of count S is
    one; by word, (34,) words for each vector of a row: octet S of a word has a bit for each word of the vector
    """
    packed = [update.inputs.word(builder.add(first, _i64(k))) for k in range(n_inputs)]

    def block(index: Any) -> None:
        offset = builder.mul(index, _i64(LANES))
        bits = [_input(builder, update.rows, p, update.width, offset) for p in packed]
        ones, twos, fours = add_seven(bits + [constant(builder, 0)] * (SEPTET - n_inputs))
        pairs = [~twos & ~ones, ~twos & ones, twos & ~ones, twos & ones]
        one_hot = ([p & ~fours for p in pairs] + [p & fours for p in pairs])[: n_inputs + 1]

        def threshold(plane: Any) -> Vec:
            total = constant(builder, 0)
            if by_word:  # an OR under a mask of eight bits: an eighth more instructions, tables 64 times smaller
                own = builder.add(builder.mul(index, _i64(PLANES + 2)), plane)
                place = builder.mul(builder.add(mask_first, own), _i64(8))
                for s, counted in enumerate(one_hot):
                    total = total.merged(masks.mask(builder.add(place, _i64(s))), total | counted)
                return total
            place = builder.add(mask_first, builder.mul(plane, _i64(8)))
            for s, counted in enumerate(one_hot):
                total = total | (counted & masks.splat(builder.add(place, _i64(s))))
            return total

        shown, hidden = first_words(builder, update.start, index)
        below, open_ = threshold(_i64(ALWAYS)), threshold(_i64(OPEN))
        for plane in range(_FIRST_PLANES):
            below, open_ = _compare(below, open_, threshold(_i64(plane)), shown)
            shown, hidden = next_words(shown, hidden)
        settled, left = Variable(builder, below), Variable(builder, open_)
        random, beside = Variable(builder, shown), Variable(builder, hidden)

        def more(plane: Any) -> None:
            b, o = _compare(settled.get(), left.get(), threshold(plane), random.get())
            _advance_words(random, beside)
            settled.set(b)
            left.set(o)

        _while_open(builder, left, _FIRST_PLANES, more)
        update.out.store(builder.add(update.out_first, offset), settled.get())

    loop(builder, update.vectors, block)


@intrinsic
def copy_row(typingctx, source, source_first, target, target_first, width):
    """``width`` words, a multiple of 8. (A loop becomes gathers: numba allows for negative indices.)"""
    signature = types.void(source, source_first, target, target_first, width)

    def codegen(context, builder, sig, arguments):
        source_, source_first_, target_, target_first_, width_ = arguments
        source_ = Words(context, builder, sig.args[0], source_)
        target_ = Words(context, builder, sig.args[2], target_)

        def block(index: Any) -> None:
            offset = builder.mul(index, _i64(LANES))
            target_.store(builder.add(target_first_, offset), source_.load(builder.add(source_first_, offset)))

        loop(builder, builder.udiv(width_, _i64(LANES)), block)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def fetch_ahead(typingctx, rows, width, inputs, first):
    """Start loading the rows of seven packed inputs into the cache, for an event soon to come."""
    signature = types.void(rows, width, inputs, first)

    def codegen(context, builder, sig, arguments):
        rows_, width_, inputs_, first_ = arguments
        rows_ = Words(context, builder, sig.args[0], rows_)
        inputs_ = Words(context, builder, sig.args[2], inputs_)
        starts = [
            builder.mul(builder.lshr(inputs_.word(builder.add(first_, _i64(k))), _i64(1)), width_)
            for k in range(SEPTET)
        ]

        def block(index: Any) -> None:
            for start in starts:
                rows_.prefetch(builder.add(start, builder.mul(index, _i64(LANES))))

        loop(builder, builder.udiv(width_, _i64(LANES)), block)
        return context.get_dummy_value()

    return signature, codegen


def _while_open(builder: Any, open_: Variable, plane: int, body: Any) -> None:
    """``body(plane)`` for planes from ``plane`` on, as long as a replica is open and planes are left."""
    counter = cgutils.alloca_once_value(builder, _i64(plane))
    test = builder.append_basic_block("planes.test")
    work = builder.append_basic_block("planes.body")
    done = builder.append_basic_block("planes.done")
    builder.branch(test)
    builder.position_at_end(test)
    at = builder.load(counter)
    builder.cbranch(builder.and_(open_.get().any(), builder.icmp_unsigned("<", at, _i64(PLANES))), work, done)
    builder.position_at_end(work)
    body(at)
    builder.store(builder.add(at, _i64(1)), counter)
    builder.branch(test)
    builder.position_at_end(done)


def count_into(builder: Any, planes: list[Variable], at: int, three: tuple[Vec, Vec, Vec]) -> None:
    """planes += three << at, a ripple-carry adder."""
    carry = constant(builder, 0)
    for k in range(at, len(planes)):
        have = planes[k].get()
        if k - at < 3:
            add = three[k - at]
            if k == at:
                total, carry = have ^ add, have & add
            else:
                total, carry = full_add(have, add, carry)
        else:
            total, carry = have ^ carry, have & carry
        planes[k].set(total)


def _count_inputs(
    builder: Any,
    rows: Words,
    inputs: Words,
    septets: Words,
    first: Any,
    *,
    width: Any,
    offset: Any,
    n_planes: int,
    n_bits: int,
) -> list[Vec]:
    """Planes of the count of pushing inputs; those that count 2**bit begin in septet ``septets[first + bit]``."""
    count = [Variable(builder, constant(builder, 0)) for _ in range(n_planes)]
    for bit in range(n_bits):
        begin = septets.word(builder.add(first, _i64(bit)))
        n_septets = builder.sub(septets.word(builder.add(first, _i64(bit + 1))), begin)

        def add_septet(g: Any, bit: int = bit, begin: Any = begin) -> None:
            at = builder.mul(builder.add(begin, g), _i64(SEPTET))
            packed = [inputs.word(builder.add(at, _i64(k))) for k in range(SEPTET)]
            count_into(builder, count, bit, add_seven([_input(builder, rows, p, width, offset) for p in packed]))

        loop(builder, n_septets, add_septet)
    return [c.get() for c in count]


class _Hot:
    """Masks of the replicas that have a given count, in a buffer of vectors.

    First by the lowest three planes of the count, then by the others: a count's mask is the product of one of each.
    Behind them are the masks of a class's open counts, by entry of `levels`.
    """

    _HIGH = 8

    def __init__(self, builder: Any, buffer: Words, levels: Words, first: Any, n_planes: int) -> None:
        self._builder, self._buffer, self._levels, self._first = builder, buffer, levels, first
        self._entries = self._HIGH + 2 ** (n_planes - 3)

    def store_planes(self, planes: list[Vec]) -> None:
        """The first two kinds, from the planes of the count."""
        for base, part in ((0, planes[:3]), (self._HIGH, planes[3:])):
            masks = [constant(self._builder, -1)]
            for plane in part:
                masks = [m & ~plane for m in masks] + [m & plane for m in masks]
            for s, mask in enumerate(masks):
                self._buffer.store(_i64((base + s) * LANES), mask)

    def of_level(self, entry: Any) -> Vec:
        """The mask of entry number ``entry`` of the class's counts."""
        level = self._levels.word(self._builder.add(self._first, self._builder.add(entry, _i64(2))))
        low = self._builder.and_(level, _i64(7))
        high = self._builder.add(self._builder.lshr(level, _i64(3)), _i64(self._HIGH))
        return self._buffer.load(self._place(low)) & self._buffer.load(self._place(high))

    def store(self, entry: Any, mask: Vec) -> None:
        """Keep the mask of an entry."""
        self._buffer.store(self._place(self._builder.add(entry, _i64(self._entries))), mask)

    def load(self, entry: Any) -> Vec:
        """The mask that was kept."""
        return self._buffer.load(self._place(self._builder.add(entry, _i64(self._entries))))

    def _place(self, slot: Any) -> Any:
        return self._builder.mul(slot, _i64(LANES))


def _threshold_plane(builder: Any, hot: _Hot, lists: Words, first: Any, plane: Any, threshold: Variable) -> None:
    """Into ``threshold``: the replicas whose threshold has a one in ``plane``, from the lists from ``first`` on."""
    threshold.set(constant(builder, 0))
    listed = builder.add(first, lists.word(builder.add(first, plane)))
    after = lists.word(builder.add(first, builder.add(plane, _i64(1))))
    length = builder.sub(after, lists.word(builder.add(first, plane)))

    def add_four(four: Any) -> None:
        at = builder.add(listed, builder.mul(four, _i64(4)))
        total = threshold.get()
        for k in range(4):
            total = total | hot.load(lists.word(builder.add(at, _i64(k))))
        threshold.set(total)

    loop(builder, builder.udiv(length, _i64(4)), add_four)


def _sort_counts(builder: Any, hot: _Hot, n_open: Any, n_always: Any) -> tuple[Variable, Variable]:
    """The replicas that become +1 whatever is drawn, and those that the draw decides; see decide_wide."""
    open_ = Variable(builder, constant(builder, 0))
    below = Variable(builder, constant(builder, 0))

    def make_open(entry: Any) -> None:
        mask = hot.of_level(entry)
        hot.store(entry, mask)
        open_.set(open_.get() | mask)

    def make_always(entry: Any) -> None:
        below.set(below.get() | hot.of_level(builder.add(n_open, entry)))

    loop(builder, n_open, make_open)
    loop(builder, n_always, make_always)
    hot.store(n_open, constant(builder, 0))
    return below, open_


class ListedThresholds(NamedTuple):
    """Thresholds of a wide class, as the code of a kernel.

    levels : from ``level`` on, n_open, n_always, the counts whose threshold is open, and those where it is 2**32
    lists : from ``listed`` on, 33 offsets, then for each plane the entries of `levels` whose threshold has a one there,
    padded to fours with n_open;  scratch : a buffer
    """

    levels: Words
    level: Any
    lists: Words
    listed: Any
    scratch: Words


def decide_wide(
    builder: Any, update: Update, septets: Words, septet: Any, thresholds: ListedThresholds, size: Any
) -> None:
    """Emit the new states of a p-bit whose counts are below 2**``size.n_planes``, its couplings below
    2**``size.n_bits``.

    septets : from ``septet`` on, for each bit the number of the first septet whose inputs count 2**bit, then the end
    """
    levels, level, lists, listed, scratch = thresholds
    hot = _Hot(builder, scratch, levels, level, size.n_planes)
    n_open = levels.word(level)
    n_always = levels.word(builder.add(level, _i64(1)))

    def block(index: Any) -> None:
        offset = builder.mul(index, _i64(LANES))
        counts = _count_inputs(
            builder,
            update.rows,
            update.inputs,
            septets,
            septet,
            width=update.width,
            offset=offset,
            n_planes=size.n_planes,
            n_bits=size.n_bits,
        )
        hot.store_planes(counts)
        below, open_ = _sort_counts(builder, hot, n_open, n_always)
        random, beside = (Variable(builder, v) for v in first_words(builder, update.start, index))
        threshold = Variable(builder, constant(builder, 0))

        def more(plane: Any) -> None:
            _threshold_plane(builder, hot, lists, listed, plane, threshold)
            b, o = _compare(below.get(), open_.get(), threshold.get(), random.get())
            _advance_words(random, beside)
            below.set(b)
            open_.set(o)

        _while_open(builder, open_, 0, more)
        update.out.store(builder.add(update.out_first, offset), below.get())

    loop(builder, update.vectors, block)


@intrinsic
def count_terms(typingctx, rows, width, left, right, first, last, bit, out):
    """Add to counters the ones of septets ``first``...``last`` - 1 of terms left ^ right, each worth 2**bit.

    left, right : int64, packed rows, in septets;  out : uint64 (N_COUNTERS, width), planes of a counter per replica.
    """
    signature = types.void(rows, width, left, right, first, last, bit, out)

    def codegen(context, builder, sig, arguments):
        rows_, width_, left_, right_, first_, last_, bit_, out_ = arguments
        rows_, left_, right_, out_ = (Words(context, builder, sig.args[k], arguments[k]) for k in (0, 2, 3, 7))
        n_inner = 10
        per_flush = (2**n_inner - 1) // SEPTET

        def block(index: Any) -> None:
            offset = builder.mul(index, _i64(LANES))
            n_septets = builder.sub(last_, first_)
            flushes = builder.udiv(builder.add(n_septets, _i64(per_flush - 1)), _i64(per_flush))

            def flush(f: Any) -> None:
                count = [Variable(builder, constant(builder, 0)) for _ in range(n_inner)]
                begin = builder.add(first_, builder.mul(f, _i64(per_flush)))
                left_over = builder.sub(last_, begin)
                short = builder.icmp_signed("<", left_over, _i64(per_flush))
                length = builder.select(short, left_over, _i64(per_flush))

                def add_septet(g: Any) -> None:
                    at = builder.mul(builder.add(begin, g), _i64(SEPTET))
                    terms = [
                        _input(builder, rows_, left_.word(builder.add(at, _i64(k))), width_, offset)
                        ^ _input(builder, rows_, right_.word(builder.add(at, _i64(k))), width_, offset)
                        for k in range(SEPTET)
                    ]
                    count_into(builder, count, 0, add_seven(terms))

                loop(builder, length, add_septet)
                # the counter's plane k + bit takes plane k of the sum; planes beyond the sum take the carry alone
                carry = Variable(builder, constant(builder, 0))

                def add(k: Any, one: Vec) -> None:
                    spot = builder.add(builder.mul(builder.add(k, bit_), width_), offset)
                    total, over = full_add(out_.load(spot), one, carry.get())
                    out_.store(spot, total)
                    carry.set(over)

                for k in range(n_inner):
                    add(_i64(k), count[k].get())
                rest = builder.sub(_i64(N_COUNTERS - n_inner), bit_)
                loop(builder, rest, lambda k: add(builder.add(k, _i64(n_inner)), constant(builder, 0)))

            loop(builder, flushes, flush)

        loop(builder, builder.udiv(width_, _i64(LANES)), block)
        return context.get_dummy_value()

    return signature, codegen


N_COUNTERS = 48
"""Planes of an energy counter: sums below 2**48 units."""


@intrinsic
def keep_words(typingctx, old, old_first, start, share, out, out_first, width):
    """Give back to the replicas that do not take part what they had.

    old : uint64, ``width`` words (a multiple of 8) from ``old_first`` on;  out : uint64, new states, likewise
    start : uint64, where the draws of the first word begin, or uint64 (width,), of each;  share : see Part
    """
    signature = types.void(old, old_first, start, share, out, out_first, width)

    def codegen(context, builder, sig, arguments):
        old_first_, start_, share_, out_first_, width_ = (arguments[k] for k in (1, 2, 3, 5, 6))
        old_, out_ = (Words(context, builder, sig.args[k], arguments[k]) for k in (0, 4))
        if isinstance(start, types.Array):
            start_ = Words(context, builder, sig.args[2], start_)

        def block(index: Any) -> None:
            offset = builder.mul(index, WORD(LANES))
            below, open_ = (Variable(builder, constant(builder, word)) for word in (0, -1))
            random, beside = (Variable(builder, v) for v in first_words(builder, start_, index))

            def more(plane: Any) -> None:
                bit = builder.and_(builder.lshr(share_, builder.sub(WORD(PLANES - 1), plane)), WORD(1))
                rest = builder.and_(builder.shl(share_, builder.add(plane, WORD(1))), WORD(2**PLANES - 1))
                left = builder.sext(builder.icmp_unsigned("!=", rest, WORD(0)), ir.IntType(64))
                b, o = _compare(below.get(), open_.get(), splat(builder, builder.neg(bit)), random.get())
                _advance_words(random, beside)
                below.set(b)
                open_.set(o & splat(builder, left))  # where only zeros follow, none is below any more

            _while_open(builder, open_, 0, more)
            before, place = old_.load(builder.add(old_first_, offset)), builder.add(out_first_, offset)
            out_.store(place, before ^ ((before ^ out_.load(place)) & below.get()))

        loop(builder, builder.udiv(width_, WORD(LANES)), block)
        return context.get_dummy_value()

    return signature, codegen
