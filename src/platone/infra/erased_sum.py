"""Sums of settlements outlive an erasure: a person's lines go, their amounts stay without it.

Under a point of delivery that stands for all who were erased, each pair of an aggregator and a
requester keeps one line with what its erased lines came to::

    A  50  0.90 EUR            erased  0  3.30 EUR    (no time, quantity, price, reading or proof)
    A  51  2.40 EUR   ──────►  B      50  9.80 EUR
    B  50  9.80 EUR
"""

from collections.abc import Collection, Iterable
from decimal import Decimal

import msgspec
from sqlalchemy import Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.erasure import mentions
from platone.infra.packed import pack, unpack
from platone.messages.settlement import FlexibilitySettlement, MeasuredPower, Settlement

ERASED_POD = "erased"
"""The point of delivery under which the amounts of all who were erased stand."""
_SETTLED = "settled"


async def erase_from_settlements(
    connection: AsyncConnection, table: Table, column: str, pods: Collection[str]
) -> None:
    """Take points of delivery out of the stored settlements of a table, and keep their sums.

    Args:
        connection: An erasing transaction.
        table: The table.
        column: Its column of settlements, as JSON, packed or not.
        pods: The points of delivery.
    """
    keys, document = list(table.primary_key.columns), table.c[column]
    changed: list[tuple[tuple[object, ...], bytes]] = []
    async for row in await connection.stream(select(document, *keys)):
        stored = row[0]
        raw = unpack(stored)
        if mentions(raw, pods):
            left = without_persons(msgspec.json.decode(raw, type=Settlement), pods)
            text = msgspec.json.encode(left)
            changed.append((tuple(row[1:]), text if raw == stored else pack(text)))
    for values, text in changed:
        is_it = [key == value for key, value in zip(keys, values, strict=True)]
        await connection.execute(update(table).where(*is_it).values({column: text}))


def without_persons(settlement: Settlement, pods: Collection[str]) -> Settlement:
    """Return a settlement without the lines of points of delivery, but with what they came to."""
    going = {*pods, ERASED_POD}
    lines = [line for part in settlement.flexibility if part.pod in going for line in part.power]
    kept = [part for part in settlement.flexibility if part.pod not in going]
    if lines:
        kept.append(FlexibilitySettlement(pod=ERASED_POD, power=_sums(lines)))
    return msgspec.structs.replace(settlement, flexibility=kept)


def erased_part(settlement: Settlement | None) -> list[FlexibilitySettlement]:
    """Return the part of a settlement that has the sums of erased persons, if any."""
    parts = settlement.flexibility if settlement is not None else []
    return [part for part in parts if part.pod == ERASED_POD]


def _sums(lines: Iterable[MeasuredPower]) -> list[MeasuredPower]:
    """Return one line for each aggregator and requester, with the amounts of both powers."""
    of_pair: dict[tuple[str, str], list[MeasuredPower]] = {}
    for line in lines:
        of_pair.setdefault((line.offer_player_id, line.request_player_id), []).append(line)
    return [
        MeasuredPower(
            index="0",
            requested_p=0.0,
            measured_p=None,
            baseline_p=0.0,
            price_p=0.0,
            paid_p=float(_sum(amount for each in own for amount in (each.paid_p, each.paid_q))),
            penalty_p=float(
                _sum(amount for each in own for amount in (each.penalty_p, each.penalty_q))
            ),
            request_player_id=requester,
            offer_player_id=aggregator,
            status=_SETTLED,
            customer_tokens=format(_sum(each.customer_tokens or "0" for each in own), "f"),
        )
        for (aggregator, requester), own in sorted(of_pair.items())
    ]


def _sum(amounts: Iterable[float | str]) -> Decimal:
    return sum((Decimal(str(each)) for each in amounts), Decimal(0))
