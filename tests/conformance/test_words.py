"""What a controller that asks often is given is what the plain way gives: states as bits, some p-bits written alone,
rounds of the clock one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import typeof
from random_programs import CLOCK_CASES, NS, arguments, integer_glass
from test_engines import EXACT, FAST, beyond, lacking, same, with_drive
from test_fields import rewritten

from hwsim import jit
from hwsim.anneal import constant
from hwsim.engine import lanes
from hwsim.engine.choice import begin, engine_of
from hwsim.engine.contract import Start
from hwsim.engine.schedule import Schedule


def bits(words):
    """bool (64 W, n) of uint64 ``words`` (n, W)."""
    return np.unpackbits(words.astype("<u8").view(np.uint8), axis=1, bitorder="little").T > 0


def counts(up):
    """In how many reads each pair of p-bits, and each p-bit, is at +1: the order of the reads does not show."""
    return up.T.astype(np.int64) @ up


def written(state, chosen, values, *, alone):
    """Write ``values`` into the p-bits ``chosen``: into them alone, or into all with what these have."""
    if alone:
        state.clamp(chosen, values)
    else:
        states = state.spins()
        states[:, chosen] = values
        state.assign(states)


@pytest.mark.exact
@pytest.mark.parametrize("engine", FAST)
@settings(max_examples=15, **EXACT)
@given(data=st.data())
def test_states_as_bits_are_the_states_and_some_pbits_are_written_as_all_are(make_program, engine, data):
    program = make_program(**data.draw(arguments(engine_of(engine).FEATURES)))
    if lacking(engine, program) or beyond(engine, program):
        return
    schedules, rungs, per_rung = data.draw(st.sampled_from([(1, 1, 1), (1, 1, 128), (2, 1, 50), (1, 2, 35)]))
    reads, anneal = schedules * rungs * per_rung, with_drive(program, constant(0.7, "4 ns"))
    rng = np.random.default_rng(data.draw(st.integers(0, 100)))
    chosen = np.flatnonzero(rng.random(program.n_pbits) < 0.5)
    if program.cells.pdit is not None:
        chosen = chosen[:0]
    values = rng.choice(np.array([-1, 1], dtype=np.int8), (reads, len(chosen)))
    start, found = Start(reads=reads, schedules=schedules, seed=1, record=(0, reads - 1), rungs=rungs), []
    for alone in (True, False):
        state = begin(engine, program, start, anneal)
        for ticks in (NS // 2 + 3, 2 * NS):
            state.advance(ticks, anneal)
            assert np.array_equal(counts(bits(state.words())), counts(state.spins() > 0))
            written(state, chosen, values, alone=alone)
        assert np.array_equal(state.spins()[:, chosen], values)
        state.advance(3 * NS, anneal)
        found.append([state.spins(), *(v for events in state.events().values() for v in events.arrays())])
    assert same(*found)


@pytest.mark.parametrize("clock", sorted(CLOCK_CASES))
@pytest.mark.parametrize(
    "also",
    [
        {},
        {"held": np.arange(9) % 3 == 0},
        {"flicker": 0.1, "flicker_block": NS},
        {"pdit": np.arange(9, dtype=np.int32) // 3 * 3},
    ],
)
def test_a_schedule_made_round_by_round_is_the_one_made_at_once(make_program, clock, also):
    couplings = np.zeros((9, 9)) if "pdit" in also else integer_glass(np.random.default_rng(0), 9)["couplings"]
    program = make_program(couplings, **also, **CLOCK_CASES[clock])
    whole, parts, made, once, until = Schedule(program, 5), Schedule(program, 5), [], [], 0
    for rounds in (2, 2, 1, 1, 1, 3.5, 0.5, 2, 2, 2, 2):
        until += round(rounds * NS)
        while parts.horizon < until:
            made.append(parts.chunk(until, 1000))
    while whole.horizon < until:
        once.append(whole.chunk(until, 10**6))
    columns = [[np.concatenate(column) for column in list(zip(*each, strict=True))[:4]] for each in (made, once)]
    assert same(*columns) and len(columns[0][0]) and parts.updates == whole.updates
    assert len({typeof(chunk) for chunk in made + once}) == 1  # a kernel that was chosen for one takes them all


class Watched(jit.Often):
    """A kernel that is told whenever a type changes."""

    def renew(self):
        self._types = None
        super().renew()

    def __call__(self, *arguments):
        types = tuple(typeof(argument) for argument in arguments)
        assert self._types in (None, types)
        self._types = types
        return super().__call__(*arguments)


@pytest.mark.exact
@settings(max_examples=15, **EXACT)
@given(data=st.data())
def test_a_kernel_that_is_called_without_a_look_at_types_has_the_same_types(make_program, data):
    program = make_program(**data.draw(arguments(engine_of("lanes").FEATURES)))
    if lacking("lanes", program):
        return
    kinds = data.draw(st.lists(st.sampled_from(["real", "whole", "scaled", "none"]), min_size=1, max_size=3))
    how = {"seed": data.draw(st.integers(0, 100)), "schedules": 1, "time_ns": 2.0}
    with pytest.MonkeyPatch.context() as patch:
        usual = rewritten("lanes", program, kinds, **how)
        patch.setattr(jit, "_OFTEN", 1)
        patch.setattr(lanes, "Often", Watched)
        assert same(usual, rewritten("lanes", program, kinds, **how))
