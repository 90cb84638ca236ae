"""A fit in words and numbers: a table for people, and facts for programs."""

import math
from typing import Any

from hwsim.cell.fit import REJECTED, DeviceFit, Fit, Score
from hwsim.cell.measured import DWELLS, SIGMOID, TRACES
from hwsim.cell.population import Estimate
from hwsim.report.table import columns
from hwsim.units import format_si

MAX_NOTES = 20
MAX_DEVICES = 30
"""How many devices are listed one by one; the JSON lists all."""

TIMES = ("tau", "dwell_plus", "dwell_minus")
_MEANING = {
    "gain": "of the sigmoid",
    "offset": "added to the input",
    "tau": "mean time between updates",
    "lag1": "autocorrelation of successive bits",
    "p_plus": "probability of +1",
    "dwell_plus": "mean dwell time in +1",
    "dwell_minus": "mean dwell time in -1",
    "gain_dtod": "relative s.d. between devices",
    "offset_dtod": "s.d. between devices",
    "tau_dtod": "relative s.d. between devices",
}


def fit_table(fit: Fit, *, width: int | None = None) -> str:
    """The fit as text for people; the list of devices is folded at ``width``."""
    n = len(fit.devices)
    lines = [_what(fit), _model(fit), ""]
    lines.append(f"{'parameter':<12}{'estimate':>11}{'95 % low':>11}{'95 % high':>11}")
    for name, estimate in (fit.headline | fit.spread).items():
        meaning = "dwell time at z = 0" if name == "tau" and fit.kind in (TRACES, DWELLS) else _MEANING[name]
        if n > 1 and name in fit.headline:
            meaning += f", mean of {n} devices"
        cells = "".join(f"{_shown(name, v):>11}" for v in (estimate.value, estimate.low, estimate.high))
        lines.append(f"{name:<12}{cells}  {meaning}")
    if n > 1:
        lines += ["", *_devices(fit, width)]
    elif fit.devices[0].levels is not None:
        lines += ["", f"levels {_levels(fit.devices[0])}"]
    lines.append("")
    if fit.law.p is not None:
        lines.append(f"{'exponential dwell times' if fit.kind == DWELLS else 'tanh law'}: {_verdict(fit.law)}")
    elif fit.separable:
        lines.append("tanh law: not tested, as there are too few inputs or samples")
    if fit.memory.p is not None:
        lines.append(f"memory of one sample: {_verdict(fit.memory)}")
    lines += [f"note: {note}" for note in fit.notes[:MAX_NOTES]]
    if len(fit.notes) > MAX_NOTES:
        lines.append(f"and {len(fit.notes) - MAX_NOTES} more notes, which --json lists")
    return "\n".join(lines)


def _what(fit: Fit) -> str:
    n, samples = len(fit.devices), sum(d.n_samples for d in fit.devices)
    text = f"fit of {fit.file}: {'a sigmoid' if fit.kind == SIGMOID else fit.kind} of "
    text += f"{n} device{'s' if n > 1 else ''}, {samples:,.0f} {'dwells' if fit.kind == DWELLS else 'samples'}"
    if fit.interval_s is not None:
        text += f" every {format_si(fit.interval_s, 's')}"
    if fit.kind not in (SIGMOID, DWELLS):
        text += f", {sum(d.n_changes or 0 for d in fit.devices):,} changes of state"
    return text


def _model(fit: Fit) -> str:
    text = "P(+1) = (1 + tanh z) / 2, z = gain (x + offset)"
    return text + ("; mean dwell time in state m = +-1: tau exp(m z)" if fit.kind in (TRACES, DWELLS) else "")


def _devices(fit: Fit, width: int | None) -> list[str]:
    names = [name for name in ("gain", "offset", "tau", "lag1") if any(name in d.estimates for d in fit.devices)]
    rows = [["device", *names, *(["p of the law"] if fit.separable else [])]]
    if fit.kind == TRACES:
        rows[0].append("levels")
    for device in fit.devices[:MAX_DEVICES]:
        row = [device.name, *(_with_interval(name, device.estimates.get(name)) for name in names)]
        if fit.separable:
            row.append("-" if device.law.p is None else f"{device.law.p:.2g}")
        if fit.kind == TRACES:
            row.append(_levels(device))
        rows.append(row)
    lines = columns(rows, width=width).splitlines()
    if len(fit.devices) > MAX_DEVICES:
        lines.append(f"and {len(fit.devices) - MAX_DEVICES} more devices, which --json lists")
    return lines


def _levels(device: DeviceFit) -> str:
    levels = device.levels
    if levels is None:
        return "-"
    apart = "without noise" if math.isinf(levels.separation) else f"{levels.separation:.3g} s.d. apart"
    return f"{levels.low:.4g} and {levels.high:.4g}, {apart}, {100 * (device.share or 0.0):.3g} % in the upper one"


def _with_interval(name: str, estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    return f"{_shown(name, estimate.value)} [{_shown(name, estimate.low)}, {_shown(name, estimate.high)}]"


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return "no limit"
    return format_si(value, "s", digits=4) if name in TIMES else f"{value:.4g}"


def _verdict(score: Score) -> str:
    p = score.p or 0.0
    chance = f"p = {p:.2g}" if p > 1e-10 else "p < 1e-10"
    words = "the data agree" if p >= REJECTED else "the data disagree"
    return f"chi-square {score.statistic:.4g} on {score.freedom} degrees of freedom, {chance}: {words}"


def fit_facts(fit: Fit) -> dict[str, Any]:
    """The fit as plain data, SI units; a limit that the data do not set is null."""
    return {
        "file": fit.file,
        "kind": fit.kind,
        "law": fit.law_name,
        "gain_and_offset_separable": fit.separable,
        "input_unit": fit.input_unit or None,
        "input_scale": fit.input_scale,
        "interval_s": fit.interval_s,
        "tau_given_s": fit.tau_s,
        "offset_taken_off": fit.zeroed,
        "n_devices": len(fit.devices),
        "estimates": _facts(fit.headline),
        "spread": _facts(fit.spread),
        "law_test": _score(fit.law),
        "memory_test": _score(fit.memory),
        "notes": list(fit.notes),
        "devices": [_device(device) for device in fit.devices],
    }


def _device(device: DeviceFit) -> dict[str, Any]:
    return {
        "device": device.name or None,
        "n_samples": device.n_samples,
        "n_changes": device.n_changes,
        "levels": _level_facts(device),
        "share_plus": device.share,
        "estimates": _facts(device.estimates),
        "law_test": _score(device.law),
        "memory_test": _score(device.memory),
    }


def _level_facts(device: DeviceFit) -> dict[str, Any] | None:
    """The two levels; their distance is null where there is no noise."""
    levels = device.levels
    if levels is None:
        return None
    apart = None if math.isinf(levels.separation) else levels.separation
    return {"low": levels.low, "high": levels.high, "distance_in_sd": apart}


def _facts(estimates: dict[str, Estimate]) -> dict[str, Any]:
    return {
        name + ("_s" if name in TIMES else ""): {"value": e.value, "low": e.low, "high": e.high}
        for name, e in estimates.items()
    }


def _score(score: Score) -> dict[str, Any] | None:
    if score.p is None:
        return None
    return {"chi_square": float(score.statistic), "degrees_of_freedom": score.freedom, "p": score.p}
