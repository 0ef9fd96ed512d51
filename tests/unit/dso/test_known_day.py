"""What is known of a day comes to the process that calculates as it was."""

import pickle
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from platone.dso.domain.forecast import KnownDay, baselines_of
from platone.kernel.market_time import MarketDay
from platone.messages.registry import MaxFlexibility, PointOfDelivery, Series

DAY = MarketDay(date(2021, 6, 23))


def _known(*names: str) -> KnownDay:
    random = np.random.default_rng(len(names))
    kw = {name: random.normal(size=96) for name in names}
    for place, series in enumerate(kw.values()):
        series[place] = np.nan
    bounds = MaxFlexibility(upper_p=30.0, down_p=20.0)
    return KnownDay(
        {
            name: PointOfDelivery(
                pod_id=name,
                aggregator_id="AGG",
                max_flexibility=bounds,
                send_time=datetime(2021, 6, 1, tzinfo=UTC),
                power_baseline_curves=[0.1] * 96,
            )
            for name in names
        },
        kw,
        {name: -series for name, series in kw.items()},
        has_trades=bool(names),
        traded_kvar={name: kw[name] for name in names[:1]},
    )


@pytest.mark.parametrize("names", [(), ("POD-B",), ("POD-B", "POD-A", "POD-C")])
def test_a_copy_says_the_same_in_the_same_order(names: tuple[str, ...]) -> None:
    known = _known(*names)
    copied = pickle.loads(pickle.dumps(known, pickle.HIGHEST_PROTOCOL))  # noqa: S301 - our own
    assert copied.registered == known.registered
    assert copied.has_trades is known.has_trades
    for ours, theirs in (
        (known.baseline_kw, copied.baseline_kw),
        (known.traded_kw, copied.traded_kw),
        (known.traded_kvar, copied.traded_kvar),
    ):
        assert list(ours) == list(theirs)
        for name, series in ours.items():
            np.testing.assert_array_equal(series, theirs[name])


def test_series_of_other_days_say_nothing() -> None:
    pod = PointOfDelivery(pod_id="A", aggregator_id="AGG")
    for days in (-2, -1, 1, 2):
        start = DAY.start + timedelta(days=days)
        series = Series(pod_id="A", start_time=start, values=[1.0] * 96)
        assert np.isnan(baselines_of(DAY, {"A": pod}, [series])["A"]).all()
