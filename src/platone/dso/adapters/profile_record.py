"""Typical days in SQL: a row a consumer, its arrays packed."""

import asyncio
import zlib
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
from sqlalchemy import delete, insert, select

from platone.dso.adapters.table import consumer_profiles, profile_sets
from platone.dso.domain.array import Floats
from platone.dso.domain.profile.calendar import KINDS
from platone.dso.domain.profile.day_grid import QUARTERS
from platone.dso.domain.profile.statistic import Spread
from platone.dso.domain.profile.typical_day import MONTHS, TypicalDayRule, TypicalDays
from platone.dso.service.profile_port import Calendars, ProfileSet
from platone.infra.db import Database

_SHAPE = (MONTHS, len(KINDS), QUARTERS, 1)
_FAST = 1


class _Packed(msgspec.Struct):
    """A consumer's arrays, single precision: 0.1 W in a megawatt."""

    basis: bytes
    count: bytes
    p: bytes
    q: bytes | None


class SqlProfiles:
    """Implements :class:`platone.dso.service.profile_port.ProfileRecords`.

    Args:
        database: The platform's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, made: ProfileSet, parts: Sequence[TypicalDays]) -> ProfileSet:
        """Store a set under the next number, in place of its consumers' earlier typical days."""
        packed = await asyncio.to_thread(_rows, parts)
        async with self._database.transaction() as connection:
            content = msgspec.json.encode(made)
            stored = await connection.execute(insert(profile_sets).values(content=content))
            number = int(stored.inserted_primary_key[0])  # type: ignore[index]  # one row: one key
            for consumer, profile in packed.items():
                same = consumer_profiles.c.consumer == consumer
                await connection.execute(delete(consumer_profiles).where(same))
                values = {"consumer": consumer, "set_number": number, "content": profile}
                await connection.execute(insert(consumer_profiles).values(**values))
            used = select(consumer_profiles.c.set_number)
            stale = profile_sets.c.number.not_in(used) & (profile_sets.c.number != number)
            await connection.execute(delete(profile_sets).where(stale))
        return replace(made, number=number)

    async def sets(self) -> list[ProfileSet]:
        """The sets that still count for a consumer, the latest last."""
        query = select(profile_sets).order_by(profile_sets.c.number)
        async with self._database.reading() as connection:
            rows = list(await connection.execute(query))
        return [_set(number, content) for number, content in rows]

    async def find(self, consumer: str, calendars: Calendars) -> tuple[int, TypicalDays] | None:
        """A consumer's typical days, alone, and the number of their set."""
        both = consumer_profiles.join(
            profile_sets, profile_sets.c.number == consumer_profiles.c.set_number
        )
        query = (
            select(profile_sets.c.number, profile_sets.c.content, consumer_profiles.c.content)
            .select_from(both)
            .where(consumer_profiles.c.consumer == consumer)
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        made = _set(row[0], row[1])
        return made.number, _unpack(row[2], consumer, made, calendars)


def _rows(parts: Sequence[TypicalDays]) -> dict[str, bytes]:
    return {
        consumer: _pack(part, place)
        for part in parts
        for place, consumer in enumerate(part.consumers)
    }


def _set(number: int, content: bytes) -> ProfileSet:
    return replace(msgspec.json.decode(content, type=ProfileSet), number=number)


def _pack(part: TypicalDays, place: int) -> bytes:
    packed = _Packed(
        basis=part.basis[..., place].tobytes(),
        count=part.p.count[..., place].astype("<i4").tobytes(),
        p=_bytes(part.p, place),
        q=None if part.q is None else _bytes(part.q, place),
    )
    return zlib.compress(msgspec.msgpack.encode(packed), _FAST)


def _bytes(spread: Spread, place: int) -> bytes:
    """Mean, deviation and quantiles one after the other."""
    every = [spread.mean, spread.deviation, *spread.quantiles]
    return np.stack([each[..., place] for each in every]).astype("<f4").tobytes()


def _unpack(content: bytes, consumer: str, made: ProfileSet, calendars: Calendars) -> TypicalDays:
    packed = msgspec.msgpack.decode(zlib.decompress(content), type=_Packed)
    count = np.frombuffer(packed.count, dtype="<i4").astype(np.int32).reshape(_SHAPE)
    basis = np.frombuffer(packed.basis, dtype=np.int8).reshape(MONTHS, len(KINDS), 1)
    return TypicalDays(
        calendars(made.calendar),
        (consumer,),
        TypicalDayRule(made.min_days, made.levels),
        _spread(packed.p, count),
        None if packed.q is None else _spread(packed.q, count),
        basis,
        tuple(remark for remark in made.remarks if remark.consumer == consumer),
    )


def _spread(content: bytes, count: np.ndarray) -> Spread:
    every: Floats = np.frombuffer(content, dtype="<f4").astype(np.float64)
    mean, deviation, *quantiles = every.reshape(-1, *_SHAPE)
    return Spread(count, mean, deviation, np.array(quantiles).reshape(-1, *_SHAPE))
