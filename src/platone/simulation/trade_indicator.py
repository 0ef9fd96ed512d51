"""The indicators of the market: volumes, prices, money, baselines and gaming."""

from platone.simulation.indicator_form import PERCENT, Indicator, ratio_of
from platone.simulation.tally import REASONS, Earning, Tally

_ATTO = 10**18
"""1e-18 EUR in a euro."""
_KWH_PER_MWH = 1000.0
"""kWh in a MWh."""


def _eur(atto: int) -> float:
    return atto / _ATTO


def _concentration(tally: Tally) -> float | None:
    total = sum(tally.by_aggregator.values())
    if not total:
        return None
    return sum((PERCENT * kwh / total) ** 2 for kwh in tally.by_aggregator.values())


def _cost(tally: Tally) -> float:
    return _eur(tally.dso_paid + tally.tso_paid - tally.penalty) + tally.ideal_eur


def _dso_cost(tally: Tally) -> float:
    return _eur(tally.dso_paid) + tally.ideal_eur


def _profit(seller: Earning) -> float | None:
    return ratio_of(seller.profit_eur, seller.offered_kwh, _KWH_PER_MWH)


MARKET = (
    Indicator(
        "dsoAsked",
        "asked by the DSO",
        "kWh",
        "Energy of the DSO's needs without sign, of all sessions: what real time still needs of "
        "what the day ahead did not bring counts again.",
        lambda t: t.dso_asked_kwh,
    ),
    Indicator(
        "tsoAsked",
        "asked by the TSO",
        "kWh",
        "Energy of the TSO's needs without sign.",
        lambda t: t.tso_asked_kwh,
    ),
    Indicator(
        "offered",
        "offered",
        "kWh",
        "Energy of the day-ahead offers without sign.",
        lambda t: t.offered_kwh,
    ),
    Indicator(
        "liquidity",
        "liquidity",
        "kWh/kWh",
        "Offers of the asked groups in the asked direction and quarter-hour, by what the DSO "
        "asked.",
        lambda t: ratio_of(t.within_reach_kwh, t.dso_asked_kwh),
    ),
    Indicator(
        "cleared", "cleared", "kWh", "Energy of the market's outcomes.", lambda t: t.cleared_kwh
    ),
    Indicator(
        "ordered",
        "ordered",
        "kWh",
        "Energy of the trades that the DSO's check left: what is activated.",
        lambda t: t.ordered_kwh,
    ),
    Indicator(
        "delivered",
        "delivered",
        "kWh",
        "Delivered energy by the settlement rule: at most what was ordered.",
        lambda t: t.delivered_kwh,
    ),
    Indicator(
        "deliveredShare",
        "delivered share",
        "%",
        "Delivered by ordered energy.",
        lambda t: ratio_of(t.delivered_kwh, t.ordered_kwh, PERCENT),
    ),
    Indicator(
        "averagePrice",
        "average price",
        "EUR/kWh",
        "Prices of trades, weighted by ordered energy.",
        lambda t: ratio_of(t.price_sum, t.ordered_kwh),
    ),
    Indicator(
        "highestPrice",
        "highest price",
        "EUR/kWh",
        "Highest price of a trade.",
        lambda t: t.highest_price,
    ),
    Indicator(
        "concentration",
        "concentration",
        "HHI",
        "Herfindahl-Hirschman index: squares of aggregators' shares of ordered energy, in percent, "
        "summed; 10,000 is a monopoly.",
        _concentration,
    ),
    *(
        Indicator(
            f"rejected.{reason}",
            f"not taken: {reason}",
            "kWh",
            "Offered energy that was not taken for this reason; an offer that stands in two "
            "sessions counts in both.",
            lambda t, reason=reason: t.rejected.get(reason, 0.0),  # type: ignore[misc]
        )
        for reason in REASONS
    ),
)
MONEY = (
    Indicator(
        "dsoPaid",
        "paid by the DSO",
        "EUR",
        "Payments for delivered energy that the DSO asked for; of the ideal operator, its cost.",
        _dso_cost,
    ),
    Indicator(
        "tsoPaid",
        "paid by the TSO",
        "EUR",
        "Payments for delivered energy that the TSO asked for.",
        lambda t: _eur(t.tso_paid),
    ),
    Indicator(
        "penalties",
        "penalties",
        "EUR",
        "Penalties for energy that was ordered and not delivered.",
        lambda t: _eur(t.penalty),
    ),
    Indicator(
        "netCost", "net cost", "EUR", "Payments less penalties, of DSO and TSO together.", _cost
    ),
    Indicator(
        "costPerSolvedHour",
        "DSO's cost of a solved hour",
        "EUR/h",
        "What the DSO paid, by solved hours.",
        lambda t: ratio_of(_dso_cost(t), t.solved_h),
    ),
    Indicator(
        "customers", "to customers", "EUR", "What went to customers.", lambda t: _eur(t.customers)
    ),
    Indicator(
        "aggregators",
        "to aggregators",
        "EUR",
        "What went to aggregators.",
        lambda t: _eur(t.aggregators),
    ),
    Indicator(
        "owed", "owed by aggregators", "EUR", "Penalties beyond payments.", lambda t: _eur(t.owed)
    ),
)
FAIRNESS = (
    Indicator(
        "baselineError",
        "baseline error",
        "%",
        "Told baseline less what would have been, without sign, by what would have been without "
        "sign: all points of delivery and quarter-hours.",
        lambda t: ratio_of(t.error_kwh, t.consumed_kwh, PERCENT),
    ),
    Indicator(
        "baselineBias",
        "baseline bias",
        "%",
        "The same with sign: above 0, baselines are told too high.",
        lambda t: ratio_of(t.bias_kwh, t.consumed_kwh, PERCENT),
    ),
    Indicator(
        "tradedBaselineError",
        "baseline error of what was traded",
        "%",
        "The same without sign, of points of delivery and quarter-hours with a trade.",
        lambda t: ratio_of(t.traded_error_kwh, t.traded_kwh, PERCENT),
    ),
    Indicator(
        "paidWithoutChange",
        "paid without a change",
        "EUR",
        "Payments for energy that the rule counts as delivered, and that differs from what would "
        "have been by less: errors of baselines, and their inflation.",
        lambda t: t.unreal_paid,
    ),
    Indicator(
        "honestProfit",
        "profit of honest sellers",
        "EUR/MWh",
        "Payments less penalties and less the least price of what was really changed, by energy "
        "offered the day ahead.",
        lambda t: _profit(t.honest),
    ),
    Indicator(
        "inflatingProfit",
        "profit of who inflates",
        "EUR/MWh",
        "The same of sellers that tell too high a baseline: above the honest sellers', it pays.",
        lambda t: _profit(t.inflating),
    ),
    Indicator(
        "markupProfit",
        "profit of who asks for more",
        "EUR/MWh",
        "The same of sellers that ask for more than their least price.",
        lambda t: _profit(t.marking_up),
    ),
)
