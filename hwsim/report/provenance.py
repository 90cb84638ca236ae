"""Provenance: one record in every JSON document and every picture that says where the result comes from.

Enters: a command line, a seed, an anneal, programs. Leaves: plain data for JSON, or metadata of a picture. It holds no
date, so that the same command makes the same record.
"""

import json
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from hwsim import __version__
from hwsim.anneal import Anneal
from hwsim.program import Program, content_hash
from hwsim.streams import NOISE_VERSION


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """command : as typed in a shell, None where no command started hwsim;  seed : None where nothing is random
    beta : of a constant anneal, or the first and the last of another; empty where there is none
    programs : content hashes of the programs that ran"""

    command: str | None = None
    seed: int | None = None
    beta: tuple[float, ...] = ()
    programs: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """Plain data: the versions of hwsim and its packages, then the fields."""
        return _versions() | {
            "command": self.command,
            "seed": self.seed,
            "beta": list(self.beta),
            "programs": list(self.programs),
        }

    def metadata(self, kind: str) -> dict[str, str | None]:
        """The metadata of a picture, under matplotlib's names for ``kind``: png, svg or pdf. No date is written."""
        maker, text = f"hwsim {__version__}", json.dumps(self.facts())
        if kind == "png":
            return {"Software": maker, "Description": text}
        if kind == "svg":
            return {"Creator": maker, "Description": text, "Date": None}
        return {"Creator": maker, "Subject": text, "CreationDate": None}


def provenance(
    *,
    command: str | None = None,
    seed: int | None = None,
    anneal: Anneal | None = None,
    beta: Iterable[float] = (),
    programs: Iterable[Program | str] = (),
) -> Provenance:
    """The record of the results of ``programs`` (or their hashes). beta : that of ``anneal`` if there is one"""
    return Provenance(
        command=command,
        seed=seed,
        beta=tuple(beta) if anneal is None else beta_ends(anneal),
        programs=tuple(program if isinstance(program, str) else content_hash(program) for program in programs),
    )


def beta_ends(anneal: Anneal) -> tuple[float, ...]:
    """The one beta of a constant anneal, or the first and the last."""
    first, last = float(anneal.beta[0]), float(anneal.beta[-1])
    return (first,) if len(anneal.beta) == 1 else (first, last)


@cache
def _versions() -> dict[str, Any]:
    return {
        "hwsim": __version__,
        "noise": NOISE_VERSION,
        "numpy": version("numpy"),
        "numba": version("numba"),
        "python": platform.python_version(),
    }
