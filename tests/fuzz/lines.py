"""Command lines: a valid one for each command, and mutations of its words.

Enters: a random.Random. Leaves: words that a user might type by mistake or by malice. Options are those that the parser
itself states, so a new one is tried without a word here; a new command needs an example in EXAMPLES. No word has a
slash or begins with a tilde: what a line writes stays in the folder in which it runs.
"""

import argparse

from harness import Case
from mutate import NUMBERS

from hwsim.cli.main import parser

QUICK = "--reads 4 --time 20tau --threads 1"
_TRAININGS = (
    "train moved.toml --dies 2 --threads 1 --store moved.db",
    "train train.toml --vary update.rate=0.02,0.05 --seeds 1 --threads 1 --store o.db",
    "train chain.toml --threads 1 -o half-chain.npz",
)
EXAMPLES = {
    "compare": [f"compare ring:n=6 --clock chromatic,poisson {QUICK}"],
    "run": [
        f"run ring:n=6 --schedules 2 {QUICK}",
        f"run p.txt --chip generic-sparse {QUICK}",
        "run program.npz --reads 4",
    ],
    "tts": ["tts ring:n=6 --reads 8 --time 20tau --clock poisson --schedules 2 --threads 1"],
    "sweep": [
        "sweep ring:n=6 --vary delay=0.1tau,0.5tau --reads 32 --time 20tau --threads 1",
        "sweep ring:n=6 --vary delay=0.1tau,0.5tau --reads 32 --time 20tau --threads 1 -o sweep.db --csv o.csv",
        "sweep ring:n=4 --vary clock=poisson,chromatic --quantity success,tts --reads 32 --time 20tau --threads 1",
    ],
    "study": ["study study.toml --store study.db --workers 1", "study schemes.toml --store o.db --workers 1"],
    "train": ["train train.toml --threads 1", "train rbm.toml --threads 1 -o rbm.npz", *_TRAININGS],
    "report": ["report study.db", "report sweep.db --csv o.csv"],
    "merge": ["merge study.db schemes.db", "merge study.db -o o.db", "merge sweep.db moved.db -o o.db"],
    "blame": [f"blame ring:n=6 --chip parallel-pbit-dac {QUICK} --schedules 2"],
    "compile": [
        "compile ring:n=6 --chip generic-sparse -o o.npz",
        "compile p.txt",
        "compile p.txt --chips 2 --exchange 2tau",
    ],
    "layout": [
        "layout ring:n=6 --measure none",
        "layout ring:n=6 --measure kl --reads 32 --schedules 4 --time 20tau --threads 1",
    ],
    "rtl write": [
        "rtl write ring:n=6 --chip kv260-writable --time 20tau -o o",
        "rtl write p.txt --source lfsr32 --weights writable --shell axi4-lite --time 5tau --weight-bits 4 -o o",
        "rtl write ring:n=6 --source xorshift32 --chips 2 --exchange 1tau --time 5tau --beta 1 --table block -o o",
    ],
    "rtl check": ["rtl check rtl", "rtl check shell --vcd o.vcd", "rtl check rtl --lint"],
    "rtl diff": ["rtl diff a.vcd a.vcd", "rtl diff rtl.vcd rtl.vcd --order"],
    "view": [
        "view ring:n=6 --events 200 --reads 16 --threads 1 -o o.html",
        "view run.npz -o o.html",
        "view program.npz --reads 8 --time 20tau --threads 1 -o o.html",
        "view ring:n=6 --vary delay=0.1tau,0.5tau --events 200 --reads 16 --threads 1 -o o.html",
        "view ring:n=6 --compare poisson,chromatic --events 200 --reads 16 --threads 1 -o o.html",
    ],
    "explore": ["explore explore.toml --threads 1"],
    "free-energy": ["free-energy ring:n=6 --beta 1 --reads 32 --sweeps 20 --threads 1"],
    "draw": ["draw model.npz --reads 4 --sweeps 4 --threads 1", "draw rbm.npz --label left --reads 4 --sweeps 4"],
    "classify": [
        "classify rbm.npz rows.npz --warm-up 2 --looks 2 --reads 4 --threads 1",
        "classify rbm.npz table.csv --warm-up 2 --looks 2 --reads 4 --threads 1",
    ],
    "thermo solve": ["thermo solve dense.npy vector.npy --time 1us"],
    "thermo inverse": ["thermo inverse dense.csv --time 1us --replicas 2"],
    "thermo regression": ["thermo regression dense.npy vector.npy --noise 0.1 --time 1us"],
    "thermo determinant": ["thermo determinant dense.npy --samples 20"],
    "thermo exponential": ["thermo exponential dense.npy --samples 20"],
    "thermo lyapunov": ["thermo lyapunov dense.npy dense.npy --samples 20"],
    "thermo sample": ["thermo sample x**2 --time 20us --replicas 4", "thermo sample wells:distance=2 --time 20us"],
    "thermo machines": ["thermo machines"],
    "problem": ["problem p.txt", "problem ring:n=6 -o o.bqm", "problem f-J.mat --as p-bit"],
    "formats": ["formats", "formats lp"],
    "generators": ["generators"],
    "chips": ["chips"],
    "devices": ["devices"],
    "show": ["show generic-sparse", "show kv260-digital --measure", "show card.toml"],
    "check": ["check card.toml graph.toml", "check --schema chip"],
    "chip new": ["chip new --like generic-sparse -o o.toml"],
    "chip generic": ["chip generic --seed 3"],
    "ledger": ["ledger extropic-z1 --pbits 100"],
    "fit": ["fit measured.csv --card o.toml --devices o.csv", "fit trace.csv"],
    "bench": ["bench --case lattice --rounds 1"],
}
"""Words of a command, without ``hwsim``, that end in a second."""

