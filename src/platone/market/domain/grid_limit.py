"""The checks of the limits of the grid that a clearing at least cost keeps."""

from collections.abc import Collection, Iterable

import msgspec

from platone.kernel.session_window import SessionWindow
from platone.market.domain.problem.grid_limit import (
    GridLimitContradictory,
    GridLimitRepeated,
    GridLimitsNotUsed,
)
from platone.market.domain.problem.order import IndexOutsideSession
from platone.messages.clearing import ClearingRules, GridLimit, Method


def check_rules(rules: ClearingRules) -> None:
    """Check that the rules of a session let limits of the grid count.

    Raises:
        GridLimitsNotUsed: They do not.
    """
    if rules.method is not Method.LEAST_COST:
        raise GridLimitsNotUsed(
            f"Sessions are cleared by {rules.method.value}, which knows no grid.",
            method=rules.method.value,
        )


def check_grid_limits(limits: Iterable[GridLimit], window: SessionWindow) -> None:
    """Check the limits of the grid of a session.

    Raises:
        IndexOutsideSession: A quarter-hour is not delivered in the session.
        GridLimitRepeated: An element stands twice in a quarter-hour, or a PoD in a limit.
        GridLimitContradictory: Its least change is above its most, or relief has no price.
    """
    seen: set[tuple[int, str, str]] = set()
    indices = window.indices
    for limit in limits:
        named = {"element": limit.element, "index": limit.index}
        where = f"{limit.element} at index {limit.index}"
        if limit.index not in indices:
            first, last = indices[0], indices[-1]
            raise IndexOutsideSession(
                f"{where}: the index is not in {first} to {last}.",
                index=limit.index,
                firstIndex=first,
                lastIndex=last,
            )
        key = limit.index, limit.player_id, limit.element
        if key in seen or len({each.pod for each in limit.effects}) < len(limit.effects):
            raise GridLimitRepeated(f"{where} stands twice, or a PoD twice in it.", **named)
        seen.add(key)
        least = float("-inf") if limit.least is None else limit.least
        most = float("inf") if limit.most is None else limit.most
        if least > most or (needs_relief(limit) and limit.price is None):
            raise GridLimitContradictory(
                f"{where}: least is above most, or relief has no price.", **named
            )


def needs_relief(limit: GridLimit) -> bool:
    """Return whether an element's flow has to change."""
    return (limit.least or 0.0) > 0 or (limit.most or 0.0) < 0


def limits_among(limits: Iterable[GridLimit], pods: Collection[str]) -> tuple[GridLimit, ...]:
    """Return the limits as they concern some PoDs: nobody else can change a flow in the session.

    A limit that none of them has an effect on stays where it needs relief: that will be missing.
    """
    found = []
    for limit in limits:
        effects = [each for each in limit.effects if each.pod in pods]
        if effects or needs_relief(limit):
            found.append(msgspec.structs.replace(limit, effects=effects))
    return tuple(found)
