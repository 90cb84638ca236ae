"""Machines of continuous cells: cards, the law of the eight-cell circuit, faults and what they cost, refusals."""

import numpy as np
import pytest

from hwsim.chip.library import list_modes
from hwsim.errors import CardError, DoesNotFitError, HwsimError, InputError
from hwsim.thermo.integrate import Ensemble
from hwsim.thermo.linalg import measure
from hwsim.thermo.machine import FAULTS, device, ideal, modes
from hwsim.thermo.network import LinearNetwork, maxwell
from hwsim.thermo.theory import walk_covariance

SIGMA = 4.0
VALUES = {"capacitance": "1 nF", "inductance": "10 uH", "resistance": "1 kOhm", "noise_power": 1e-14}


def stieltjes(d, seed=0):
    """A matrix that capacitors can hold: no positive entry beside the diagonal, rows that sum to more than 0."""
    rng = np.random.default_rng(seed)
    off = np.triu(rng.uniform(0, 0.3, (d, d)), 1)
    off = off + off.T
    return np.diag(off.sum(axis=1) + rng.uniform(0.5, 1.5, d)) - off


def spd(d, seed=0):
    basis, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    return (basis * np.geomspace(0.2, 1, d)) @ basis.T


A, B = spd(6), np.random.default_rng(1).normal(size=6)


def test_the_eight_cell_card_has_the_published_covariance():
    """Cov(v) = k0 R C^-1 for Maxwell's C of eight cells, entry by entry, and the inverse of A in its scale."""
    matrix = stieltjes(8)
    on = device(modes("normal-spu", **VALUES), matrix, np.zeros(8))
    capacitance = 1e-9 * matrix
    own = 1e-9 * matrix.sum(axis=1)
    np.testing.assert_allclose(maxwell(np.diag(np.diag(capacitance)) - capacitance, own), capacitance, rtol=1e-12)
    law = 1e-14 * 1e3 * np.linalg.inv(capacitance)
    n = 40_000
    ensemble = Ensemble(on.network, replicas=n, seed=1, start=np.zeros(16))
    ensemble.advance(8 / on.network.slowest_per_s)
    volts = on.readings(ensemble.states)
    found = volts.T @ volts / n
    error = np.sqrt((np.outer(np.diag(law), np.diag(law)) + law**2) / n)
    z = (found - law) / error
    assert np.abs(z).max() < SIGMA + 0.4  # 36 numbers
    assert abs(np.sum(z[np.triu_indices(8)] ** 2) - 36) < SIGMA * np.sqrt(2 * 36)
    np.testing.assert_allclose(on.covariance_scale * law, np.linalg.inv(matrix), rtol=1e-9)
    assert 0.05 < np.sqrt(law[0, 0]) < 0.15  # about 100 mV
    wrong = 1e-14 * 1e3 * np.linalg.inv(np.diag(np.diag(capacitance)))
    assert np.abs((found - wrong) / error).max() > 20


MACHINES = {
    "ideal": ideal(),
    "resonators": modes("generic-rlc"),
    "mismatch": modes("generic-overdamped", component_dtod=0.05),
    "loud cells": modes("generic-overdamped", noise_dtod=0.1),
    "slow noise": modes("generic-overdamped", noise_bandwidth="1 MHz"),
    "few bits": modes("generic-overdamped", matrix_bits=5),
    "coarse readout": modes("generic-overdamped", adc_bits=6, adc_range=16),
    "a walk": modes("normal-cn101", tau="1 us", step="100 ns"),
    "critical resonators": modes("generic-rlc", resistance="500 Ohm", inductance="1 mH"),
    "resonators with all of it": modes(
        "generic-rlc", component_dtod=0.03, noise_dtod=0.05, noise_bandwidth="5 MHz", adc_bits=8, adc_range=1
    ),
}


@pytest.mark.parametrize("name", MACHINES)
def test_errors_of_a_faulty_machine_are_those_that_theory_predicts(name):
    """Mean squares over 24 machines of one die, of short and of long runs."""
    machine = MACHINES[name]
    matrix, b = (A, B) if machine.kind != "rlc" else (stieltjes(6), B)
    for time_s in (6e-5, 2e-3):
        found = [measure(matrix, b, machine=machine, die_seed=3, time_s=time_s, seed=s) for s in range(24)]
        for error, predicted in (
            ("relative_error", "predicted_error"),
            ("covariance_error", "predicted_covariance_error"),
        ):
            ratio = np.array([(getattr(m, error) / getattr(m, predicted)) ** 2 for m in found])
            # where a start is forgotten, theory is good to some percent
            assert abs(ratio.mean() - 1) < SIGMA * ratio.std(ddof=1) / np.sqrt(24) + 0.03


