"""The formats in which a problem may come, each with an example. What reads them is `hwsim.problem.read`.

Enters: nothing. Leaves: FORMATS, in the order in which people have them. A test reads every example.
"""

import json
from dataclasses import dataclass
from typing import Any

from hwsim.cell.card import suggestion
from hwsim.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Format:
    """name, endings, holds : in words; endings in brackets are usual, others are needed to tell the format
    file : the example's name;  text : its content, or where it is no text ``python``, code that writes it
    as_ : how the example is read, None where it can be read in one way only, or has an established reading
    """

    name: str
    endings: str
    holds: str
    file: str
    text: str = ""
    python: str = ""
    as_: str | None = None

    @property
    def command(self) -> str:
        """The command that reads the example."""
        return f"hwsim problem {self.file}" + (f" --as {self.as_}" if self.as_ else "")

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "endings": self.endings,
            "holds": self.holds,
            "file": self.file,
            "example": self.text or self.python,
            "example_is": "text" if self.text else "python",
            "as": self.as_,
            "command": self.command,
        }


_BQPJSON = {
    "version": "1.0.0",
    "id": 0,
    "variable_ids": [0, 1],
    "variable_domain": "spin",
    "scale": 1.0,
    "offset": 0.0,
    "linear_terms": [{"id": 0, "coeff": 0.5}],
    "quadratic_terms": [{"id_tail": 0, "id_head": 1, "coeff": -1.0}],
    "metadata": {},
}
_DIMOD = {
    "type": "BinaryQuadraticModel",
    "version": {"bqm_schema": "3.0.0"},
    "use_bytes": False,
    "index_type": "int32",
    "bias_type": "float64",
    "num_variables": 2,
    "num_interactions": 1,
    "variable_labels": ["a", "b"],
    "variable_type": "SPIN",
    "offset": 0.0,
    "info": {},
    "linear_biases": [0.5, 0.0],
    "quadratic_biases": [-1.0],
    "quadratic_head": [0],
    "quadratic_tail": [1],
}
_NODE_LINK = {
    "directed": False,
    "multigraph": False,
    "graph": {},
    "nodes": [{"id": 0}, {"id": 1}],
    "links": [{"source": 0, "target": 1, "weight": 2.0}],
}
_FUJITSU = {"binary_polynomial": {"terms": [{"coefficient": -2.0, "polynomials": [0, 1]}]}}
_GRAPHML = (
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    '  <key id="w" for="edge" attr.name="weight" attr.type="double"/>\n'
    '  <graph edgedefault="undirected">\n    <node id="a"/>\n    <node id="b"/>\n'
    '    <edge source="a" target="b"><data key="w">2.0</data></edge>\n  </graph>\n</graphml>\n'
)
_QPLIB = "example\nQBN\nminimize\n2\n1\n2 1 4\n0\n0\n0\n1e30\n0\n0\n0\n0\n0\n0\n"

_BQM = """from pathlib import Path
import dimod
with dimod.BQM({}, {("a", "b"): -1}, 0, "SPIN").to_file() as file:
    Path("a.bqm").write_bytes(file.read())
"""
_CQM = """from pathlib import Path
import dimod
x, y = dimod.Binaries(["x", "y"])
model = dimod.CQM()
model.set_objective(x - 2 * y)
model.add_constraint(x + y == 1)
with model.to_file() as file:
    Path("a.cqm").write_bytes(file.read())
"""
_OMMX = """from pathlib import Path
from ommx.v1 import DecisionVariable, Instance
x, y = (DecisionVariable.binary(k) for k in (0, 1))
made = Instance.from_components(
    decision_variables=[x, y], objective=x - 2 * x * y, constraints=[], sense=Instance.MINIMIZE
)
Path("a.ommx").write_bytes(made.to_bytes())
"""
_GZIP = """from pathlib import Path
import gzip
Path("graph.txt.gz").write_bytes(gzip.compress(b"3 2\\n1 2 1\\n2 3 -1\\n"))
"""

