"""Erasure of points of delivery from stored documents and from outboxes.

A context says which of its columns hold documents. Each that is about the points of delivery is
redacted (:mod:`platone.kernel.redaction`). Where nothing is left of a document, its column is
emptied if it may be empty, and else its row is deleted.
"""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from sqlalchemy import Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.outbox import Outbox
from platone.infra.packed import pack, unpack
from platone.kernel.redaction import GONE, redact

_ERASED_ANSWER = "erased"


async def erase_documents(
    connection: AsyncConnection,
    table: Table,
    kinds: Mapping[str, Any],
    pods: Collection[str],
) -> None:
    """Take what is about points of delivery out of the JSON documents of a table.

    A document that is packed stays so, and one that is not is left to readers that know no packing.

    Args:
        connection: An erasing transaction.
        table: The table.
        kinds: The columns that hold documents, and the type of each: a document that is not of
            its type any more, such as an offer for nothing, is gone.
        pods: The points of delivery.
    """
    keys = list(table.primary_key.columns)
    columns = [table.c[name] for name in kinds]
    changed: list[tuple[dict[str, Any], dict[str, bytes | None] | None]] = []
    rows = await connection.stream(select(*keys, *columns))
    async for row in rows:
        found = _changes(table, row, kinds, pods)
        if found != {}:
            changed.append(({key.name: getattr(row, key.name) for key in keys}, found))
    for key, values in changed:
        is_it = [table.c[name] == value for name, value in key.items()]
        statement = delete(table) if values is None else update(table).values(**values)
        await connection.execute(statement.where(*is_it))


def _changes(
    table: Table, row: Any, kinds: Mapping[str, Any], pods: Collection[str]
) -> dict[str, bytes | None] | None:
    """Return the columns that change, with their new documents; None: the row is gone."""
    changes: dict[str, bytes | None] = {}
    for name, kind in kinds.items():
        stored: bytes = getattr(row, name) or b""
        raw = unpack(stored)
        if raw and mentions(raw, pods):
            left = redacted(raw, pods, kind)
            if left is None and not table.c[name].nullable:
                return None
            if left != raw:
                changes[name] = pack(left) if left is not None and raw != stored else left
    return changes


def mentions(raw: bytes, pods: Collection[str]) -> bool:
    """Return whether the bytes of a document hold one of the names at all."""
    return any(pod.encode() in raw for pod in pods)


def is_about(raw: bytes, pods: Collection[str]) -> bool:
    """Return whether a document is about points of delivery, so that a redaction changes it."""
    return mentions(raw, pods) and redacted(raw, pods) != raw


def redacted(raw: bytes, pods: Collection[str], kind: Any = object) -> bytes | None:
    """Return a document's bytes without what is about points of delivery; None: nothing is left."""
    document = msgspec.json.decode(raw)
    left = redact(document, pods)
    if left is document:
        return raw
    if left is GONE:
        return None
    try:
        msgspec.convert(left, kind)
    except msgspec.ValidationError:
        return None
    return msgspec.json.encode(left)


async def erase_outbox(connection: AsyncConnection, outbox: Outbox, pods: Collection[str]) -> None:
    """Take points of delivery out of the messages of an outbox, delivered, waiting or refused.

    A message about nothing else is deleted; of one about many the rest still goes out.
    """
    table = outbox.table
    rows = await connection.stream(
        select(table.c.id, table.c.destination, table.c.body, table.c.answer)
    )
    gone: list[int] = []
    changed: dict[int, dict[str, Any]] = {}
    async for row in rows:
        if not set(row.destination.split("/")).isdisjoint(pods):
            gone.append(row.id)
            continue
        left = redacted(row.body, pods) if mentions(row.body, pods) else row.body
        if left is None or (left != row.body and _is_hollow(left)):
            gone.append(row.id)
            continue
        values: dict[str, Any] = {} if left == row.body else {"body": left}
        if row.answer and mentions(row.answer.encode(), pods):
            values["answer"] = _ERASED_ANSWER
        if values:
            changed[row.id] = values
    for number in gone:
        await connection.execute(delete(table).where(table.c.id == number))
    for number, values in changed.items():
        await connection.execute(update(table).where(table.c.id == number).values(**values))


def _is_hollow(raw: bytes) -> bool:
    """Return whether a redacted message has a list with nothing in it: what it was sent for."""
    document = msgspec.json.decode(raw)
    return isinstance(document, dict) and any(value == [] for value in document.values())
