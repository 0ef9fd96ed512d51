"""Typical days in SQL: a row a curve, so that a day's expectation reads one of a consumer's 36."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, delete, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.dso.domain.profile_set import CurveRow, ProfileSet
from platone.dso.records.packed_curve import typical_days_of, unpack_curve
from platone.dso.records.table import consumer_profiles, profile_curves, profile_sets
from platone.grid.profile.calendar import KINDS
from platone.grid.profile.day_curve import DayCurve
from platone.grid.profile.public_holiday import NationalCalendars
from platone.grid.profile.typical_day import Basis, TypicalDays
from platone.infra.db import Database, chunks
from platone.infra.listing import Listed, Part, read_part

_IN_MAKING = b""
"""Content of a set that is not published yet."""
_IS_PUBLISHED = profile_sets.c.content != _IN_MAKING


class ProfileDraft:
    """A set of typical days in the making: nobody sees it before it is published.

    Args:
        database: The platform's database.
        number: Number of the set that is made.
    """

    def __init__(self, database: Database, number: int) -> None:
        self._database, self._number = database, number

    async def add(self, curves: Sequence[CurveRow]) -> None:
        """Store the curves of some consumers."""
        rows = [
            {
                "consumer": each.consumer,
                "set_number": self._number,
                "month": each.month,
                "kind": each.kind,
                "content": each.content,
            }
            for each in curves
        ]
        async with self._database.transaction() as connection:
            await connection.execute(insert(profile_curves), rows)

    async def publish(self, made: ProfileSet) -> ProfileSet:
        """Let the whole set count at once, in place of its consumers' earlier typical days."""
        curve, pointer, is_this = profile_curves.c, consumer_profiles.c, _is_set(self._number)
        own = select(curve.consumer).where(curve.set_number == self._number)
        pointed = own.add_columns(literal(self._number)).distinct()
        columns = ["consumer", "set_number"]
        replaced = curve.consumer.in_(own) & curve.set_number.in_(
            select(profile_sets.c.number).where(_IS_PUBLISHED)
        )
        content = msgspec.json.encode(made)
        async with self._database.transaction() as connection:
            await connection.execute(delete(profile_curves).where(replaced))
            await connection.execute(delete(consumer_profiles).where(pointer.consumer.in_(own)))
            await connection.execute(insert(consumer_profiles).from_select(columns, pointed))
            await _drop_stale(connection)
            await connection.execute(update(profile_sets).where(is_this).values(content=content))
        return replace(made, number=self._number)


