"""Bill: what a training, or the answers of a model, cost on the device: seconds and joules, item by item.

Enters: what was asked of the machine, and the prices of its card. Leaves: a Bill, whose items are those of an account
(`hwsim.cost.account`) with their counts, and what a training writes besides: data and weights. An item that was used
and has no price is unknown and is named. What a row of data costs to write is ambiguous on most cards, which price the
writing of a whole p-bit with its weights: the bill is summed twice, with each value or bias that is written as data at
that price, and free.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hwsim.arguments import named
from hwsim.cost.account import PRICE_OF, account, cost, sent_s
from hwsim.display import Facts, Shown
from hwsim.prices import Prices
from hwsim.session import Activity, added
from hwsim.units import format_si

DATA = "data written"
"""The item whose price is ambiguous."""


@dataclass(frozen=True, kw_only=True)
class Item(Shown):
    """One item of a bill. count : how many of it, None where they were not counted
    seconds, joules : None where it has no price;  price : key on the card of the price in joules"""

    name: str
    count: float | None
    seconds: float | None
    joules: float | None
    price: str


@dataclass(frozen=True, kw_only=True)
class Bill(Shown):
    """Seconds and joules of some work on the device.

    items : every item that was used;  of_power : joules of a machine whose power is known, in place of those of the
    items, else None
    """

    items: tuple[Item, ...]
    of_power: float | None = None

    @property
    def seconds(self) -> float:
        """Of all items that have a price."""
        return sum(item.seconds or 0.0 for item in self.items)

    @property
    def joules(self) -> tuple[float, float]:
        """Of all items that have a price: (with data written free, with each at the price of a whole p-bit)."""
        if self.of_power is not None:
            return self.of_power, self.of_power
        free = sum(item.joules or 0.0 for item in self.items if item.name != DATA)
        return free, free + sum(item.joules or 0.0 for item in self.items if item.name == DATA)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Keys of the prices in joules that the card does not state and that the work needs."""
        if self.of_power is not None:
            return ()
        return tuple(dict.fromkeys(item.price for item in self.items if item.joules is None))

    @property
    def facts(self) -> dict[str, Any]:
        """Plain numbers, for JSON."""
        low, high = self.joules
        rows = [
            {"item": item.name, "count": item.count, "seconds": item.seconds, "joules": item.joules}
            for item in self.items
        ]
        return {
            "items": rows,
            "seconds": self.seconds,
            "joules_data_free": low,
            "joules_data_priced": high,
            "unknown_prices": list(self.unknown),
        }

    def text(self, *, per: float = 1.0, what: str = "") -> str:
        """A table; each number over ``per`` of ``what``, such as images."""
        rows = [("", "count", "time", "energy")]
        for item in self.items:
            rows.append((item.name, _count(item.count, per), _si(item.seconds, per, "s"), _si(item.joules, per, "J")))
        low, high = (format_si(joules / per, "J") for joules in self.joules)
        words = [low if low == high else f"{low}; {high} with data written"] if self.joules[1] else []
        words += [f"unknown: {', '.join(self.unknown)}"] if self.unknown else []
        known = "; ".join(words) or "0 J"
        rows.append((f"total{f' per {what}' if what else ''}", "", format_si(self.seconds / per, "s"), known))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        return "\n".join(
            f"{name:<{widths[0]}}  {count:>{widths[1]}}  {time:>{widths[2]}}  {energy}".rstrip()
            for name, count, time, energy in rows
        )

    def _shown(self) -> tuple[str, Facts]:
        low, high = self.joules
        some = self.of_power is not None or any(item.joules is not None for item in self.items)
        energy = f"{format_si(low, 'J')} to {format_si(high, 'J')}" if some else "energy unknown"
        return f"Bill: {format_si(self.seconds, 's')}, {energy}", [
            *((item.name, f"{_si(item.seconds, 1, 's')}, {_si(item.joules, 1, 'J')}") for item in self.items[:4]),
            ("unknown", ", ".join(self.unknown) or None),
        ]


@named
def bill_of(
    activities: Iterable[Activity], prices: Prices, *, programmings: float = 1.0, data_rounds: float = 0.0
) -> Bill:
    """The bill of ``activities`` on one machine, one after the other, at ``prices``.

    programmings : how often all biases and weights were written, beside those that the activities count
    data_rounds : how often the machine waited for values and biases that were written as data
    """
    found = list(activities)
    done = added(found) if found else Activity(n_pbits=0, reads=0.0, read_rounds=0.0)
    paid = account(done, prices)
    read, written, data = done.reads * done.n_pbits, done.writes * done.n_pbits, done.data_writes
    programmings += done.programmings
    programmed = programmings * done.n_pbits
    work: list[tuple[str, float | None, float | None, float | None, str]] = [
        # name, count, seconds, joules, item of the account
        ("updates", done.updates, paid.time_s["update"], paid.energy_j["update"], "update"),
        ("states read", read, paid.time_s["read"], paid.energy_j["read"], "read"),
        ("states written", written, paid.time_s["write"], paid.energy_j["write"], "write"),
        (DATA, data, cost(prices.write_time_s, data_rounds), cost(prices.write_j, data), "write"),
        (
            "weights written",
            programmed,
            cost(prices.programming_time_s, programmings),
            cost(prices.write_j, programmed),
            "write",
        ),
    ]
    if prices.flip_j is not None:
        work.append(("flips", done.flips, 0.0, paid.energy_j["flip"], "flip"))
    if prices.swap_j is not None or prices.swap_time_s is not None:
        work.append(("exchanges", done.swaps, paid.time_s["swap"], paid.energy_j["swap"], "swap"))
    if any(price is not None for price in (prices.transfer_j, prices.transfer_time_s, prices.transfer_pbit_s)):
        rounds, pbits = done.read_rounds + done.write_rounds + data_rounds, read + written + data
        work.append(("sent", pbits, sent_s(prices, rounds, pbits), cost(prices.transfer_j, pbits), "transfer"))
    items = [
        Item(name=name, count=count, seconds=seconds, joules=joules, price=PRICE_OF[item])
        for name, count, seconds, joules, item in work
        if count != 0 or seconds
    ]
    seconds = sum(item.seconds or 0.0 for item in items)
    if prices.standby_w is not None:
        joules = prices.standby_w * seconds
        items.append(Item(name="standby", count=0.0, seconds=0.0, joules=joules, price=PRICE_OF["standby"]))
    return Bill(items=tuple(items), of_power=None if prices.power_w is None else prices.power_w * seconds)


def _count(number: float | None, per: float) -> str:
    if number is None:
        return "not counted"
    return f"{number / per:.4g}" if number else ""


def _si(value: float | None, per: float, unit: str) -> str:
    if value is None:
        return "unknown"
    return format_si(value / per, unit) if value else ""
