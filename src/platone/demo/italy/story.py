"""Reads what a run has written, and arranges it as the report tells it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platone.demo.drawing.feeder import Load, Stop
from platone.demo.scenario import Scenario

STATES = {"forecast": "forecast", "afterMarket": "after market", "validated": "validated"}
"""The network's states, by the name in grid.json, as the pictures call them."""

Content = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A PoD's trade in one quarter-hour, from offer to payment; powers are totals in kW.

    Attributes:
        pod: The point of delivery.
        index: The quarter-hour.
        baseline_kw: Its baseline.
        offered_kw: What was offered.
        market_kw: What the market accepted.
        validated_kw: What the grid can take of it.
        measured_kw: What the meter counted; none while the reading is missing.
        offer_price: What was asked for it, EUR/kWh.
        price: What it is paid, EUR/kWh.
        asked_by: The DSO or TSO.
        cuts: Limits of the grid that stand against the rest.
        money: The settlement's line, as the file has it; none where it is not settled.
    """

    pod: str
    index: int
    baseline_kw: float
    offered_kw: float
    market_kw: float
    validated_kw: float
    measured_kw: float | None
    offer_price: float
    price: float
    asked_by: str
    cuts: tuple[Content, ...]
    money: Content | None


class Story:
    """The files that a run has written, as its report reads them.

    Args:
        folder: Where it wrote it.
        scenario: The scenario that was run.
    """

    def __init__(self, folder: Path, scenario: Scenario) -> None:
        self.scenario = scenario
        self._folder = folder
        self.requests: list[Content] = self._read("requests")["requests"]
        self.offers: list[Content] = self._read("offers")["offers"]
        self.market_outcome = self._read("market-outcome")
        self.validated_outcome = self._read("validated-outcome")
        self.settlement = self._read("settlement")
        self.alarms: list[Content] = self._read("alarms")["alarms"]
        self.states: list[Content] = self._read("grid")["states"]
        self.wallets: list[Content] = self._read("wallets")["wallets"]
        self.proofs: list[Content] = self._read("proofs")["proofs"]
        self.comparison = self._read("comparison")
        self.pods: list[Content] = self._read("pods")["pods"]
        self._measured = _measured(self._read("measurements")["measurements"], scenario)
        self.focus = self._focus()

    def _read(self, name: str) -> Any:
        return json.loads((self._folder / f"{name}.json").read_text("utf-8"))

    def _focus(self) -> int | None:
        """Return the quarter-hour that the pictures are about: the first that was asked for."""
        asked = [
            point["index"]
            for request in self.requests
            for part in request["flexibility"]
            for point in part["power"]
        ]
        return min(asked, default=None)

    def measured_kw(self, pod: str) -> list[float | None]:
        """Return a PoD's mean power of each quarter-hour; None where no reading has come."""
        found = self._measured.get(pod, {})
        return [found.get(index) for index in range(self.scenario.quarter_hours)]

    def group(self, part: Content) -> list[str]:
        """Return the PoDs that a request's part is about, in the scenario's order."""
        poms = {pod["podId"]: pod.get("poMId") for pod in self.pods}
        wanted = part.get("pod") or [pod for pod, pom in poms.items() if pom == part.get("pom")]
        return [plant.pod_id for plant in self.scenario.plants if plant.pod_id in wanted]

    def trades(self) -> list[Trade]:
        """Return every accepted trade, by PoD in the scenario's order."""
        order = [plant.pod_id for plant in self.scenario.plants]
        return [
            self._trade(part["pod"], power)
            for part in sorted(
                self.market_outcome["flexibility"], key=lambda part: order.index(part["pod"])
            )
            for power in part["power"]
            if power["playerRequestId"] is not None and power["acceptedPValue"] is not None
        ]

    def _trade(self, pod: str, power: Content) -> Trade:
        index = power["index"]
        validated = _power(self.validated_outcome, pod, power)
        offered = self.offer_point(pod, index)
        lines = [
            line
            for part in self.settlement["flexibility"]
            if part["pod"] == pod
            for line in part["power"]
            if int(line["index"]) == index and line["requestPlayerId"] == power["playerRequestId"]
        ]
        return Trade(
            pod=pod,
            index=index,
            baseline_kw=self.scenario.baselines_kw[pod][index],
            offered_kw=offered["p"],
            market_kw=power["acceptedPValue"],
            validated_kw=validated["acceptedPValue"],
            measured_kw=self._measured.get(pod, {}).get(index),
            offer_price=offered["pPrice"],
            price=power["acceptedPPrice"],
            asked_by=power["playerRequestId"],
            cuts=tuple(validated.get("cuts") or ()),
            money=lines[0] if lines else None,
        )

    def offer_point(self, pod: str, index: int) -> Any:
        """Return a PoD's offer in a quarter-hour; None where there is none."""
        return next(
            (
                point
                for offer in self.offers
                for part in offer["flexibility"]
                if part["pod"] == [pod]
                for point in part["power"]
                if point["index"] == index
            ),
            None,
        )

    def stops(self, states: Sequence[str]) -> dict[str, list[Stop]]:
        """Return the network's feeders by name, with their loading in some of the states."""
        return _Feeders(self, states).found


