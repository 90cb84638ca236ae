"""Every engine means the same: the reference's trace, event by event, or a refusal that names the feature.

The reference is the law. A new engine is added to hwsim.engine.names.NAMES and nowhere here, unless it has limits of
size: these are a line in LIMITS. A new Feature needs a builder in random_programs.py. Programs by hand ask one thing at
a time, under every clock; random ones ask many. ``pytest --reseed SEED`` runs the exact properties again, with more
programs, from another seed.
"""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_programs import BUILDERS, CLOCK_CASES, NS, arguments, integer_glass, made_by, one_of_each, read_biases

import hwsim
from hwsim.anneal import Anneal, constant, linear
from hwsim.engine.choice import NAMES, begin, choose, engine_of, matrix
from hwsim.engine.contract import Start
from hwsim.engine.feature import Feature, asked
from hwsim.engine.initial import allowed
from hwsim.errors import InputError, UnsupportedError
from hwsim.program import content_hash, load, save
from hwsim.session import run

LAW = "reference"
FAST = [name for name in NAMES if name != LAW]
ANNEALS = ("one", "by schedule")
CASES = [(clock, feature, name) for clock in CLOCK_CASES for feature, name, _ in one_of_each(clock)]
PAGE = Path(__file__).parents[2] / "examples" / "engines.md"
EXACT = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}


def history(engine, program, anneal, *, seed=3, schedules=1, time_ns=3.0):
    """All that a run shows: traces of three reads, states, energies on the way, updates."""
    if anneal == "by schedule":
        return steered(engine, program, seed=seed, time_ns=time_ns)
    ramp = with_drive(program, linear(0.05, 2.0, f"{time_ns} ns", steps=9))
    reads, record = 66, (0, 1, 65)
    how = {"reads": reads, "schedules": schedules, "seed": seed, "checkpoints": 2, "record": record, "threads": 1}
    biases = read_biases(np.random.default_rng(seed), program, reads)
    result = run(program, engine=engine, anneal=ramp, read_bias=biases, **how)
    traces = [events for read in record for events in result.traces[read]]
    return [*traces, result.states, result.checkpoint_energies, np.array(result.updates)]