class ProfileRecords:
    """The stored typical days; each consumer has those that were published last.

    Args:
        database: The platform's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def clear_drafts(self) -> None:
        """Delete the drafts that a server which was stopped has left."""
        async with self._database.transaction() as connection:
            await _drop(connection, ~_IS_PUBLISHED)

    @asynccontextmanager
    async def making(self) -> AsyncIterator[ProfileDraft]:
        """Begin a draft; what is not published at the end of the context is deleted."""
        async with self._database.transaction() as connection:
            stored = await connection.execute(insert(profile_sets).values(content=_IN_MAKING))
            number = int(stored.inserted_primary_key[0])  # type: ignore[index]  # one row: one key
        try:
            yield ProfileDraft(self._database, number)
        finally:
            async with self._database.transaction() as connection:
                await _drop(connection, _is_set(number) & ~_IS_PUBLISHED)

    async def listed(self, part: Part) -> Listed[ProfileSet]:
        """Return sets that still count for a consumer, the latest last."""
        query = select(profile_sets).where(_IS_PUBLISHED)
        async with self._database.reading() as connection:
            found = await read_part(connection, query, [profile_sets.c.number], part)
        return found.of(lambda row: _set(row.number, row.content))

    async def find(
        self, consumer: str, calendars: NationalCalendars
    ) -> tuple[int, TypicalDays] | None:
        """Return a consumer's typical days, alone, and the number of their set."""
        query = (
            select(profile_sets.c.number, profile_sets.c.content)
            .join(consumer_profiles, profile_sets.c.number == consumer_profiles.c.set_number)
            .where(consumer_profiles.c.consumer == consumer)
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                return None
            curve = profile_curves.c
            curves = select(curve.month, curve.kind, curve.content).where(
                curve.consumer == consumer, curve.set_number == row.number
            )
            contents = {(r.month, r.kind): r.content for r in await connection.execute(curves)}
        made = _set(row.number, row.content)
        calendar = await asyncio.to_thread(calendars, made.calendar)  # the first one is slow
        return made.number, typical_days_of(contents, consumer, made, calendar)

    async def curves(
        self, consumers: Sequence[str], on: date, calendars: NationalCalendars
    ) -> dict[str, DayCurve]:
        """Return the curves that a date follows, of the consumers that have one."""
        found: dict[str, bytes] = {}
        async with self._database.reading() as connection:
            sets = await _sets(connection)
            kinds = await asyncio.to_thread(_kinds, sets, on, calendars)
            for names in chunks(consumers if sets else ()):
                for kind in set(kinds.values()):
                    rows = await connection.execute(_curves(names, on.month - 1, kind))
                    found.update(
                        (row.consumer, row.content)
                        for row in rows
                        if kinds.get(row.set_number) == kind
                    )
        return await asyncio.to_thread(_unpacked, found)

    async def forget(self, consumers: Collection[str]) -> set[str]:
        """Erase all that is kept of consumers; return those that had typical days."""
        gone = frozenset(consumers)
        async with self._database.reading() as connection:
            had, changed = await _data_of_consumers(connection, gone)
        if had or changed:
            async with self._database.erasing() as connection:
                had, changed = await _data_of_consumers(connection, gone)
                await _erase(connection, sorted(gone), changed)
        return had


async def _data_of_consumers(
    connection: AsyncConnection, gone: frozenset[str]
) -> tuple[set[str], dict[int, ProfileSet]]:
    """Return the consumers that have typical days, and the sets without what names them."""
    had = set[str]()
    for names in chunks(sorted(gone)):
        is_one = consumer_profiles.c.consumer.in_(names)
        had.update(await connection.scalars(select(consumer_profiles.c.consumer).where(is_one)))
    sets = await _sets(connection)
    less = {number: _without(made, gone) for number, made in sets.items()}
    return had, {number: made for number, made in less.items() if made != sets[number]}


async def _erase(
    connection: AsyncConnection, consumers: Sequence[str], changed: dict[int, ProfileSet]
) -> None:
    for names in chunks(consumers):
        for table in (consumer_profiles, profile_curves):
            await connection.execute(delete(table).where(table.c.consumer.in_(names)))
    for number, made in changed.items():
        content = msgspec.json.encode(made)
        await connection.execute(
            update(profile_sets).where(_is_set(number)).values(content=content)
        )
    await _drop_stale(connection)


async def _drop_stale(connection: AsyncConnection) -> None:
    """Delete the published sets that count for nobody."""
    used = select(consumer_profiles.c.set_number)
    is_stale = _IS_PUBLISHED & profile_sets.c.number.not_in(used)
    await connection.execute(delete(profile_sets).where(is_stale))


async def _drop(connection: AsyncConnection, chosen: ColumnElement[bool]) -> None:
    """Delete sets with their curves."""
    numbers = select(profile_sets.c.number).where(chosen)
    await connection.execute(delete(profile_curves).where(profile_curves.c.set_number.in_(numbers)))
    await connection.execute(delete(profile_sets).where(chosen))


def _is_set(number: int) -> ColumnElement[bool]:
    return profile_sets.c.number == number


async def _sets(connection: AsyncConnection) -> dict[int, ProfileSet]:
    query = select(profile_sets).where(_IS_PUBLISHED)
    rows = await connection.execute(query.order_by(profile_sets.c.number))
    return {row.number: _set(row.number, row.content) for row in rows}


def _set(number: int, content: bytes) -> ProfileSet:
    return replace(msgspec.json.decode(content, type=ProfileSet), number=number)


def _without(made: ProfileSet, gone: frozenset[str]) -> ProfileSet:
    """Return the set with nothing that names these consumers."""
    return replace(
        made,
        without_metering=tuple(each for each in made.without_metering if each not in gone),
        remarks=tuple(each for each in made.remarks if each.consumer not in gone),
    )


def _kinds(sets: dict[int, ProfileSet], on: date, calendars: NationalCalendars) -> dict[int, int]:
    """Return the kind of day that a date is by each set's calendar."""
    return {number: KINDS.index(calendars(made.calendar).kind(on)) for number, made in sets.items()}


def _curves(names: Sequence[str], month: int, kind: int) -> Select[Any]:
    curve, pointer = profile_curves.c, consumer_profiles.c
    is_pointed = (pointer.consumer == curve.consumer) & (pointer.set_number == curve.set_number)
    return (
        select(curve.consumer, curve.set_number, curve.content)
        .join(consumer_profiles, is_pointed)
        .where(curve.consumer.in_(names), curve.month == month, curve.kind == kind)
    )


def _unpacked(found: dict[str, bytes]) -> dict[str, DayCurve]:
    every = {consumer: unpack_curve(content) for consumer, content in found.items()}
    return {name: curve for name, (basis, curve) in every.items() if basis is not Basis.NONE}
