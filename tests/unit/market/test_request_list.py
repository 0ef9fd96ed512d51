"""The requests of a session in the order of serving, and the groups that they are about."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from platone.market.domain.order_book import list_asks, submission_order, tabulate
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.messages.base import MarketType
from platone.messages.market import (
    AskedGroup,
    Flexibility,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
    SessionTerms,
)

DSO, TSO = ServiceType.DSO_REQUEST, ServiceType.TSO_REQUEST
START = datetime(2021, 6, 22, 22, tzinfo=UTC)
POWER = [PowerPoint(index=1, p=5.0, p_price=0.1)]
PODS = [
    SessionPod(
        pod_id=f"POD-{number:02d}",
        aggregator_id="AGG",
        po_m_id={3: "EAST", 8: "EAST", 1: "WEST"}.get(number),
        power_baseline=[number + 0.25 * index for index in range(92)],
    )
    for number in (8, 3, 1, 0, 2, 9, 4, 5, 6, 7)
]
TABLE = tabulate(PODS)


def request(
    name: str,
    *entries: Flexibility,
    kind: ServiceType = DSO,
    minute: int | None = 0,
    asked: tuple[AskedGroup, ...] = (),
    by: str = "DSO",
) -> RecordedService:
    return RecordedService(
        player_id=by,
        service_type=kind,
        player_service_id=name,
        flexibility=list(entries),
        submitted_at=None if minute is None else START + timedelta(minutes=minute),
        asked=asked,
    )


def entry(pods: list[str], *points: tuple[int, float, float]) -> Flexibility:
    return Flexibility(pod=pods, power=[PowerPoint(index=i, p=p, p_price=c) for i, p, c in points])


def asks(*services: RecordedService) -> list[tuple[str, list[int], int, float, float]]:
    """Name, rows, quarter-hour, need and limit of each request, as they are served."""
    session = RecordedSession(
        session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
        pods=PODS,
        flexibility_services=list(services),
    )
    return [
        (each.service.player_service_id, each.group.tolist(), each.index, each.need_kw, each.limit)
        for each in list_asks(session, TABLE)
    ]


def test_the_table_is_by_identifier_with_gaps_where_nothing_is_known() -> None:
    assert [pod.pod_id for pod in TABLE.pods] == [f"POD-{number:02d}" for number in range(10)]
    assert [TABLE.row(pod.pod_id) for pod in TABLE.pods] == list(range(10))
    for number in range(10):
        assert TABLE.baseline_kw[number, 4] == number + 1.0
        assert np.isnan(TABLE.baseline_kw[number, 92:]).all()
        assert not np.isnan(TABLE.baseline_kw[number, :92]).any()
    assert {pom: rows.tolist() for pom, rows in TABLE.poms.items()} == {"EAST": [3, 8], "WEST": [1]}


def test_a_point_of_delivery_stands_once_and_only_its_own_are_there() -> None:
    with pytest.raises(RecordingInvalid, match="stands twice"):
        tabulate([PODS[0], PODS[1], PODS[0]])
    with pytest.raises(RecordingInvalid, match="no PoD POD-77") as refused:
        TABLE.row("POD-77")
    assert refused.value.fields == {"pod": "POD-77"}


def test_groups_are_rows_in_rising_order_each_once() -> None:
    named = Flexibility(pod=["POD-08", "POD-01", "POD-09", "POD-01"], power=POWER)
    assert TABLE.group(named).tolist() == [1, 8, 9]
    measured = Flexibility(pom="EAST", power=POWER)
    assert TABLE.group(measured).tolist() == [3, 8]
    assert TABLE.group(measured, ("POD-08", "POD-00")).tolist() == [0, 8]
    assert TABLE.group(named, ("POD-05",)).tolist() == [1, 8, 9]  # it names its own
    gone = Flexibility(pom="NORTH", power=POWER)
    assert TABLE.group(gone, ("POD-02",)).tolist() == [2]
    with pytest.raises(RecordingInvalid, match="No PoD belongs to PoM NORTH"):
        TABLE.group(gone)


def test_a_group_is_of_points_of_delivery_or_of_measurement() -> None:
    for wrong in (
        Flexibility(power=POWER),
        Flexibility(pod=["POD-01"], pom="EAST", power=POWER),
    ):
        with pytest.raises(RecordingInvalid, match="for one of both"):
            TABLE.group(wrong)
    with pytest.raises(RecordingInvalid, match="twice for one quarter-hour"):
        TABLE.group(entry(["POD-01"], (1, 5.0, 0.1), (2, 5.0, 0.1), (1, 6.0, 0.2)))
    assert TABLE.group(entry(["POD-01"], (1, 5.0, 0.1), (2, 5.0, 0.1))).tolist() == [1]


def test_the_need_is_the_total_less_the_baselines_of_the_group() -> None:
    assert asks(request("R", entry(["POD-01", "POD-03"], (4, 10.0, 0.2), (0, 3.0, 0.2)))) == [
        ("R", [1, 3], 4, 4.0, 0.2),
        ("R", [1, 3], 0, -1.0, 0.2),
    ]
    with pytest.raises(RecordingInvalid, match="no baseline at index 92") as refused:
        asks(request("R", entry(["POD-01"], (91, 10.0, 0.2), (92, 10.0, 0.2))))
    assert refused.value.fields == {"playerServiceId": "R"}


def test_needs_are_added_without_rounding_between() -> None:
    """A tenth ten times is one: to the last digit, and whatever the order of the group."""
    pods = [
        SessionPod(pod_id=f"P{number}", aggregator_id="AGG", power_baseline=[0.1] * 96)
        for number in range(10)
    ]
    session = RecordedSession(
        session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
        pods=pods,
        flexibility_services=[request("R", entry([pod.pod_id for pod in pods], (1, 1.0, 0.1)))],
    )
    (only,) = list_asks(session, tabulate(pods))
    assert only.need_kw == 0.0


def test_who_is_served_first() -> None:
    """The DSO; then who pays more; then who came first, one without an instant before all."""
    served = asks(
        request("T-rich", entry(["POD-01"], (1, 0.0, 9.0)), kind=TSO, minute=0),
        request("late", entry(["POD-01"], (1, 0.0, 0.2)), minute=5),
        request("B", entry(["POD-01"], (1, 0.0, 0.2)), minute=3, by="DSO-1"),
        request("poor", entry(["POD-01"], (1, 0.0, 0.1)), minute=0),
        request("A", entry(["POD-01"], (1, 0.0, 0.2), (2, 0.0, 0.3)), minute=3, by="DSO-2"),
        request("B", entry(["POD-02"], (1, 0.0, 0.2)), minute=3, by="DSO-0"),
        request("timeless", entry(["POD-01"], (1, 0.0, 0.2)), minute=None),
        request("offer", entry(["POD-01"], (1, 0.0, 0.2)), kind=ServiceType.OFFER),
    )
    assert [(name, rows, index) for name, rows, index, *_ in served] == [
        ("A", [1], 2),
        ("timeless", [1], 1),
        ("A", [1], 1),
        ("B", [2], 1),
        ("B", [1], 1),
        ("late", [1], 1),
        ("poor", [1], 1),
        ("T-rich", [1], 1),
    ]


def test_the_key_of_the_order_is_instant_name_and_party() -> None:
    timed = request("N", entry(["POD-01"], (1, 0.0, 0.2)), minute=7, by="P")
    assert submission_order(timed) == (START + timedelta(minutes=7), "N", "P")
    assert submission_order(request("N", minute=None)) < (START - timedelta(days=700_000), "", "")


@pytest.mark.parametrize(
    ("asked_kw", "need_kw"),
    [(-7.0, -2.0), (-0.5, -2.0), (3.0, 0.0), (0.0, 0.0), (1e-9, 0.0)],
)
def test_a_request_never_turns_round(asked_kw: float, need_kw: float) -> None:
    """2 kW less than the baselines are asked now; what was asked at first says the direction."""
    noted = (AskedGroup(needs_kw=(asked_kw,)),)
    (found,) = asks(request("R", entry(["POD-03"], (0, 1.0, 0.2)), asked=noted))
    assert found[3] == need_kw


def test_notes_are_of_each_entry_and_its_quarter_hours() -> None:
    two = [entry(["POD-01"], (1, 0.0, 0.2), (2, 0.0, 0.2)), entry(["POD-02"], (1, 0.0, 0.2))]
    whole = AskedGroup(needs_kw=(-1.0, 1.0)), AskedGroup(needs_kw=(1.0,))
    found = asks(request("R", *two, asked=whole))
    assert [need_kw for *_, need_kw, _ in found] == [-1.25, 0.0, 0.0]
    partly = whole[0], AskedGroup()
    assert [each[3] for each in asks(request("R", *two, asked=partly))] == [-1.25, 0.0, -2.25]
    for wrong in (
        whole[:1],
        (*whole, AskedGroup()),
        (AskedGroup(needs_kw=(-1.0,)), whole[1]),
        (whole[0], AskedGroup(needs_kw=(1.0, 1.0))),
    ):
        with pytest.raises(RecordingInvalid, match="not noted for each entry") as refused:
            asks(request("R", *two, asked=wrong))
        assert refused.value.fields == {"playerServiceId": "R"}


def test_the_members_of_then_are_asked() -> None:
    noted = (AskedGroup(pods=("POD-03",), needs_kw=(-2.0,)),)
    measured = Flexibility(pom="EAST", power=[PowerPoint(index=0, p=1.0, p_price=0.1)])
    assert asks(request("R", measured, asked=noted)) == [("R", [3], 0, -2.0, 0.1)]
    assert asks(request("R", measured)) == [("R", [3, 8], 0, -10.0, 0.1)]
