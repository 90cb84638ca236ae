"""A measured die: each p-bit of a program has the numbers of its row."""

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.cell.measured_die import die_text, read_die
from hwsim.chip.faults import alone, present_faults, without
from hwsim.errors import InputError

GAIN, OFFSET, TAU_S = (0.9, 1.2, 1.1, 0.7), (-0.1, 0.2, 0.0, 0.3), (8e-9, 12e-9, 9e-9, 15e-9)
MAGNETS = {"pbit": "smtj-inplane-ns", "input_limit": 2.0}


@pytest.fixture
def die(tmp_path):
    columns = {"gain": GAIN, "offset": OFFSET, "tau": TAU_S}
    (tmp_path / "die.csv").write_text(die_text(["A1", "A2", "B1", "B,2"], columns, source="fit of x.csv"))
    return tmp_path / "die.csv"


def test_what_fit_writes_is_read(die):
    found = read_die(die)
    assert (found.pbit, found.gain, found.offset, found.tau_s) == ((0, 1, 2, 3), GAIN, OFFSET, TAU_S)


@pytest.mark.parametrize("pbit", ["smtj-inplane-ns", "ideal-poisson"])
def test_each_p_bit_has_its_own_numbers_and_the_chip_their_means(die, pbit):
    chip = hwsim.chip("generic-all-to-all", pbit=pbit, input_limit=2, die=die)
    cells = hwsim.compile(hwsim.generate("ring:n=4"), chip, die_seed=3).cells
    clock = hwsim.compile(hwsim.generate("ring:n=3"), chip).clock  # a die may have more p-bits than a problem
    assert cells.gain.tolist() == list(GAIN) and cells.offset.tolist() == list(OFFSET)
    own = clock.tau if clock.own_tau is None else clock.own_tau
    assert own == pytest.approx(np.array(TAU_S[:3]) * 1e15)
    assert clock.period == 11_000_000 and chip.pbit.gain == pytest.approx(0.975) and chip.pbit.tau_dtod == 0
    assert chip.pbit.offset == pytest.approx(0.1)


def test_each_p_bit_answers_as_it_was_measured(die):
    """P(+1) = (1 + tanh z) / 2 with z = gain (x + offset) of the p-bit's own row, at x = 0.5."""
    chip = hwsim.chip("generic-all-to-all", **MAGNETS, die=die)
    program = hwsim.compile(dimod.BinaryQuadraticModel(dict.fromkeys(range(4), -0.5), {}, "SPIN"), chip)
    run = hwsim.run(program, anneal=hwsim.constant(1.0, "200 ns"), reads=4096, schedules=64, checkpoints=1)
    law = (1 + np.tanh(np.array(GAIN) * (0.5 + np.array(OFFSET)))) / 2
    assert np.all(np.abs((run.states == 1).mean(axis=0) - law) < 4 * np.sqrt(law * (1 - law) / 4096))


def test_rows_are_found_by_the_number_of_the_p_bit(tmp_path):
    (tmp_path / "die.csv").write_text("# a comment\ntau,pbit,gain\n7 ns,5,0.5\n3 us,2,0.25\n")
    chip = hwsim.chip("generic-all-to-all", die=tmp_path / "die.csv", offset_dtod=0.1)
    assert chip.die.pbit == (2, 5) and chip.die.gain == (0.25, 0.5) and chip.die.tau_s == (3e-6, 7e-9)
    assert chip.pbit.offset_dtod == 0.1  # what was not measured stays as on the card
    with pytest.raises(InputError, match="has rows for 2 p-bits, and the problem needs 4: p-bit 0 and 2 more"):
        hwsim.compile(hwsim.generate("ring:n=4"), chip)


