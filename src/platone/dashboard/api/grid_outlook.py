"""The DSO's first look: what breaks the limits of its grid, from yesterday to tomorrow."""

from platone.dashboard.api.grid_request import stage_alarms
from platone.dashboard.domain.grid_day import STAGES, picture_of
from platone.dashboard.service.visit import Visitor
from platone.kernel.market_time import MarketDay
from platone.messages.stored_network import StoredNetworks


async def grid_outlook(visitor: Visitor, today: MarketDay) -> list[dict[str, object]] | None:
    """Return the alarms of three days by calculation; none to whom the grid is not shown.

    Args:
        visitor: Who visits.
        today: The day of the market's clock.
    """
    stored = await visitor.calls.seen("/api/dso/networks", StoredNetworks)
    if stored is None:
        return None
    network = next((each.id for each in stored.networks if each.in_force), "")
    shown: list[dict[str, object]] = []
    for day in (today.previous, today, today.next) if network else ():
        found = await stage_alarms(visitor, day)
        cells = [
            {
                "stage": stage,
                "count": None if alarms is None else len(alarms),
                "worst": alarms[0] if alarms else None,
                "picture": picture_of(network, day, stage, alarms[0]) if alarms else "",
            }
            for stage, alarms in found.items()
        ]
        is_made = any(each is not None for each in found.values())
        shown.append({"on": day.on, "network": network, "cells": cells, "is_made": is_made})
    return shown


STAGE_NAMES = tuple(name for _, name in STAGES)
"""The names of the calculations, in their order."""
