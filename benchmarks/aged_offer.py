"""The powers of an aged server's points of delivery, what they offer, and what the DSO asks for."""

from collections.abc import Iterator, Sequence
from typing import Any

_LEAST_KW, _SOLD_KW = 5.0, 1.0
"""Least power of a point of delivery, and what it uses less where it is asked to, kW."""
_PEAK = 72
"""The first quarter-hour that the DSO asks for: 18:00."""
_PODS_OF_OFFER = 6


def baseline_kw(pod: str, length: int) -> list[float]:
    """Return the baseline of a day of so many quarter-hours, kW."""
    return [_kw(pod, at) for at in range(length)]


def sold_kw(pod: str, at: int) -> float:
    """Return the power in a quarter-hour in which flexibility is sold, kW."""
    return round(_kw(pod, at) - _SOLD_KW, 3)


def services(pods: Sequence[str], sold: int, start: str) -> Iterator[dict[str, Any]]:
    """Yield the offers of points of delivery for a day, and the request that takes them.

    Args:
        pods: The points of delivery.
        sold: Quarter-hours that are offered and asked for.
        start: When the day begins.
    """
    common = {"marketType": "dayAhead", "startTime": start}
    span = range(_PEAK, _PEAK + sold)
    for first in range(0, len(pods), _PODS_OF_OFFER):
        entries = [
            {
                "pod": [pod],
                "power": [{"index": at, "p": sold_kw(pod, at), "pPrice": 0.05} for at in span],
            }
            for pod in pods[first : first + _PODS_OF_OFFER]
        ]
        yield common | {
            "playerId": "AGG",
            "serviceType": "offer",
            "playerServiceId": f"AGG/{start}/{first}",
            "flexibility": entries,
        }
    total = [
        {"index": at, "p": sum(sold_kw(pod, at) for pod in pods), "pPrice": 0.1} for at in span
    ]
    yield common | {
        "playerId": "DSO",
        "serviceType": "DSO_request",
        "playerServiceId": f"DSO/{start}",
        "flexibility": [{"pod": list(pods), "power": total}],
    }


def _kw(pod: str, at: int) -> float:
    """Return a power that seldom repeats itself: what does would be small on the disk."""
    return round(_LEAST_KW + (int(pod[6:]) * 7919 + at * 104729) % 3989 / 1000, 3)
