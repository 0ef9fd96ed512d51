"""Trades of points of delivery that the network does not connect: none of them can be delivered.

They are answered by name, and hold up no trade of others. The trades of a linked order stand or
fall together, so those that are linked with one of them fall, too.
"""

from collections.abc import Container, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from platone.dso.domain.forecast import PodSlot
from platone.dso.domain.linked_trades import link_of
from platone.grid.flexibility.validation import Verdict
from platone.grid.flow.limit import LimitState
from platone.messages.outcome import AcceptedPower

Trades = Mapping[PodSlot, Sequence[AcceptedPower]]


@dataclass(frozen=True, slots=True)
class PlacedTrades:
    """The trades of an outcome, apart by whether the network connects their points of delivery.

    Attributes:
        placed: Those that it connects.
        refused: The verdicts about the others.
    """

    placed: Trades
    refused: Mapping[PodSlot, Sequence[Verdict]]


def by_place(trades: Trades, connected: Container[str]) -> PlacedTrades:
    """Return trades apart by whether the network connects their points of delivery."""
    placed = {slot: powers for slot, powers in trades.items() if slot[0] in connected}
    refused = {
        slot: [Verdict(0.0, (_unsupplied(slot, each),)) for each in powers]
        for slot, powers in trades.items()
        if slot not in placed
    }
    return PlacedTrades(placed, refused)


def barred_orders(
    kinds: Sequence[Trades], connected: Container[str]
) -> dict[Hashable, tuple[LimitState, ...]]:
    """Return the linked orders that cannot be delivered, each with what stands against it.

    Args:
        kinds: The trades of active, and of reactive power.
        connected: The points of delivery that the network connects.
    """
    found: dict[Hashable, dict[LimitState, None]] = {}
    for slot, power in _each(kinds):
        link = link_of(power)
        if link is not None and slot[0] not in connected:
            found.setdefault(link, {})[_unsupplied(slot, power)] = None
    return {link: tuple(causes) for link, causes in found.items()}


def _each(kinds: Sequence[Trades]) -> Iterator[tuple[PodSlot, AcceptedPower]]:
    for trades in kinds:
        for slot, powers in sorted(trades.items()):
            for power in powers:
                yield slot, power


def _unsupplied(slot: PodSlot, power: AcceptedPower) -> LimitState:
    change_kw = power.accepted_p_change or 0.0
    return LimitState(element=slot[0], kind="unsupplied", value=change_kw, limit=0.0, unit="kW")
