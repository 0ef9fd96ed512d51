"""The report: one page that needs nothing else, made from what a run has written."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from platone.demo.drawing.day_curve import Mark, draw_day, draw_quarter
from platone.demo.drawing.feeder import draw_feeder
from platone.demo.drawing.need import draw_need
from platone.demo.italy.day import DSO
from platone.demo.italy.story import Story, Trade
from platone.demo.italy.verdict import NeedMet, broken_limits, reasons_left
from platone.demo.scenario import Plant, Scenario
from platone.kernel.canvas import number
from platone.kernel.merit_order import Bid, draw_merit
from platone.kernel.style.sheet import common_style

_TEMPLATES = Path(__file__).with_name("template")
_QUARTER_H = 0.25
"""Hours of a quarter-hour: energy from power."""


def write_report(folder: Path, scenario: Scenario) -> Path:
    """Write index.html beside the files that it is made from.

    Args:
        folder: Where a run wrote its files.
        scenario: The scenario that was run.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["kw"] = number
    environment.filters["eur"] = _amount
    story = Story(folder, scenario)
    content = _content(story) | {"folder": folder}
    page = environment.get_template("index.html.j2").render(content)
    target = folder / "index.html"
    target.write_text(page, "utf-8")
    return target


def _amount(value: float | str) -> str:
    """Return money for people: at least cents, and as many digits as it has up to micro-euro."""
    text = f"{float(value):.6f}"
    whole, _, fraction = text.partition(".")
    shown = f"{whole}.{fraction[:2]}{fraction[2:].rstrip('0')}"
    return shown.replace("-", "\u2212")


def _content(story: Story) -> dict[str, Any]:
    trades = story.trades()
    needs = _needs(story, trades)
    names = {line["id"]: line["name"] for line in story.scenario.network["lines"]}
    return {
        "story": story,
        "scenario": story.scenario,
        "style": Markup(common_style() + (_TEMPLATES / "style.css").read_text("utf-8")),  # noqa: S704 - our own files
        "focus_time": _time(story, story.focus),
        "feeders": _feeders(story, ["forecast"]),
        "feeders_after": _feeders(story, ["forecast", "afterMarket", "validated"]),
        "first_alarms": [
            _alarm(story, each) for each in story.alarms if each["stage"] == "forecast"
        ],
        "after_market": broken_limits(story.states, "afterMarket", names),
        "after_check": broken_limits(story.states, "validated", names),
        "reasons": reasons_left([need["met"] for need in needs], DSO),
        "needs": needs,
        "plants": [_plant(story, plant, trades) for plant in story.scenario.plants],
        "trades": trades,
        "cuts": [trade for trade in trades if abs(trade.market_kw - trade.validated_kw) > 1e-6],  # noqa: PLR2004 - kW
        "payments": [_payment(story.scenario, trade) for trade in trades if trade.money],
        "total_eur": sum(_net(trade) for trade in trades if trade.money),
        "line_names": names,
        "rows": story.comparison["rows"],
        "met": sum(1 for row in story.comparison["rows"] if row["isMet"]),
    }


def _time(story: Story, index: int | None) -> str:
    if index is None:
        return ""
    zone = ZoneInfo(story.scenario.day.zone)
    start = story.scenario.instant(index).astimezone(zone)
    return f"{start:%H:%M}\u2013{start + timedelta(minutes=15):%H:%M}"


def _svg(picture: str) -> Markup:
    return Markup(picture)  # noqa: S704 - the canvas escapes every text


def _feeders(story: Story, states: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "picture": _svg(draw_feeder(name, stops))}
        for name, stops in story.stops(states).items()
    ]


def _alarm(story: Story, alarm: Any) -> dict[str, Any]:
    names = {line["id"]: line["name"] for line in story.scenario.network["lines"]}
    over = 100 * (alarm["value"] / alarm["limit"] - 1)
    return {**alarm, "name": names.get(alarm["element"], alarm["element"]), "over": over}


def _needs(story: Story, trades: Sequence[Trade]) -> list[dict[str, Any]]:
    return [
        _need(story, request["playerId"], part, point, story.group(part), trades)
        for request in story.requests
        for part in request["flexibility"]
        for point in part["power"]
    ]