def steered(engine, program, *, seed, time_ns):
    """Two writes in mid-run, the second of states of other reads, and for each schedule an anneal that changes."""
    reads, schedules, end = 66, 2, f"{time_ns} ns"
    rng = np.random.default_rng(seed)
    biases = [read_biases(rng, program, reads) for _ in range(2)]
    start = Start(reads=reads, schedules=schedules, seed=seed, record=(0, 1, reads - 1), read_bias=biases[0])
    first = [with_drive(program, constant(0.2 + 0.5 * k, end)) for k in range(schedules)]
    second = [with_drive(program, linear(1.0 + k, 0.3, end, steps=7)) for k in range(schedules)]
    state, whole = begin(engine, program, start, first), round(time_ns * NS)
    state.advance(whole // 4 + 7, first)
    written = np.random.default_rng(0).choice(np.array([-1, 1], dtype=np.int8), (reads, program.n_pbits))
    given = allowed(program, replace(start, initial=written))
    state.assign(written if given is None else given)
    state.advance(whole // 2, second)
    if biases[1] is not None:
        state.bias_reads(biases[1])
    before = state.spins()
    state.assign(before[::-1])
    for until in (3 * whole // 4, whole):
        state.advance(until, second)
    traces = [values for events in state.events().values() for values in events.arrays()]
    return [*traces, before, state.spins(), state.energies(), np.array(state.updates)]


def with_drive(program, anneal):
    """``anneal``, and a drive that changes its sign where couplings are driven."""
    if program.wires.driven is None:
        return anneal
    n = len(anneal.start)
    return Anneal(start=anneal.start, beta=anneal.beta, end=anneal.end, drive=np.linspace(1.7, -0.6, n))


def same(one, other):
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def lacking(engine, program):
    """The features that ``program`` asks for and ``engine`` lacks, by the engine's own list."""
    return [feature for feature in asked(program) if feature not in engine_of(engine).FEATURES]


def too_large_for_bitplanes(program):
    """Whether a p-bit's couplings, whole numbers without a common divisor, exceed 127 or add up to more than 1023.

    Driven ones have a divisor of their own, and count times a power of two above the sum of the others.
    """
    network, driven = program.network, program.wires.driven
    driven = np.zeros(len(network.weight), dtype=bool) if driven is None else driven
    for i in range(network.n):
        row = network.row(i)
        sizes = [int(1024 * abs(weight)) for weight in network.weight[row]]
        steady, pushed = (
            [size // (math.gcd(*own) or 1) for size in own]
            for own in (
                [size for size, follows in zip(sizes, driven[row], strict=True) if follows == kind]
                for kind in (False, True)
            )
        )
        counted = [*steady, *(size << sum(steady).bit_length() for size in pushed)]
        if max(counted, default=0) > 127 or sum(counted) > 1023:
            return True
    return False


def shares_words_beside_what_bitplanes_lacks(program):
    """Whether p-bits share random words beside delays that differ, 1/f noise or participants of each read's own."""
    there = {Feature.DIFFERENT_DELAYS, Feature.PARTICIPANTS} & set(asked(program)) or np.any(program.noise.flicker > 0)
    return program.noise.random_bit is not None and bool(there)


LIMITS = {"bitplanes": lambda p: too_large_for_bitplanes(p) or shares_words_beside_what_bitplanes_lacks(p)}
"""What the page on engines says of engines with limits, in the plainest words: whether a program is beyond them."""


def beyond(engine, program):
    """Whether ``program`` is beyond a limit of ``engine``."""
    return engine in LIMITS and LIMITS[engine](program)


def refused_by_name(engine, program, features):
    """Whether ``engine`` refuses ``program`` in the words of each of ``features`` (of a law of its own state, those
    alone), names an engine that runs it, and is not chosen by itself."""
    with pytest.raises(UnsupportedError) as caught:
        begin(engine, program, Start(reads=2, schedules=1, seed=0), constant(1.0, "1 ns"))
    told = [f.value for f in features if f is not Feature.OTHER_LAWS or Feature.OWN_STATE not in features]
    told += [program.noise.source] if Feature.SOURCE in features else []
    chosen, _ = choose("auto", program)
    runs = not lacking(chosen, program) and not beyond(chosen, program)
    return all(word in str(caught.value) for word in (engine, LAW, *told)) and runs


@pytest.fixture(scope="module")
def program_of(make_program):
    """The program of a case (clock, feature, name), made once."""
    known = {}

    def of(clock, feature, name):
        key = (clock, feature, name)
        if key not in known:
            make = next(make for one, word, make in one_of_each(clock) if (one, word) == (feature, name))
            rng = np.random.default_rng(len(CASES) + CASES.index(key))
            known[key] = make_program(**made_by(rng, integer_glass(rng, 5, unit=0.5), [make]) | CLOCK_CASES[clock])
        return known[key]

    return of


@pytest.fixture(scope="module")
def law_of(program_of):
    """The reference's result of a case under an anneal, run once for all engines."""
    known = {}

    def of(case, anneal):
        if (case, anneal) not in known:
            known[case, anneal] = history(LAW, program_of(*case), anneal)
        return known[case, anneal]

    return of


def test_every_feature_has_a_program_that_asks_for_it(program_of):
    assert set(BUILDERS) == set(Feature)
    for clock, feature, name in CASES:
        found = asked(program_of(clock, feature, name))
        assert feature in found if feature else not found, (clock, feature, name)


def test_the_reference_honours_every_feature_and_its_traces_are_not_empty(law_of):
    assert set(Feature) == engine_of(LAW).FEATURES
    for clock in CLOCK_CASES:
        traces = law_of((clock, None, "a delay"), "one")[:9]
        assert all(len(time) > 5 for time in traces[::3]) and set(np.concatenate(traces[2::3])) == {-1, 1}, clock


@pytest.mark.parametrize("engine", FAST)
@pytest.mark.parametrize("anneal", ANNEALS)
@pytest.mark.parametrize("clock", list(CLOCK_CASES))
@pytest.mark.parametrize("feature", [None, *BUILDERS], ids=lambda feature: feature.name if feature else "PLAIN")
def test_an_engine_tells_what_the_reference_tells_or_refuses_by_name(
    program_of, law_of, feature, clock, anneal, engine
):
    cases = [case for case in CASES if case[:2] == (clock, feature)]  # none where the clock has no such feature
    for case in cases if anneal == "one" else cases[-1:]:  # random programs steer the others
        program = program_of(*case)
        missing = lacking(engine, program)
        if missing:
            assert refused_by_name(engine, program, missing), case
        else:
            assert same(history(engine, program, anneal), law_of(case, anneal)), case


@pytest.mark.exact
@pytest.mark.parametrize("engine", FAST)
@settings(max_examples=20, **EXACT)
@given(data=st.data())
def test_random_programs_of_all_that_an_engine_honours_give_the_same_trace(make_program, engine, data):
    program = make_program(**data.draw(arguments(engine_of(engine).FEATURES)))
    how = {
        "anneal": data.draw(st.sampled_from(ANNEALS)),
        "seed": data.draw(st.integers(0, 100)),
        "schedules": data.draw(st.sampled_from([1, 3])),
        "time_ns": 3.0 if program.n_pbits < 20 else 1.2,
    }
    missing = lacking(engine, program)
    assert set(missing) <= {Feature.DRAWN_NOISE}  # what two features make together
    if missing or beyond(engine, program):
        assert refused_by_name(engine, program, missing)
    else:  # an engine that refuses here is wrong
        assert same(history(engine, program, **how), history(LAW, program, **how))


@pytest.mark.exact
@settings(max_examples=20, **EXACT)
@given(data=st.data())
def test_a_program_is_refused_where_it_asks_what_an_engine_lacks_and_nowhere_else(make_program, data):
    program = make_program(**data.draw(arguments(list(Feature))))
    for engine in NAMES:
        missing = lacking(engine, program)
        if missing or beyond(engine, program):
            assert refused_by_name(engine, program, missing)
        else:
            assert engine_of(engine).why_not(program) is None


@pytest.mark.exact
@settings(max_examples=20, **EXACT)
@given(data=st.data())
def test_a_saved_program_is_the_program(make_program, tmp_path_factory, data):
    made = data.draw(arguments(list(Feature)))
    program, again = make_program(**made), make_program(**made)
    path = tmp_path_factory.mktemp("saved") / "p.npz"
    save(program, path)
    loaded = load(path)
    assert content_hash(program) == content_hash(again) == content_hash(loaded)
    for mine, theirs in zip(program.records, loaded.records, strict=True):
        (scalars, arrays), (others, columns) = mine.parts(), theirs.parts()
        assert scalars == others and arrays.keys() == columns.keys()
        assert all(arrays[key].dtype == columns[key].dtype for key in arrays)
        assert same(list(arrays.values()), list(columns.values()))
    engine = LAW if lacking("lanes", program) else "lanes"
    assert same(history(engine, program, "one", time_ns=1.0), history(engine, loaded, "one", time_ns=1.0))


@pytest.mark.exact
@settings(max_examples=20, **EXACT)
@given(data=st.data())
def test_a_hash_tells_any_number_that_differs_and_no_label(make_program, data):
    program = make_program(**data.draw(arguments(list(Feature))))
    known = content_hash(program)
    assert content_hash(program.changed(labels='["a"]', problem_name="b", known_energy=-1.0)) == known
    name = data.draw(st.sampled_from(["bias", "weight", "delay", "gain", "offset", "comparator_step", "tau", "phase"]))
    record = next(record for record in program.records if hasattr(record, name))
    values = getattr(record, name).copy()
    if len(values):
        at = data.draw(st.integers(0, len(values) - 1))
        if name == "comparator_step":  # a power of two
            values[at] *= 2 if values[at] < 2**31 else 0.5
        else:
            values[at] += 1
        assert content_hash(program.changed(**{name: values})) != known


@pytest.mark.parametrize(
    ("sizes", "n_driven", "holds"),
    [
        ([127] * 8 + [7], 0, True),
        ([127] * 8 + [8], 0, False),
        ([254] * 8 + [14], 0, True),
        ([128, 1], 0, False),
        ([1, 63, 1], 2, True),
        ([1, 64, 1], 2, False),
    ],
)
def test_the_limits_of_bitplanes_are_those_of_the_readme(make_program, sizes, n_driven, holds):
    n = len(sizes) + 1
    couplings = np.zeros((n, n))
    couplings[0, 1:] = couplings[1:, 0] = np.array(sizes) * np.where(np.arange(n - 1) % 2, -1 / 64, 1 / 64)
    rows, columns = np.nonzero(couplings)
    driven = {"driven": np.maximum(rows, columns) >= n - n_driven} if n_driven else {}
    program = make_program(couplings, delay=200_000, **driven)
    assert beyond("bitplanes", program) != holds
    if holds:
        assert same(history("bitplanes", program, "one"), history(LAW, program, "one"))
    else:
        assert refused_by_name("bitplanes", program, [])


@pytest.mark.parametrize("reads", [1, 16, 17, 130])
@pytest.mark.parametrize("clock", ["poisson", "synchronous"])
@pytest.mark.parametrize("links", [1, 150], ids=["few couplings", "many couplings"])
def test_dense_keeps_fields_for_any_number_of_reads(make_program, links, clock, reads):
    rng = np.random.default_rng(reads)
    i, j = np.indices((151, 151))
    couplings = np.where((i < j) & (j - i <= links), rng.normal(size=(151, 151)), 0.0)
    program = make_program(couplings + couplings.T, clock=clock, delay=100_000)
    record = tuple({0, reads - 1})
    how = {"anneal": linear(0.02, 0.6, "4 ns", steps=5), "reads": reads, "seed": 1, "record": record}
    one, two = (run(program, engine=engine, **how) for engine in ("dense", "lanes"))  # of which others ask more
    traces = [[values for read in record for values in result.traces[read]] for result in (one, two)]
    assert same([one.states, *traces[0]], [two.states, *traces[1]])


@pytest.mark.parametrize("reads", [4, 66])
@pytest.mark.parametrize("engine", ["lanes", "dense"])
def test_no_input_turns_a_stuck_pbit_however_strong(make_program, engine, reads):
    stuck = np.array([1, -1, 1, 0], dtype=np.int8)
    program = make_program(1e9 * (np.ones((4, 4)) - np.eye(4)), bias=np.array([3e9, -3e9, 1e12, 0.0]), stuck=stuck)
    states = run(program, engine=engine, anneal=constant(1.0, "20 ns"), reads=reads, seed=1).states
    assert np.array_equal(states[:, :3], np.tile(stuck[:3], (reads, 1)))


@pytest.mark.parametrize("engine", FAST)
@pytest.mark.parametrize(("schedules", "rungs"), [(1, 1), (2, 1), (1, 2)])
def test_states_are_those_whose_energies_are_told_where_one_shard_could_hold_all_reads(
    make_program, schedules, rungs, engine
):
    program = make_program(**integer_glass(np.random.default_rng(5), 20))
    start = Start(reads=64, schedules=schedules, rungs=rungs, seed=1)
    state = begin(engine, program, start, [constant(0.1 * (k + 1), "5 ns") for k in range(schedules * rungs)])
    assert np.array_equal(program.energies(state.spins()), state.energies())


@pytest.mark.parametrize("engine", NAMES)
@pytest.mark.parametrize("schedules", [1, 3])
def test_the_thread_count_changes_nothing(make_program, schedules, engine):
    rng = np.random.default_rng(5)
    program = make_program(**integer_glass(rng, 30), delay=200_000)
    reads = 2400 if hasattr(engine_of(engine), "SHARD_WORDS") else 6  # several shards, where an engine has any
    one, two = (
        run(
            program,
            anneal=linear(0.1, 1, "20 ns"),
            reads=reads,
            schedules=schedules,
            seed=2,
            threads=threads,
            engine=engine,
        )
        for threads in (1, 2)
    )
    assert same([one.states, one.checkpoint_energies], [two.states, two.checkpoint_energies])


@pytest.mark.parametrize("engine", NAMES)
def test_checkpoints_do_not_change_the_result_and_another_seed_does(make_program, engine):
    program = make_program(np.ones((6, 6)) - np.eye(6), delay=300_000)
    few, many, other = (
        run(program, anneal=linear(0.1, 1, "5 ns"), reads=70, schedules=2, seed=seed, checkpoints=k, engine=engine)
        for seed, k in ((2, 1), (2, 37), (1, 1))
    )
    assert np.array_equal(few.states, many.states)
    assert not np.array_equal(few.states, other.states)


def test_the_table_of_the_page_is_what_the_engines_say():
    rows = [
        [cell.strip() for cell in line.strip("|\n ").split("|")]
        for line in PAGE.read_text().splitlines()
        if line.startswith("|")
    ]
    head = next(k for k, row in enumerate(rows) if row[2:] == list(NAMES))
    found = rows[head + 2 : head + 2 + len(Feature)]
    wanted = [[words, *("yes" if honours else "no" for honours in by.values())] for words, by in matrix()]
    assert [[row[0], *row[2:]] for row in found] == wanted
    following = PAGE.read_text().partition(f"| {found[-1][0]} |")[2].splitlines()[1]
    assert not following.startswith("|")  # no row that is no Feature


def test_the_keys_that_the_page_gives_for_each_feature_are_known():
    table = PAGE.read_text().partition("| asked by |")[2].partition("\n\n")[0]
    keys = set(re.findall(r"`([a-z_]+)`", table))
    assert {"noise_white", "stuck_fraction", "dac_bits", "gain_dtod"} <= keys
    for key in keys:
        with pytest.raises(InputError) as caught:  # a known key says what is wrong with its value
            hwsim.chip("generic-floorplan", **{key: object()})
        assert "unknown" not in str(caught.value) and key in str(caught.value), key
