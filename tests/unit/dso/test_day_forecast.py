"""A market day from baselines, typical days, trades and suppositions: what counts before what."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from platone.dso.domain.day_input import DayInput, bare_pods
from platone.dso.domain.estimation import ExpectationSource, ExpectedConsumers, Feed, MaxAges
from platone.dso.domain.expectation import ExpectationInput, expected_consumers
from platone.dso.domain.forecast import (
    KnownDay,
    baselines_of,
    pod_day,
    require_data,
    suppositions,
    traded_totals,
    typical_day_remarks,
)
from platone.dso.domain.problem import PodDataMissing, SuppositionInvalid
from platone.dso.domain.remark import abridged
from platone.grid.estimation.pseudo import EXPECTED, expected_within
from platone.grid.network.model import Network
from platone.grid.profile.day_curve import Expectation
from platone.kernel.market_time import MarketDay
from platone.messages.base import MarketType
from platone.messages.outcome import TechnicalOutcome, TechnicalPod, TechnicalPower
from platone.messages.registry import MaxFlexibility, PointOfDelivery, Series

DAY = MarketDay(date(2021, 6, 23))
MIDNIGHT = datetime(2021, 6, 22, 22, tzinfo=UTC)
NOTHING = np.full(96, np.nan)
TAN = 0.75
"""tan phi of the power factor 0.8."""


def pod(name: str = "POD-1", **more: Any) -> PointOfDelivery:
    bounds = MaxFlexibility(upper_p=30.0, down_p=20.0)
    values: dict[str, Any] = {"cos_phi": 0.8, "max_flexibility": bounds} | more
    return PointOfDelivery(pod_id=name, aggregator_id="AGG", **values)


def known(kw: Any, **more: Any) -> KnownDay:
    return KnownDay({"POD-1": pod(**more.pop("pod", {}))}, {"POD-1": np.array(kw, float)}, **more)


def partly(*gaps: int) -> Any:
    kw = np.arange(96.0)
    kw[list(gaps)] = np.nan
    return kw


def test_baselines_lie_where_they_begin_and_the_last_one_counts() -> None:
    def series(name: str, quarters: int, *values: float) -> Series:
        start = MIDNIGHT + quarters * timedelta(minutes=15)
        return Series(pod_id=name, start_time=start, values=list(values))

    found = baselines_of(
        DAY,
        {"A": pod("A"), "B": pod("B")},
        [
            series("A", -2, 1.0, 2.0, 3.0, 4.0),
            series("A", 1, 5.0),
            series("C", 0, 9.0),
            series("B", 95, 6.0, 7.0),
        ],
    )
    assert sorted(found) == ["A", "B"]
    assert found["A"][:2].tolist() == [3.0, 5.0]
    assert np.isnan(found["A"][2:]).all()
    assert found["B"][95] == 6.0
    assert np.isnan(found["B"][:95]).all()
    assert len(found["B"]) == 96


def test_a_typical_baseline_stands_where_the_days_own_has_a_gap() -> None:
    typical = [float(value) for value in range(96)]
    pods = {
        "WHOLE": pod("WHOLE", power_baseline_curves=typical),
        "GAP": pod("GAP", power_baseline_curves=typical),
        "SHORT": pod("SHORT", power_baseline_curves=typical[:95]),
    }
    given = [
        Series(pod_id="WHOLE", start_time=MIDNIGHT, values=[7.0] * 96),
        Series(pod_id="GAP", start_time=MIDNIGHT, values=[7.0] * 95),
    ]
    found = baselines_of(DAY, pods, given)
    assert found["WHOLE"].tolist() == [7.0] * 96
    assert found["GAP"].tolist() == typical
    assert np.isnan(found["SHORT"]).all()


def outcome(*powers: tuple[str, int, float]) -> TechnicalOutcome:
    parts = [
        TechnicalPod(
            pod=name, power=[TechnicalPower(index=at, accepted_p_value=kw, accepted_p="OK")]
        )
        for name, at, kw in powers
    ]
    return TechnicalOutcome(
        market_type=MarketType.REAL_TIME,
        duration=4,
        interval=15,
        start_time=MIDNIGHT,
        market_outcome="o",
        flexibility=parts,
    )


def test_later_trades_lie_over_earlier_ones() -> None:
    found = traded_totals(
        DAY, [outcome(("A", 1, 10.0), ("A", 2, 11.0)), outcome(("A", 2, -3.0), ("B", 0, 0.0))]
    )
    assert found["A"][1:3].tolist() == [10.0, -3.0]
    assert np.isnan(np.delete(found["A"], [1, 2])).all()
    assert found["B"][0] == 0.0
    assert traded_totals(DAY, []) == {}


def test_a_pod_follows_its_baseline_at_its_power_factor() -> None:
    found = pod_day(known(np.arange(96.0)), "POD-1")
    assert found.schedule_kw.tolist() == list(range(96))
    assert found.schedule_kvar == pytest.approx(TAN * np.arange(96.0))
    assert found.aggregator_id == "AGG"
    assert found.kvar_per_kw == pytest.approx(TAN)
    assert (found.max_up_kw, found.max_down_kw) == (30.0, 20.0)


@pytest.mark.parametrize("more", [{"max_flexibility": None}, {}])
def test_without_a_whole_baseline_or_contract_nothing_moves(more: dict[str, Any]) -> None:
    found = pod_day(known(partly(7) if not more else np.ones(96), pod=more), "POD-1")
    assert (found.max_up_kw, found.max_down_kw) == (0.0, 0.0)


def test_a_typical_day_stands_in_where_the_baseline_is_missing() -> None:
    typical = Expectation(np.full(96, 50.0), np.ones(96))
    found = pod_day(known(partly(7)), "POD-1", typical)
    assert found.schedule_kw[[6, 7, 8]].tolist() == [6.0, 50.0, 8.0]
    assert found.schedule_kvar[[6, 7, 8]] == pytest.approx([4.5, 37.5, 6.0])
    metered = Expectation(np.full(96, 50.0), np.ones(96), np.full(96, -5.0), np.ones(96))
    found = pod_day(known(partly(7)), "POD-1", metered)
    assert found.schedule_kvar[[6, 7, 8]] == pytest.approx([4.5, -5.0, 6.0])


def test_trades_lie_over_both_and_suppositions_over_all() -> None:
    trades = {"POD-1": np.where(np.isin(np.arange(96), [7, 8, 9]), -40.0, np.nan)}
    typical = Expectation(np.full(96, 50.0), np.ones(96), np.full(96, 80.0), np.ones(96))
    day = known(partly(7), traded_kw=trades)
    found = pod_day(day, "POD-1", typical, {8: 0.0})
    assert found.schedule_kw[6:11].tolist() == [6.0, -40.0, 0.0, -40.0, 10.0]
    # what a trade moves from the typical 50 kW and 80 kvar, it moves at the power factor
    assert found.schedule_kvar[6:11] == pytest.approx([4.5, 80.0 - TAN * 90.0, 0.0, -30.0, 7.5])
    assert day.baseline_kw["POD-1"][6] == 6.0


def test_what_is_missing_is_named(feeder: Callable[..., Network]) -> None:
    network = feeder((100.0, 100.0, 100.0))
    require_data(network, KnownDay(dict.fromkeys(network.pod_position, pod())), [])
    with pytest.raises(PodDataMissing) as refused:
        require_data(network, known(np.ones(96)), ["POD-1"])
    assert refused.value.fields == {
        "notRegistered": ["POD-2", "POD-3"],
        "withoutBaseline": ["POD-1"],
    }
    require_data(network, known(np.ones(96)), [])  # who is not registered holds up nobody
    with pytest.raises(PodDataMissing):  # but where nobody is, registrations have yet to come
        require_data(network, KnownDay(), [])
    with pytest.raises(PodDataMissing):
        require_data(network, KnownDay(dict.fromkeys(network.pod_position, pod())), ["POD-1"])


def test_suppositions_are_of_quarter_hours_that_there_are() -> None:
    names = {"POD-1"}
    supposed = {("POD-1", 95): 1.0, ("POD-1", 0): 0.0}
    assert suppositions(names, 96, supposed) == {"POD-1": {95: 1.0, 0: 0.0}}
    for slot in (("POD-1", 96), ("POD-2", 0)):
        with pytest.raises(SuppositionInvalid, match=f"{slot[0]} at {slot[1]}"):
            suppositions(names, 96, {slot: 1.0, ("POD-1", 0): 1.0})


def test_remarks_count_and_name_the_first_five() -> None:
    names = list("abcdefg")
    assert abridged(names) == "a, b, c, d, e and 2 more"
    assert abridged(names[:6]) == "a, b, c, d, e and 1 more"
    assert abridged(names[:5]) == "a, b, c, d, e"
    assert typical_day_remarks([], []) == ()
    assert typical_day_remarks(["a"], ["b", "c"]) == (
        "Typical days stand in for 1 baselines that are missing or not of the whole day: a.",
        "Typical days stand in for what the network file says of 2 loads: b, c.",
    )


def test_a_whole_day_of_one_network(feeder: Callable[..., Network]) -> None:
    network = feeder((100.0, 100.0))
    day = KnownDay(
        {"POD-1": pod(), "POD-2": pod("POD-2")},
        {"POD-1": np.ones(96), "POD-2": partly(3)},
        has_trades=True,
    )
    typical = {"POD-2": Expectation(np.full(96, 50.0), np.ones(96))}
    asked = DayInput(
        day=DAY, known=day, typical=typical, loads=["other"], suppose={("POD-1", 5): 7.0}
    )
    found = asked.on(network)
    assert bare_pods(day) == ["POD-2"]
    assert found.power.p_kw[[3, 5]].tolist() == [[200.0, 1.0, 50.0], [200.0, 7.0, 5.0]]
    assert (found.has_trades, found.day, found.network) == (True, DAY, network)
    assert len(found.remarks) == 1
    with pytest.raises(PodDataMissing) as refused:
        replace(asked, typical={}).on(network)
    assert refused.value.fields["withoutBaseline"] == ["POD-2"]


def expected(network: Network, row: int, day: KnownDay, typical: Any) -> ExpectedConsumers:
    return expected_consumers(network, DAY, row, day, typical, 0.5)


def test_what_says_what_is_expected_of_whom(feeder: Callable[..., Network]) -> None:
    """The load by the network file; PODs by a baseline, a typical day, a trade, or nothing."""
    network = feeder((100.0,) * 5)
    rows = np.arange(96.0)
    trades = {"POD-3": np.where(rows == 4, 12.0, np.nan)}
    names = ("POD-1", "POD-2", "POD-3")
    day = KnownDay(
        {name: pod(name) for name in names},
        {"POD-1": rows, "POD-2": rows, "POD-3": rows},
        trades,
        has_trades=True,
    )
    said = Expectation(np.full(96, 50.0), np.full(96, 0.2))
    metered = Expectation(np.full(96, 60.0), np.full(96, 3.0), np.full(96, -6.0), np.full(96, 2.0))
    typical = {"POD-2": metered, "POD-3": said, "POD-4": metered}
    found = expected(network, 4, day, typical)
    place = network.consumer_position
    order = [place[name] for name in ("other", "POD-1", "POD-2", "POD-3", "POD-4", "POD-5")]
    assert found.power.p_kw[order][:5].tolist() == [200.0, 4.0, 60.0, 12.0, 60.0]
    assert found.power.q_kvar[order][:5] == pytest.approx([80.0, 3.0, -6.0, 9.0, -6.0])
    assert np.isnan([found.power.p_kw[order[5]], found.power.q_kvar[order[5]]]).all()
    # half the apparent power, or what the typical day says, but 0.5 at least
    assert found.power.std_kw[order][:5] == pytest.approx(
        [np.hypot(200, 80) / 2, 2.5, 3.0, 7.5, 3.0]
    )
    assert found.power.std_kvar[order][:5] == pytest.approx(
        [np.hypot(200, 80) / 2, 2.5, 2.0, 7.5, 2.0]
    )
    assert found.sources == {
        "other": ExpectationSource.NETWORK_FILE,
        "POD-1": ExpectationSource.MARKET,
        "POD-2": ExpectationSource.TYPICAL_DAY,
        "POD-3": ExpectationSource.MARKET,
        "POD-4": ExpectationSource.TYPICAL_DAY,
        "POD-5": ExpectationSource.NOTHING,
    }
    later = expected(network, 5, day, typical)
    assert later.sources["POD-3"] is ExpectationSource.TYPICAL_DAY
    assert later.power.p_kw[place["POD-3"]] == 50.0
    assert later.power.std_kw[place["POD-3"]] == 0.5
    unmetered = Expectation(np.full(96, 60.0), np.full(96, 3.0))
    bare = expected(network, 5, day, {"POD-4": unmetered})
    assert bare.power.p_kw[place["POD-4"]] == 60.0
    assert np.isnan(bare.power.q_kvar[place["POD-4"]])
    asked = ExpectationInput(DAY, 4, day, typical, 0.5, ("a remark",))
    assert asked.on(network).remarks == ("a remark",)
    assert asked.on(network).power.p_kw[order][:5].tolist() == [200.0, 4.0, 60.0, 12.0, 60.0]


def test_remarks_on_what_stands_in() -> None:
    power = expected_within(np.ones(4), np.ones(4))
    sources = {
        "a": ExpectationSource.MARKET,
        "b": ExpectationSource.TYPICAL_DAY,
        "c": ExpectationSource.MARKET,
        "d": ExpectationSource.NOTHING,
    }
    asked = ExpectedConsumers(power, sources, ("first",))
    first, stands_in, unknown = asked.remarks_on(
        [EXPECTED + name for name in ("a", "b", "c", "machine")]
    )
    assert first == "first"
    assert stands_in.endswith("measured: of 1 by typical days, of 2 by baselines and trades.")
    assert unknown.startswith("Nothing is expected of 1 consumers, neither registered with a")
    assert unknown.endswith("typical days: d.")
    known_only = ExpectedConsumers(power, {"a": ExpectationSource.MARKET})
    assert known_only.remarks_on([]) == []


def test_ages_of_measurements_are_those_that_the_page_tells() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "state-estimation.md"
    rows = [row.split(" | ") for row in page.read_text("utf-8").splitlines()]
    told = {row[0].strip("| `"): row[-1].strip(" |").split() for row in rows if len(row) == 3}
    units = {"s": timedelta(seconds=1), "min": timedelta(minutes=1)}
    for feed in Feed:
        number, unit = told[feed.value]
        assert getattr(MaxAges(), feed.value) == int(number) * units[unit]
