"""Curves: best lengths, exponents and comparisons of points whose numbers are known."""

import math

import numpy as np
import pytest

from hwsim.analysis.tts import repeats
from hwsim.study.curves import best_lengths, best_of, exponents, family, joined, kind, matched, plain, unequal

BOOT = 400


def point(problem, time_s, *, p=None, residual=0.1, spread=0.02, series="chromatic", pbits=64, seed=0, spins=64):
    """A point whose success is ``p`` and whose bootstrap replicates have a relative spread."""
    rng = np.random.default_rng([seed, int(time_s * 1e9), len(series), *problem.encode()])
    energies = np.sort(residual * spins * rng.exponential(size=200))
    row = {
        "shards": 1,
        "problem": problem,
        "words": {"problem": problem, "time": str(time_s), "clock": series},
        "spins": spins,
        "time_s": time_s,
        "delay_s": 0.0,
        "clock": series,
        "device_time_s": time_s,
        "total_time_s": time_s,
        "hardware_pbits": pbits,
        "device_energy_j": 1e-12,
        "total_energy_j": 1e-12,
        "reads": 200,
        "area_m2": None,
        "residual": residual,
        "reference": 0.0,
        "energies_boot": energies,
    }
    boot_p = np.clip(rng.normal(p or 0, spread * (p or 0), BOOT), 0, 1)
    boot_e = spins * rng.normal(residual, spread * residual, BOOT)
    row["boot"] = (boot_p, boot_e)
    if p is not None:
        tts = float(repeats(np.array([p if p else 3 / 200]))[0]) * time_s
        ends = [tts * 0.9, tts * 1.1]
        row |= {"tts99_total_s": tts, "tts99_is_bound": p == 0, "p_success": p, "tts99_total_ci_s": ends}
    return row


def test_names_without_seed_and_size():
    assert family("ea3d:L=8,seed=3,weights=gauss") == "ea3d:L=8,weights=gauss"
    assert kind("ea3d:L=8,seed=3,weights=gauss") == "ea3d:weights=gauss"
    assert family("karate") == kind("karate") == "karate" and kind("sk:n=5,seed=1") == "sk"


def test_the_best_length_is_interior_only_where_both_sides_are_worse():
    # success per length so that TTS falls and rises
    success = {1e-7: 0.01, 1e-6: 0.3, 1e-5: 0.6}
    rows = joined([point("g:L=8,seed=1", t, p=p) for t, p in success.items()])
    (best,) = best_lengths(rows)
    assert best["time_s"] == 1e-6 and best["is_interior"] and not best["is_edge"] and best["lengths"] == 3
    (edge,) = best_lengths(rows[:2])
    assert edge["time_s"] == 1e-6 and not edge["is_interior"] and edge["is_edge"]
    tied = joined([point("g:L=8,seed=1", t, p=p) for t, p in {1e-7: 0.0344, 1e-6: 0.3, 1e-5: 0.97}.items()])
    assert not best_lengths(tied)[0]["is_interior"]


def test_instances_are_drawn_alike_at_every_length():
    """Instances differ by a hundred, lengths by a third: only paired draws can tell the lengths apart."""
    scales = {seed: 10 ** (-seed / 4) for seed in range(1, 9)}
    points = [
        point(f"g:L=8,seed={seed}", t, p=0.3 * scale * factor)
        for seed, scale in scales.items()
        for t, factor in [(1e-7, 0.07), (1e-6, 1.0), (1e-5, 1.6)]
    ]
    (best,) = best_lengths(joined(points))
    assert best["time_s"] == 1e-6 and best["is_interior"] and best["instances"] == 8


def test_a_length_that_was_never_solved_is_worse_only_by_its_bound():
    weak = [point("g:L=8,seed=1", t, p=p) for t, p in {1e-7: 0.0, 1e-6: 0.01, 1e-5: 0.02}.items()]
    assert not best_lengths(joined(weak))[0]["is_interior"]  # the bound of 200 short runs says nothing
    strong = [point("g:L=8,seed=1", t, p=p) for t, p in {1e-7: 0.0, 1e-6: 0.6, 1e-5: 0.7}.items()]
    assert best_lengths(joined(strong))[0]["is_interior"]


def test_an_unsolved_series_has_a_bound():
    (row,) = best_lengths(joined([point("g:L=8,seed=1", 1e-6, p=0.0)]))
    assert row["tts99_total_s"] is None
    assert row["bound_s"] == pytest.approx(1e-6 * math.log(0.01) / math.log1p(-3 / 200))
    assert not row["is_interior"]
    pair = [point("g:L=8,seed=1", 1e-6, p=0.5), point("g:L=8,seed=2", 1e-6, p=0.0)]
    assert joined(pair)[0]["solved"] == 1 and joined(pair)[0]["tts99_total_s"] is None  # half are not solved
    three = joined([*pair, point("g:L=8,seed=3", 1e-6, p=0.1)])[0]
    assert three["tts99_total_s"] == pytest.approx(1e-6 * math.log(0.01) / math.log(0.9))


def test_the_exponent_of_a_power_law_is_found_with_its_interval():
    times = [1e-7, 3e-7, 1e-6, 3e-6]
    points = [
        point(f"g:L=8,seed={s}", t, residual=0.02 * (1 + s / 10) * (t / 1e-7) ** -0.7) for t in times for s in range(6)
    ]
    (slope,) = exponents(joined(points))
    low, high = slope["kappa_ci"]
    assert slope["kappa"] == pytest.approx(0.7) and low < 0.7 < high and high - low < 0.05
    assert slope["instances"] == 6 and slope["lengths"] == 4
    assert exponents(joined(points[:12])) == []  # two lengths make no law


def test_the_mean_of_the_best_of_several_runs():
    energies = np.sort(np.random.default_rng(1).normal(size=30))
    assert best_of(energies, 1) == pytest.approx(energies.mean())
    pairs = np.minimum.outer(energies, energies)
    assert best_of(energies, 2) == pytest.approx(pairs.mean())
    assert best_of(energies, 10_000) == pytest.approx(energies[0], abs=1e-6)


def test_matched_series_spend_the_same():
    quick = [point("g:L=8,seed=1", t, residual=r) for t, r in [(1e-7, 0.1), (1e-6, 0.05)]]
    slow = [
        point("g:L=8,seed=1", t, residual=r, series="tempering", pbits=640) for t, r in [(1e-6, 0.04), (1e-5, 0.01)]
    ]
    rows = joined(quick + slow)
    found = {row["series"]: row for row in matched(rows, lambda row: row["total_time_s"])}
    assert {row["at"] for row in found.values()} == {1e-6}  # the longest that both were tried with
    # ten runs of 1e-7 s, best counts: an exponential's least of ten, against one run of 1e-6 s
    assert found["chromatic"]["runs"] in (1, 10) and found["tempering"]["runs"] == 1
    paid = matched(unequal(rows), lambda row: row["total_time_s"] * row["hardware_pbits"])
    hardware = {row["series"]: row for row in paid}
    assert hardware["chromatic"]["at"] == pytest.approx(640e-6)
    assert hardware["chromatic"]["runs"] * hardware["chromatic"]["time_s"] * 64 <= 640e-6 * (1 + 1e-9)
    assert unequal(joined(quick)) == [] and matched(joined(quick), lambda row: row["total_time_s"]) == []


def test_files_get_no_replicates():
    (row,) = joined([point("g:L=8,seed=1", 1e-6, p=0.5)])
    assert not any(isinstance(value, np.ndarray) for value in plain(row).values())
