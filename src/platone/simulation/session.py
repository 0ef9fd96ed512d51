"""A market session: recorded, checked, cleared, judged on the grid and validated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from platone.dso.domain.forecast import Forecast
from platone.dso.domain.grid_limit import LimitOrder, limit_session
from platone.dso.domain.request import build_request, size_session
from platone.dso.domain.technical_outcome import judge
from platone.grid.flexibility.request import FlexibilityNeed
from platone.kernel.market_time import MarketDay
from platone.kernel.session_window import MarketType, SessionWindow
from platone.market.domain.calendar import SessionPlan, planned_session
from platone.market.domain.clearing import clear
from platone.market.domain.grid_limit import limits_among, needs_relief
from platone.market.domain.recording import (
    NO_TRADES,
    DayAheadTrades,
    changes_of,
    standing_offers,
)
from platone.market.domain.recording_check import check_recording
from platone.market.domain.validation import Spot, has_trades, validate, validate_as_cleared
from platone.messages.clearing import DEFAULT_RULES, ClearingRules, GridLimit
from platone.messages.market import (
    FlexibilityService,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
    SessionReference,
    SessionTerms,
)
from platone.messages.outcome import MarketOutcome, TechnicalOutcome, ValidatedOutcome
from platone.simulation.operator import DSO, WORK

_ASKED_AFTER = timedelta(minutes=1)
"""Time from a gate's opening to the system operators' requests."""
_OFFERED_AFTER = timedelta(minutes=30)
"""Time from a gate's opening to the first offer; each next one comes a second later."""
_SECOND = timedelta(seconds=1)
"""Time between two offers, so that none is first by its name."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldSession:
    """A session that has been held.

    Attributes:
        window: What it delivers.
        recording: Its inputs.
        need: The DSO's need.
        market: What was cleared.
        technical: The DSO's answer; none where nothing was traded.
        validated: The final trades.
    """

    window: SessionWindow
    recording: RecordedSession
    need: FlexibilityNeed
    market: MarketOutcome
    technical: TechnicalOutcome | None
    validated: ValidatedOutcome

    @property
    def offers(self) -> list[RecordedService]:
        """The offers that took part."""
        return [
            each
            for each in self.recording.flexibility_services
            if each.service_type is ServiceType.OFFER
        ]

    @property
    def changes_kw(self) -> dict[Spot, float]:
        """The final changes by point of delivery and quarter-hour."""
        return {
            (pod, index): change_kw
            for pod, changes in changes_of(self.validated).items()
            for index, change_kw in changes.items()
        }


@dataclass(frozen=True, slots=True)
class SessionInput:
    """The circumstances of a session.

    Attributes:
        market_type: Its kind.
        window: What it delivers.
        forecast: The day as the DSO expects it when it asks.
        pods: The points of delivery with what their trades count from.
        price: Most that the DSO pays, EUR/kWh.
        rules: How it is cleared.
        knows_grid: Whether the DSO tells limits of its grid, in place of a request.
    """

    market_type: MarketType
    window: SessionWindow
    forecast: Forecast
    pods: Sequence[SessionPod]
    price: float
    rules: ClearingRules
    knows_grid: bool = False

    @property
    def reference(self) -> SessionReference:
        """The session's name."""
        return SessionReference(market_type=self.market_type, start_time=self.window.start)

    @property
    def day(self) -> MarketDay:
        """The market day."""
        return self.window.day


def hold_session(
    given: SessionInput,
    asked: Sequence[FlexibilityService],
    offers: Sequence[FlexibilityService],
    standing: Sequence[RecordedService] = (),
) -> HeldSession | None:
    """Hold a session: ask, offer, clear, judge, validate. None where nobody asks for anything.

    Args:
        given: Its circumstances.
        asked: Requests of others than the DSO.
        offers: Offers that come in this session.
        standing: Offers that stand from another one.
    """
    need, requests, limits = _asked_by_dso(given)
    requests += asked
    if not requests and not any(needs_relief(limit) for limit in limits):
        return None
    plan = planned_session(given.market_type, given.window.start, given.day.zone)
    recording = RecordedSession(
        session=SessionTerms(
            market_type=given.market_type,
            start_time=given.window.start,
            duration=given.window.hours,
        ),
        pods=list(given.pods),
        flexibility_services=[*_submitted(plan, requests, offers), *standing],
        zone=given.day.zone,
        rules=None if given.rules == DEFAULT_RULES else given.rules,
        grid_limits=limits_among(limits, {pod.pod_id for pod in given.pods}),
    )
    check_recording(recording)
    market = clear(recording)
    if not has_trades(market):
        final = validate_as_cleared(market)
        return HeldSession(given.window, recording, need, market, None, final)
    technical = judge(given.forecast, market, WORK).technical
    final = validate(market, technical)
    return HeldSession(given.window, recording, need, market, technical, final)


def _asked_by_dso(
    given: SessionInput,
) -> tuple[FlexibilityNeed, list[FlexibilityService], tuple[GridLimit, ...]]:
    """Return the DSO's need, and its request or the limits of its grid."""
    indices = given.window.indices
    if given.knows_grid:
        found = limit_session(given.forecast, indices, LimitOrder(DSO, given.price), WORK)
        return found.need, [], found.limits
    need = size_session(given.forecast, indices, WORK)
    request = build_request(DSO, given.reference, given.window, need.needs, given.price)
    return need, [request] if request else [], ()


def scheduled(pods: Sequence[SessionPod], before: HeldSession | None) -> list[SessionPod]:
    """Return points of delivery whose baselines include what was traded the day ahead."""
    told = {pod.pod_id: pod.power_baseline for pod in pods}
    trades = DayAheadTrades(changes_of(before.validated), told) if before else NO_TRADES
    schedules = trades.schedules(trades.counted(told))
    return [msgspec.structs.replace(pod, power_baseline=schedules[pod.pod_id]) for pod in pods]


def still_offered(
    before: HeldSession | None,
    offers: Sequence[FlexibilityService],
    pods: Sequence[SessionPod],
    indices: range,
) -> list[RecordedService]:
    """Return day-ahead offers as they stand in a real-time session."""
    given = before.offers if before else [_recorded(each) for each in offers]
    schedules: Mapping[str, Sequence[float]] = {pod.pod_id: pod.power_baseline for pod in pods}
    return standing_offers(given, (), schedules, indices)


def _submitted(
    plan: SessionPlan,
    requests: Sequence[FlexibilityService],
    offers: Sequence[FlexibilityService],
) -> list[RecordedService]:
    """Return services with the instants at which they come."""
    asked = [
        msgspec.structs.replace(_recorded(each), submitted_at=plan.gate_opens + _ASKED_AFTER)
        for each in requests
    ]
    first = plan.gate_opens + _OFFERED_AFTER
    offered = [
        msgspec.structs.replace(_recorded(each), submitted_at=first + number * _SECOND)
        for number, each in enumerate(offers)
    ]
    return asked + offered


def _recorded(service: FlexibilityService) -> RecordedService:
    return RecordedService(**msgspec.structs.asdict(service))
