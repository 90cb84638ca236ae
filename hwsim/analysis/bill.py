"""The bill: device seconds and joules of one run of an algorithm, item by item, at a chip's prices.

Enters: what the run asked of the machine (an Activity) and prices. Leaves: a Bill. An item that was used and has no
price stays unknown; one that was not used costs nothing. The controller's work (exchanges decided, states sent) counts
where it has a price; without one it is named as unknown, and the machine's own total stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hwsim.prices import Prices
from hwsim.session import Activity

ITEMS = ("update", "swap", "write", "read", "transfer")
_CONTROLLER = ("swap", "transfer")


@dataclass(frozen=True, kw_only=True)
class Bill:
    """Of one run; programming a problem is paid once, however many runs follow.

    time_s, energy_j : by item of ITEMS ("update" is updates and settling, with the energy of wires as "wires"), None
    where it has no price;  program_s, program_j : once per problem;  power_w : of the whole machine, where it is known
    and stands for all items
    """

    time_s: Mapping[str, float | None]
    energy_j: Mapping[str, float | None]
    program_s: float | None
    program_j: float | None
    power_w: float | None = None

    @property
    def run_s(self) -> float:
        """Device seconds of one run: all items that have a price."""
        return sum(value for value in self.time_s.values() if value is not None)

    @property
    def overhead_s(self) -> float:
        """`run_s` less the time in which p-bits update."""
        return self.run_s - (self.time_s["update"] or 0.0)

    @property
    def run_j(self) -> float | None:
        """Joules of one run; None where an item of the machine's own has no price."""
        if self.power_w is not None:
            return self.power_w * self.run_s
        if any(value is None and item not in _CONTROLLER for item, value in self.energy_j.items()):
            return None
        return sum(value for value in self.energy_j.values() if value is not None)

    @property
    def unknown_s(self) -> list[str]:
        """Items used whose time has no price."""
        return [item for item, value in self.time_s.items() if value is None]

    @property
    def unknown_j(self) -> list[str]:
        """Items used whose energy has no price."""
        return [] if self.power_w is not None else [item for item, value in self.energy_j.items() if value is None]


def bill(activity: Activity, prices: Prices, *, update_j: float | None, wires_j: float | None = 0.0) -> Bill:
    """Every item is fixed + per item: ``prices`` say what a state, an exchange and a p-bit of a state cost.

    update_j : energy of one update;  wires_j : energy of a run's wires, 0 where wires are not counted apart
    """
    states, rounds = activity.reads + activity.writes, activity.read_rounds + activity.write_rounds
    sent_s = _sum(_times(prices.transfer_time_s, rounds), _times(prices.transfer_pbit_s, states * activity.n_pbits))
    read_s = prices.readout_time_s
    if read_s is not None:
        read_s += prices.readout_delay_s or 0.0
    time_s = {
        "update": activity.device_time_s,
        "swap": _times(prices.swap_time_s, activity.swaps),
        "write": _times(prices.write_time_s, activity.write_rounds),
        "read": _times(read_s, activity.read_rounds),
        "transfer": sent_s,
    }
    energy_j = {
        "update": _times(update_j, activity.updates),
        "wires": wires_j,
        "swap": _times(prices.swap_j, activity.swaps),
        "write": _times(prices.write_j, activity.writes * activity.n_pbits),
        "read": _times(prices.read_j, activity.reads * activity.n_pbits),
        "transfer": _times(prices.transfer_j, states * activity.n_pbits),
        "standby": 0.0 if prices.standby_w is None else prices.standby_w * sum(v for v in time_s.values() if v),
    }
    return Bill(
        time_s=time_s, energy_j=energy_j, program_s=prices.programming_time_s,
        program_j=_times(prices.write_j, activity.n_pbits * activity.copies), power_w=prices.power_w,
    )  # fmt: skip


def _times(price: float | None, count: float) -> float | None:
    if count == 0:
        return 0.0
    return None if price is None else price * count


def _sum(*values: float | None) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