@pytest.mark.parametrize("samples", [1, 3, 10, 40])
def test_few_samples_lose_what_estimating_the_mean_takes(samples):
    """With one sample of one machine the covariance is zero, and its error one, exactly."""
    found = [measure(A, B, time_s=samples * 5e-7, interval_s=5e-7, seed=s) for s in range(400)]
    ratio = np.array([(m.covariance_error / m.predicted_covariance_error) ** 2 for m in found])
    assert abs(ratio.mean() - 1) < SIGMA * ratio.std(ddof=1) / 20 + 0.03
    if samples == 1:
        assert found[0].covariance_error == 1 and found[0].predicted_covariance_error == pytest.approx(1)


@pytest.mark.parametrize("size", [1e3, 1e9])
def test_a_mean_far_above_the_fluctuations_settles_for_longer_and_loses_no_digits(size):
    small, large = measure(A, B, seed=4), measure(A, size * B, seed=4, time_s=measure(A, B, seed=4).samples * 1.25e-7)
    assert large.settle_s > small.settle_s
    assert large.covariance_error == pytest.approx(small.covariance_error, rel=0.5)
    assert large.covariance_error < 3 * large.predicted_covariance_error
    hasty = measure(A, 1e3 * B, seed=4, settle_s=2 / 0.2e6)
    assert hasty.covariance_error == pytest.approx(hasty.predicted_covariance_error, rel=0.2) and (
        hasty.covariance_error > 3 * small.covariance_error
    )


def test_the_covariance_of_a_walk_is_biased_as_its_steps_say():
    """Three cells of strong correlation: 2 % off at steps of 50 ns; the law by iteration, against many replicas."""
    strong = np.full((3, 3), 0.8) + 0.2 * np.eye(3)
    walk = device(modes("normal-cn101", tau="1 us", step="50 ns"), strong, np.ones(3))
    law = walk_covariance(walk.network, 5e-8)
    n = 200_000
    ensemble = Ensemble(walk.network, replicas=n, seed=2, method="walk", step_s=5e-8)
    ensemble.advance(6e-5)
    seen = ensemble.states - walk.network.mean
    error = np.sqrt((np.outer(np.diag(law), np.diag(law)) + law**2) / n)
    z = ((seen.T @ seen / n - law) / error)[np.triu_indices(3)]
    assert abs(np.sum(z**2) - 6) < SIGMA * np.sqrt(2 * 6)
    assert np.linalg.norm(law - walk.network.covariance) > 0.015 * np.linalg.norm(law)
    off = ((seen.T @ seen / n - walk.network.covariance) / error)[np.triu_indices(3)]
    assert np.sum(off**2) > 6 + 10 * np.sqrt(2 * 6)


def test_faults_leave_an_error_for_ever_and_can_be_switched_off():
    faulty = {
        "component_dtod": 0.05,
        "noise_dtod": 0.1,
        "noise_bandwidth": "1 MHz",
        "matrix_bits": 4,
        "adc_bits": 4,
        "adc_range": 16,
    }
    long = {"time_s": 0.2, "interval_s": 1e-6}
    clean = measure(A, B, machine=modes("generic-overdamped", **faulty, without=FAULTS), **long)
    assert clean.covariance_error < 0.02
    for fault in FAULTS:
        others = [name for name in FAULTS if name != fault]
        alone = measure(A, B, machine=modes("generic-overdamped", **faulty, without=others), die_seed=1, **long)
        assert alone.covariance_error > 3 * clean.covariance_error, fault
        assert alone.covariance_error == pytest.approx(alone.predicted_covariance_error, rel=0.15), fault


def test_noise_of_finite_bandwidth_heats_a_cell_less():
    """One cell of rate a under noise of corner w: variance (1 / beta A) w / (w + a), by both Lorentzians' integral."""
    on = device(modes("generic-overdamped", noise_bandwidth="300 kHz"), np.array([[2.0]]), np.zeros(1))
    corner, rate = 2 * np.pi * 3e5, 2.0 / 1e-6
    assert on.network.covariance[0, 0] == pytest.approx(0.5 * corner / (corner + rate))
    ensemble = Ensemble(on.network, replicas=20_000, seed=1, start=np.zeros(2))
    ensemble.advance(2e-5)
    seen = on.readings(ensemble.states)
    assert seen.shape == (20_000, 1)
    assert abs(seen.var() / on.network.covariance[0, 0] - 1) < SIGMA * np.sqrt(2 / 20_000)


