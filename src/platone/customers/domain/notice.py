"""Notices to households: of what was sold, and of what their plants are told; one a message."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import groupby
from typing import Any

import msgspec

from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.messages.outcome import ValidatedOutcome
from platone.messages.registry import Setpoint


class Sent(Enum):
    """The fates of a notice that was sent."""

    TAKEN = "taken"
    FAILED = "failed"
    UNWANTED = "unwanted"


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that is told.

    Attributes:
        endpoint: Where its push service takes notices.
        p256dh: Its public key, base64url.
        auth: Its secret, base64url.
    """

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice about a point of delivery.

    Attributes:
        pod_id: The point of delivery.
        body: What is told, JSON; the language and the zone of the reader are added to it.
    """

    pod_id: str
    body: Mapping[str, Any]


def encoded(notice: Notice, language: str, zone: str) -> bytes:
    """Return a notice for a reader of a language, as a browser's worker reads it."""
    return msgspec.json.encode(dict(notice.body) | {"language": language, "zone": zone})


def outcome_notices(outcome: ValidatedOutcome, zone: str) -> Iterator[Notice]:
    """Yield a notice for each point of delivery that sold something in an outcome."""
    day = MarketDay.holding(outcome.start_time, zone)
    for part in outcome.flexibility:
        sold = {
            power.index: power.accepted_p_value
            for power in part.power
            if power.accepted_p_value is not None and power.player_request_id is not None
        }
        if sold:
            first, end = day.instant(min(sold)), day.instant(max(sold)) + QUARTER_HOUR
            mean_kw = sum(sold.values()) / len(sold)
            yield Notice(part.pod, _body("accepted", first, end, mean_kw, "kW"))


def setpoint_notices(setpoints: Iterable[Setpoint]) -> Iterator[Notice]:
    """Yield a notice for each point of delivery that is told to move, over all of its times."""
    ordered = sorted(setpoints, key=lambda each: (each.pod_id, each.start_time))
    for pod_id, members in groupby(ordered, key=lambda each: each.pod_id):
        told = list(members)
        active = [each.power_kw for each in told if each.power_kw is not None]
        reactive = [each.power_kvar for each in told if each.power_kvar is not None]
        values, unit = (active, "kW") if active else (reactive, "kvar")
        if values:
            end = told[-1].start_time + timedelta(minutes=told[-1].duration_minutes)
            mean = sum(values) / len(values)
            yield Notice(pod_id, _body("activated", told[0].start_time, end, mean, unit))


def _body(kind: str, first: datetime, end: datetime, power: float, unit: str) -> dict[str, Any]:
    return {"kind": kind, "from": first, "to": end, "power": power, "unit": unit}