SLOW = ("bench", "explore")
"""Commands that are tried less often, for they take long."""

WORDS = (
    *("", " ", "x", "-", "--", "---", "-x", "=", "nosuch", "nan", "inf", "1e308", "\u00b2", "\u0663", "a\nb"),
    *("a\x07b", "a\x1b[31mb", "a\u2028b", "\u202ea", "\udcff", "x" * 5000, "[" * 5000, "(" * 3000, "{}", "%s"),
    *("$x^$", "'", '"', "a=b", "=1", "a=", ":", "::", ",", ",,", "0..1", "1..0", "1..1e9", "0..1,n=-1", "0:1"),
    *("1:0:2", "nan:nan", "1e300s", "-1ns", "5 parsec", "0tau", "1e300tau", "tau", "all", "none", "auto", "known"),
    *("exact", "best", "true", "None", "model.npz", "program.npz", "run.npz", "study.db", "card.toml", "study.toml"),
    *(
        "train.toml",
        "rbm.npz",
        "half-train.npz",
        "chain.npz",
        "moved.db",
        "a.vcd",
        "rtl",
        "rows.npz",
        "p.txt",
        "missing.txt",
        "missing.toml",
        "missing.npz",
        "o.png",
        "o.json",
        "o.xyz",
        ".",
        "..",
    ),
    *("ring:n=3", "ring:n=-1", "ring:n=\u00b2", "ring:n=1e3", "ring:n=3,n=4", "ring:", "sk:n=20000"),
    *("adder:n=1000000000", "multiplier:n=99999999999", "wells:distance=1e-200", "x**2**99", "x*" * 50 + "x"),
    *("+".join(["x**4"] * 2000), "delay=1ns", "gain_dtod=0.1", "without=x", "tau=0", "clock=poisson", "name=x"),
    *("topology=king:100000x100000", "tempering:replicas=3", "quantum:replicas=99999"),
)
_BY_METAVAR = {
    "N": ("0", "1", "2", "7", "-1", "1000000000", "9223372036854775807", "9223372036854775808", "1.5", "1e3"),
    "N|auto": ("auto", "0", "2", "1000000", "9223372036854775808"),
    "TIME": ("1ns", "0ns", "-1ns", "1e300s", "0.5tau", "1e-30s", "1", "10tau"),
    "TIME,...": ("1ns,2ns", "1ns..5ns", "-1ns", ","),
    "X": ("0", "0.1", "-0.1", "1e308", "nan", "1e-320"),
    "P": ("0", "0.5", "1", "2"),
    "P,...": ("0.5,1", "0", "2"),
    "FILE": ("o.png", "o.svg", "o.pdf", "o.json", "o.txt", "o.vcd", "o.db", "o", ".", "p.txt", "missing.d", "", "--"),
    "FILE|-": ("-", "o.json", "p.txt", ".", "--"),
    "FILE.npz": ("o.npz", "o", "run.npz", "p.txt"),
    "FILE.toml": ("o.toml", "card.toml", "o"),
    "DIR": ("o", "rtl", "p.txt", "."),
    "TOOL": ("iverilog", "x", ""),
    "FILE.html": ("o.html", "p.txt", "o"),
    "FILE.csv": ("die.csv", "p.txt", "o.csv", "measured.csv"),
    "KEY=VALUE": (
        "delay=1ns",
        "name=x",
        "clock=chromatic",
        "gain_dtod=0.1",
        "tau=0",
        "weight_bits=1e9",
        "x",
        "=",
        "noise_white=1e308",
    ),
    "KEY=RANGE": (
        "delay=0.1tau,0.5tau",
        "beta=0.1..1",
        "delay=0..1",
        "x=1,2",
        "gain_dtod=0,0.1",
        "clock=poisson,chromatic",
    ),
    "FAULT,...": ("delay", "x", ",", "all", "gain-spread,delay"),
    "B | B0:B1": ("1", "0.1:2", "0", "-1", "1e308", "1:1e308", "nan", "a:b"),
    "B": ("1", "0", "1e308", "-1"),
    "C": ("poisson", "synchronous", "x", "free-running"),
    "C,...": ("poisson,chromatic", "own", "x"),
    "E|known|exact|best": ("known", "exact", "best", "-6", "x", "1e308"),
    "E": ("auto", "reference", "dense", "bitplanes", "x"),
    "R": ("spin", "qubo", "max-cut", "p-bit", "x"),
    "V=S,...": ("0=1", "0=1,1=-1", "a=1", "a=2", "('a', 1)=1", "=1"),
    "Q,...": ("error", "success,time", "x"),
    "S": ("lfsr32", "lfsr16", "xoshiro128+", "port", "x"),
    "T,...": ("generic", "ice40", "x", "generic,generic", ","),
    "BUS": ("axi4-lite", "x"),
    "fixed|writable": ("fixed", "writable", "x"),
    "logic|block": ("logic", "block", "x"),
    "N|RANGE": ("2", "0", "18..20", "1..1e9", "3,3", "1000000000", "9223372036854775808"),
    "WHAT=STEPS,...": ("biases=2", "all=2", "biases=0", "x=1", "biases=1000000000", "biases=2,all=2"),
    "X|Q=X,...": ("0.1", "kl=0.1", "x=1", "nan", "kl=", "correlation=1e308"),
    "CLOCK,CLOCK": ("poisson,chromatic", "poisson", "poisson,poisson", "x,y"),
    "CLASS": ("left", "0", "x"),
    "COLUMN,...": ("a", "0,1", "x", "a,a"),
    "J[,J...]": ("torque", "sufficient", "1,2", "0", "-1", "1e308", "x"),
    "J|torque|sufficient": ("torque", "sufficient", "1", "0", "1e308", "1,2"),
    "A": ("tempering", "quantum", "population", "x", "tempering:replicas=1000000000"),
    "NAME[:KEY=VALUE,...]": ("tempering", "quantum:replicas=3", "population:population=9", "x:y=1"),
}


