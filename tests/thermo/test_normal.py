"""Normal numbers: their law to 4 sigma in ten million draws, their independence of one another and of chunks."""

import numpy as np
import pytest
from numba import njit
from scipy import stats

from hwsim.streams import stream_key
from hwsim.thermo import normal

SIGMA, N = 4.0, 10_000_000


def draw(n=N, seed=1, first=0):
    out = np.empty(n)
    normal.fill(np.uint64(stream_key(seed, "test")), first, out)
    return out


def bins_chi_square(share, k=200):
    """Pearson's statistic of shares of a law, which are uniform in [0, 1), in standard deviations from its mean."""
    counts = np.bincount(np.minimum((share * k).astype(int), k - 1), minlength=k)
    value = np.sum((counts - len(share) / k) ** 2) / (len(share) / k)
    return (value - (k - 1)) / np.sqrt(2 * (k - 1))


@pytest.fixture(scope="module")
def numbers():
    return draw()


def moment_scores(x):
    """Sample moments 1 to 6 against 0, 1, 0, 3, 0, 15, in standard errors."""
    exact = {k: float(stats.norm.moment(k)) for k in range(1, 13)}
    power, scores = np.ones_like(x), []
    for k in range(1, 7):
        power *= x
        scores.append((power.mean() - exact[k]) / np.sqrt((exact[2 * k] - exact[k] ** 2) / len(x)))
    return np.array(scores)


def test_moments_to_the_sixth_are_those_of_the_normal_law(numbers):
    assert np.abs(moment_scores(numbers)).max() < SIGMA


def test_bins_and_tails_hold_what_they_should(numbers):
    assert abs(bins_chi_square(stats.norm.cdf(numbers))) < SIGMA
    for side in (-numbers, numbers):
        for far in (2.5, 3.0, 3.5, 4.0, 4.5, 5.0):
            expected = N * stats.norm.sf(far)
            assert abs(np.sum(side > far) - expected) < SIGMA * np.sqrt(expected) + 1


def test_the_greatest_distance_of_distributions_is_kolmogorovs(numbers):
    ordered = stats.norm.cdf(np.sort(numbers[:2_000_000]))
    place = np.arange(1, len(ordered) + 1) / len(ordered)
    distance = max(np.max(place - ordered), np.max(ordered - place + 1 / len(ordered)))
    assert stats.kstwobign.sf(distance * np.sqrt(len(ordered))) > 2 * stats.norm.sf(SIGMA)


@pytest.mark.parametrize("lag", [1, 2, 3, 7, 127, 128, 129, 255, 256, 257, 4096])
def test_numbers_and_their_squares_do_not_know_of_others(numbers, lag):
    """128 apart are the two of one pair."""
    a, b = numbers[:-lag], numbers[lag:]
    bound = SIGMA / np.sqrt(len(a))
    assert abs(np.mean(a * b)) < bound
    assert abs(np.mean((a**2 - 1) * (b**2 - 1))) < 2 * bound
    assert abs(np.mean((a**2 - 1) * b)) < np.sqrt(2) * bound
    assert abs(np.mean(np.sign(a) * np.sign(b))) < bound


def test_the_two_of_a_pair_fill_the_plane(numbers):
    """Angles in 200 bins, and in 200 bins of the radius."""
    pairs = numbers[: N // 256 * 256].reshape(-1, 2, 128)
    x, y = pairs[:, 0].ravel(), pairs[:, 1].ravel()
    for share in (np.arctan2(y, x) / (2 * np.pi) % 1.0, np.exp(-(x**2 + y**2) / 2)):
        assert abs(bins_chi_square(share)) < SIGMA


def test_streams_of_neighbouring_seeds_do_not_know_of_one_another():
    many = np.array([draw(100_000, seed) for seed in range(30)])
    cross = (many @ many.T / np.sqrt(100_000))[np.triu_indices(30, 1)]
    assert np.abs(cross).max() < SIGMA + 1  # of 435
    assert abs(np.sum(cross**2) - len(cross)) < SIGMA * np.sqrt(2 * len(cross))


def test_a_wrong_law_is_noticed():
    """The sum of twelve uniform numbers, whose fourth moment is 2.9, and a scale that is 1 % too large."""
    wrong = np.random.default_rng(0).random((1_000_000, 12)).sum(axis=1) - 6
    assert np.abs(moment_scores(wrong)).max() > SIGMA
    assert abs(bins_chi_square(stats.norm.cdf(wrong))) > SIGMA
    assert np.abs(moment_scores(draw(1_000_000) * 1.01)).max() > SIGMA


@njit
def pairs(first, second):
    out = np.empty((len(first), 2))
    for k in range(len(first)):
        out[k] = normal.pair(first[k], second[k])
    return out


def test_a_pair_is_box_and_mullers_to_rounding():
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 2**64, (2, 20_000), dtype=np.uint64)
    # all sizes of u, and both ends of every range
    first[:64] = np.uint64(2) ** np.arange(64, dtype=np.uint64)
    first[64:128] = first[:64] - np.uint64(1)
    first[128], first[129] = 0, 2**64 - 1
    second[130:138] = [0, 1, 2, 3, 2**64 - 1, 2**63, 2**63 - 1, 2**63 + 1]
    u = ((first >> np.uint64(11)) | np.uint64(1)).astype(np.longdouble) * np.longdouble(2) ** -53
    r = np.sqrt(-2 * np.log(u)) * np.where(second & np.uint64(1), 1, -1)
    x = (second.view(np.int64) >> 10).astype(np.longdouble) * np.longdouble(2) ** -53 * (np.longdouble(np.pi) / 4)
    c, s = np.cos(x), np.sin(x)
    swap = (second & np.uint64(2)) != 0
    wanted = np.stack([r * np.where(swap, s, c), r * np.where(swap, c, s)], axis=1).astype(float)
    found = pairs(first, second)
    assert np.abs(found - wanted).max() < 4e-15
    assert np.abs(found).max() < 8.572 and np.isfinite(found).all()


def test_a_number_depends_on_its_place_alone():
    whole = draw(5000)
    for first, n in ((0, 1), (0, 256), (1, 255), (17, 600), (255, 2), (256, 256), (300, 4700), (4999, 1), (100, 0)):
        np.testing.assert_array_equal(draw(n, first=first), whole[first : first + n])


@njit
def uniforms(key, n):
    out = np.empty(n)
    for k in range(n):
        out[k] = normal.uniform(key, k)
    return out


def test_uniform_numbers_are_uniform():
    u = uniforms(np.uint64(stream_key(1, "test")), 1_000_000)
    assert u.min() >= 0 and u.max() < 1
    assert abs(bins_chi_square(u)) < SIGMA
    assert abs(np.mean((u[1:] - 0.5) * (u[:-1] - 0.5)) * 12) < SIGMA / 1000
