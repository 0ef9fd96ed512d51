"""The DSO's request of a session: how much is asked, and the form in which the market takes it."""

from collections.abc import Sequence
from dataclasses import replace

from platone.dso.domain.forecast import Forecast
from platone.grid.flexibility.request import FlexibilityNeed, GroupNeed, PodFlexibility
from platone.grid.flow.state import ConsumerPower
from platone.grid.run.grid_work import GridWork
from platone.kernel.session_window import SessionWindow
from platone.messages.market import (
    Flexibility,
    FlexibilityService,
    PowerPoint,
    ServiceType,
    SessionReference,
)


def expected_power(forecast: Forecast, indices: range) -> ConsumerPower:
    """Return the power of all consumers in some quarter-hours of a day."""
    rows = list(indices)
    return ConsumerPower(forecast.power.p_kw[rows], forecast.power.q_kvar[rows])


def flexible_pods(forecast: Forecast) -> list[PodFlexibility]:
    """Return how far each point of delivery of a day can be moved."""
    return [
        PodFlexibility(
            pod_id=pod_id,
            max_up_kw=pod.max_up_kw,
            max_down_kw=pod.max_down_kw,
            kvar_per_kw=pod.kvar_per_kw,
        )
        for pod_id, pod in forecast.pods.items()
    ]


def with_reactive(forecast: Forecast) -> list[PodFlexibility]:
    """Return the same of those that can be moved, with reactive power that moves by itself."""
    return [
        replace(
            each,
            max_q_up_kvar=forecast.pods[each.pod_id].reactive_kvar[0],
            max_q_down_kvar=forecast.pods[each.pod_id].reactive_kvar[1],
        )
        for each in flexible_pods(forecast)
        if forecast.pods[each.pod_id].is_flexible
    ]


def size_session(forecast: Forecast, indices: range, work: GridWork) -> FlexibilityNeed:
    """Return the broken limits of some quarter-hours of a day, and the changes that cure them.

    Raises:
        PowerFlowDiverged: A quarter-hour has no solution.
        ClusterMissing: The workers are not there.
    """
    flexible = flexible_pods(forecast)
    return work.request(forecast.network, expected_power(forecast, indices), flexible)


def build_request(
    dso: str,
    session: SessionReference,
    window: SessionWindow,
    needs: Sequence[GroupNeed],
    price: float,
) -> FlexibilityService | None:
    """Return the request in the market's form: one entry for each set of PoDs; none of no need.

    Args:
        dso: The DSO's party.
        session: The session's kind and start.
        window: Its quarter-hours.
        needs: What is asked of sets of PoDs.
        price: Most that is paid, EUR/kWh.
    """
    if not needs:
        return None
    indices = window.indices
    groups: dict[tuple[str, ...], list[PowerPoint]] = {}
    for need in needs:
        point = PowerPoint(
            index=indices[need.scenario], p=need.total_kw, p_price=price, q_price=price
        )
        groups.setdefault(need.pods, []).append(point)
    kind = session.market_type.value
    return FlexibilityService(
        player_id=dso,
        service_type=ServiceType.DSO_REQUEST,
        player_service_id=f"{dso}:::{kind}:::{session.start_time:%Y-%m-%dT%H:%M:%S}.000Z",
        flexibility=[
            Flexibility(pod=list(pods), power=power) for pods, power in sorted(groups.items())
        ],
        market_type=session.market_type,
        start_time=session.start_time,
        duration=window.hours,
    )
