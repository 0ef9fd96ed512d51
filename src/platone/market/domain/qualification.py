"""Prequalification of service providing units and groups: who takes which step, and what holds.

::

    applied ──► under review ──► qualified ◄──► suspended
       │              │              │              │
       └──────────────┴──────► ended ◄──────────────┘

The DSO's grid prequalification is beside it: without it nothing becomes qualified, and what it
refuses later is suspended.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from platone.kernel.canonical import content_hash
from platone.kernel.errors import PlatoneError, raise_all
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.market.domain.problem.qualification import (
    NotQualified,
    PodInQualification,
    QualificationInvalid,
    QualificationNotMet,
    QualificationNotYours,
    QualificationStateInvalid,
)
from platone.messages.clearing import Direction, Product
from platone.messages.market import FlexibilityService, ServiceType
from platone.messages.qualification import (
    GridPrequalification,
    GridResult,
    ProvidingKind,
    Qualification,
    QualificationApplication,
    QualificationDecision,
    QualificationState,
    QualificationStep,
)

_WATTS = 1e3
"""Watts in a kilowatt."""
_State = QualificationState
_NEXT = {
    _State.APPLIED: {_State.UNDER_REVIEW, _State.ENDED},
    _State.UNDER_REVIEW: {_State.QUALIFIED, _State.ENDED},
    _State.QUALIFIED: {_State.QUALIFIED, _State.SUSPENDED, _State.ENDED},
    _State.SUSPENDED: {_State.QUALIFIED, _State.UNDER_REVIEW, _State.ENDED},
    _State.ENDED: set[QualificationState](),
}
"""The states that may follow each one; qualified again is another validity."""


def qualification_id(party: str, name: str) -> str:
    """Return a qualification's identifier, which follows from who applied and how it named it."""
    return content_hash(["qualification", party, name])[:24]


def pods_of(application: QualificationApplication) -> list[str]:
    """Return the points of delivery of an application, each once, in its order."""
    return list(dict.fromkeys(unit.pod for unit in application.controllable_units))


def check_application(application: QualificationApplication, product: Product) -> None:
    """Check an application by itself and against the market's product.

    Raises:
        QualificationInvalid: Its kind does not fit its points of delivery, or a unit stands twice.
        QualificationNotMet: A unit is slower, or a point of delivery less, than the product asks.
    """
    raise_all([*_form_problems(application), *_product_problems(application, product)])


def _form_problems(application: QualificationApplication) -> Iterator[PlatoneError]:
    pods, kind = pods_of(application), application.kind
    if (len(pods) == 1) != (kind is ProvidingKind.UNIT):
        yield QualificationInvalid(
            f"A {kind.value} of {len(pods)} points of delivery.", kind=kind.value, pods=len(pods)
        )
    names = Counter(unit.controllable_unit_id for unit in application.controllable_units)
    for name, times in names.items():
        if times > 1:
            yield QualificationInvalid(f"{name} stands {times} times.", controllableUnitId=name)


def _product_problems(
    application: QualificationApplication, product: Product
) -> Iterator[PlatoneError]:
    most = product.full_activation_minutes
    volumes_w: dict[str, float] = {}
    for unit in application.controllable_units:
        if most is not None and unit.full_activation_minutes > most:
            yield QualificationNotMet(
                f"{unit.controllable_unit_id} takes {unit.full_activation_minutes} minutes, "
                f"more than {most}.",
                controllableUnitId=unit.controllable_unit_id,
                value=unit.full_activation_minutes,
                bound=most,
            )
        up_kw = 0.0 if product.direction is Direction.REDUCE else unit.up_p
        down_kw = 0.0 if product.direction is Direction.RAISE else unit.down_p
        volume_w = volumes_w.get(unit.pod, 0.0) + max(up_kw, down_kw) * _WATTS
        volumes_w[unit.pod] = volume_w
    for pod, volume_w in volumes_w.items():
        if volume_w < product.least_volume_w:
            yield QualificationNotMet(
                f"{pod} can change by {volume_w:.0f} W in a direction that is traded, less than "
                f"{product.least_volume_w}.",
                pod=pod,
                value=volume_w,
                bound=product.least_volume_w,
            )


def check_apart(pods: Collection[str], others: Iterable[Qualification]) -> None:
    """Check that no point of delivery is part of another qualification that is not ended.

    Args:
        pods: The points of delivery of an application.
        others: The qualifications of its service provider that they are part of.

    Raises:
        PodInQualification: One is.
    """
    raise_all(
        PodInQualification(f"{pod} is part of {other.id}.", pod=pod, qualification=other.id)
        for other in others
        if other.state is not _State.ENDED
        for pod in pods_of(other.application)
        if pod in pods
    )


def apply(application: QualificationApplication, now: datetime) -> Qualification:
    """Return a new qualification."""
    party = application.player_id
    return Qualification(
        id=qualification_id(party, application.application_id),
        application=application,
        state=_State.APPLIED,
        steps=(QualificationStep(at=now, party=party, state=_State.APPLIED, text="Applied."),),
    )


