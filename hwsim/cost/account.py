"""The account: device seconds and joules of one run of an algorithm, item by item, at a machine's prices.

Enters: what the run asked of the machine (an Activity) and prices. Leaves: an Account. An item that the run used is
unknown where it has no price; one that it did not use costs nothing. The controller's work (exchanges decided, states
sent) counts where it has a price; without one it is listed as unknown, and the total is that of the machine alone.

There are two sums, of a run and of a solution, and every table and JSON key names them apart:
  device_time_s, device_energy_j : of the p-bits alone, as they update, settle and toggle their wires
  total_time_s, total_energy_j : with read-out, that is with all reads, writes, transfers and exchanges
Programming is paid once per problem, however many runs follow, and is in neither sum.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hwsim.display import Shown
from hwsim.prices import Prices
from hwsim.session import Activity

_CONTROLLER = ("swap", "transfer")
PRICE_OF = {
    "update": "energy_per_update",
    "flip": "energy_per_flip",
    "wires": "wire_energy",
    "swap": "energy_per_swap",
    "write": "energy_per_write",
    "read": "energy_per_read",
    "transfer": "energy_per_transfer",
    "standby": "standby_power",
}
"""The key of the card's price for each item of energy."""


@dataclass(frozen=True, kw_only=True)
class Account(Shown):
    """Seconds and joules of one run.

    time_s, energy_j : by item, None where an item has no price; "update" holds updates and settling, and the energy of
    wires is "wires";  device_energy_j : of the p-bits alone, or None;  program_s, program_j : once per problem
    power_w : of the whole machine; where it is known it replaces the energies of all items
    """

    time_s: Mapping[str, float | None]
    energy_j: Mapping[str, float | None]
    device_energy_j: float | None
    program_s: float | None
    program_j: float | None
    power_w: float | None = None

    @property
    def device_time_s(self) -> float:
        """Seconds in which p-bits update and settle."""
        return self.time_s["update"] or 0.0

    @property
    def total_time_s(self) -> float:
        """Seconds of all items that have a price."""
        return sum(value for value in self.time_s.values() if value is not None)

    @property
    def total_energy_j(self) -> float | None:
        """Joules of all items; None where an item of the machine itself has no price."""
        if self.power_w is not None:
            return self.power_w * self.total_time_s
        if any(value is None and item not in _CONTROLLER for item, value in self.energy_j.items()):
            return None
        return sum(value for value in self.energy_j.values() if value is not None)

    @property
    def unknown_time(self) -> list[str]:
        """Items that the run used and whose time has no price."""
        return [item for item, value in self.time_s.items() if value is None]

    @property
    def unknown_energy(self) -> list[str]:
        """Items that the run used and whose energy has no price."""
        return [] if self.power_w is not None else [item for item, value in self.energy_j.items() if value is None]

    @property
    def facts(self) -> dict[str, Any]:
        """The account as plain numbers, for tables and JSON."""
        return {
            "device_time_s": self.device_time_s,
            "total_time_s": self.total_time_s,
            "device_energy_j": self.device_energy_j,
            "total_energy_j": self.total_energy_j,
            "time_split_s": dict(self.time_s),
            "energy_split_j": dict(self.energy_j),
            "unknown_time": self.unknown_time,
            "unknown_energy": self.unknown_energy,
            "power_w": self.power_w,
            "program_s": self.program_s,
            "program_j": self.program_j,
        }


def account(activity: Activity, prices: Prices, *, wires_j: float | None = 0.0, other_s: float = 0.0) -> Account:
    """The account of a run with this ``activity`` at these ``prices``.

    wires_j : joules of the run's wires; 0 where wires have no price of their own, None where it is not known
    other_s : seconds of a run for which the chip has no price, counted as read-out
    """
    states, rounds = activity.reads + activity.writes, activity.read_rounds + activity.write_rounds
    read_s = prices.readout_time_s
    if read_s is not None:
        read_s += prices.readout_delay_s or 0.0
    time_s = {
        "update": activity.device_time_s,
        "swap": cost(prices.swap_time_s, activity.swaps),
        "write": cost(prices.write_time_s, activity.write_rounds),
        "read": cost(read_s, activity.read_rounds),
        "transfer": sent_s(prices, rounds, states * activity.n_pbits),
    } | ({"other": other_s} if other_s else {})
    energy_j = {
        "update": prices.updates_j(activity.updates),
        **({} if prices.flip_j is None else {"flip": prices.flips_j(activity.flips)}),
        "wires": wires_j,
        "swap": cost(prices.swap_j, activity.swaps),
        "write": cost(prices.write_j, activity.writes * activity.n_pbits),
        "read": cost(prices.read_j, activity.reads * activity.n_pbits),
        "transfer": cost(prices.transfer_j, states * activity.n_pbits),
        "standby": 0.0 if prices.standby_w is None else prices.standby_w * sum(v for v in time_s.values() if v),
    }
    return Account(
        time_s=time_s,
        energy_j=energy_j,
        power_w=prices.power_w,
        device_energy_j=prices.device_energy_j(
            updates=activity.updates, flips=activity.flips, time_s=activity.device_time_s, wires_j=wires_j
        ),
        program_s=prices.programming_time_s,
        program_j=cost(prices.write_j, activity.n_pbits * activity.copies),
    )


def sent_s(prices: Prices, rounds: float, pbits: float) -> float | None:
    """Seconds in which the states of ``pbits`` are sent to or from the controller, in so many ``rounds``."""
    known = [cost(prices.transfer_time_s, rounds), cost(prices.transfer_pbit_s, pbits)]
    priced = [seconds for seconds in known if seconds is not None]
    return sum(priced) if priced else None


def cost(price: float | None, count: float) -> float | None:
    """``count`` things at ``price``; 0 where there is nothing to pay, None where there is no price."""
    if count == 0:
        return 0.0
    return None if price is None else price * count
