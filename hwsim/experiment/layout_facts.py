"""What a layout costs: area, wire, delay, energy, crowding, and the clock rates that follow.

Enters: a Program, its Layout, and a DesignRule where one was found. Leaves: plain numbers by name; None where
a price is not known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from hwsim.chip.chip import Chip
from hwsim.chip.topology import dead_positions, positions, sites
from hwsim.experiment.design_rule import DesignRule
from hwsim.mapping.color import greedy_coloring
from hwsim.mapping.layout import Layout, congestion
from hwsim.program import Program


def layout_facts(program: Program, layout: Layout, *, rule: DesignRule | None = None) -> dict[str, Any]:
    """Numbers of the layout; keys end in their unit, lengths without one are in cell pitches.

    critical_delay_s : the longest delay: the p-bit's response, its wire and fan-in together
    chromatic_hz : sweeps per second of a chromatic clock whose phases are no shorter than that, so that it stays exact
    update_hz : updates per second of a p-bit that the design rule allows
    """
    pitch = layout.pitch_m
    rows = program.network.rows
    once = (rows < program.network.indices) & layout.wired
    length = layout.length[once]
    size = np.ptp(np.rint(layout.place), axis=0) + 1
    corner = np.rint(layout.place).min(axis=0)
    crowd = congestion(layout, program.network.indptr, program.network.indices)
    delays = program.wires.delay * 1e-15
    critical = float(delays.max(initial=0.0))
    colours = int(greedy_coloring(program.network.indptr, program.network.indices).max()) + 1
    longest = int(np.argmax(program.wires.delay)) if len(delays) else None
    known = critical > 0
    return {
        "pbits": program.n_pbits,
        "columns": int(size[0]),
        "rows": int(size[1]),
        "wires": int(once.sum()),
        "wire_length_mean": float(length.mean()) if len(length) else 0.0,
        "wire_length_max": float(length.max(initial=0.0)),
        "wire_length_total": float(length.sum()),
        "crowding_mean": float(crowd.mean()),
        "crowding_max": float(crowd.max()),
        "crowded_cell": (corner + np.unravel_index(np.argmax(crowd), crowd.shape)[::-1]).astype(int).tolist(),
        "cell_pitch_m": pitch,
        "area_m2": None if pitch is None else float(np.prod(size)) * pitch**2,
        "wire_total_m": None if pitch is None else float(length.sum()) * pitch,
        "delay_mean_s": float(delays.mean()) if len(delays) else 0.0,
        "critical_delay_s": critical,
        "critical_connection": None if longest is None else [int(program.network.indices[longest]), int(rows[longest])],
        "toggle_j_mean": None if layout.wire_j is None else float(layout.wire_j.mean()),
        "update_s": program.clock.update_ticks * 1e-15,
        "delay_over_update": critical / (program.clock.update_ticks * 1e-15),
        "colours": colours,
        "chromatic_hz": 1 / (colours * critical) if known else None,
        "update_hz": rule.ratio / critical if rule is not None and rule.ratio is not None and known else None,
    }


def drawing(
    program: Program, layout: Layout, chip: Chip, *, roles: Mapping[str, Iterable[Any]], rule: DesignRule | None = None
) -> dict[str, Any]:
    """The die as `hwsim.report.layout.layout_drawing` draws it. roles : labels of variables by their role"""
    rows = program.network.rows
    once = (rows < program.network.indices) & layout.wired
    # the slower direction of a wire counts, as its two readers may differ in fan-in
    back = np.lexsort((rows, program.network.indices))
    slower = np.maximum(program.wires.delay, program.wires.delay[back])
    labels, chain = program.readout.names, program.readout.chain
    role_of = {label: name for name, members in roles.items() for label in members}
    variable = np.arange(program.n_pbits) if chain is None else chain
    die = {
        "place": layout.place,
        "role": [role_of.get(labels[k], "p-bit") for k in variable],
        "chain": chain,
        "first": rows[once],
        "second": program.network.indices[once],
        "length": layout.length[once],
        "delay_s": slower[once] * 1e-15,
        "crowding": congestion(layout, program.network.indptr, program.network.indices),
        "corner": np.rint(layout.place).min(axis=0),
        "rule": None if rule is None else asdict(rule) | {"here": rule.critical_delay_s / rule.update_s},
    }
    if layout.sites is not None:
        die["unused"] = positions(chip.topology)[~np.isin(sites(chip.topology), layout.sites)]
        die["dead"] = dead_positions(chip.topology)
    return die
