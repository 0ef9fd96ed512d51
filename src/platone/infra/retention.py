"""Retention: how long data of each kind are kept, and what goes by then."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Protocol

import msgspec

from platone.kernel.clock import Clock

_MOST_DAYS = 36_525
"""The longest limit, days: a hundred years, so that every limit is an instant that is counted."""
LEAST_READING_DAYS = 400
"""The shortest limit of readings, days: a year for forecasts and baselines, and more than the 45
days to settle, the 45 to dispute, the 14 to answer and the 30 to correct take together."""
LEAST_MESSAGE_DAYS = 30
"""The shortest limit of signed messages, days: whoever looks into what a device sent, or
why another party refused it, does so within the month."""


class KeptDays(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How many days data of each kind are kept; where none is said, for ever.

    Attributes:
        deliveries: The traces of messages that other parties have taken, after their delivery.
        refused_messages: Devices' messages that were refused, and taken or closed since.
        signed_messages: The texts and salts of devices' messages that are certified.
        readings: The customer database's measurements, by months.
    """

    deliveries: Annotated[int, msgspec.Meta(ge=1, le=_MOST_DAYS)] | None = None
    refused_messages: Annotated[int, msgspec.Meta(ge=1, le=_MOST_DAYS)] | None = None
    signed_messages: Annotated[int, msgspec.Meta(ge=LEAST_MESSAGE_DAYS, le=_MOST_DAYS)] | None = (
        None
    )
    readings: Annotated[int, msgspec.Meta(ge=LEAST_READING_DAYS, le=_MOST_DAYS)] | None = None


class AgedRecords(Protocol):
    """Records of one kind, of which those go that are old and that nothing needs."""

    async def count(self, now: datetime, age: timedelta) -> int:
        """Return how many would go now.

        Args:
            now: The instant that ages are counted at.
            age: How old a record is that goes.
        """
        ...

    def remove(self, now: datetime, age: timedelta) -> AsyncIterator[int]:
        """Remove them, some at a time, and yield how many after each commit; arguments likewise.

        A kill in between leaves each record whole: it is there, or it is gone.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ageing:
    """Records of one kind in one context.

    Attributes:
        kind: The kind, a name in :class:`KeptDays`.
        records: The records.
        clock: The clock that they were dated by.
    """

    kind: str
    records: AgedRecords
    clock: Clock
