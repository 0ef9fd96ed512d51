"""Outcomes as they are stored."""

import asyncio
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Row, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import chunks
from platone.infra.http.turns import decode_in_turns
from platone.infra.long_value import add_long, change_long, read_long
from platone.infra.packed import pack, packed_json, unpack
from platone.market.domain.clearing import ClearedSession
from platone.market.domain.outcome_part import OutcomePart, part_name, read_outcome, whole_name
from platone.market.domain.problem.outcome import RecordingErased, UnknownOutcome
from platone.market.records.table import outcome, outcome_part
from platone.messages.clearing import ClearingRules, SettlementRules
from platone.messages.market import RecordedSession
from platone.messages.outcome import MarketOutcome, TechnicalOutcome, ValidatedOutcome

T = TypeVar("T")

_NO_ANSWER_NEEDED = b""
"""The answer that stands for the DSO's to a part without trades, which is not sent."""


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """An outcome with the answers to it so far."""

    session_id: str
    market: MarketOutcome
    technical: TechnicalOutcome | None
    validated: ValidatedOutcome | None


class _Recorded(msgspec.Struct):
    """The part of a recording that settlement goes by."""

    rules: ClearingRules | None = None


_RECORDED = msgspec.json.Decoder(_Recorded)


class OutcomeRecords:
    """The stored outcomes, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, session_id: str, cleared: ClearedSession) -> None:
        """Store a cleared session with all that it was cleared from."""
        recording, market = await _packed(cleared.recording, cleared.document)
        row = {
            "id": cleared.name,
            "session_id": session_id,
            "recording": recording,
            "market": market,
        }
        await add_long(self._connection, outcome, row)

    async def get(self, outcome_id: str) -> StoredOutcome:
        """Return one outcome, by its own identifier or its session's; raises UnknownOutcome."""
        row = await self._row(outcome_id, outcome.c.id, outcome.c.session_id)
        is_it = outcome.c.id == row.id
        columns = (outcome.c.market, outcome.c.technical, outcome.c.validated)
        texts = [await read_long(self._connection, each, is_it) for each in columns]
        return await asyncio.to_thread(_stored, row.session_id, *texts)  # a long one takes seconds

    async def is_answered(self, outcome_id: str) -> bool:
        """Return whether the DSO's answer to an outcome is stored."""
        query = select(outcome.c.technical.is_not(None)).where(outcome.c.id == outcome_id)
        return bool((await self._connection.execute(query)).scalar())

    async def is_erased(self, outcome_id: str) -> bool:
        """Return whether somebody was erased from an outcome, by its own or a part's name."""
        length = select(func.length(outcome.c.recording))
        is_it = outcome.c.id == whole_name(outcome_id)
        return (await self._connection.execute(length.where(is_it))).scalar() == 0

    async def recording(self, outcome_id: str) -> RecordedSession:
        """Return the inputs that an outcome was cleared from.

        Raises:
            UnknownOutcome: There is none.
            RecordingErased: A person who took part was erased.
        """
        text = await self._recording(outcome_id)
        if not text:
            raise RecordingErased(f"The recording of {outcome_id} was erased.")
        recorded: RecordedSession = await decode_in_turns(text, RecordedSession, lambda _: None)
        return recorded

    async def settlement_rules(self, outcome_id: str) -> SettlementRules | None:
        """Return the rules of settlement that an outcome's session recorded; None where erased."""
        text = await self._recording(outcome_id)
        if not text:
            return None
        rules = (await asyncio.to_thread(_RECORDED.decode, text)).rules
        return (rules and rules.settlement) or SettlementRules()

    async def set_validated(self, outcome_id: str, technical: bytes | None, final: bytes) -> None:
        """Store what the grid said, and the final outcome, both as JSON."""
        answer, validated = await _packed(technical, final)
        texts = {"technical": answer, "validated": validated}
        await change_long(self._connection, outcome, outcome.c.id == outcome_id, texts)

    async def add_parts(
        self, outcome_id: str, parts: Iterable[OutcomePart], sent: Container[OutcomePart | None]
    ) -> None:
        """Store the parts in which an outcome is sent; one that is not sent needs no answer."""
        rows = [
            {
                "outcome_id": outcome_id,
                "number": each.number,
                "first": each.first,
                "last": each.last,
                "technical": None if each in sent else _NO_ANSWER_NEEDED,
            }
            for each in parts
        ]
        if rows:
            await self._connection.execute(insert(outcome_part), rows)

    async def parts(self, outcome_id: str) -> list[OutcomePart]:
        """Return the parts in which an outcome is sent, in order; none where it goes as a whole."""
        query = select(outcome_part.c.number, outcome_part.c.first, outcome_part.c.last).where(
            outcome_part.c.outcome_id == outcome_id
        )
        rows = await self._connection.execute(query.order_by(outcome_part.c.number))
        return [OutcomePart(*row) for row in rows]

    async def settled_names(self, outcome_ids: Iterable[str]) -> dict[str, str]:
        """Return the names by which outcomes are settled, each with its outcome.

        A long one is settled by its parts; by the whole, too, if an earlier version of the market
        took it up.
        """
        names: dict[str, str] = {}
        for chunk in chunks(outcome_ids):
            names |= {outcome_id: outcome_id for outcome_id in chunk}
            query = select(outcome_part).where(outcome_part.c.outcome_id.in_(chunk))
            rows = await self._connection.execute(query.order_by(outcome_part.c.number))
            for row in rows:
                part = OutcomePart(row.number, row.first, row.last)
                names[part_name(row.outcome_id, part)] = row.outcome_id
        return names

    async def answer_part(
        self, outcome_id: str, number: int, answer: TechnicalOutcome
    ) -> TechnicalOutcome | None:
        """Store the DSO's answer to a part; where there is one already, return that.

        Raises:
            UnknownOutcome: There is no such part.
        """
        is_it = (outcome_part.c.outcome_id == outcome_id) & (outcome_part.c.number == number)
        row = (await self._connection.execute(select(outcome_part).where(is_it))).first()
        if row is None:
            name = answer.market_outcome
            raise UnknownOutcome(f"There is no outcome {name}.", marketOutcome=name)
        if row.technical is not None:
            return msgspec.json.decode(unpack(row.technical), type=TechnicalOutcome)
        change = update(outcome_part).where(is_it)
        await self._connection.execute(change.values(technical=packed_json(answer)))
        return None

    async def answers(self, outcome_id: str) -> list[bytes] | None:
        """Return the DSO's answers to an outcome's parts, as JSON; none while one is missing."""
        query = select(outcome_part.c.technical).where(outcome_part.c.outcome_id == outcome_id)
        rows = await self._connection.execute(query.order_by(outcome_part.c.number))
        found = [row.technical for row in rows]
        if None in found:
            return None
        return await asyncio.to_thread(lambda: [unpack(each) for each in found if each])

    async def _recording(self, outcome_id: str) -> bytes | None:
        row = await self._row(outcome_id, outcome.c.id)
        is_it = outcome.c.id == row.id
        text = await read_long(self._connection, outcome.c.recording, is_it)
        return None if text is None else await asyncio.to_thread(unpack, text)

    async def _row(self, outcome_id: str, *columns: ColumnElement[Any]) -> Row[Any]:
        query = select(*columns).where(
            or_(outcome.c.id == outcome_id, outcome.c.session_id == outcome_id)
        )
        row = (await self._connection.execute(query)).first()
        if row is None:
            raise UnknownOutcome(f"There is no outcome {outcome_id}.", marketOutcome=outcome_id)
        return row


def _stored(
    session_id: str, market: bytes | None, technical: bytes | None, validated: bytes | None
) -> StoredOutcome:
    return StoredOutcome(
        session_id=session_id,
        market=read_outcome(unpack(market or b""), MarketOutcome),
        technical=_decode(technical, TechnicalOutcome),
        validated=None if validated is None else read_outcome(unpack(validated), ValidatedOutcome),
    )


def _decode(document: bytes | None, kind: type[T]) -> T | None:
    return None if document is None else msgspec.json.decode(unpack(document), type=kind)


async def _packed(*texts: bytes | None) -> list[bytes | None]:
    """Return texts as they are stored, each packed in a thread: a long one takes 0.1 s."""
    return await asyncio.gather(*(asyncio.to_thread(_pack, text) for text in texts))


def _pack(text: bytes | None) -> bytes | None:
    return None if text is None else pack(text)
