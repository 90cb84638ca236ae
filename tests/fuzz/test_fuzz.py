"""Mutated files of every format and mutated lines of every command: a sentence and exit code 2, or a result.

No traceback, no hang, no process that dies, no part of a file or file of a refusal, no warning, no sentence of several
lines or of more than 240 characters, no refusal that takes more than 300 MB. ``pytest tests/fuzz -s --fuzz N`` tries N
files and a quarter as many lines, and prints how they ended; --fuzz-seed takes other ones. ``--fuzz-places K/N`` tries
one in N of all changes of one place.
"""

import random
from collections import Counter
from itertools import chain, islice

import corpus
import harness
import lines
import places
import pytest
from worker import Ending

from hwsim.problem.formats import FORMATS

FILES, LINES = 300, 120
"""How many the suite tries."""
EXTRAS = {"OMMX"}
"""Formats that need an extra; they are tried where it is installed."""


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    """(folder of valid files, Samples of them)."""
    folder = tmp_path_factory.mktemp("valid")
    return folder, corpus.build(folder)


@pytest.fixture(scope="module")
def runner(valid, tmp_path_factory):
    folder, _ = valid
    with harness.Runner(tmp_path_factory.mktemp("fuzz") / "cases", folder) as made:
        made.warm([harness.Case(tuple(line.split(" ")), "", "") for line in _warm_lines()])
        yield made


def _warm_lines():
    return [
        "run ring:n=6 --reads 4 --time 20tau --threads 1",
        "problem f-J.txt --as spin",
        "draw model.npz --reads 4 --sweeps 4",
    ]


def test_every_command_has_a_line_and_every_format_a_file(valid):
    _, samples = valid
    assert set(lines.EXAMPLES) == set(lines.commands()), "give each command a valid line in lines.EXAMPLES"
    groups = {sample.group for sample in samples}
    lacking = {each.name for each in FORMATS} - groups - EXTRAS
    assert not lacking, f"formats without a file: {lacking}"


def test_every_valid_line_and_file_is_taken(valid, runner):
    _, samples = valid
    tried = {tuple(line.split(" ")): name for name, each in lines.EXAMPLES.items() for line in each}
    for sample in samples:
        tried[tuple(sample.file if word == "{}" else word for word in sample.commands[0])] = sample.group
    wrong = []
    for words, group in tried.items():
        case = harness.Case(words, group, "")
        ending = runner.run(case)
        found = harness.faults(case, ending) + ([f"exit code {ending.code}"] if ending.code else [])
        wrong += [harness.told(case, ending, fault) for fault in found]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("ending", "fault"),
    [
        (Ending(hung=True), "hang"),
        (Ending(died=11), "died of signal 11"),
        (Ending(error="Traceback:\nKeyError: 'x'"), "traceback: KeyError"),
        (Ending(code=1), "exit code 1"),
        (Ending(code=130), "exit code 130"),
        (Ending(code=130, stopped=True, stop_s=3.5), "slow to stop"),
        (Ending(code=2), "refusal without a word"),
        (Ending(code=2, err="x" * 241), "refusal too long"),
        (Ending(code=2, err="one\ntwo"), "refusal of several lines"),
        (Ending(code=2, err="a\x07b"), "control character"),
        (Ending(code=2, err="no", peak_kb=301 * 1024), "memory before a refusal"),
        (Ending(code=2, err="no", left={"o.csv": b"a"}), "file of a refusal: o.csv"),
        (Ending(code=0, lost=("p.txt",)), "file lost: p.txt"),
        (Ending(code=0, left={"--": b"a"}), "file named like an option: --"),
        (Ending(code=0, left={"o.json": b'{"a": '}), "partial file o.json"),
        (Ending(code=0, left={"o.png": b"\x89PNG\r\n\x1a\n"}), "partial file o.png"),
        (Ending(code=0, left={"o.npz": b"PK\x03\x04"}), "partial file o.npz"),
        (Ending(code=0, left={"o.html": b"<html>"}), "partial file o.html"),
        (Ending(code=0, left={"o/top.v": b"module top;"}), "partial file o/top.v"),
        (Ending(code=0, left={".o-8f3k2hq9": b"a"}), "partial file .o#"),
        (Ending(code=0, left={"o.txt": b""}), "partial file o.txt"),
    ],
)
def test_the_fuzzer_sees_what_is_wrong(ending, fault):
    assert harness.faults(harness.Case(("run",), "", ""), ending) == [fault]


@pytest.mark.parametrize("what", ["files", "lines"])
def test_what_is_wrong_gets_a_sentence(valid, runner, what, request):
    folder, samples = valid
    asked, start = request.config.option.fuzz, request.config.option.fuzz_seed
    count = {"files": FILES, "lines": LINES} if asked is None else {"files": asked, "lines": asked // 4}
    known, seeds = lines.commands(), [f"{start}:{what}:{number}" for number in range(count[what])]
    if what == "files":
        cases = (harness.file_case(random.Random(seed), seed, samples, folder) for seed in seeds)
    else:
        cases = (lines.line_case(random.Random(seed), seed, known) for seed in seeds)
    check(runner, cases, what, most_shown=20 if asked is None else 200)


def test_every_place_with_every_value(valid, runner, request):
    asked = request.config.option.fuzz_places
    if asked is None:
        pytest.skip("with --fuzz-places K/N")
    folder, samples = valid
    first, step = map(int, asked.split("/"))
    of_files = (
        harness.case_of(sample, words, data, f"{sample.file}, {said}")
        for sample in samples
        if sample.group != "Verilog"  # of which tools take a second for each change
        for said, data in places.changes(sample.kind, (folder / sample.file).read_bytes())
        for words in sample.commands
    )
    cases = islice(chain(of_files, places.line_cases(lines.commands())), first - 1, None, step)
    check(runner, cases, "places", most_shown=200)


def check(runner, cases, what, *, most_shown):
    """Run ``cases``; print how they ended, and fail with the first that ended wrong."""
    counts, shown, most = Counter(), [], Counter()
    for case in cases:
        ending = runner.run(case)
        if ending.code == 2:
            most["MB more than before"] = max(most["MB more than before"], ending.grown_kb // 1024)
            most["MB in all, by itself"] = max(most["MB in all, by itself"], ending.peak_kb // 1024)
        counts[f"exit code {ending.code}{' after SIGINT' if ending.stopped else ''}"] += 1
        for fault in harness.faults(case, ending):
            counts[fault] += 1
            if len(shown) < most_shown:
                shown.append(harness.told(case, ending, fault))
        counts["cases"] += 1
    print(f"\n{what}: {dict(counts)}; of refusals the most {dict(most)}")
    assert not shown, "\n".join(shown)
