"""The checks of a recorded session: those that its messages passed when they were submitted.

What a recording cannot tell is not checked: the limits and the divisibility that a PoD was
registered with, who may send requests, and when gates were open.
"""

from collections import Counter
from collections.abc import Container, Iterable

from platone.kernel.errors import DuplicateIdentifier
from platone.kernel.session_window import SessionWindow
from platone.market.domain.calendar import planned_session
from platone.market.domain.grid_limit import check_grid_limits, check_rules
from platone.market.domain.order_terms import check_terms
from platone.market.domain.power_kind import active_part, check_kinds, reactive_part
from platone.market.domain.problem.order import UnknownPom, WrongDuration
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.market.domain.product import check_prices, check_volumes
from platone.market.domain.submission import (
    check_aggregator,
    check_baselines,
    check_entries,
    check_indices,
    check_known,
    check_parted,
    check_unclaimed,
    check_window,
    named_pods,
    named_poms,
    offered_spots,
)
from platone.messages.clearing import DEFAULT_RULES, Product
from platone.messages.market import (
    MARKET_ZONE,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
)


def check_recording(recorded: RecordedSession) -> SessionWindow:
    """Check a recorded session, and return what it delivers.

    Raises:
        SessionOffCalendar: No session of the kind starts then.
        RecordingInvalid: A PoD stands twice in it.
        PlatoneError: The problem that a message, submitted to such a session, is refused with.
    """
    terms = recorded.session
    window = _window(recorded)
    if terms.duration != window.hours:
        raise WrongDuration(
            f"The session delivers {window.hours} hours ({len(window.indices)} quarter-hours), "
            f"not {terms.duration}.",
            expectedHours=window.hours,
        )
    pods = _pods_by_name(recorded.pods)
    baselines = {name: pod.power_baseline for name, pod in pods.items()}
    check_baselines(pods, baselines, window)
    _refuse_repeated_identifier(recorded.flexibility_services)
    _check_grid(recorded, window, pods)
    of_reactive = {name: pod.reactive_baseline or [] for name, pod in pods.items()}
    names, poms = pods.keys(), {pod.po_m_id for pod in recorded.pods}
    aggregators = {name: pod.aggregator_id for name, pod in pods.items()}
    rules = recorded.rules or DEFAULT_RULES
    product = rules.product or Product()
    claimed: set[tuple[str, int]] = set()
    for service in recorded.flexibility_services:
        _check_service(service, names, poms)
        check_kinds(service, rules)
        active, reactive = active_part(service), reactive_part(service)
        check_prices(active, product)
        check_terms(service, rules)
        if reactive.flexibility:
            check_baselines(pods, of_reactive, window)
            check_prices(reactive, rules.reactive or Product())
            check_volumes(reactive, of_reactive, rules.reactive or Product())
        if service.market_type in {None, terms.market_type}:
            check_window(service, window)
            check_volumes(active, baselines, product)
        else:  # of a day-ahead offer that stands there is what is left, and its own duration
            check_indices(service, window)
        if service.service_type is ServiceType.OFFER:
            check_aggregator(service, aggregators)
            spots = list(dict.fromkeys(offered_spots(service)))
            check_unclaimed(spots, claimed)
            claimed.update(spots)
    return window


def _check_grid(recorded: RecordedSession, window: SessionWindow, pods: Container[str]) -> None:
    """Check the limits of the grid as when they were told, and that the session has their PoDs."""
    if not recorded.grid_limits:
        return
    check_rules(recorded.rules or DEFAULT_RULES)
    check_grid_limits(recorded.grid_limits, window)
    check_known((each.pod for limit in recorded.grid_limits for each in limit.effects), pods)


def _window(recorded: RecordedSession) -> SessionWindow:
    zone, terms = recorded.zone or MARKET_ZONE, recorded.session
    try:
        return planned_session(terms.market_type, terms.start_time, zone).window
    except (KeyError, ValueError) as error:  # as zoneinfo says it of a name
        raise RecordingInvalid(f"There is no zone {zone}.", zone=zone) from error


def _check_service(
    service: RecordedService, names: Container[str], poms: Container[str | None]
) -> None:
    """Check that a request or offer says what it should, of PoDs and PoMs of the session."""
    check_parted(service)
    check_entries(service)
    check_known(named_pods(service), names)
    for pom in named_poms(service):
        if pom not in poms:
            raise UnknownPom(f"The session has no PoD of PoM {pom}.", pom=pom)


def _pods_by_name(pods: Iterable[SessionPod]) -> dict[str, SessionPod]:
    found: dict[str, SessionPod] = {}
    for pod in pods:
        if pod.pod_id in found:
            raise RecordingInvalid(f"{pod.pod_id} stands twice in the session.", pod=pod.pod_id)
        found[pod.pod_id] = pod
    return found


def _refuse_repeated_identifier(services: Iterable[RecordedService]) -> None:
    names = Counter((service.player_id, service.player_service_id) for service in services)
    for (player, name), times in names.items():
        if times > 1:
            raise DuplicateIdentifier(
                f"{player} has {times} messages {name} in the session.", playerServiceId=name
            )
