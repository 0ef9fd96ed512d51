"""The readings of a message have much in common, which is kept once, and named by numbers.

::

    measurement ──pod──────► measurement_pod ◄──pod── measurement_device
               └─message──► measurement_message ──device──────┘
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.instant import microseconds_at
from platone.customers.domain.measurement import interval_of
from platone.customers.records.month import NUMBERS_OF_MONTH, first_message_number
from platone.customers.records.stored_measurement import stored_certification_id
from platone.customers.records.table import (
    measurement_device,
    measurement_message,
    measurement_pod,
)
from platone.infra.db import chunks
from platone.kernel.reading_choice import QUALITIES
from platone.messages.registry import Measurement

_Common = tuple[Any, ...]
"""The first number of the month of some readings of a message, then the columns they share."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The numbers of where readings come from.

    Attributes:
        pods: The number of each point of delivery.
        devices: The number of each device at a point of delivery, by the address after that one.
    """

    pods: dict[str, int] = field(default_factory=dict)
    devices: dict[tuple[str, str], int] = field(default_factory=dict)


async def number_sources(connection: AsyncConnection, readings: Iterable[Measurement]) -> Sources:
    """Return the numbers of where readings come from; what is new gets one."""
    wanted = {(each.pod_id, each.device) for each in readings}
    known = await _known_sources(connection, {pod_id for pod_id, _ in wanted})
    missing = sorted(wanted - known.devices.keys())
    if not missing:
        return known
    pods, devices = measurement_pod.c.number, measurement_device.c.number
    last = select(
        select(func.coalesce(func.max(pods), 0)).scalar_subquery(),
        select(func.coalesce(func.max(devices), 0)).scalar_subquery(),
    )
    last_pod, last_device = (await connection.execute(last)).one()
    new_pods = sorted({pod_id for pod_id, _ in missing} - known.pods.keys())
    known.pods.update({pod_id: number for number, pod_id in enumerate(new_pods, last_pod + 1)})
    known.devices.update({each: number for number, each in enumerate(missing, last_device + 1)})
    if new_pods:
        rows = [{"number": known.pods[each], "pod_id": each} for each in new_pods]
        await connection.execute(insert(measurement_pod), rows)
    of_device = [
        {"number": known.devices[each], "pod": known.pods[each[0]], "address": each[1]}
        for each in missing
    ]
    await connection.execute(insert(measurement_device), of_device)
    return known


async def store_messages(
    connection: AsyncConnection, readings: Sequence[Measurement], sources: Sources
) -> list[int]:
    """Store what readings have in common, and return the number of it for each of them.

    It is stored once for those that come together; later ones, of the same message, get another.

    Args:
        connection: The transaction.
        readings: New readings, whose months are made.
        sources: The numbers of where they come from.
    """
    commons = [_common(each, sources.devices[each.pod_id, each.device]) for each in readings]
    numbers: dict[_Common, int] = {}
    last: dict[int, int] = {}
    for common in commons:
        if common in numbers:
            continue
        month = common[0]
        if month not in last:
            last[month] = await _last_number(connection, month)
        last[month] += 1
        numbers[common] = last[month]
    rows = [_message_row(common, number) for common, number in numbers.items()]
    await connection.execute(insert(measurement_message), rows)
    return [numbers[common] for common in commons]


async def _known_sources(connection: AsyncConnection, pod_ids: Iterable[str]) -> Sources:
    found = Sources()
    pod, device = measurement_pod.c, measurement_device.c
    for some in chunks(pod_ids):
        query = (
            select(pod.pod_id, pod.number, device.address, device.number.label("device"))
            .join_from(measurement_pod, measurement_device, device.pod == pod.number, isouter=True)
            .where(pod.pod_id.in_(some))
        )
        for row in await connection.execute(query):
            found.pods[row.pod_id] = row.number
            if row.address is not None:
                found.devices[row.pod_id, row.address] = row.device
    return found


async def _last_number(connection: AsyncConnection, month: int) -> int:
    """Return the last number that messages of a month have, before its first one if none has."""
    number = measurement_message.c.number
    query = select(func.max(number)).where(number >= month, number < month + NUMBERS_OF_MONTH)
    found: int | None = (await connection.execute(query)).scalar()
    return month - 1 if found is None else found


def _common(item: Measurement, device: int) -> _Common:
    _, start_s, _ = interval_of(item)
    return (
        first_message_number(start_s),
        item.sequence,
        microseconds_at(item.received_at),
        device,
        item.revision,
        QUALITIES.index(item.quality),
        bytes.fromhex(item.certification_hash),
        stored_certification_id(item),
        item.meter_id,
    )


def _message_row(common: _Common, number: int) -> dict[str, Any]:
    names = [column.name for column in measurement_message.columns]
    return dict(zip(names, (number, *common[1:]), strict=True))
