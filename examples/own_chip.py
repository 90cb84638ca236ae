"""A chip of your own: two small cards in a folder, found by name, and the cost of its spread and its DAC.

Writes cards/pbits/mine.toml and cards/chips/my-chip.toml, then runs one problem on the die as measured, without spread,
and with a better DAC too.
"""

import os
from pathlib import Path

import hwsim

CARDS = Path("cards")
PBIT = """
name = "mine"
title = "A p-bit I measured"
summary = "Autonomous, with a spread of gain and offset and a 3-bit input DAC."
clock = "poisson"

[parameters]
tau = { value = "8 ns", source = "my lab book, p. 12", grade = "measured" }
delay = { value = "2 ns", source = "my lab book, p. 13", grade = "measured" }
gain_dtod = { value = 0.1, source = "40 devices", grade = "measured" }
offset_dtod = { value = 0.1, source = "40 devices", grade = "measured" }
dac_bits = { value = 3, source = "the board's data sheet", grade = "datasheet" }
dac_limit = { value = 3.0, source = "the board's data sheet", grade = "datasheet" }
"""
CHIP = """
name = "my-chip"
title = "My board"
summary = "Sixty-four of these p-bits, any coupling."
pbit = "mine"
clock = "poisson"
topology = "all-to-all"

[parameters]
max_pbits = { value = 64, source = "the board", grade = "datasheet" }
"""
for name, text in (("pbits/mine.toml", PBIT), ("chips/my-chip.toml", CHIP)):
    (CARDS / name).parent.mkdir(parents=True, exist_ok=True)
    (CARDS / name).write_text(text)
os.environ["HWSIM_DEVICES"] = str(CARDS)

problem = hwsim.read("karate")
anneal = hwsim.linear(0.05, 1.0, "2 us")
print(f"{'chip':<24}  mean cut  P(cut = {-problem.known_energy:g})")
for label, chip in (
    ("as measured", hwsim.chip("my-chip")),
    ("no spread", hwsim.chip("my-chip", gain_dtod=0, offset_dtod=0)),
    ("no spread, 8-bit DAC", hwsim.chip("my-chip", gain_dtod=0, offset_dtod=0, dac_bits=8)),
):
    run = hwsim.run(hwsim.compile(problem, chip, die_seed=5), anneal=anneal, reads=512, seed=2)
    answer = hwsim.time_to_solution(run, target=problem.known_energy)
    low, high = answer.p_success_ci
    print(f"{label:<24}  {-run.energies.mean():8.2f}  {answer.p_success:.3f} [{low:.3f}, {high:.3f}]")