def test_a_chip_of_fixed_wires_takes_the_rows_of_the_p_bits_that_carry_the_problem(tmp_path):
    gains = 0.5 + np.arange(16) / 16
    text = "pbit,gain\n" + "".join(f"{k},{gain}\n" for k, gain in enumerate(gains))
    (tmp_path / "die.csv").write_text(text)
    wires = {"topology": "square", "rows": 4, "columns": 4}
    chip = hwsim.chip("generic-all-to-all", **wires, die=tmp_path / "die.csv")
    program = hwsim.compile(dimod.BinaryQuadraticModel({}, {(5, 6): -1.0, (6, 10): 1.0}, "SPIN"), chip)
    assert program.cells.gain.tolist() == gains[program.placement.sites].tolist() == gains[[5, 6, 10]].tolist()
    (tmp_path / "die.csv").write_text("pbit,gain\n5,1\n6,1\n")
    with pytest.raises(InputError, match="p-bit 10 of the chip is not among them"):
        hwsim.compile(
            dimod.BinaryQuadraticModel({}, {(5, 6): -1.0, (6, 10): 1.0}, "SPIN"),
            hwsim.chip("generic-all-to-all", **wires, die=tmp_path / "die.csv"),
        )


def test_several_dies_are_not_drawn_from_a_measured_one(die, capsys):
    from hwsim.cli.main import main

    assert main(["run", "ring:n=4", "--die", str(die), "--dies", "4"]) == 2
    assert "--die gives one measured die, and --dies draws several" in capsys.readouterr().err


def test_too_few_p_bits_are_refused(die):
    with pytest.raises(InputError, match="rows for 4 p-bits, and the problem needs 34: p-bit 4 and 29 more"):
        hwsim.compile(hwsim.generate("karate"), hwsim.chip("generic-all-to-all", **MAGNETS, die=die))


def test_faults_of_a_measured_die_go_one_by_one(die):
    chip = hwsim.chip("generic-all-to-all", **MAGNETS, die=die)
    assert {"gain-spread", "offset-spread", "rate-spread"} <= set(present_faults(chip))
    even = without(chip, ["gain-spread"])
    assert even.die.gain is None and even.pbit.gain == pytest.approx(0.975) and even.die.offset == OFFSET
    assert without(chip, ["offset-spread"]).pbit.offset == 0
    assert present_faults(alone(chip, "rate-spread")) == ["rate-spread"]
    assert hwsim.chip("generic-all-to-all", **MAGNETS, die=die, without=["gain-spread"]) == even
    problem = hwsim.generate("ring:n=4")
    found = hwsim.blame(problem, chip, dies=2, reads=64, schedules=2, time="200 ns", target="exact", progress=False)
    assert {row["fault"] for row in found.rows} == {"gain-spread", "offset-spread", "rate-spread"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gain\n", "needs a header and a row"),
        ("gain,noise\n1,2\n", "the columns of a die are pbit, device, gain, offset, tau, tau_s"),
        ("tau,tau_s\n1,2\n", "tau or tau_s, each once"),
        ("gain,offset\n1\n", "row 2 has 1 values, the header 2 names"),
        ("gain\n0\n", "row 2: gain must be a number > 0, got '0'"),
        ("tau\n5\n", "row 2: tau must be a time > 0, such as 12 ns, got '5'"),
        ("offset\nnan\n", "row 2: offset must be a finite number, got 'nan'"),
        ("pbit,gain\n1,1\n1,2\n", "p-bit 1 has two rows"),
        ("pbit,gain\n-1,1\n", "pbit must be a whole number >= 0, got '-1'"),
        ("pbit,device\n1,1\n", "needs a column gain, offset or tau"),
    ],
)
def test_a_wrong_die_is_refused_in_one_sentence(tmp_path, text, words):
    (tmp_path / "die.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        read_die(tmp_path / "die.csv")


def test_what_is_measured_cannot_be_set_too(die):
    for key in ("tau", "gain_dtod"):
        with pytest.raises(InputError, match=f"leave {key} out, or that column"):
            hwsim.chip("generic-all-to-all", die=die, **{key: 1e-9})
    with pytest.raises(InputError, match="die must be a file of measured p-bits, got 3"):
        hwsim.chip("generic-all-to-all", die=3)
    with pytest.raises(InputError, match="no such file"):
        hwsim.chip("generic-all-to-all", die=die.with_name("other.csv"))
