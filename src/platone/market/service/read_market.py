"""Reading of market data: each participant its own part, operators of market and grid all of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from platone.infra.listing import Listed, Part
from platone.kernel.clock import Clock
from platone.market.domain.outcome_part import final_parts, join_settlements, split_name
from platone.market.domain.participant_view import own_lines, own_service, own_trades
from platone.market.domain.problem.order import UnknownService
from platone.market.domain.problem.outcome import UnknownOutcome
from platone.market.domain.problem.query import TopicNotYours
from platone.market.domain.progress import wait_of
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.topic import topics_of
from platone.market.records.outcome import StoredOutcome
from platone.market.records.session import SessionSearch
from platone.market.records.unit import MarketRecords, UnitOfWork
from platone.market.service.record_session import RecordSession
from platone.messages.market import (
    MarketSession,
    RecordedService,
    RecordedSession,
    ServiceVersion,
    TopicMessage,
)
from platone.messages.outcome import MarketOutcome, TechnicalOutcome, ValidatedOutcome
from platone.messages.recording import SettlementRecording
from platone.messages.session_event import SessionEvent
from platone.messages.settlement import Settlement

_TOPIC_PAGE = 200
"""Messages in one page of a topic: an outcome of a thousand PoDs is about 100 kB."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A reader of market data.

    Attributes:
        party: The party.
        oversees: Whether it is the market operator or the auditor, who see all.
        administers: Whether it is the metered-data administrator, who corrects readings.
    """

    party: str
    oversees: bool
    administers: bool = False


@dataclass(frozen=True, slots=True)
class ReadMarket:
    """Reads sessions, services, outcomes, settlements and topics.

    Args:
        records: The market's records.
        clock: The market's clock.
        rules: Who is a DSO, and so sees whole outcomes; and what is traded.
        record: Puts a session's inputs together.
    """

    records: MarketRecords
    clock: Clock
    rules: MarketRules
    record: RecordSession

    async def sessions(
        self, wanted: SessionSearch, viewer: Viewer, part: Part
    ) -> Listed[MarketSession]:
        """Return sessions as they are told, by start of delivery.

        A text is looked for in what the viewer sent; for overseers in what all sent.
        """
        owner = None if viewer.oversees else viewer.party
        async with self.records.reading() as unit:
            found = await unit.sessions.search(wanted, owner, part)
            return Listed(await self._told(unit, found.items), found.next)

    async def session(self, session_id: str) -> MarketSession:
        """Return one session as it is told, with whom it waits for; raises UnknownSession."""
        async with self.records.reading() as unit:
            (told,) = await self._told(unit, [await unit.sessions.get(session_id)])
        return told

    async def events(self, session_id: str, part: Part) -> Listed[SessionEvent]:
        """Return events of a session that are out of the ordinary; raises UnknownSession."""
        async with self.records.reading() as unit:
            await unit.sessions.get(session_id)
            return await unit.events.of_session(session_id, part)

    async def services(
        self, session_id: str, viewer: Viewer, part: Part
    ) -> Listed[RecordedService]:
        """Return requests and offers of a session that the viewer sent; overseers see all."""
        owner = None if viewer.oversees else viewer.party
        async with self.records.reading() as unit:
            await unit.sessions.get(session_id)
            found = await unit.submissions.listed(session_id, owner, part)
        return found if viewer.oversees else found.of(own_service)

    async def service_history(
        self, service_id: str, viewer: Viewer, part: Part
    ) -> Listed[ServiceVersion]:
        """Return versions of the viewer's own request or offer; overseers see every party's.

        Raises:
            UnknownService: There is none.
        """
        async with self.records.reading() as unit:
            owner = None if viewer.oversees else viewer.party
            found = await unit.submissions.history(service_id, owner, part)
        if not found.items and not part.after:
            raise UnknownService(f"There is no request or offer {service_id}.")
        if viewer.oversees:
            return found
        return found.of(
            lambda each: msgspec.structs.replace(each, service=own_service(each.service))
        )

    async def recording(self, session_id: str) -> RecordedSession:
        """Return all inputs of a session's clearing: as cleared, or as they stand before."""
        async with self.records.reading() as unit:
            session = await unit.sessions.get(session_id)
            if session.outcome_id is not None:
                return await unit.outcomes.recording(session.outcome_id)
            recording, _ = await self.record(unit, session, {}, None)
            return recording

    async def market_outcome(self, identifier: str, viewer: Viewer) -> MarketOutcome:
        """Return a market outcome, by its own or its session's identifier."""
        record = await self._outcome(identifier)
        return record.market if self._sees_all(viewer) else own_trades(record.market, viewer.party)

    async def validated_outcome(self, identifier: str, viewer: Viewer) -> ValidatedOutcome:
        """Return a validated outcome, by its own or its session's identifier."""
        final = (await self._outcome(identifier)).validated
        if final is None:
            raise UnknownOutcome(f"Outcome {identifier} is not validated yet.")
        return final if self._sees_all(viewer) else own_trades(final, viewer.party)

    async def technical_outcome(self, identifier: str, viewer: Viewer) -> TechnicalOutcome:
        """Return the grid's answer to an outcome, by its own or its session's identifier."""
        record = await self._outcome(identifier)
        if record.technical is None:
            raise UnknownOutcome(f"The grid has not answered outcome {identifier}.")
        if self._sees_all(viewer):
            return record.technical
        own = {pod.pod for pod in own_trades(record.market, viewer.party).flexibility}
        mine = [pod for pod in record.technical.flexibility if pod.pod in own]
        return msgspec.structs.replace(record.technical, flexibility=mine)

    async def settlement(self, identifier: str, viewer: Viewer) -> Settlement:
        """Return a settlement by its identifier; or the newest one of an outcome.

        Of a long outcome, which is settled by its parts, what the newest ones tell together.
        """
        async with self.records.reading() as unit:
            found = await unit.settlements.find(identifier)
            parts = []
            if found is None:
                names = await unit.outcomes.settled_names([identifier])
                parts = await unit.settlements.newest(names)
        if parts:
            found = await asyncio.to_thread(join_settlements, identifier, parts)
        if found is None:
            raise UnknownOutcome(f"There is no settlement {identifier} (yet).")
        return found if viewer.oversees else own_lines(found, viewer.party)

    async def settlement_recording(self, identifier: str) -> SettlementRecording:
        """Return all inputs of a settlement; by an outcome's identifier, of its newest one."""
        async with self.records.reading() as unit:
            found = await unit.settlements.find(identifier)
            inputs = None
            if found is not None:
                inputs = await unit.settlements.inputs(found.settlement_id)
            if found is None or inputs is None:
                await _check_settled_whole(unit, identifier)
                raise UnknownOutcome(f"There is no recording of a settlement {identifier}.")
            name, number = split_name(found.market_outcome_id)
            session = await unit.outcomes.recording(name)
            final = (await unit.outcomes.get(name)).validated
            parts = await unit.outcomes.parts(name)
        if final is not None and number is not None:
            told = await asyncio.to_thread(final_parts, final, parts)
            final = next(each for each in told if each.market_outcome == found.market_outcome_id)
        return SettlementRecording(
            **{name: getattr(session, name) for name in session.__struct_fields__},
            validated_outcome=final,
            measurements=tuple(inputs.measurements),
            context=inputs.context,
        )

    async def topic(self, topic: str, after: int, viewer: Viewer) -> list[TopicMessage]:
        """Return the next messages of a topic.

        Raises:
            TopicNotYours: It is another party's.
        """
        own = topics_of(viewer.party)
        if not viewer.oversees and topic not in own:
            raise TopicNotYours(f"{viewer.party} does not read {topic}.", topics=sorted(own))
        async with self.records.reading() as unit:
            return await unit.outgoing.read_topic(topic, after, _TOPIC_PAGE)

    async def _told(self, unit: UnitOfWork, sessions: Sequence[Session]) -> list[MarketSession]:
        outcomes = [each.outcome_id for each in sessions if each.outcome_id is not None]
        now = self.clock.now()
        unpaid = await unit.settlements.unpaid(await unit.outcomes.settled_names(outcomes), now)
        starts = {each.window_start for lines in unpaid.values() for each in lines}
        held = {start for start in starts if await unit.settlements.awaited(start, now)}
        return [
            each.message(
                wait_of(each.status, each.since, unpaid.get(each.outcome_id or "", ()), held),
                self.rules.product,
            )
            for each in sessions
        ]

    def _sees_all(self, viewer: Viewer) -> bool:
        return viewer.oversees or viewer.party in self.rules.dso_parties

    async def _outcome(self, identifier: str) -> StoredOutcome:
        async with self.records.reading() as unit:
            return await unit.outcomes.get(identifier)


async def _check_settled_whole(unit: UnitOfWork, outcome_id: str) -> None:
    """Check that an outcome is not settled by its parts, each of which has its own recording.

    Raises:
        UnknownOutcome: It is; the parts are named.
    """
    names = await unit.outcomes.settled_names([outcome_id])
    parts = [each.market_outcome_id for each in await unit.settlements.newest(names)]
    if parts:
        raise UnknownOutcome(
            f"{outcome_id} is settled by its parts; ask for the recording of one: "
            f"{', '.join(parts)}.",
            marketOutcome=outcome_id,
        )
