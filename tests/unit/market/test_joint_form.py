"""Both kinds of power in the form of one: twins of points, entries, groups and effects."""

import msgspec
import pytest
from tests.unit.market.market_case import grid_limit
from tests.unit.market.test_power_kind import KVAR, kvar, names, recorded

from platone.market.domain.joint_kinds import joint_session, own_names, split_kinds
from platone.messages.clearing import ClearingRules, Method, PodEffect, Product
from platone.messages.market import (
    AskedGroup,
    Flexibility,
    PowerKind,
    PowerPoint,
    RecordedSession,
)
from platone.messages.outcome import AcceptedPower, PodOutcome

RULES = ClearingRules(method=Method.LEAST_COST, product=Product(), reactive=KVAR)
EFFECTS = [
    PodEffect(pod="P0", effect=1.0, reactive_effect=0.25),
    PodEffect(pod="P1", effect=2.0, reactive_effect=0.0),
    PodEffect(pod="P2", effect=3.0),
]


def joint(
    rules: ClearingRules | None = RULES, effects: list[PodEffect] = EFFECTS
) -> RecordedSession:
    limit = msgspec.structs.replace(grid_limit("line/1", {}, most=5.0), effects=effects)
    loose = grid_limit("line/2", {"P1": 1.0}, most=5.0)
    made = recorded(rules)
    first, second = made.pods
    pods = [msgspec.structs.replace(first, po_m_id="M"), second]
    return msgspec.structs.replace(made, pods=pods, grid_limits=(limit, loose))


def test_points_stand_twice_with_their_baselines() -> None:
    found = joint_session(joint())
    assert found is not None
    told = [(pod.pod_id, pod.po_m_id, pod.power_baseline[:1]) for pod in found.pods]
    assert told == [
        ("P0", "M", [100.0]),
        ("P1", None, [100.0]),
        ("P0 Q", "M Q", [9.0]),
        ("P1 Q", None, []),
    ]
    assert names(found) == ["need", "offer-P0", "offer-P0", "offer-P1"]
    twins = [entry for each in found.flexibility_services[2:] for entry in each.flexibility]
    assert [each.pod for each in twins] == [["P0 Q"], ["P1 Q"]]
    assert {each.power_kind for each in twins} == {PowerKind.REACTIVE}
    assert [(point.p, point.p_price) for point in twins[0].power] == [(-2.0, 0.25), (1.0, 0.0)]
    assert found.rules == msgspec.structs.replace(RULES, reactive=None)
    assert found.left_out == ()


def test_limits_have_the_effects_of_both() -> None:
    found = joint_session(joint())
    assert found is not None
    first, second = found.grid_limits
    assert first.effects == [*EFFECTS, PodEffect(pod="P0 Q", effect=0.25)]
    assert (second.effects, second.most) == ([PodEffect(pod="P1", effect=1.0)], 5.0)


def test_a_request_of_a_point_of_measurement_is_one_of_its_twin() -> None:
    made = joint()
    point = PowerPoint(index=3, p=0.0, p_price=0.0, q=1.0, q_price=0.5)
    entry = Flexibility(pom="M", power=[point], power_kind=PowerKind.REACTIVE)
    need = msgspec.structs.replace(
        made.flexibility_services[0],
        flexibility=[entry, kvar("P1", (3, 1.0, 0.5))],
        asked=(AskedGroup(pods=("P0",), needs_kw=(1.5,)), AskedGroup()),
    )
    found = joint_session(
        msgspec.structs.replace(made, flexibility_services=[need, *made.flexibility_services[1:]])
    )
    assert found is not None
    (twin,) = [each for each in found.flexibility_services if each.player_service_id == "need"]
    assert [(each.pod, each.pom) for each in twin.flexibility] == [(None, "M Q"), (["P1 Q"], None)]
    assert twin.asked == (AskedGroup(pods=("P0 Q",), needs_kw=(1.5,)), AskedGroup())


@pytest.mark.parametrize(
    "rules",
    [
        msgspec.structs.replace(RULES, method=Method.MERIT_ORDER),
        msgspec.structs.replace(RULES, product=Product(least_quarter_hours=2)),
        msgspec.structs.replace(RULES, reactive=Product(most_quarter_hours=2)),
        None,
    ],
)
def test_they_are_apart_by_merit_or_where_durations_are_bounded(
    rules: ClearingRules | None,
) -> None:
    assert joint_session(joint(rules)) is None


def test_they_are_apart_where_nothing_binds_both() -> None:
    assert joint_session(joint(effects=EFFECTS[1:])) is None
    made = joint()
    plain = msgspec.structs.replace(made, flexibility_services=made.flexibility_services[:1])
    assert joint_session(plain) is None
    without = msgspec.structs.replace(RULES, product=None)
    assert joint_session(joint(without)) is not None


def test_outcomes_are_told_apart_by_their_own_names() -> None:
    power = [
        AcceptedPower(index=0, accepted_p_value=1.0, player_service_id="s", player_offer_id="A")
    ]
    told = [PodOutcome(pod="P0", power=power), PodOutcome(pod="P0 Q", power=[])]
    active, reactive = split_kinds([*told, PodOutcome(pod="P1 Q", power=power)])
    assert active == [PodOutcome(pod="P0", power=power)]
    assert reactive == [PodOutcome(pod="P0", power=[]), PodOutcome(pod="P1", power=power)]
    assert own_names(["P1 Q", "P0", "P1", "P0 Q", "P2 Q"]) == ["P0", "P1", "P2"]
