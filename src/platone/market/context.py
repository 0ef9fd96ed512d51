"""The Market Platform, put together."""

from datetime import datetime

from fastapi import APIRouter

from platone.infra.db import Database
from platone.infra.http.client import PartyClient
from platone.infra.http.erasure import erasure_router
from platone.infra.kafka.link import KafkaLink
from platone.infra.kafka.publisher import KafkaPublisher
from platone.infra.lease.keeper import Leases, OnNews
from platone.infra.metric.outbox import OutboxFigures
from platone.infra.metric.together import FiguresTogether
from platone.infra.outbox import Dispatcher
from platone.infra.supervision import Supervisor
from platone.kernel.clock import Clock
from platone.market.adapters.partner import RestPartners
from platone.market.adapters.webhook import CallEndpoints
from platone.market.api.correction import correction_routes
from platone.market.api.dispute import dispute_routes
from platone.market.api.flow import flow_routes, grid_routes
from platone.market.api.order import order_routes
from platone.market.api.outcome import outcome_routes
from platone.market.api.qualification import qualification_routes
from platone.market.api.session import session_routes
from platone.market.api.topic import topic_routes
from platone.market.api.webhook import webhook_routes
from platone.market.domain.rules import MarketRules
from platone.market.records.erasure import ErasureRecords
from platone.market.records.kafka_queue import MarketQueue
from platone.market.records.news import READINGS
from platone.market.records.table import lease, metadata, outbox
from platone.market.records.unit import MarketRecords
from platone.market.service.close_session import CloseSession
from platone.market.service.correct_delivery import CorrectDelivery, NoteCorrections
from platone.market.service.dispute_line import DisputeLines
from platone.market.service.erase import ErasePods
from platone.market.service.known_baseline import ReadKnownBaselines
from platone.market.service.measure_market import MeasureMarket
from platone.market.service.metered_history import MeteredHistory
from platone.market.service.override_session import OverrideSession
from platone.market.service.patience import Patience
from platone.market.service.plan_sessions import CreateSession, PlanSessions
from platone.market.service.publish_outcome import AcceptTechnicalOutcome, PublishOutcome
from platone.market.service.publish_settlement import PublishSettlement
from platone.market.service.qualify import Qualify
from platone.market.service.read_basis import ReadBasis
from platone.market.service.read_conditions import ReadConditions
from platone.market.service.read_market import ReadMarket
from platone.market.service.record_session import RecordSession
from platone.market.service.register_pods import RegisterPods
from platone.market.service.run_market import RunMarket
from platone.market.service.settle_delivery import SettleDelivery
from platone.market.service.settlement_at_hand import SettlementAtHand
from platone.market.service.submit_service import SubmitService
from platone.market.service.take_grid_limits import TakeGridLimits
from platone.market.service.tell_event import TellEvent
from platone.market.service.webhook import Webhooks
from platone.market.service.withdraw_service import WithdrawService

_STEPS = ("steps", "outbox", "webhooks")
"""Steps that one worker at a time does: moving sessions on, delivering, calling endpoints."""
_STALLED_S = 60.0
"""How long a look for waiting messages may take, s: it waits for no endpoint."""


