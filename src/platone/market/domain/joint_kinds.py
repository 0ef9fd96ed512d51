"""Active and reactive power cleared as one, where limits of the grid bind both.

A point of delivery then stands twice among those of the session: as itself, with its active power,
and as a twin with its reactive power. Limits of the grid hold for the effects of both together, so
a kvar that lifts a voltage and a kW that does it compete by what they do there.
"""

from collections.abc import Iterable, Sequence

import msgspec

from platone.market.domain.power_kind import active_session, reactive_session
from platone.messages.clearing import DEFAULT_RULES, GridLimit, Method, PodEffect
from platone.messages.market import (
    AskedGroup,
    Flexibility,
    PowerKind,
    RecordedService,
    RecordedSession,
    SessionPod,
)
from platone.messages.outcome import PodOutcome

_TWIN = " Q"
"""Ends the name of a twin, and of its point of measurement: no other name has a space."""


def joint_session(recorded: RecordedSession) -> RecordedSession | None:
    """Return both kinds of power of a session in the form of one; None where nothing binds both.

    Where one of the products bounds how long activations last, the kinds are cleared apart.

    Raises:
        RecordingInvalid: Its rules trade no reactive power, or a PoD has no baseline of it.
    """
    rules = recorded.rules or DEFAULT_RULES
    binds_both = rules.method is Method.LEAST_COST and any(
        each.reactive_effect for limit in recorded.grid_limits for each in limit.effects
    )
    bounded = [each for each in (rules.product, rules.reactive) if each and each.bounds_duration]
    if not binds_both or bounded:
        return None
    reactive = reactive_session(recorded)
    if reactive is None:
        return None
    active = active_session(recorded)
    return msgspec.structs.replace(
        active,
        pods=[*active.pods, *map(_twin_of_pod, reactive.pods)],
        flexibility_services=[
            *active.flexibility_services,
            *map(_twin_of_service, reactive.flexibility_services),
        ],
        rules=msgspec.structs.replace(rules, reactive=None),
        grid_limits=tuple(map(_with_twins, recorded.grid_limits)),
        left_out=(),
    )


def split_kinds(told: Iterable[PodOutcome]) -> tuple[list[PodOutcome], list[PodOutcome]]:
    """Return the lines of points of delivery, and those of their twins by the pods' own names."""
    active: list[PodOutcome] = []
    reactive: list[PodOutcome] = []
    for each in told:
        pod = each.pod.removesuffix(_TWIN)
        into = active if pod == each.pod else reactive
        into.append(PodOutcome(pod=pod, power=each.power))
    return active, reactive


def own_names(pods: Sequence[str]) -> list[str]:
    """Return the points of delivery that some names are of, each once, in order."""
    return sorted({pod.removesuffix(_TWIN) for pod in pods})


def _twin_of_pod(pod: SessionPod) -> SessionPod:
    pom = None if pod.po_m_id is None else pod.po_m_id + _TWIN
    return msgspec.structs.replace(pod, pod_id=pod.pod_id + _TWIN, po_m_id=pom)


def _twin_of_service(service: RecordedService) -> RecordedService:
    return msgspec.structs.replace(
        service,
        flexibility=[_twin_of_entry(entry) for entry in service.flexibility],
        asked=tuple(_twin_of_group(each) for each in service.asked),
    )


def _twin_of_entry(entry: Flexibility) -> Flexibility:
    return msgspec.structs.replace(
        entry,
        pod=None if entry.pod is None else [pod + _TWIN for pod in entry.pod],
        pom=None if entry.pom is None else entry.pom + _TWIN,
        power_kind=PowerKind.REACTIVE,  # so that its shadow price is told by the kvar
    )


def _twin_of_group(asked: AskedGroup) -> AskedGroup:
    pods = type(asked.pods)(pod + _TWIN for pod in asked.pods)
    return msgspec.structs.replace(asked, pods=pods)


def _with_twins(limit: GridLimit) -> GridLimit:
    twins = [
        PodEffect(pod=each.pod + _TWIN, effect=each.reactive_effect)
        for each in limit.effects
        if each.reactive_effect
    ]
    return msgspec.structs.replace(limit, effects=[*limit.effects, *twins])
