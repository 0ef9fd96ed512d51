"""A simulated week: energy and money are conserved, and the rules are those of the platform."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from tests.unit.simulation.conftest import Run

from platone.bootstrap.calculation import clear_file
from platone.kernel.canonical import complete_json
from platone.messages.market import ServiceType
from platone.simulation.day import PlayedDay
from platone.simulation.session import HeldSession

MERIT = ["italian", "pay-as-bid"]
MARKETS = [*MERIT, "least-cost", "network-aware"]


def sessions(week: Run, rules: str) -> Iterator[tuple[PlayedDay, HeldSession]]:
    for played in week.days[rules]:
        for session in played.sessions:
            yield played, session


def test_the_week_has_something_to_tell(week: Run) -> None:
    (total,) = [
        sum(getattr(each, name) for each in week.tallies["italian"]) for name in ("congested_h",)
    ]
    assert len(week.days["italian"]) == 7
    assert total > 1
    assert sum(each.solved_h for each in week.tallies["italian"]) > 0
    assert sum(each.tso_ordered_kwh for each in week.tallies["italian"]) > 0
    assert any(len(each.sessions) > 1 for each in week.days["italian"])


@pytest.mark.parametrize("rules", MARKETS)
def test_the_platform_clears_every_session_to_the_same_outcome(week: Run, rules: str) -> None:
    count = 0
    for _, session in sessions(week, rules):
        again = json.loads(clear_file(complete_json(session.recording)))
        assert again["outputHash"] == session.market.output_hash
        count += 1
    assert count >= 7


@pytest.mark.parametrize("rules", MERIT)
def test_nobody_sells_more_than_he_offers_nor_anybody_gets_more_than_is_needed(
    week: Run, rules: str
) -> None:
    for _, session in sessions(week, rules):
        curves = {pod.pod_id: pod.power_baseline for pod in session.recording.pods}
        offered = {
            (entry.pod[0], point.index): point.p - curves[entry.pod[0]][point.index]
            for service in session.offers
            for entry in service.flexibility
            if entry.pod
            for point in entry.power
        }
        for spot, change_kw in session.changes_kw.items():
            assert abs(change_kw) <= abs(offered[spot]) + 1e-9
            assert change_kw * offered[spot] >= 0
        asked: dict[tuple[str, int], float] = defaultdict(float)
        for service in session.recording.flexibility_services:
            if service.service_type is ServiceType.OFFER:
                continue
            for entry in service.flexibility:
                pods = entry.pod or [
                    pod.pod_id for pod in session.recording.pods if pod.po_m_id == entry.pom
                ]
                for point in entry.power:
                    need_kw = point.p - sum(curves[pod][point.index] for pod in pods)
                    asked[service.player_service_id, point.index] += abs(need_kw)
        got: dict[tuple[str, int], float] = defaultdict(float)
        for part in session.market.flexibility:
            for trade in part.power:
                key = trade.request_service_id or "", trade.index
                got[key] += abs(trade.accepted_p_change or 0.0)
        for key, kw in got.items():
            assert kw <= asked[key] + 1e-6 or not kw


@pytest.mark.parametrize("rules", MARKETS)
def test_money_is_neither_made_nor_lost(week: Run, rules: str) -> None:
    for tally in week.tallies[rules]:
        paid = tally.dso_paid + tally.tso_paid
        assert paid - tally.penalty == tally.customers + tally.aggregators - tally.owed
        assert tally.delivered_kwh + tally.missing_kwh == pytest.approx(tally.ordered_kwh)
        assert tally.solved_h + tally.left_h == tally.congested_h
    assert sum(each.dso_paid for each in week.tallies[rules]) > 0


@pytest.mark.parametrize("rules", MARKETS)
def test_every_settled_line_comes_out_again_from_what_it_shows(week: Run, rules: str) -> None:
    """By the published rule (UFTP), in fractions, from the table alone."""
    with (week.folder / rules / "lines.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) > 100
    assert any(Decimal(line["penaltyEur"]) > 0 for line in lines)
    with localcontext() as context:
        context.prec = 60
        for line in lines:
            ordered, reference, measured = (
                int(line[name])
                for name in ("orderedMicroKwh", "referenceMicroKwh", "measuredMicroKwh")
            )
            change = reference - measured if ordered < 0 else measured - reference
            delivered = min(max(change, 0), abs(ordered))
            missing = max(abs(ordered) - change, 0)
            paid = Fraction(int(line["priceMicroEurPerKwh"]) * delivered, 10**12)
            penalty = Fraction(int(line["penaltyPriceMicroEurPerKwh"]) * missing, 10**12)
            assert int(line["deliveredMicroKwh"]) == delivered
            assert Fraction(line["paidEur"]) == paid
            assert Fraction(line["penaltyEur"]) == penalty
            net = paid - penalty
            share = Fraction(int(line["customerSharePpm"]), 10**6)
            told = [
                Fraction(line[name])
                for name in ("customerTokens", "aggregatorTokens", "owedTokens")
            ]
            if net < 0:
                assert told == [0, 0, -net]
            else:
                assert abs(told[0] - net * share) <= Fraction(1, 10**18)
                assert told[0] + told[1] == net


def test_measured_energy_of_lines_is_what_meters_show(week: Run) -> None:
    """A line's reading is the delivered power of its quarter-hour, in whole Wh."""
    for played in week.days["italian"]:
        columns = {pod.pod_id: row for row, pod in enumerate(played.given.site.pods)}
        for each in played.lines:
            energy_wh = played.delivery.energy_wh[each.line.index, columns[each.line.pod]]
            assert each.quantity.measured == int(energy_wh) * 1000
            assert energy_wh == np.rint(energy_wh)


