"""P-bits that share random words sample the law that p-bits with words of their own sample."""

import numpy as np

from hwsim.anneal import constant
from hwsim.session import run

READS = 4096
Z = 4.5  # 82 comparisons, then 276: chances of 6e-4 and 2e-3 that one is as far off


def test_p_bits_that_share_words_follow_the_law_of_boltzmann_and_each_read_its_own(make_program):
    rng = np.random.default_rng(3)
    n = 6
    upper = np.triu(rng.choice([-1.0, 1.0], (n, n)), 1)
    program = make_program(upper + upper.T, clock="sequential", random_bit=rng.permutation(n))  # all in one word
    states = run(
        program, anneal=constant(0.4, "40 ns"), reads=READS, schedules=1, seed=1, engine="bitplanes", checkpoints=1
    ).states
    every = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    weights = np.exp(-0.4 * np.einsum("si,ij,sj->s", every, upper, every))
    law = weights / weights.sum()
    seen = np.bincount((states < 0) @ (1 << np.arange(n)), minlength=2**n) / READS
    assert np.all(np.abs(seen - law) < Z * np.sqrt(law * (1 - law) / READS))
    # reads share the schedule, and no random word: neighbours in number agree as often as chance has it
    for apart in (1, 2, 64):
        alike = np.mean(states[apart:] * states[:-apart], axis=0)
        assert np.all(np.abs(alike) < Z / np.sqrt(READS - apart))


def test_p_bits_without_couplings_draw_independent_values_from_one_word(make_program):
    n = 24
    program = make_program(np.zeros((n, n)), clock="synchronous", random_bit=np.arange(n)[::-1].copy())
    states = run(
        program, anneal=constant(1.0, "3 ns"), reads=READS, schedules=1, seed=2, engine="bitplanes", checkpoints=1
    ).states.astype(float)
    together = states.T @ states / READS
    assert np.all(np.abs(together - np.eye(n)) < Z / np.sqrt(READS) + np.eye(n) * 1e-12)
