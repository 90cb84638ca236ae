"""Gates and circuits against their truth tables, by enumeration."""

import itertools

import dimod
import pytest

from hwsim.errors import InputError
from hwsim.problem.logic import GATES, Circuit, adder, clamped, multiplier, read_out


@pytest.mark.parametrize("kind", GATES)
def test_the_ground_states_of_a_gate_are_its_truth_table(kind):
    circuit = Circuit()
    circuit.add(kind, **{port: port for port in GATES[kind].ports})
    energies = {}
    for bits in itertools.product((0, 1), repeat=len(GATES[kind].ports)):
        sample = dict(zip(GATES[kind].ports, (2 * b - 1 for b in bits), strict=True))
        energies[bits] = circuit.bqm().energy(sample)
    assert {bits for bits, e in energies.items() if e == GATES[kind].least} == GATES[kind].valid
    assert min(e for bits, e in energies.items() if bits not in GATES[kind].valid) > GATES[kind].least


def test_the_and_gate_has_its_states_at_minus_three():
    assert GATES["and"].least == -3


def ground_states(circuit, **values):
    found = dimod.ExactSolver().sample(clamped(circuit, values)).lowest(atol=1e-9)
    out = []
    for sample, energy in found.data(["sample", "energy"]):
        wires = read_out(circuit, sample, values)
        out.append((wires, energy))
    return out


@pytest.mark.parametrize(("a", "b"), [(0, 0), (1, 3), (3, 3), (2, 1)])
def test_an_adder_adds_and_multiplies_back(a, b):
    circuit = adder(2)
    (state,) = ground_states(circuit, a=a, b=b)
    assert circuit.word("s", state[0]) == a + b and state[1] == circuit.least_energy and not circuit.broken(state[0])
    (state,) = ground_states(circuit, a=a, s=a + b)
    assert circuit.word("b", state[0]) == b
    pairs = {(circuit.word("a", s), circuit.word("b", s)) for s, _ in ground_states(circuit, s=a + b)}
    assert pairs == {(x, y) for x in range(4) for y in range(4) if x + y == a + b}


def test_a_multiplier_multiplies_and_factors():
    circuit = multiplier(2, 2)
    for a in range(4):
        for b in range(4):
            states = ground_states(circuit, a=a, b=b)
            assert {circuit.word("p", s) for s, _ in states} == {a * b}
            assert all(e == circuit.least_energy and not circuit.broken(s) for s, e in states)
    assert {(circuit.word("a", s), circuit.word("b", s)) for s, _ in ground_states(circuit, p=6)} == {(2, 3), (3, 2)}


def test_a_contradiction_says_which_gates_broke():
    circuit = multiplier(2, 2)
    states = ground_states(circuit, p=7)  # a prime beyond both words
    assert all(energy > circuit.least_energy and circuit.broken(wires) for wires, energy in states)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Circuit().add("maybe", a="x"), "gate must be one of"),
        (lambda: Circuit().add("and", a="x", b="y"), "ports a, b, c"),
        (lambda: clamped(adder(2), {"q": 1}), "not 'q'"),
        (lambda: clamped(adder(2), {"a": 4}), "between 0 and 3"),
        (lambda: adder(0), "n >= 1"),
        (lambda: multiplier(0, 2), "at least one bit"),
    ],
)
def test_what_is_no_circuit_is_refused(call, said):
    with pytest.raises(InputError, match=said):
        call()


def test_xor_is_a_half_adder_with_an_auxiliary_wire():
    circuit = Circuit(words={"a": ["x"], "b": ["y"], "c": ["z"]})
    circuit.add("xor", a="x", b="y", c="z")
    model = circuit.bqm()
    assert set(model.variables) == {"x", "y", "z", "z.carry"}
    least = {}
    for bits in itertools.product((-1, 1), repeat=4):
        state = dict(zip(("x", "y", "z", "z.carry"), bits, strict=True))
        row = tuple((1 + state[wire]) // 2 for wire in ("x", "y", "z"))
        least[row] = min(least.get(row, float("inf")), model.energy(state))
    ground = {row for row, energy in least.items() if energy == min(least.values())}
    assert ground == {(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)}
    with pytest.raises(InputError, match="xor has the ports a, b, c"):
        circuit.add("xor", a="x", b="y")
