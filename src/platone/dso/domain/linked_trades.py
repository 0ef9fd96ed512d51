"""Trades of linked orders: those of one order are taken together by the grid, or not at all."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from types import MappingProxyType

from platone.dso.domain.forecast import PodSlot
from platone.grid.flexibility.validation import Trade, Validation, Verdict
from platone.grid.flow.limit import LimitState
from platone.messages.outcome import AcceptedPower

Judge = Callable[[Sequence[Trade]], Validation]


def links_of(trades: Mapping[PodSlot, Sequence[AcceptedPower]]) -> list[Hashable]:
    """Return the linked order of each trade, None for one that stands alone.

    Args:
        trades: The accepted trades by PoD and quarter-hour; they are told in the order of slots.
    """
    return [link_of(power) for _, powers in sorted(trades.items()) for power in powers]


def link_of(power: AcceptedPower) -> Hashable:
    """Return the name of the linked order of a trade; None for one that stands alone."""
    if power.linked is None:
        return None
    return power.player_offer_id, power.player_service_id, power.linked


def judge_together(
    trades: Sequence[Trade],
    links: Sequence[Hashable],
    judge: Judge,
    barred: Mapping[Hashable, tuple[LimitState, ...]] = MappingProxyType({}),
) -> Validation:
    """Return a judgement in which linked trades are taken whole or not at all.

    A linked order of which anything is cut falls, and what is left is judged again, until nothing
    more falls: the last judgement is that of what is answered.

    Args:
        trades: The accepted trades.
        links: The linked order of each.
        judge: Judges trades on the grid.
        barred: Linked orders that fall in any case, with what stands against each.
    """
    fallen = {
        number: Verdict(0.0, barred[link]) for number, link in enumerate(links) if link in barred
    }
    first = found = judge([trade for number, trade in enumerate(trades) if number not in fallen])
    while True:
        left = [number for number in range(len(trades)) if number not in fallen]
        causes: dict[Hashable, dict[LimitState, None]] = {}
        for number, verdict in zip(left, found.verdicts, strict=True):
            if links[number] is not None and verdict.causes:
                causes.setdefault(links[number], {}).update(dict.fromkeys(verdict.causes))
        if not causes:
            break
        fallen |= {
            number: Verdict(0.0, tuple(causes[links[number]]))
            for number in left
            if links[number] in causes
        }
        found = judge([trade for number, trade in enumerate(trades) if number not in fallen])
    kept = dict(zip(left, found.verdicts, strict=True))
    verdicts = tuple((fallen | kept)[number] for number in range(len(trades)))
    return Validation(verdicts, first.violations, found.left)
