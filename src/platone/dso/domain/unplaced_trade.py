"""Trades of points of delivery that cannot be judged: none of them can be delivered.

The network does not connect them, or data of them are missing.
They are answered by name, and hold up no trade of others. The trades of a linked order stand or
fall together, so those that are linked with one of them fall, too.
"""

from collections.abc import Container, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from platone.dso.domain.forecast import PodSlot
from platone.dso.domain.linked_trades import link_of
from platone.grid.flexibility.validation import Verdict
from platone.grid.flow.limit import LimitState
from platone.messages.outcome import AcceptedPower

Trades = Mapping[PodSlot, Sequence[AcceptedPower]]


@dataclass(frozen=True, slots=True)
class PlacedTrades:
    """The trades of an outcome, apart by whether their points of delivery can be judged.

    Attributes:
        placed: Those that can.
        refused: The verdicts about the others.
    """

    placed: Trades
    refused: Mapping[PodSlot, Sequence[Verdict]]


def by_place(
    trades: Trades, connected: Container[str], unknown: Container[str] = ()
) -> PlacedTrades:
    """Return trades apart by whether their points of delivery can be judged.

    Args:
        trades: The trades of a kind of power.
        connected: The points of delivery that the network connects.
        unknown: Those of which data are missing.
    """
    placed = {
        slot: powers
        for slot, powers in trades.items()
        if slot[0] in connected and slot[0] not in unknown
    }
    refused = {
        slot: [Verdict(0.0, (_barred(slot, each, connected),)) for each in powers]
        for slot, powers in trades.items()
        if slot not in placed
    }
    return PlacedTrades(placed, refused)


def barred_orders(
    kinds: Sequence[Trades], connected: Container[str], unknown: Container[str] = ()
) -> dict[Hashable, tuple[LimitState, ...]]:
    """Return the linked orders that cannot be delivered, each with what stands against it.

    Args:
        kinds: The trades of active, and of reactive power.
        connected: The points of delivery that the network connects.
        unknown: Those of which data are missing.
    """
    found: dict[Hashable, dict[LimitState, None]] = {}
    for slot, power in _each(kinds):
        link = link_of(power)
        if link is not None and (slot[0] not in connected or slot[0] in unknown):
            found.setdefault(link, {})[_barred(slot, power, connected)] = None
    return {link: tuple(causes) for link, causes in found.items()}


def _each(kinds: Sequence[Trades]) -> Iterator[tuple[PodSlot, AcceptedPower]]:
    for trades in kinds:
        for slot, powers in sorted(trades.items()):
            for power in powers:
                yield slot, power


def _barred(slot: PodSlot, power: AcceptedPower, connected: Container[str]) -> LimitState:
    change_kw = power.accepted_p_change or 0.0
    kind: Literal["unsupplied", "dataMissing"] = (
        "dataMissing" if slot[0] in connected else "unsupplied"
    )
    return LimitState(element=slot[0], kind=kind, value=change_kw, limit=0.0, unit="kW")