FORMATS = (
    Format(
        name="rudy, G-set",
        endings="(.txt .rud .mc)",
        holds="max-cut: a line 'nodes edges', lines 'i j weight' from 1",
        file="graph.txt",
        text="3 2\n1 2 1\n2 3 -1\n",
    ),
    Format(
        name="list of pairs",
        endings="(.txt .csv .tsv)",
        holds="lines 'i j J' and 'i i h', from 0 or 1, with blanks, tabs or commas",
        file="J.txt",
        text="0 1 -1\n1 2 0.5\n0 0 0.25\n",
        as_="spin",
    ),
    Format(
        name="edge list",
        endings="(.edgelist)",
        holds="lines 'u v weight' or 'u v {'weight': 1}', of names or numbers",
        file="friends.edgelist",
        text="ann bob 2\nbob cid 1\n",
        as_="max-cut",
    ),
    Format(
        name="COO text",
        endings="(.coo)",
        holds="the same with '# vartype=SPIN' or BINARY, as dimod writes it",
        file="a.coo",
        text="# vartype=SPIN\n0 0 0.25\n0 1 -1\n",
    ),
    Format(
        name="rows of a matrix",
        endings="(.txt .csv)",
        holds="n > 3 lines of n numbers",
        file="rows.csv",
        text="0,1,0,2\n1,0,1,0\n0,1,0,1\n2,0,1,0\n",
        as_="max-cut",
    ),
    Format(
        name="JSON: bqpjson",
        endings="(.json)",
        holds="spins or bits, scale, offset, solutions",
        file="bqp.json",
        text=json.dumps(_BQPJSON, indent=1) + "\n",
    ),
    Format(
        name="JSON: dimod",
        endings="(.json)",
        holds="BinaryQuadraticModel.to_serializable()",
        file="bqm.json",
        text=json.dumps(_DIMOD, indent=1) + "\n",
    ),
    Format(
        name="JSON: node-link",
        endings="(.json)",
        holds="a networkx graph with 'links' or 'edges'",
        file="graph.json",
        text=json.dumps(_NODE_LINK, indent=1) + "\n",
        as_="max-cut",
    ),
    Format(
        name="JSON: Fujitsu",
        endings="(.json)",
        holds="binary_polynomial of the Digital Annealer: a QUBO",
        file="da.json",
        text=json.dumps(_FUJITSU, indent=1) + "\n",
    ),
    Format(
        name="JSON: rows",
        endings="(.json)",
        holds="a list of the rows of a matrix",
        file="rows.json",
        text="[[0, 1.5], [1.5, 0]]\n",
        as_="spin",
    ),
    Format(
        name="MATLAB",
        endings="(.mat)",
        holds="J and h (the sign is asked for), Q or one matrix; version 4 to 7",
        file="J.mat",
        python="import scipy.io\nscipy.io.savemat('J.mat', {'J': [[0, 1.5], [1.5, 0]], 'h': [0.5, -1]})\n",
        as_="p-bit",
    ),
    Format(
        name="numpy",
        endings="(.npy .npz)",
        holds="a symmetric J of spins; a QUBO or max-cut with --as",
        file="J.npy",
        python="import numpy\nnumpy.save('J.npy', numpy.array([[0, 1.5], [1.5, 0]]))\n",
    ),
    Format(
        name="scipy.sparse",
        endings="(.npz)",
        holds="the same, of scipy.sparse.save_npz",
        file="Q.npz",
        python="import scipy.sparse\nscipy.sparse.save_npz('Q.npz', scipy.sparse.csr_array([[1, -2], [0, 1]]))\n",
        as_="qubo",
    ),
    Format(
        name="Matrix Market",
        endings="(.mtx)",
        holds="the same, as text",
        file="J.mtx",
        text="%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n2 1 1.5\n",
    ),
    Format(
        name="GraphML",
        endings="(.graphml)",
        holds="a graph; weights of edges (weight, J, bias), biases of nodes (h, bias)",
        file="graph.graphml",
        text=_GRAPHML,
        as_="max-cut",
    ),
    Format(
        name="GML",
        endings="(.gml)",
        holds="the same",
        file="graph.gml",
        text="graph [\n  node [ id 0 ]\n  node [ id 1 ]\n  edge [ source 0 target 1 weight 2.0 ]\n]\n",
        as_="spin",
    ),
    Format(
        name="Biq Mac",
        endings=".sparse",
        holds="least x^T Q x, Q symmetric, 'n entries' and lines 'i j q'",
        file="bqp.sparse",
        text="2 2\n1 1 -3\n1 2 2\n",
    ),
    Format(
        name="Bonn BQP",
        endings=".bq",
        holds="least x^T Q x, the entries as they are",
        file="bqp.bq",
        text="2 2\n1 1 -3\n1 2 2\n",
    ),
    Format(
        name="OR-Library",
        endings="(.txt)",
        holds="largest x^T Q x, Q symmetric, after the number of problems; FILE#3 is the third",
        file="bqp1.txt",
        text="1\n2 2\n1 1 3\n1 2 -2\n",
    ),
    Format(
        name="qbsolv",
        endings="(.qubo)",
        holds="a QUBO after 'p qubo 0 nodes diagonals elements'",
        file="a.qubo",
        text="p qubo 0 2 1 1\n0 0 -3\n0 1 2\n",
    ),
    Format(
        name="QPLIB",
        endings="(.qplib)",
        holds="binary and integer variables, linear constraints",
        file="a.qplib",
        text=_QPLIB,
    ),
    Format(
        name="LP",
        endings=".lp",
        holds="the same, as CPLEX, Gurobi and SCIP write it",
        file="a.lp",
        text="Minimize\n obj: x - 2 y\nSubject To\n c: x + y = 1\nBinaries\n x y\nEnd\n",
    ),
    Format(
        name="DIMACS CNF",
        endings="(.cnf)",
        holds="a formula; broken clauses count",
        file="a.cnf",
        text="p cnf 2 2\n1 -2 0\n2 0\n",
    ),
    Format(
        name="DIMACS WCNF",
        endings="(.wcnf)",
        holds="weighted clauses; old and 2022 dialect",
        file="a.wcnf",
        text="h 1 -2 0\n3 2 0\n",
    ),
    Format(
        name="DIMACS graph",
        endings="(.col)",
        holds="a graph to be coloured, read as max-cut of weights 1",
        file="a.col",
        text="p edge 3 2\ne 1 2\ne 2 3\n",
        as_="max-cut",
    ),
    Format(
        name="METIS",
        endings=".graph .metis",
        holds="a graph to be cut into parts, read as max-cut",
        file="a.graph",
        text="3 2\n2\n1 3\n2\n",
        as_="max-cut",
    ),
    Format(
        name="dimod BQM",
        endings="(.bqm)",
        holds="BinaryQuadraticModel.to_file(): exact, and what hwsim problem -o writes",
        file="a.bqm",
        python=_BQM,
    ),
    Format(name="dimod CQM", endings="(.cqm)", holds="ConstrainedQuadraticModel.to_file()", file="a.cqm", python=_CQM),
    Format(
        name="OMMX", endings=".ommx", holds="an instance or an archive of one (extra ommx)", file="a.ommx", python=_OMMX
    ),
    Format(name="compressed", endings="(.gz .bz2 .xz)", holds="any of these", file="graph.txt.gz", python=_GZIP),
)


def format_called(name: str) -> Format:
    """The format of ``name``, an ending, or a part of a name, in any case. Raises InputError."""
    asked = name.lower()
    tests = (
        lambda each: each.name.lower() == asked,
        lambda each: f".{asked.removeprefix('.')}" in each.endings.strip("()").split(),
        lambda each: asked != "" and asked in each.name.lower(),
    )
    found = next((held for test in tests if (held := [each for each in FORMATS if test(each)])), [])
    if len(found) != 1:
        if found:
            raise InputError(f"several formats are called {name!r}: {', '.join(each.name for each in found)}")
        near = suggestion(name, [each.name for each in FORMATS], "hwsim formats")
        raise InputError(f"no formats are called {name!r}{near}")
    return found[0]