class Market:
    """The market platform: its services, wired to each other.

    Args:
        database_url: SQLAlchemy URL of the market's own database.
        client: The market operator's calls to other parties' systems.
        clock: The market's clock.
        rules: Zone, and which parties are DSO and TSO.
        caller: Calls participants' endpoints.
        kafka: Where topics are published, too; none where they are not.
        is_shared: Whether several servers, its workers, share the records.

    Attributes:
        router: Its routes, with full paths under /api.
        supervisor: Its background loops.
        figures: Its figures for a monitoring system.
    """

    def __init__(
        self,
        database_url: str,
        client: PartyClient,
        clock: Clock,
        rules: MarketRules | None = None,
        caller: CallEndpoints | None = None,
        kafka: KafkaLink | None = None,
        *,
        is_shared: bool = False,
    ) -> None:
        rules = rules or MarketRules()
        self.supervisor = Supervisor("market")
        self._database = Database(database_url, metadata)
        history, calls = MeteredHistory(), Patience(clock)
        steps = _STEPS if kafka is None else (*_STEPS, "kafka")
        on_news: dict[str, OnNews] = {
            READINGS: history.follow,
            "steps": lambda _news: self._run.look_here(),
            "webhooks": lambda _news: calls.hurry(),
        }
        self._leases = Leases(
            "market", database_url, lease, steps, is_shared=is_shared, on_news=on_news
        )
        right = self._leases["outbox"]
        self._dispatcher = Dispatcher(
            outbox, self._database, client.deliver, self.supervisor, lease=right
        )
        records = MarketRecords(self._database, outbox, rules.zone, rules.deadlines)
        self._publishers = self._published(kafka)
        self.figures = self._told(records, clock)
        partners = RestPartners(client)
        publish, record = PublishOutcome(rules), RecordSession(rules)
        conditions = ReadConditions(partners, rules.participation)
        close = CloseSession(records, partners, record, publish, TellEvent(rules), conditions)
        self._run = self._made_run(records, clock, rules, close, history)
        known = ReadKnownBaselines(partners)
        read = ReadMarket(records, clock, rules, record)
        self.router = APIRouter(tags=["market"])
        flow_routes(
            self.router,
            RegisterPods(records, clock),
            SubmitService(records, known, clock, rules, conditions),
            AcceptTechnicalOutcome(records, publish, clock, rules),
            self._run,
        )
        grid_routes(self.router, TakeGridLimits(records, clock, rules))
        order_routes(self.router, read, WithdrawService(records, clock))
        session_routes(self.router, read, CreateSession(records, clock, rules), self._run)
        outcome_routes(self.router, read)
        correction_routes(self.router, NoteCorrections(records, history), self._run)
        dispute_routes(self.router, DisputeLines(records, clock, self._run.look_again))
        qualification_routes(self.router, Qualify(records, clock, rules))
        topic_routes(self.router, read)
        self._webhooks = Webhooks(
            records, caller or CallEndpoints(), clock, calls, lease=self._leases["webhooks"]
        )
        webhook_routes(self.router, self._webhooks)
        erase = ErasePods(ErasureRecords(self._database), clock, rules, history)
        self.router.include_router(erasure_router("/api/market/erasures", erase))

    def _made_run(
        self,
        records: MarketRecords,
        clock: Clock,
        rules: MarketRules,
        close: CloseSession,
        history: MeteredHistory,
    ) -> RunMarket:
        patience, partners = Patience(clock), close.partners
        at_hand = SettlementAtHand.of(records, history)
        basis = ReadBasis(records, partners, rules.zone, at_hand)
        settle = SettleDelivery(
            records,
            partners,
            PublishSettlement(rules, at_hand.curves),
            rules,
            patience,
            basis,
            CorrectDelivery(records, basis, patience),
        )
        return RunMarket(
            records,
            clock,
            PlanSessions(records, rules),
            close,
            settle,
            step_in=OverrideSession(records, close.publish, close.tell),
            lease=self._leases["steps"],
        )

    def _told(self, records: MarketRecords, clock: Clock) -> FiguresTogether:
        waiting = OutboxFigures("market", outbox, self._database)
        figures = MeasureMarket(records, waiting, clock)
        return FiguresTogether(figures, self._leases, *self._publishers)

    def _published(self, kafka: KafkaLink | None) -> list[KafkaPublisher]:
        queue = MarketQueue(self._database)
        if kafka is None:
            return []
        return [KafkaPublisher("market", queue, kafka, lease=self._leases["kafka"])]

    async def start(self) -> None:
        """Open the records, and deliver what an earlier run left."""
        await self._database.open()
        await self._leases.start(self.supervisor)
        self._dispatcher.start()
        turn = self._leases["webhooks"].held(self._webhooks.turn)
        self.supervisor.start("webhooks", turn, stalled_s=_STALLED_S)
        for each in self._publishers:
            each.start(self.supervisor)

    async def stop(self) -> None:
        """Stop delivering, and close the records."""
        for each in self._publishers:
            await each.stop(self.supervisor)
        await self.supervisor.finish("webhooks", 0)
        await self._webhooks.stop()
        await self._dispatcher.stop()
        await self._leases.stop(self.supervisor)
        await self._database.close()

    async def tick(self, now: datetime) -> None:
        """Do all that is due by now; the server's clock loop calls it a few times a second."""
        await self._run.tick(now)
        self._dispatcher.wake()