def test_pay_as_bid_trades_the_same_the_day_ahead_and_pays_no_more(week: Run) -> None:
    for one, other in zip(week.days["italian"], week.days["pay-as-bid"], strict=True):
        if not one.sessions:
            continue
        first, second = one.sessions[0].validated, other.sessions[0].validated
        for mine, theirs in zip(first.flexibility, second.flexibility, strict=True):
            for here, there in zip(mine.power, theirs.power, strict=True):
                assert here.accepted_p_change == there.accepted_p_change
                if here.accepted_p_price is not None:
                    assert (there.accepted_p_price or 0.0) <= here.accepted_p_price


def test_without_flexibility_everything_is_left_and_the_ideal_leaves_least(week: Run) -> None:
    overload = {
        name: sum(each.overload_after for each in tallies) for name, tallies in week.tallies.items()
    }
    none = week.tallies["none"]
    assert all(each.left_h == each.congested_h and not each.solved_h for each in none)
    assert overload["none"] == sum(each.overload_before for each in none)
    assert overload["ideal"] < overload["italian"] < overload["none"]
    assert overload["network-aware"] < overload["none"]


def test_a_clearing_that_knows_the_grid_is_told_limits_and_no_request(week: Run) -> None:
    found = list(sessions(week, "network-aware"))
    kinds = {s.service_type for _, held in found for s in held.recording.flexibility_services}
    assert kinds == {ServiceType.TSO_REQUEST, ServiceType.OFFER}
    assert any(held.recording.grid_limits for _, held in found)
    relieved = [shadow for _, held in found for shadow in held.market.shadow_prices]
    assert any(shadow.price > 0 and shadow.unit != "kW" for shadow in relieved)


def test_indicators_are_those_of_the_tables(week: Run) -> None:
    told = json.loads((week.folder / "indicators.json").read_bytes())["rules"]
    with (week.folder / "indicators.csv").open(encoding="utf-8") as file:
        table = {row["indicator"]: row for row in csv.DictReader(file)}
    for rules in week.tallies:
        with (week.folder / rules / "days.csv").open(encoding="utf-8") as file:
            days = list(csv.DictReader(file))
        assert len(days) == 7
        found = {key: each["value"] for key, each in told[rules]["indicators"].items()}
        assert found["solvedHours"] == sum(float(day["solved_h"]) for day in days)
        assert found["ordered"] == pytest.approx(
            sum(float(day["dso_ordered_kwh"]) + float(day["tso_ordered_kwh"]) for day in days)
        )
        for key, value in found.items():
            assert table[key][rules] == ("" if value is None else f"{value:.9g}")