def _measured(measurements: Sequence[Content], scenario: Scenario) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    by_time = {
        scenario.instant(index).strftime("%Y-%m-%dT%H:%M:%SZ"): index
        for index in range(scenario.quarter_hours)
    }
    for each in measurements:
        index = by_time.get(each["startTime"])
        if index is not None:
            hours = each["durationMinutes"] / 60
            found.setdefault(each["podId"], {})[index] = each["energyWh"] / 1000 / hours
    return found


def _power(outcome: Content, pod: str, like: Content) -> Any:
    """Return the power of the same trade in another outcome."""
    return next(
        power
        for part in outcome["flexibility"]
        if part["pod"] == pod
        for power in part["power"]
        if power["index"] == like["index"] and power["playerRequestId"] == like["playerRequestId"]
    )


class _Feeders:
    """A walk through the network from its sources; a line that leaves a busbar begins a feeder."""

    def __init__(self, story: Story, states: Sequence[str]) -> None:
        self._network = story.scenario.network
        self._story = story
        self._currents = {
            name: {branch["id"]: branch for branch in item["state"]["branches"]}
            for name in states
            for item in story.states
            if item["label"] == name
        }
        self._names = {bus["id"]: bus["name"] for bus in self._network["buses"]}
        self._seen: set[str] = set()
        self.found: dict[str, list[Stop]] = {}
        bars = [source["bus"] for source in self._network["sources"]]
        for bar in bars:  # grows while it is walked: transformers lead to further busbars
            self._seen.add(bar)
            for unit in self._network["transformers"]:
                other = _other_end(unit, bar)
                if other is not None and other not in self._seen:
                    self._seen.add(other)
                    bars.append(other)
        for bar in bars:
            for line in self._lines_at(bar):
                self._begin(bar, line)

    def _lines_at(self, bus: str) -> list[Content]:
        return [
            line
            for line in self._network["lines"]
            if _other_end(line, bus) is not None and _other_end(line, bus) not in self._seen
        ]

    def _begin(self, bar: str, line: Content) -> None:
        name = line["name"].partition(":")[0]
        top = Stop(name=self._names[bar], note="busbar", has_pod=False, depth=0, loads=())
        self.found[name] = [top]
        self._follow(line, bar, 0, self.found[name])

    def _follow(self, line: Content, origin: str, depth: int, into: list[Stop]) -> None:
        bus = _other_end(line, origin)
        if bus is None or bus in self._seen:
            return
        self._seen.add(bus)
        into.append(self._stop(bus, line["id"], depth))
        onward = self._lines_at(bus)
        for place, following in enumerate(onward):
            self._follow(following, bus, depth + (1 if place else 0), into)

    def _stop(self, bus: str, line: str, depth: int) -> Stop:
        points = self._network["connectionPoints"]
        pods = [point["podId"] for point in points if point["bus"] == bus]
        loads = tuple(
            Load(STATES[name], max(found[line]["fromA"], found[line]["toA"]), found[line]["limitA"])
            for name, found in self._currents.items()
            if line in found
        )
        return Stop(self._names[bus], ", ".join(pods), bool(pods), depth, loads)


def _other_end(branch: Content, bus: str) -> str | None:
    if branch["from"] == bus:
        return str(branch["to"])
    return str(branch["from"]) if branch["to"] == bus else None
