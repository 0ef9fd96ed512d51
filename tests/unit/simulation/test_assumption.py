"""What a scenario assumes shows in what comes out."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.unit.simulation.conftest import run_all

from platone import grid
from platone.grid.network.model import Network
from platone.kernel.market_time import MarketDay
from platone.simulation.count import tally_day
from platone.simulation.course import make_course
from platone.simulation.day import play_day, prepare_day
from platone.simulation.history import History
from platone.simulation.portfolio import SimulatedPod, SimulatedPortfolio
from platone.simulation.rule_set import ITALIAN, RULE_SETS
from platone.simulation.run import SimulationOrder, make_simulation
from platone.simulation.scenario import Scenario, Technology
from platone.simulation.tally import Earning, add_up

WINTER = date(2026, 1, 20)
ROOT = Path(__file__).parents[3]
GONE = Technology(share=0, yearly_growth=0, size=1, least_price=0.1, highest_price=0.2)


def order(days: int = 1, start: date = WINTER, pods: int = 30) -> SimulationOrder:
    return SimulationOrder(pods=pods, aggregators=3, start=start, days=days, seed=11)


def test_loads_are_scaled_until_the_hardest_quarter_hour_is_where_it_shall_be(
    cigre: Network,
) -> None:
    for loading in (0.5, 0.9):
        site = make_simulation(cigre, order(), Scenario(start_loading=loading)).site
        flow = grid.power_flow(
            site.network, prepare_day(site, Scenario(), MarketDay(WINTER), 1).untouched.power
        )
        assert site.scale > 0
        assert np.isfinite(flow.voltage_pu).all()
    half = make_simulation(cigre, order(), Scenario(start_loading=0.5)).site.scale
    full = make_simulation(cigre, order(), Scenario(start_loading=1.0)).site.scale
    assert half < full
    assert make_simulation(cigre, order(), Scenario(start_loading=None)).site.scale == 1.0


def test_points_of_delivery_take_their_share_out_of_the_loads(cigre: Network) -> None:
    simulation = make_simulation(cigre, order(), Scenario(start_loading=None, pod_share=0.4))
    taken_kw = sum(pod.peak_kw for pod in simulation.portfolio.pods)
    drawn_kw = sum(load.p_kw for load in cigre.loads if load.p_kw > 0)
    left_kw = sum(load.p_kw for load in simulation.site.network.loads if load.p_kw > 0)
    assert len(simulation.portfolio.pods) == 30
    assert taken_kw + left_kw == pytest.approx(drawn_kw)
    assert 0.3 * drawn_kw < taken_kw <= 0.4 * drawn_kw  # loads too small for any keep all of theirs


def test_growth_brings_congestion(cigre: Network, tmp_path: Path) -> None:
    none = Scenario(solar=GONE, heat_pump=GONE, car=GONE)
    much = Scenario(heat_pump=msgspec.structs.replace(GONE, share=0.8))
    quiet = add_up(run_all(cigre, tmp_path / "a", order(2), none).tallies["italian"])
    busy = add_up(run_all(cigre, tmp_path / "b", order(2), much).tallies["italian"])
    assert quiet.congested_h == 0
    assert quiet.offered_kwh == 0
    assert busy.congested_h > 4


def test_assets_come_day_by_day(cigre: Network) -> None:
    kind = msgspec.structs.replace(GONE, yearly_growth=1.0)
    simulation = make_simulation(cigre, order(), Scenario(heat_pump=kind, solar=GONE, car=GONE))
    since = sorted(
        pod.heat_pump.since
        for pod in simulation.portfolio.pods
        if pod.heat_pump and pod.heat_pump.since
    )
    assert len(since) == 30
    assert since[0] > WINTER
    assert (since[-1] - since[0]).days == pytest.approx(365 * 29 / 30, abs=2)


def test_who_inflates_a_baseline_is_paid_without_a_change(cigre: Network, tmp_path: Path) -> None:
    honest = Scenario(
        forecast_error=0.0, sun_error=0.0, delivery_error=0.0, non_delivery=0.0, solar=GONE
    )
    gaming = msgspec.structs.replace(honest, inflating_share=1.0, inflation=0.5)
    fair = add_up(run_all(cigre, tmp_path / "a", order(2), honest).tallies["italian"])
    unfair = add_up(run_all(cigre, tmp_path / "b", order(2), gaming).tallies["italian"])
    assert fair.delivered_kwh > 0
    paid_eur = fair.price_sum
    assert fair.unreal_paid < 1e-3 * paid_eur
    assert fair.bias_kwh == pytest.approx(0, abs=1e-3 * fair.consumed_kwh)
    assert unfair.bias_kwh > 0
    assert unfair.inflating.offered_kwh > 0
    assert unfair.inflating.profit_eur > fair.honest.profit_eur  # it pays: no rule here forbids it
    assert unfair.unreal_paid > 0.3 * unfair.price_sum


PUBLIC = ("ten-of-ten", "five-days", "meter-before")


def test_no_public_baseline_pays_for_a_told_one_that_is_too_high(
    cigre: Network, tmp_path: Path
) -> None:
    """The same half of the sellers, honest but for a hair and then not, on the same days."""
    profit: dict[str, dict[float, float]] = {}
    for inflation in (1e-6, 0.5):
        half = Scenario(inflating_share=0.5, inflation=inflation, tso_requests_a_day=12)
        folder = tmp_path / str(inflation)
        found = run_all(cigre, folder, order(2, pods=40), half, rules=("italian", *PUBLIC))
        for name, tallies in found.tallies.items():
            total = add_up(tallies)
            earned = total.inflating.profit_eur / total.inflating.offered_kwh
            profit.setdefault(name, {})[inflation] = earned
    assert profit["italian"][0.5] > profit["italian"][1e-6]
    for name in PUBLIC:
        assert profit[name][0.5] < profit[name][1e-6]


def test_baselines_of_like_days_are_means_of_what_meters_showed(cigre: Network) -> None:
    """The reference of a line, beside a mean that is taken here."""
    rules = RULE_SETS["five-days"]
    simulation = make_simulation(cigre, order(), Scenario())
    first = MarketDay(WINTER)
    history = History.before(simulation.site, simulation.scenario, first, 1)
    given = prepare_day(simulation.site, simulation.scenario, first, 1)
    played = play_day(given, rules, history)
    days = [WINTER - timedelta(days=back) for back in range(1, 22)]
    working = [day for day in days if day.weekday() < 5][:5]
    real_kw = [
        make_course(simulation.site, simulation.scenario, MarketDay(day), 1).real_kw
        for day in working
    ]
    columns = {pod.pod_id: column for column, pod in enumerate(simulation.site.pods)}
    sold = Counter(each.line.spot for each in played.lines)
    alone = [each for each in played.lines if sold[each.line.spot] == 1]
    assert alone
    for each in alone:
        pod, index = each.line.spot
        mean_kwh = np.mean([np.rint(day[index, columns[pod]] * 250) / 1000 for day in real_kw])
        assert each.quantity.baseline / 1e6 == pytest.approx(mean_kwh, abs=2e-6)


def test_below_the_threshold_of_an_agreement_nothing_is_paid(cigre: Network) -> None:
    """The same day with and without a threshold: only lines below it lose their payment."""
    scenario = Scenario(delivery_error=0.3)
    strict = msgspec.structs.replace(scenario, least_delivery=0.75)
    days = []
    for each in (scenario, strict):
        simulation = make_simulation(cigre, order(), each)
        days.append(play_day(prepare_day(simulation.site, each, MarketDay(WINTER), 11), ITALIAN))
    lost = 0
    for one, other in zip(days[0].lines, days[1].lines, strict=True):
        assert one.line.line_id == other.line.line_id
        is_below = one.paid.delivered < 0.75 * abs(one.quantity.ordered)
        lost += is_below and one.paid.paid > 0
        assert other.paid.paid == (0 if is_below else one.paid.paid)
    assert lost


def test_what_was_not_consumed_comes_later(cigre: Network) -> None:
    """With a full rebound a day takes the same energy, and the next two hours what was saved."""
    scenario = Scenario(solar=GONE, tso_requests_a_day=0, rebound=1.0, forecast_error=0)
    simulation = make_simulation(cigre, order(), scenario)
    given = prepare_day(simulation.site, scenario, MarketDay(WINTER), 11)
    played = play_day(given, ITALIAN)
    moved_kw = played.delivery.power_kw - given.course.real_kw
    active = sorted({each.line.index for each in played.lines})
    assert active
    assert active[-1] < 96 - 8
    assert moved_kw[active].min() < -1
    later = list(range(active[-1] + 1, active[-1] + 9))
    assert moved_kw[later].sum() > 1
    assert moved_kw.sum() == pytest.approx(0, abs=1e-3 * np.abs(moved_kw).sum())
    assert np.abs(moved_kw[active[-1] + 9 :]).max() < 0.01


def test_one_price_leaves_nothing_to_gain_by_asking_for_more_and_pay_as_bid_does(
    cigre: Network, tmp_path: Path
) -> None:
    """Half of the sellers ask for half more; the others are honest, on the very same days."""
    half = Scenario(markup_share=0.5, markup=0.5, tso_requests_a_day=12)
    both = run_all(cigre, tmp_path, order(3, pods=60), half, rules=("italian", "pay-as-bid"))
    one, bid = (add_up(both.tallies[name]) for name in ("italian", "pay-as-bid"))
    for total in (one, bid):
        assert total.honest.offered_kwh > 0
        assert total.marking_up.offered_kwh > 0

    def profit(seller: Earning) -> float:
        return seller.profit_eur / seller.offered_kwh

    assert profit(one.honest) > profit(one.marking_up)
    assert profit(bid.honest) < profit(bid.marking_up)


@pytest.mark.parametrize(("on", "quarter_hours"), [((2026, 3, 29), 92), ((2026, 10, 25), 100)])
def test_days_on_which_clocks_change_are_played(
    cigre: Network, on: tuple[int, int, int], quarter_hours: int
) -> None:
    simulation = make_simulation(cigre, order(start=date(*on)))
    given = prepare_day(simulation.site, simulation.scenario, MarketDay(date(*on)), 1)
    played = play_day(given, ITALIAN)
    assert played.delivery.power_kw.shape == (quarter_hours, 30)
    assert tally_day(played).days == 1


@pytest.mark.parametrize(
    "file",
    [
        "tests/data/cim/cigre-lv-cgmes-3.0.zip",
        "tests/data/cim/ieee9-cgmes-3.0.zip",
        "benchmarks/data/simbench/network.json",
        "docs/example/street.json",
    ],
)
def test_public_networks_of_any_form_are_simulated(file: str, tmp_path: Path) -> None:
    network = grid.read_network(ROOT / file)
    found = run_all(network, tmp_path, order(pods=12))
    assert found.tallies["italian"][0].consumed_kwh > 0


def test_a_portfolio_of_ones_own_is_taken(cigre: Network) -> None:
    bus = next(load.bus for load in cigre.loads if load.p_kw > 0)
    pods = (SimulatedPod(pod_id="MINE1", bus=bus, aggregator_id="ME", peak_kw=5.0),)
    simulation = make_simulation(cigre, order(), portfolio=SimulatedPortfolio(pods=pods))
    assert [each.pod_id for each in simulation.site.network.connection_points] == ["MINE1"]
