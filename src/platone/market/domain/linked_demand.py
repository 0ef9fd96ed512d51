"""Requests that are met by a least part or not at all, as rows of the program that they join.

::

    choice     whether the request (all quarter-hours of its block) is met
    row        met: at most the rest beyond the least part is missing
               not met: all of its need is missing, and what others harm: nothing is bought for it
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from platone.market.domain.decision import LEAST_TRADE_KW
from platone.market.domain.mixed_program import MixedProgram
from platone.market.domain.order_book import Ask

_INFINITE = float("inf")
Key = tuple[str, str, str]
"""The request's party and identifier, and the block or the number of its quarter-hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedDemand:
    """A quarter-hour of a request that has terms.

    Attributes:
        ask: Its number among all.
        key: Who decides with it: all of one block are met, or none.
        index: The quarter-hour.
        need_kw: What it needs, without a sign.
        least_kw: Least volume by which it is met.
    """

    ask: int
    key: Key
    index: int
    need_kw: float
    least_kw: float


def find_demands(asks: Sequence[Ask]) -> list[LinkedDemand]:
    """Return the requests that have terms, of those that need anything that is sold.

    Less than a watt is not sold: so small a least part counts as a watt, and a need of less has no
    terms.
    """
    found = []
    for number, ask in enumerate(asks):
        need_kw = abs(ask.need_kw)
        if ask.terms is None or need_kw < LEAST_TRADE_KW:
            continue
        share = ask.terms.least_share
        if share is None:  # a block is met whole where it does not say how far
            share = 1.0 if ask.terms.block is not None and ask.terms.least_kw is None else 0.0
        least_kw = min(need_kw, max(share * need_kw, ask.terms.least_kw or 0.0))
        if least_kw <= 0:
            continue
        least_kw = max(least_kw, LEAST_TRADE_KW)
        party, name = ask.service.player_id, ask.service.player_service_id
        key = party, name, ask.terms.block or f"{number}."
        found.append(
            LinkedDemand(ask=number, key=key, index=ask.index, need_kw=need_kw, least_kw=least_kw)
        )
    return found


def joined_by_demands(demands: Sequence[LinkedDemand]) -> list[set[int]]:
    """Return the sets of quarter-hours that blocks of requests join, and single ones."""
    found: dict[Key, set[int]] = {}
    for each in demands:
        found.setdefault(each.key, set()).add(each.index)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Missing:
    """The part of a request that may be missing, in the program.

    Attributes:
        demand: The request.
        slack: The variable of what is missing of it, kW.
        harm: The variables of what does the opposite of it, and kW for one of them, below 0.
    """

    demand: LinkedDemand
    slack: int
    harm: Sequence[tuple[int, float]]


def bound_demands(
    program: MixedProgram, missing: Sequence[Missing]
) -> tuple[dict[Key, int], list[int]]:
    """Add the choices and rows of requests with terms.

    Args:
        program: The program.
        missing: What may be missing of each.

    Returns:
        The choice of each, and the rows in which those that are not met lose to others.
    """
    met: dict[Key, int] = {}
    losing: list[int] = []
    for each in missing:
        demand, slack = each.demand, each.slack
        if demand.key not in met:
            met[demand.key] = program.choice()
        harm_kw = -sum(kw * program.upper[column] for column, kw in each.harm)
        choice, most_kw = met[demand.key], demand.need_kw + harm_kw
        rest_kw = demand.need_kw - demand.least_kw
        program.row([(slack, 1.0), (choice, most_kw - rest_kw)], -_INFINITE, most_kw)
        losing.append(len(program.least))
        program.row([(slack, 1.0), *each.harm, (choice, most_kw)], demand.need_kw, _INFINITE)
    return met, losing


def unmet(
    demands: Sequence[LinkedDemand], met: Mapping[Key, int], found: Sequence[float]
) -> set[int]:
    """Return the numbers of the requests that are not met.

    Args:
        demands: The requests.
        met: The choice of each.
        found: The solution.
    """
    return {each.ask for each in demands if each.key in met and found[met[each.key]] < 0.5}  # noqa: PLR2004 - 0 or 1
