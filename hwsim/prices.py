"""Prices: what a machine charges, and the one table of their card keys, fields, words and dimensions.

Enters: nothing. Leaves: the record `Prices` that a chip and a program hold, and `PRICES`, which cards, library and
ledger read.
"""

from dataclasses import dataclass

from hwsim.errors import InputError
from hwsim.units import SI_UNIT


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What the machine charges, in SI; None where nobody has published it.

    update_j, flip_j, read_j, write_j, transfer_j : J per p-bit updated, changed by an update, read, written, or sent
    between machine and controller; a machine that states one of the first two charges nothing for the other;
    swap_j : J for the controller to decide an exchange of two replicas;  standby_w, power_w : W, of the idle and of the
    running machine;  programming_time_s : once per problem;  readout_time_s, readout_delay_s : per read;
    write_time_s : per write;  swap_time_s : per exchange decided;  transfer_time_s, transfer_pbit_s : per read or write
    sent, and per p-bit of it;  anneal_time_s : usual time of an anneal, no price
    """

    update_j: float | None = None
    flip_j: float | None = None
    read_j: float | None = None
    write_j: float | None = None
    transfer_j: float | None = None
    swap_j: float | None = None
    standby_w: float | None = None
    power_w: float | None = None
    programming_time_s: float | None = None
    readout_time_s: float | None = None
    readout_delay_s: float | None = None
    write_time_s: float | None = None
    swap_time_s: float | None = None
    transfer_time_s: float | None = None
    transfer_pbit_s: float | None = None
    anneal_time_s: float | None = None

    def device_energy_j(
        self, *, updates: float, time_s: float, wires_j: float | None, flips: float | None = None
    ) -> float | None:
        """Joules of ``updates`` and ``flips`` (None: not counted) in ``time_s`` seconds, with ``wires_j`` for wires.

        None where a price is unknown. A machine of known power takes that power, whatever its p-bits do."""
        if self.power_w is not None:
            return self.power_w * time_s
        updates_j, flips_j = self.updates_j(updates), self.flips_j(flips)
        if wires_j is None or updates_j is None or flips_j is None:
            return None
        return updates_j + flips_j + wires_j + (self.standby_w or 0.0) * time_s

    def updates_j(self, updates: float) -> float | None:
        """Joules of ``updates``; None where they have no price, nor flips."""
        if self.update_j is None:
            return 0.0 if updates == 0 or self.flip_j is not None else None
        return self.update_j * updates

    def flips_j(self, flips: float | None) -> float | None:
        """Joules of ``flips``; None where they have a price and were not counted."""
        if self.flip_j is None:
            return 0.0
        return None if flips is None else self.flip_j * flips


@dataclass(frozen=True, kw_only=True)
class Price:
    """One price: its key on a card, its field of `Prices`, and what it is.

    of_pbit : whether it is on the card of a p-bit, else on that of a chip;  of_controller : whether it is charged only
    where an algorithm reads and writes the machine in mid-run;  is_charged : whether it enters an account
    is_rare : whether a ledger leaves it out where neither it nor a word on it is on the card
    """

    key: str
    field: str
    label: str
    dimension: str
    of_pbit: bool = False
    of_controller: bool = False
    is_charged: bool = True
    is_rare: bool = False

    @property
    def unit(self) -> str:
        """SI unit: J, W or s."""
        return SI_UNIT[self.dimension]


PRICES = {
    price.key: price
    for price in (
        Price(
            key="energy_per_update",
            field="update_j",
            dimension="energy",
            of_pbit=True,
            label="energy of one update of a p-bit",
        ),
        Price(
            key="energy_per_flip",
            field="flip_j",
            dimension="energy",
            of_pbit=True,
            is_rare=True,
            label="energy of one flip of a p-bit",
        ),
        Price(key="energy_per_read", field="read_j", dimension="energy", label="energy to read one p-bit"),
        Price(key="energy_per_write", field="write_j", dimension="energy", label="energy to write one p-bit"),
        Price(
            key="energy_per_transfer",
            field="transfer_j",
            dimension="energy",
            of_controller=True,
            label="energy to send one p-bit to or from the controller",
        ),
        Price(
            key="energy_per_swap",
            field="swap_j",
            dimension="energy",
            of_controller=True,
            label="energy to decide one exchange of replicas",
        ),
        Price(key="standby_power", field="standby_w", dimension="power", label="power of the idle machine"),
        Price(key="power", field="power_w", dimension="power", label="power of the running machine"),
        Price(key="programming_time", field="programming_time_s", dimension="time", label="time to program a problem"),
        Price(key="readout_time", field="readout_time_s", dimension="time", label="time to read a state"),
        Price(key="readout_delay", field="readout_delay_s", dimension="time", label="pause after a read"),
        Price(
            key="write_time", field="write_time_s", dimension="time", of_controller=True, label="time to write a state"
        ),
        Price(
            key="swap_time",
            field="swap_time_s",
            dimension="time",
            of_controller=True,
            label="time to decide an exchange of replicas",
        ),
        Price(
            key="transfer_time",
            field="transfer_time_s",
            dimension="time",
            of_controller=True,
            label="time to send a state",
        ),
        Price(
            key="transfer_time_per_pbit",
            field="transfer_pbit_s",
            dimension="time",
            of_controller=True,
            label="time to send a state, per p-bit",
        ),
        Price(
            key="anneal_time",
            field="anneal_time_s",
            dimension="time",
            is_charged=False,
            label="usual time of an anneal",
        ),
    )
}
"""Every price by its card key, in the order of a ledger."""


def price_of(key: str) -> Price:
    """The price that is charged under the card key ``key``. Raises InputError for any other key."""
    charged = [known for known, price in PRICES.items() if price.is_charged]
    if key not in charged:
        raise InputError(f"unknown price {key!r}; known are {', '.join(charged)}")
    return PRICES[key]
