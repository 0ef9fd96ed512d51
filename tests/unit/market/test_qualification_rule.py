"""Steps of qualifications by chance, held against the table of the page and a model of validity."""

import random
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.market.linked_case import Case, Part

from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay
from platone.market.domain.problem.qualification import (
    NotQualified,
    QualificationNotYours,
    QualificationStateInvalid,
)
from platone.market.domain.qualification import (
    apply,
    check_apart,
    check_application,
    check_qualified,
    decide,
    is_qualified,
    prequalify,
)
from platone.messages.clearing import Direction, Product
from platone.messages.qualification import (
    ControllableUnit,
    GridPrequalification,
    ProvidingKind,
    Qualification,
    QualificationApplication,
    QualificationDecision,
)
from platone.messages.qualification import (
    GridResult as Grid,
)
from platone.messages.qualification import (
    QualificationState as State,
)

NOW = datetime(2021, 6, 1, tzinfo=UTC)
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "market-rules.md"


def unit(name: str, pod: str, *, up: float = 0.0, down: float = 0.0, minutes: int = 5) -> object:
    return ControllableUnit(
        controllable_unit_id=name, pod=pod, up_p=up, down_p=down, full_activation_minutes=minutes
    )


def application(
    *units: object, kind: ProvidingKind = ProvidingKind.UNIT
) -> QualificationApplication:
    return QualificationApplication(
        application_id="a",
        player_id="AGG",
        kind=kind,
        controllable_units=[each for each in units if isinstance(each, ControllableUnit)],
    )


def decision(state: State, **validity: datetime | None) -> QualificationDecision:
    return QualificationDecision(state=state, text="So.", **validity)


def told(from_state: State) -> set[State]:
    """The states that follow by the table of the page."""
    row = rf"^\| `{from_state.value}` \| (.*?) \|"
    (cell,) = re.findall(row, PAGE.read_text("utf-8"), re.MULTILINE)
    return {State(name) for name in re.findall(r"`(\w+)`", cell)}


@pytest.mark.parametrize("seed", range(40))
def test_states_follow_as_the_page_says(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    found = apply(application(unit("u", "POD-A", down=10.0)), NOW)
    granted: bool | None = None
    for number in range(30):
        at = NOW + timedelta(hours=number)
        if rng.random() < 0.3:
            result = rng.choice([*Grid])
            answer = GridPrequalification(result=result, text="So.")
            if found.state is State.ENDED:
                with pytest.raises(QualificationStateInvalid):
                    prequalify(found, answer, "DSO", at)
                continue
            before = found.state
            found = prequalify(found, answer, "DSO", at)
            granted = result is Grid.GRANTED
            falls = before is State.QUALIFIED and not granted
            assert found.state is (State.SUSPENDED if falls else before)
        else:
            state = rng.choice([*State])
            follows = found.state is not State.ENDED and state in told(found.state)
            if follows and (state is not State.QUALIFIED or granted):
                found = decide(found, decision(state), "MO", at, operates=True)
                assert found.state is state
            else:
                with pytest.raises(QualificationStateInvalid):
                    decide(found, decision(state), "MO", at, operates=True)
                continue
        assert (found.steps[-1].at, found.steps[-1].state) == (at, found.state)
        assert is_qualified(found, at) is (found.state is State.QUALIFIED)
    assert [step.at for step in found.steps] == sorted(step.at for step in found.steps)


def qualified(**validity: datetime | None) -> Qualification:
    found = apply(application(unit("u", "POD-A", down=10.0)), NOW)
    found = prequalify(found, GridPrequalification(result=Grid.GRANTED, text="Room."), "DSO", NOW)
    found = decide(found, decision(State.UNDER_REVIEW), "MO", NOW, operates=True)
    return decide(found, decision(State.QUALIFIED, **validity), "MO", NOW, operates=True)


def test_its_service_provider_can_only_end_it() -> None:
    found = qualified()
    with pytest.raises(QualificationNotYours):
        decide(found, decision(State.SUSPENDED), "AGG", NOW, operates=False)
    assert decide(found, decision(State.ENDED), "AGG", NOW, operates=False).state is State.ENDED


def test_an_offer_is_taken_of_quarter_hours_that_lie_in_the_validity() -> None:
    day = MarketDay(date(2021, 6, 23))
    limits = {"valid_from": day.instant(4), "valid_until": day.instant(8) - timedelta(minutes=1)}
    own = {"POD-A": [qualified(**limits)]}
    case = Case({0: 1.0}, 0.5, [[Part("POD-A", dict.fromkeys(range(10), 1.0), 0.1)]])
    _, offer = case.session().flexibility_services
    for index in range(10):
        held = is_qualified(own["POD-A"][0], day.instant(index))
        assert held is (4 <= index < 7), index
    with pytest.raises(NotQualified) as refused:
        check_qualified(offer, own, day)
    assert refused.value.fields == {"pod": "POD-A", "index": 0, "state": "qualified"}
    check_qualified(offer, {"POD-A": [qualified()]}, day)
    with pytest.raises(NotQualified):
        check_qualified(offer, {}, day)


def slugs(asked: QualificationApplication, product: Product) -> list[str]:
    try:
        check_application(asked, product)
    except PlatoneError as error:
        return [each.slug for each in (error, *error.others)]
    return []


def test_an_application_fits_its_kind_and_the_product() -> None:
    group, product = ProvidingKind.GROUP, Product(full_activation_minutes=10, least_volume_w=1_000)
    small = unit("u", "POD-A", down=0.6)
    assert slugs(application(small, unit("v", "POD-A", down=0.4)), product) == []
    assert slugs(application(small, unit("v", "POD-A", up=0.4)), product) == []
    reduce = Product(direction=Direction.REDUCE, least_volume_w=1_000)
    assert slugs(application(small, unit("v", "POD-A", up=0.4)), reduce) == [
        "qualification-not-met"
    ]
    slow = unit("v", "POD-A", down=1.0, minutes=11)
    assert slugs(application(slow), product) == ["qualification-not-met"]
    two = application(unit("u", "POD-A", down=1.0), unit("u", "POD-B", down=1.0))
    assert slugs(two, product) == ["qualification-invalid"] * 2
    apart = application(unit("u", "POD-A", down=1.0), unit("v", "POD-B", down=1.0), kind=group)
    assert slugs(apart, product) == []


def test_a_point_of_delivery_is_part_of_one_that_is_not_ended() -> None:
    found = qualified()
    with pytest.raises(PlatoneError) as refused:
        check_apart(["POD-A", "POD-B"], [found])
    assert refused.value.fields == {"pod": "POD-A", "qualification": found.id}
    ended = decide(found, decision(State.ENDED), "MO", NOW, operates=True)
    check_apart(["POD-A", "POD-B"], [ended])