def test_noise_of_finite_bandwidth_takes_no_more_variables_than_it_has_sources():
    """Only voltages of resonators have noise: n of them drive 2n variables as 2n of them would, zeros and all."""
    matrix, corner = stieltjes(4), 2 * np.pi * 5e6
    plain = device(modes("generic-rlc", noise_dtod=0.1), matrix, np.zeros(4), die_seed=2).network
    on = device(modes("generic-rlc", noise_dtod=0.1, noise_bandwidth="5 MHz"), matrix, np.zeros(4), die_seed=2)
    assert on.network.size == 12 and on.network.labels[-1] == "n3"
    values, vectors = np.linalg.eigh(plain.noise)
    root = vectors * np.sqrt(np.maximum(values, 0) * corner / 2)
    full = LinearNetwork(
        drift=np.block([[plain.drift, -root], [np.zeros((8, 8)), corner * np.eye(8)]]),
        force=np.zeros(16),
        noise=np.diag([0.0] * 8 + [2 * corner] * 8),
    )
    found, wanted = on.network.covariance[:8, :8], full.covariance[:8, :8]
    size = np.sqrt(np.outer(np.diag(wanted), np.diag(wanted)))
    np.testing.assert_allclose(found / size, wanted / size, atol=1e-8)
    decay, other = on.network.propagator(2e-7)[:8, :8], full.propagator(2e-7)[:8, :8]
    np.testing.assert_allclose(decay / np.abs(other).max(), other / np.abs(other).max(), atol=1e-12)


def test_a_readout_rounds_and_clips():
    on = device(modes("generic-overdamped", adc_bits=3, adc_range=2), np.eye(2), np.zeros(2))
    assert on.adc_step == 0.5
    np.testing.assert_array_equal(
        on.readings(np.array([[0.2, 0.25], [-0.3, 9.0], [-9.0, 1.6]])), [[0, 0.5], [-0.5, 1.5], [-2.0, 1.5]]
    )


