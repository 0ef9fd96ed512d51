"""Sessions of one quarter-hour in a few words."""

from tests.unit.market.random_session import START

from platone.messages.base import MarketType
from platone.messages.clearing import ClearingRules, GridLimit, PodEffect
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
    SessionTerms,
)
from platone.messages.outcome import AcceptedPower, MarketOutcome

DSO, TSO, OFFER = ServiceType.DSO_REQUEST, ServiceType.TSO_REQUEST, ServiceType.OFFER
BASELINE_KW = 100.0


def offer(pod: str, change_kw: float, price: float) -> RecordedService:
    """An offer of a change of one PoD."""
    return _service(f"offer-{pod}", OFFER, [pod], BASELINE_KW + change_kw, price)


def ask(
    name: str, pods: list[str], change_kw: float, limit: float, kind: ServiceType = DSO
) -> RecordedService:
    """A request for a change of a group."""
    return _service(name, kind, pods, len(pods) * BASELINE_KW + change_kw, limit)


def grid_limit(
    element: str,
    effects: dict[str, float],
    *,
    least: float | None = None,
    most: float | None = None,
    price: float | None = None,
) -> GridLimit:
    """A limit of the grid."""
    told = [PodEffect(pod=pod, effect=effect) for pod, effect in effects.items()]
    return GridLimit(
        player_id="DSO",
        element=element,
        index=0,
        unit="A",
        least=least,
        most=most,
        price=price,
        effects=told,
    )


def session(
    *services: RecordedService,
    rules: ClearingRules | None = None,
    limits: tuple[GridLimit, ...] = (),
) -> RecordedSession:
    """A session of all the PoDs that its services and limits name."""
    named = {pod for each in services for entry in each.flexibility for pod in entry.pod or ()}
    named |= {effect.pod for limit in limits for effect in limit.effects}
    return RecordedSession(
        session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
        pods=[
            SessionPod(pod_id=pod, aggregator_id="AGG", power_baseline=[BASELINE_KW] * 96)
            for pod in sorted(named)
        ],
        flexibility_services=list(services),
        rules=rules,
        grid_limits=limits,
    )


def trades(outcome: MarketOutcome) -> dict[str, list[AcceptedPower]]:
    """The trades of each PoD."""
    return {
        pod.pod: [power for power in pod.power if power.accepted_p_change is not None]
        for pod in outcome.flexibility
    }


def changes(outcome: MarketOutcome) -> dict[str, float]:
    """The change of each PoD, kW."""
    return {
        pod: sum(power.accepted_p_change or 0.0 for power in powers)
        for pod, powers in trades(outcome).items()
    }


def reasons(outcome: MarketOutcome) -> dict[str, str | None]:
    """Why what is left of each PoD's offer was not taken."""
    return {pod.pod: pod.power[-1].rejection_type_p for pod in outcome.flexibility}


def _service(
    name: str, kind: ServiceType, pods: list[str], total_kw: float, price: float
) -> RecordedService:
    power = [PowerPoint(index=0, p=total_kw, p_price=price)]
    return RecordedService(
        player_id="AGG" if kind is OFFER else kind.value[:3],
        service_type=kind,
        player_service_id=name,
        flexibility=[Flexibility(pod=pods, power=power)],
    )