def decide(
    qualification: Qualification,
    decision: QualificationDecision,
    party: str,
    now: datetime,
    *,
    operates: bool,
) -> Qualification:
    """Return a qualification in its next state.

    Args:
        qualification: The qualification.
        decision: The state and why.
        party: Who decides.
        now: When.
        operates: Whether that is the market operator.

    Raises:
        QualificationNotYours: The service provider decides more than to end it.
        QualificationStateInvalid: The state does not follow, or the grid is not prequalified.
    """
    if not operates and decision.state is not _State.ENDED:
        raise QualificationNotYours(f"Only the market operator says {decision.state.value}.")
    if decision.state not in _NEXT[qualification.state]:
        raise QualificationStateInvalid(
            f"After {qualification.state.value} comes no {decision.state.value}.",
            state=qualification.state.value,
        )
    _check_validity(decision)
    grid = qualification.grid
    is_granted = grid is not None and grid.result is GridResult.GRANTED
    if decision.state is _State.QUALIFIED and not is_granted:
        raise QualificationStateInvalid(
            "The DSO has not granted the grid prequalification.", state=qualification.state.value
        )
    step = QualificationStep(
        at=now,
        party=party,
        state=decision.state,
        text=decision.text,
        valid_from=decision.valid_from,
        valid_until=decision.valid_until,
    )
    return replace(
        qualification,
        state=decision.state,
        valid_from=decision.valid_from,
        valid_until=decision.valid_until,
        steps=(*qualification.steps, step),
    )


def prequalify(
    qualification: Qualification, answer: GridPrequalification, party: str, now: datetime
) -> Qualification:
    """Return a qualification with the DSO's answer; refused, a qualified one is suspended.

    Raises:
        QualificationStateInvalid: It is ended, or the answer is valid at no time.
    """
    state = qualification.state
    if state is _State.ENDED:
        raise QualificationStateInvalid("The qualification is ended.", state=state.value)
    _check_validity(answer)
    if answer.result is GridResult.REFUSED and state is _State.QUALIFIED:
        state = _State.SUSPENDED
    step = QualificationStep(
        at=now,
        party=party,
        state=state,
        grid_result=answer.result,
        text=answer.text,
        valid_from=answer.valid_from,
        valid_until=answer.valid_until,
    )
    return replace(qualification, state=state, grid=answer, steps=(*qualification.steps, step))


def _check_validity(said: QualificationDecision | GridPrequalification) -> None:
    """Check that what holds from an instant until another holds at all."""
    if said.valid_from and said.valid_until and said.valid_until <= said.valid_from:
        raise QualificationStateInvalid(
            "validUntil is not after validFrom.", validUntil=said.valid_until.isoformat()
        )


def is_qualified(qualification: Qualification, instant: datetime) -> bool:
    """Return whether a unit or group may be delivered by in the quarter-hour that starts then."""
    grid = qualification.grid
    return (
        qualification.state is _State.QUALIFIED
        and grid is not None
        and grid.result is GridResult.GRANTED
        and _holds(qualification, instant)
        and _holds(grid, instant)
    )


def _holds(what: Qualification | GridPrequalification, instant: datetime) -> bool:
    begun = what.valid_from is None or instant >= what.valid_from
    return begun and (what.valid_until is None or instant + QUARTER_HOUR <= what.valid_until)


def unqualified(
    offer: FlexibilityService, qualifications: Mapping[str, Sequence[Qualification]], day: MarketDay
) -> Iterator[tuple[str, int]]:
    """Yield the points of delivery and quarter-hours of an offer that nothing qualified is behind.

    Args:
        offer: The offer.
        qualifications: The offering party's, by point of delivery.
        day: The market day.
    """
    starts = day.start
    for entry in offer.flexibility:
        for pod in entry.pod or ():
            own = qualifications.get(pod, ())
            for point in entry.power:
                instant = starts + point.index * QUARTER_HOUR
                if not any(is_qualified(each, instant) for each in own):
                    yield pod, point.index


def check_qualified(
    offer: FlexibilityService, qualifications: Mapping[str, Sequence[Qualification]], day: MarketDay
) -> None:
    """Check that all that an offer offers is of qualified units and groups.

    Args:
        offer: The offer; of a request nothing is checked.
        qualifications: The offering party's, by point of delivery.
        day: The market day.

    Raises:
        NotQualified: Something is not; of each point of delivery the first quarter-hour is told.
    """
    if offer.service_type is not ServiceType.OFFER:
        return
    first: dict[str, int] = {}
    for pod, index in unqualified(offer, qualifications, day):
        first[pod] = min(index, first.get(pod, index))
    raise_all(
        _not_qualified(pod, index, qualifications.get(pod, ())) for pod, index in first.items()
    )


def _not_qualified(pod: str, index: int, own: Sequence[Qualification]) -> NotQualified:
    running = [each for each in own if each.state is not _State.ENDED]
    state = running[0].state.value if running else None
    return NotQualified(
        f"{pod} is not qualified at index {index}.", pod=pod, index=index, state=state
    )
