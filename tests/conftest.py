"""Shared fixtures: programs built by hand, so that engine tests need no chip and no problem."""

import secrets
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import seed, settings

from hwsim.cell.codes import NO_LIMIT
from hwsim.mapping.color import greedy_coloring
from hwsim.program import Cells, Clock, Network, Noise, Program, Readout, Wires

TAU = 1_000_000  # ticks: 1 ns
MORE = 2  # times as many examples of each exact property, where they are reseeded


def pytest_addoption(parser):
    """``--reseed``: by default random programs have fixed seeds, so that a test that passes goes on passing."""
    parser.addoption(
        "--reseed",
        metavar="SEED",
        help="run the exact properties alone, with more programs, from SEED "
        "(a number, or 'random'); the seed is printed",
    )
    parser.addoption(
        "--fuzz", metavar="N", type=int, help="try N mutated files and N / 4 mutated command lines (tests/fuzz)"
    )
    parser.addoption("--fuzz-seed", metavar="SEED", default="1", help="of the mutations, any word (1)")
    parser.addoption(
        "--fuzz-places",
        metavar="K/N",
        help="change every place of every file and option with every hostile value; try case K, K + N ... (tests/fuzz)",
    )
    parser.addoption(
        "--soak", metavar="N", type=int, help="strike a study, a training and others N times each (tests/soak)"
    )
    parser.addoption("--soak-seed", metavar="SEED", default="1", help="of the moments, any word (1)")
    parser.addoption(
        "--plain-reads",
        metavar="N",
        type=int,
        help="compare hwsim with the plain simulations in N reads of each machine, and of other machines than the "
        "suite has (tests/physics/test_plain.py, test_plain_modes.py)",
    )


def pytest_configure(config):
    """Settle the seed once, in the process that starts the workers, and print it before anything can fail."""
    if hasattr(config, "workerinput"):
        config.option.reseed = config.workerinput["reseed"]
    elif config.option.reseed is not None:
        if config.option.reseed == "random":
            config.option.reseed = str(secrets.randbelow(2**32))
        if not config.option.reseed.isdecimal():
            raise pytest.UsageError(f"--reseed must be a number or 'random', got {config.option.reseed!r}")
        print(f"exact properties from another seed; again with: pytest --reseed {config.option.reseed}", flush=True)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Hand the seed to a worker of xdist, which is given the command line as it was typed, with 'random' in it."""
    node.workerinput["reseed"] = node.config.option.reseed


def pytest_collection_modifyitems(config, items):
    """Where the seed was given: the tests marked ``exact`` alone, each from that seed and MORE times as long."""
    chosen = [item for item in items if item.get_closest_marker("exact")]
    for item in chosen:
        if not hasattr(item.function, "_hypothesis_internal_use_settings"):
            raise pytest.UsageError(f"{item.nodeid} is marked exact, and draws no random programs")
    if config.option.reseed is None:
        return
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    half = -(-len(chosen) // 2)  # workers begin with two neighbours each, which would be cases of one long test
    items[:] = [chosen[k] for k in sorted(range(len(chosen)), key=lambda k: k % half)]
    for test in {item.function for item in chosen}:  # items of one parametrised test share their function
        usual = test._hypothesis_internal_use_settings
        test._hypothesis_internal_use_settings = settings(
            usual, derandomize=False, database=None, max_examples=MORE * usual.max_examples, print_blob=True
        )
        seed(int(config.option.reseed))(test)


def build_program(
    couplings: np.ndarray, *, bias: np.ndarray | None = None, clock: str = "poisson", **changes
) -> Program:
    """A Program of ideal p-bits with the symmetric matrix ``couplings`` (n, n); ``changes`` replace its fields.

    A scalar for a field that has one entry per p-bit or connection is spread over it.
    """
    n = len(couplings)
    rows, columns = np.nonzero(couplings)
    indptr = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=n)))).astype(np.int64)
    indices = columns.astype(np.int32)
    ones, zeros = np.ones(n), np.zeros(n)
    program = Program(
        network=Network(
            bias=zeros if bias is None else np.asarray(bias, dtype=np.float64),
            indptr=indptr,
            indices=indices,
            weight=couplings[rows, columns].astype(np.float64),
        ),
        wires=Wires(delay=np.zeros(len(indices), dtype=np.int64)),
        cells=Cells(
            law=np.zeros(n, dtype=np.int8),
            parameter=zeros,
            z_limit=zeros,
            gain=ones,
            offset=zeros,
            input_low=-NO_LIMIT * ones,
            input_high=NO_LIMIT * ones,
            input_step=zeros,
            comparator_step=ones,
            synapse=zeros,
            stuck=np.zeros(n, dtype=np.int8),
        ),
        noise=Noise(white=zeros, flicker=zeros),
        clock=Clock(
            kind="synchronous",
            period=TAU,
            participation=1.0,
            color=greedy_coloring(indptr, indices),
            tau=np.full(n, float(TAU)),
            phase=np.arange(n, dtype=np.int64) * (TAU // (n + 1)),
            jitter=np.full(n, 0.05 * TAU),
        ),
        readout=Readout(labels="[]"),
    )
    return changed(program, kind=clock, **changes)


def changed(program: Program, **changes) -> Program:
    """``program`` with other fields; a scalar for a field that has one entry per p-bit or connection is spread."""
    flat = {name: value for record in program.records for name, value in vars(record).items()}
    for name, value in changes.items():
        if isinstance(flat.get(name), np.ndarray) and np.ndim(value) == 0:
            changes[name] = np.full_like(flat[name], value)
    return program.changed(**changes)


@pytest.fixture(scope="session")
def make_program() -> Callable[..., Program]:
    """The builder above; one period and one mean interval is 1 ns."""
    return build_program