def _need(
    story: Story, who: str, part: Any, point: Any, group: Sequence[str], trades: Sequence[Trade]
) -> dict[str, Any]:
    index = point["index"]
    baselines = [(pod, story.scenario.baselines_kw[pod][index]) for pod in group]
    need_kw = point["p"] - sum(value for _, value in baselines)
    mine = {t.pod: t for t in trades if t.asked_by == who and t.index == index and t.pod in group}
    sold_elsewhere = {t.pod for t in trades if t.asked_by != who and t.index == index}
    bids = _bids(story, baselines, index, need_kw, mine, sold_elsewhere)
    prices = [trade.price for trade in mine.values()]
    cleared = max(prices) if prices else None
    return {
        "who": who,
        "time": _time(story, index),
        "group": group,
        "pom": part.get("pom"),
        "p": point["p"],
        "limit": point["pPrice"],
        "baseline": sum(value for _, value in baselines),
        "need": need_kw,
        "cleared": cleared,
        "met": NeedMet(who=who, need_kw=need_kw, limit=point["pPrice"], bids=bids),
        "picture": _svg(draw_need(who, baselines, point["p"])),
        "merit": _svg(draw_merit(bids, abs(need_kw), cleared, point["pPrice"])),
    }


def _bids(
    story: Story,
    baselines: Sequence[tuple[str, float]],
    index: int,
    need_kw: float,
    mine: dict[str, Trade],
    sold_elsewhere: set[str],
) -> list[Bid]:
    """Return the offers of the right direction that are not sold yet, cheapest first."""
    bids: list[Bid] = []
    for pod, baseline_kw in baselines:
        offer = story.offer_point(pod, index)
        if offer is None or pod in sold_elsewhere - mine.keys():
            continue
        change_kw = offer["p"] - baseline_kw
        if change_kw * need_kw > 0:
            taken_kw = abs(mine[pod].market_kw - baseline_kw) if pod in mine else 0.0
            bids.append(Bid(pod, abs(change_kw), taken_kw, offer["pPrice"]))
    return sorted(bids, key=lambda bid: (bid.price, -bid.taken_kw, bid.name))


def _plant(story: Story, plant: Plant, trades: Sequence[Trade]) -> dict[str, Any]:
    own = [trade for trade in trades if trade.pod == plant.pod_id]
    baseline_kw = story.scenario.baselines_kw[plant.pod_id]
    measured_kw = story.measured_kw(plant.pod_id)
    focus = own[0].index if own else story.focus
    return {
        "plant": plant,
        "trade": own[0] if own else None,
        "day": _svg(draw_day(baseline_kw, measured_kw, focus)),
        "quarter": _svg(draw_quarter(_marks(own[0]))) if own else None,
        "baseline": baseline_kw[focus] if focus is not None else None,
        "measured": measured_kw[focus] if focus is not None else None,
    }


def _marks(trade: Trade) -> list[Mark]:
    marks = [
        Mark("baseline", trade.baseline_kw, "base"),
        Mark("offered", trade.offered_kw, "offer"),
        Mark("market", trade.market_kw, "market"),
        Mark("validated", trade.validated_kw, "valid"),
    ]
    if trade.measured_kw is not None:
        marks.append(Mark("measured", trade.measured_kw, "meter"))
    return marks


def _net(trade: Trade) -> float:
    return float(trade.money["paidP"] - trade.money["penaltyP"]) if trade.money else 0.0


def _payment(scenario: Scenario, trade: Trade) -> dict[str, Any]:
    """Return a settlement line with its formula in numbers; energies in kWh."""
    plant = scenario.plant(trade.pod)
    line = trade.money or {}
    ordered = abs(trade.validated_kw - trade.baseline_kw) * _QUARTER_H
    baseline, measured = trade.baseline_kw * _QUARTER_H, (line["measuredP"] or 0) * _QUARTER_H
    direction = 1 if trade.validated_kw < trade.baseline_kw else -1
    delivered = min(max(direction * (baseline - measured), 0.0), ordered)
    net = _net(trade)
    tokens = float(line["customerTokens"] or 0)
    return {
        "trade": trade,
        "plant": plant,
        "line": line,
        "is_less": direction > 0,
        "ordered": ordered,
        "baseline": baseline,
        "measured": measured,
        "delivered": delivered,
        "missing": ordered - delivered,
        "net": net,
        "customer": tokens,
        "aggregator": net - tokens,
        "percent": 100 * delivered / ordered if ordered else 100.0,
    }