def commands(top=None):
    """{command and subcommand: its parser} of every command."""
    found = {}
    for action in (parser() if top is None else top)._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, each in action.choices.items():
                inner = commands(each)
                found |= {f"{name} {more}": held for more, held in inner.items()} if inner else {name: each}
    return found


def options_of(each):
    """The options of a parser."""
    return [action for action in each._actions if action.option_strings and action.dest != "help"]


def _value(rng, action):
    """A value for an option: one that it may take, or any word."""
    if action.choices is not None and rng.random() < 0.7:
        return str(rng.choice(list(action.choices)))
    known = _BY_METAVAR.get(action.metavar)
    if known is not None and rng.random() < 0.7:
        return rng.choice(known)
    return rng.choice(WORDS + NUMBERS)


def _mutated(rng, words, each):
    """``words`` after one change."""
    options = options_of(each)
    how = rng.randrange(12)
    at = rng.randrange(len(words))
    if how < 5 and options:
        action = rng.choice(options)
        name = rng.choice(action.option_strings)
        if action.nargs == 0:
            return [*words, name]
        value = _value(rng, action)
        return [*words, f"{name}={value}"] if name.startswith("--") and rng.random() < 0.3 else [*words, name, value]
    if how < 8 and len(words) > 1:
        at = rng.randrange(1, len(words))
        if words[at].startswith("--") and rng.random() < 0.8:
            at = min(at + 1, len(words) - 1)
        return [*words[:at], rng.choice(WORDS + NUMBERS), *words[at + 1 :]]
    if how == 8:
        return words[:at] + words[at + 1 :]
    if how == 9:
        return [*words[:at], words[at], *words[at:]]
    if how == 10 and words[at]:
        place = rng.randrange(len(words[at]))
        letter = rng.choice(("", "-", "x", "=", ":", ",", "\x07", "\n", "\u00b2", "0"))
        return [*words[:at], words[at][:place] + letter + words[at][place + 1 :], *words[at + 1 :]]
    return [*words[:at], rng.choice(WORDS), *words[at:]]


def stays_here(words):
    """Whether ``words`` name no file outside the folder in which the line runs, and nothing that no line can hold."""
    return not any("/" in word or word.startswith("~") or "\x00" in word for word in words)


def line_case(rng, seed, known):
    """A case of a mutated command line. known : what `commands` returns"""
    names = [name for name in sorted(EXAMPLES) if name in known and (name not in SLOW or rng.random() < 0.1)]
    name = rng.choice(names)
    words = rng.choice(EXAMPLES[name]).split(" ")
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        words = _mutated(rng, words, known[name]) or [name]
    if name == "study" and not any(word.startswith("--workers") for word in words):
        words += ["--workers", "1"]
    return Case(tuple(word for word in words if stays_here([word])), name, seed)
