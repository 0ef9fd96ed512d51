"""Offers, validated outcomes and settlements in SQL."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import insert, select

from platone.aggregator.domain.activation import sells
from platone.aggregator.domain.call import PartnerCall
from platone.aggregator.records.call import put_calls
from platone.aggregator.records.instant import utc_text
from platone.aggregator.records.table import offer, outcome, settlement
from platone.infra.db import Database, replace_rows
from platone.kernel.canonical import canonical_json, joined, long_parts
from platone.kernel.errors import DuplicateIdentifier
from platone.messages.base import Submission
from platone.messages.market import FlexibilityService
from platone.messages.outcome import ValidatedOutcome
from platone.messages.settlement import Settlement


class TradeRecords:
    """The parties' offers, and what the market told of them.

    Args:
        database: The aggregator's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save_offer(self, party: str, made: FlexibilityService, result: Submission) -> None:
        """Record an offer with the market's answer."""
        row = {
            "party": party,
            "player_service_id": made.player_service_id,
            "content": msgspec.json.encode(made),
            "result": msgspec.json.encode(result),
        }
        async with self._database.transaction() as connection:
            await replace_rows(connection, offer, [row])

    async def save_outcome(
        self, party: str, validated: ValidatedOutcome, calls: Sequence[PartnerCall]
    ) -> bool:
        """Record a validated outcome with its calls; False where the same is recorded already.

        Raises:
            DuplicateIdentifier: Another content is recorded under its identifier.
        """
        name, content = validated.market_outcome, await asyncio.to_thread(_text, validated)
        is_sale = sells(validated, party)
        query = select(outcome.c.content).where(
            outcome.c.party == party, outcome.c.market_outcome == name
        )
        async with self._database.transaction() as connection:
            stored = (await connection.execute(query)).scalar_one_or_none()
            if stored == content:
                return False
            if stored is not None:
                raise DuplicateIdentifier(
                    f"Another validated outcome {name} was received before.", marketOutcome=name
                )
            row = {
                "party": party,
                "market_outcome": name,
                "market_type": validated.market_type.value,
                "start_time": utc_text(validated.start_time),
                "content": content,
                "sells": is_sale,
            }
            await connection.execute(insert(outcome).values(row))
            await put_calls(connection, party, calls)
        return True

    async def outcomes(self, party: str, since: datetime) -> list[ValidatedOutcome]:
        """Return the outcomes of sessions that deliver from an instant on, or later."""
        query = (
            select(outcome.c.content)
            .where(outcome.c.party == party, outcome.c.start_time >= utc_text(since))
            .order_by(outcome.c.start_time, outcome.c.market_outcome)
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [msgspec.json.decode(row.content, type=ValidatedOutcome) for row in rows]

    async def sale(
        self, party: str, since: datetime, until: datetime, *, is_newest: bool
    ) -> datetime | None:
        """Return the start of a session in which a party sold something; none where there is none.

        Args:
            party: The party.
            since: Instant from which on its delivery starts.
            until: Instant before which it starts.
            is_newest: Whether the last one is wanted, and not the first.
        """
        start = outcome.c.start_time
        query = (
            select(start)
            .where(outcome.c.party == party, outcome.c.sells)
            .where(start >= utc_text(since), start < utc_text(until))
            .order_by(start.desc() if is_newest else start)
            .limit(1)
        )
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
        return None if found is None else datetime.fromisoformat(found)

    async def offer(self, party: str, identifier: str) -> FlexibilityService | None:
        """Return the last version of an offer that was sent, if any was."""
        query = select(offer.c.content).where(
            offer.c.party == party, offer.c.player_service_id == identifier
        )
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
        return None if found is None else msgspec.json.decode(found, type=FlexibilityService)

    async def save_settlement(self, party: str, received: Settlement) -> bool:
        """Record a settlement; False where the same is recorded already."""
        content = canonical_json(received)
        query = (
            select(settlement.c.content)
            .where(
                settlement.c.party == party,
                settlement.c.settlement_id == received.settlement_id,
            )
            .order_by(settlement.c.number.desc())
            .limit(1)
        )
        row = {"party": party, "settlement_id": received.settlement_id, "content": content}
        async with self._database.transaction() as connection:
            if (await connection.execute(query)).scalar_one_or_none() == content:
                return False
            await connection.execute(insert(settlement).values(row))
        return True

    async def settlements(self, party: str | None) -> list[tuple[str, Settlement]]:
        """Return settlements with their party, in the order in which they came."""
        query = select(settlement.c.party, settlement.c.content).order_by(settlement.c.number)
        if party is not None:
            query = query.where(settlement.c.party == party)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [(row.party, msgspec.json.decode(row.content, type=Settlement)) for row in rows]


def _text(outcome: ValidatedOutcome) -> bytes:
    """Return the canonical JSON of an outcome, written some points of delivery at a time."""
    return joined(long_parts(outcome, "flexibility"))
