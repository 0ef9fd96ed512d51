"""A household's day in its own words: notices of what was agreed, and what it earned."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

from platone.dashboard.domain.day_picture import Curve
from platone.kernel.canvas import number
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.messages.portfolio import EarningLine
from platone.messages.registry import Setpoint

_PAID = "settled"
_MOST = 60
"""Lines of a household's page: some days of flexibility."""


def agreed_notices(day: MarketDay, agreed_kw: Curve, told: Mapping[str, str]) -> list[str]:
    """Return a sentence for each run of quarter-hours in which the agreed power is the same."""
    zone, found, start = ZoneInfo(day.zone), [], 0
    for place in range(1, len(agreed_kw) + 1):
        is_end = place == len(agreed_kw) or agreed_kw[place] != agreed_kw[start]
        if not is_end:
            continue
        power = agreed_kw[start]
        if power is not None:
            first = day.instant(start).astimezone(zone)
            last = (day.instant(place - 1) + QUARTER_HOUR).astimezone(zone)
            sentence = told["accepted"] if power >= 0 else told["accepted_fed"]
            amount = number(abs(power), 2)
            found.append(sentence.format(start=f"{first:%H:%M}", end=f"{last:%H:%M}", power=amount))
        start = place
    return found


def activation_notices(
    setpoints: Iterable[Setpoint], zone: str, told: Mapping[str, str]
) -> Iterator[str]:
    """Yield a sentence for each setpoint that a household's plant was told."""
    for each in setpoints:
        at = each.start_time.astimezone(ZoneInfo(zone))
        powers = ((each.power_kw, "kW"), (each.power_kvar, "kvar"))
        power = ", ".join(f"{number(of, 2)} {unit}" for of, unit in powers if of is not None)
        yield told["activated"].format(start=f"{at:%H:%M}", power=power)


def earning_lines(lines: Iterable[EarningLine], told: Mapping[str, str]) -> list[str]:
    """Return a sentence for each settled quarter-hour, the latest first."""
    found = [
        (_waiting(line, told) if line.status != _PAID else _earned(line, told)) for line in lines
    ]
    return found[::-1][:_MOST]


def _wall(line: EarningLine) -> str:
    """Return the time of a quarter-hour on a day without a change of the clock."""
    minutes = 15 * int(line.index)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _waiting(line: EarningLine, told: Mapping[str, str]) -> str:
    return told["waiting_line"].format(start=_wall(line))


def _earned(line: EarningLine, told: Mapping[str, str]) -> str:
    name = "penalty_line" if Decimal(line.penalty_eur) > 0 else "earned_line"
    return told[name].format(
        start=_wall(line),
        paid=line.paid_eur,
        penalty=line.penalty_eur,
        tokens=line.customer_tokens,
    )