def test_a_component_is_one_thing_and_a_die_is_itself():
    machine = modes("generic-overdamped", component_dtod=0.1)
    first, again, other = (device(machine, A, B, die_seed=s).network.drift for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.all(first == first.T) and np.abs(first / other - 1).min() > 0


def test_a_walk_solves_too_with_its_own_step():
    machine = modes("normal-cn101", tau="1 us", step="20 ns")
    found = [measure(A, B, machine=machine, time_s=2e-4, interval_s=2e-7, seed=s) for s in range(24)]
    ratio = np.array([(m.relative_error / m.predicted_error) ** 2 for m in found])
    assert abs(ratio.mean() - 1) < SIGMA * ratio.std(ddof=1) / np.sqrt(24) + 0.1
    assert found[0].device_energy_j is None


def test_power_makes_a_bill():
    machine = modes("generic-overdamped", power="1 mW", energy_per_sample="1 nJ", programming_time="1 ms")
    found = measure(A, B, machine=machine, time_s=1e-4, interval_s=1e-6, settle_s=1e-5, replicas=2)
    assert found.device_energy_j == pytest.approx(2 * (1e-3 * found.device_time_s + 1e-9 * found.samples))
    assert found.programming_s == 1e-3 and found.unpriced == ()
    assert measure(A, B, machine=modes("generic-overdamped", power="1 mW"), time_s=1e-4).unpriced == ("readout",)


def test_every_card_is_right_and_runs_or_says_who_would_know():
    for card in list_modes():
        machine = modes(card.name)
        d = 8 if machine.cells is None else machine.cells
        try:
            found = measure(stieltjes(d), np.ones(d), machine=machine, time_s=1e-4)
        except InputError as error:
            assert card.missing and "would know" in str(error)
        else:
            assert found.relative_error < 4 * found.predicted_error


@pytest.mark.parametrize(
    ("make", "kind", "sentence"),
    [
        (lambda: modes("normal-sup"), InputError, "did you mean normal-spu"),
        (lambda: modes("generic-rlc", capacitence="1 nF"), InputError, "did you mean capacitance"),
        (lambda: modes("generic-rlc", tau="1 us"), InputError, "tau is not a parameter of cells of kind rlc"),
        (lambda: modes("generic-rlc", capacitance="1 nH"), InputError, "capacitance must be a capacitance"),
        (lambda: modes("generic-rlc", without=["spread"]), InputError, "no such fault"),
        (lambda: modes("generic-rlc", adc_bits=8), InputError, "both adc_bits and adc_range"),
        (lambda: modes("generic-rlc", component_dtod=-0.1), InputError, "component_dtod must be"),
        (lambda: device(modes("generic-rlc"), A, B), DoesNotFitError, "capacitors between cells make only negative"),
        (
            lambda: device(modes("generic-rlc"), np.array([[1.0, -1.5], [-1.5, 4.0]]), B[:2]),
            DoesNotFitError,
            "row 0 of A sums to -0.5",
        ),
        (lambda: device(modes("generic-rlc"), stieltjes(9), np.zeros(9)), DoesNotFitError, "has 8 cells, and A has 9"),
        (lambda: device(modes("normal-spu"), stieltjes(3), B[:3]), InputError, "states no capacitance"),
        (lambda: device(modes("normal-cn101", tau="1 us"), A, B), InputError, "states no step"),
        (
            lambda: measure(A, B, machine=modes("normal-cn101", tau="1 us", step="5 us")),
            InputError,
            "a step of 5e-06 s is unstable",
        ),
        (lambda: modes("generic-overdamped", matrix_bits=1), InputError, "matrix_bits must be .* from 2 to 52, got 1"),
        (lambda: modes("generic-overdamped", matrix_bits=2000), InputError, "matrix_bits must be .* to 52, got 2000"),
        (lambda: modes("generic-rlc", adc_bits=0, adc_range=1), InputError, "adc_bits must be .* from 1 to 52, got 0"),
        (lambda: modes("generic-rlc", adc_bits=8, adc_range=0), InputError, "adc_range must be > 0, got 0"),
        (lambda: modes("generic-overdamped", tau="-1 us"), InputError, "^tau must be > 0, got -1e-06"),
        (lambda: modes("generic-overdamped", noise_bandwidth=0), InputError, "^noise_bandwidth must be > 0, got 0"),
        (
            lambda: device(modes("generic-rlc", component_dtod=2), stieltjes(3), np.zeros(3)),
            InputError,
            "with the components of this die, a capacitor is -",
        ),
        (
            lambda: device(modes("generic-rlc", matrix_bits=2), np.array([[3.0, -1.6], [-1.6, 1.7]]), np.zeros(2)),
            DoesNotFitError,
            "rounded to matrix_bits = 2, row 0 of A sums to 0",
        ),
        (
            lambda: device(modes("generic-overdamped", matrix_bits=2), np.array([[1.0, 0.6], [0.6, 0.7]]), B[:2]),
            InputError,
            "^rounded to matrix_bits = 2, A must be positive definite",
        ),
        (
            lambda: device(modes("generic-overdamped", component_dtod=3), A, B),
            InputError,
            "with the components of this die, A must be positive definite",
        ),
        (
            lambda: measure(A, B, machine=modes("normal-cn101", tau="1 us", step="300 ns")),
            InputError,
            "cannot follow the forces here",
        ),
        (
            lambda: measure(A, B, machine=modes("normal-cn101", tau="1 us", step="10 ns", spacing=3)),
            InputError,
            "give shorter steps or less spacing",
        ),
        (
            lambda: measure(
                A, B, machine=modes("normal-cn101", tau="1 us", step="100 ns"), time_s=1e-8, interval_s=5e-9
            ),
            InputError,
            "at least one interval of whole steps",
        ),
        (lambda: device(ideal(), A, B[:3]), InputError, "b must have one entry for each row"),
    ],
)
def test_bad_machines_are_one_sentence(make, kind, sentence):
    with pytest.raises(kind, match=sentence) as raised:
        make()
    assert "\n" not in str(raised.value) and isinstance(raised.value, HwsimError)


def test_a_card_of_ones_own_is_checked(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\ntitle = "t"\nsummary = "s"\nkind = "spring"\n')
    with pytest.raises(CardError, match="kind must be one of overdamped, rlc, walk, got 'spring'"):
        modes(path)
    path.write_text(
        'name = "mine"\ntitle = "t"\nsummary = "s"\nkind = "overdamped"\n\n[parameters]\n'
        'tau = { value = "-3 us", source = "our lab", grade = "measured" }\n'
    )
    with pytest.raises(CardError, match="tau must be > 0, got -3e-06"):
        modes(path)
    path.write_text(
        'name = "mine"\ntitle = "t"\nsummary = "s"\nkind = "overdamped"\n\n[parameters]\n'
        'tau = { value = "3 us", source = "our lab", grade = "measured" }\n'
    )
    assert modes(path).tau_s == pytest.approx(3e-6) and modes(path).grades == {"tau": "measured"}
