"""The shape of the code: functions that fit a screen, signatures that a reader can hold."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "hwsim"
MOST_LINES, MOST_PARAMETERS = 80, 10
COMPILED = ("jit", "kernel", "intrinsic", "overload")
"""Decorators of code that numba compiles: splitting it costs speed, or is not the writer's choice."""


def functions():
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                words = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
                if not any(word in words for word in COMPILED):
                    yield f"{path.relative_to(PACKAGE)}:{node.name}", node


def lines(node):
    text = ast.get_docstring(node, clean=False)
    return node.end_lineno - node.lineno + 1 - (len(text.splitlines()) if text else 0)


def parameters(node):
    """Those of dimod's ``sample`` are dimod's; keywords of one typed dict (Unpack) count as none."""
    own = node.args
    return 0 if node.name == "sample" else len(own.posonlyargs) + len(own.args) + len(own.kwonlyargs)


@pytest.mark.parametrize(("measure", "most"), [(lines, MOST_LINES), (parameters, MOST_PARAMETERS)])
def test_functions_are_short_and_signatures_narrow(measure, most):
    assert not {name: measure(node) for name, node in functions() if measure(node) > most}


def test_an_algorithm_reads_as_its_papers_pseudocode():
    sizes = {name.partition(":")[2]: lines(node) for name, node in functions() if name.startswith("algorithm")}
    assert sizes["parallel_tempering"] < 60 and sizes["population_annealing"] < 60
