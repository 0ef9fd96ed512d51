"""Trades of reactive power in an outcome: lines of their own, beside those of active power."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from platone.messages.clearing import ShadowPrice
from platone.messages.outcome import AcceptedPower, MarketOutcome, PodOutcome, ValidatedOutcome

_PREFIX = "Q."
"""Begins the name of what stands or falls together of reactive power: others may be named alike."""
Power = TypeVar("Power", bound=AcceptedPower)
Spot = tuple[str, int]
"""A PoD and a quarter-hour."""


def is_reactive_line(power: AcceptedPower) -> bool:
    """Return whether a line is of reactive power: a trade of it, or the rejection of an offer."""
    return power.accepted_p_value is None and power.rejection_type_p is None


def reactive_trades(outcome: MarketOutcome | ValidatedOutcome) -> dict[Spot, list[AcceptedPower]]:
    """Return the trades of reactive power by PoD and quarter-hour, in the order they were made."""
    found: dict[Spot, list[AcceptedPower]] = {}
    for pod in outcome.flexibility:
        for power in pod.power:
            if power.accepted_q_value is not None and is_reactive_line(power):
                found.setdefault((pod.pod, power.index), []).append(power)
    return found


def as_active_line(power: AcceptedPower) -> AcceptedPower:
    """Return a line of reactive power as one of active power."""
    return msgspec.structs.replace(
        power,
        accepted_p_value=power.accepted_q_value,
        accepted_p_price=power.accepted_q_price,
        accepted_p_change=power.accepted_q_change,
        rejection_type_p=power.rejection_type_q,
        accepted_q_value=None,
        accepted_q_price=None,
        accepted_q_change=None,
        rejection_type_q=None,
    )


def as_reactive(power: Power) -> Power:
    """Return a line of active power as one of reactive power."""
    return msgspec.structs.replace(
        power,
        accepted_p_value=None,
        accepted_p_price=None,
        accepted_p_change=None,
        rejection_type_p=None,
        accepted_q_value=power.accepted_p_value,
        accepted_q_price=power.accepted_p_price,
        accepted_q_change=power.accepted_p_change,
        rejection_type_q=power.rejection_type_p,
    )


def join_kinds(active: Sequence[PodOutcome], reactive: Sequence[PodOutcome]) -> list[PodOutcome]:
    """Return the lines of both kinds by PoD and quarter-hour, those of active power first.

    Args:
        active: The lines of active power.
        reactive: Those of reactive power, as if they were of active power.
    """
    power = {each.pod: list(each.power) for each in active}
    for each in reactive:
        power.setdefault(each.pod, []).extend(as_reactive(_named(line)) for line in each.power)
    return [
        PodOutcome(pod=pod, power=sorted(lines, key=lambda line: line.index))
        for pod, lines in sorted(power.items())
    ]


def _named(power: AcceptedPower) -> AcceptedPower:
    """Return a trade under the name that what stands or falls with it has in the outcome."""
    if power.linked is None:
        return power
    return msgspec.structs.replace(power, linked=_PREFIX + power.linked)


def reactive_shadows(shadows: Iterable[ShadowPrice]) -> Iterator[ShadowPrice]:
    """Yield shadow prices of requests of reactive power in its unit."""
    return (msgspec.structs.replace(each, unit="kvar") for each in shadows)
