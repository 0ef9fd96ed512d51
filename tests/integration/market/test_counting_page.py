"""The examples of what counts when, played from the page over market and customer database."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from tests.integration.market.test_market_with_customers import Town
from tests.integration.market.test_what_counts import (
    DELIVERY,
    GATE,
    REAL_TIME,
    RT_GATE,
    reading,
    register,
    send,
    session_like,
    validate,
)

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "market-rules.md"
PLAYS = re.findall(r"^```play\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
DAY_AHEAD = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}


class Play:
    """An example under way: each line is an action, or what has to come of it."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.known: set[str] = set()
        self.number = 0
        self.terms: dict[str, Any] = DAY_AHEAD
        self.lines: dict[str, dict[str, Any]] = {}
        self.sold: dict[str, str] = {}

    async def act(self, line: str) -> None:
        """Do what a line says, or check it."""
        for pattern, action in self._actions.items():
            if match := re.fullmatch(pattern, line):
                await action(self, *match.groups())
                return
        pytest.fail(f"nobody knows how to play: {line}")

    async def _know(self, *pods: str) -> None:
        await register(self.town, *(pod for pod in pods if pod not in self.known))
        self.known.update(pods)

    async def _typical(self, pod: str, kw: str) -> None:
        await register(self.town, pod, powerBaselineCurves=[float(kw)] * 96)
        self.known.add(pod)

    async def _baseline(self, pod: str, kw: str, late: str | None = None) -> None:
        await self._know(pod)
        series = {"podId": pod, "startTime": DAY_AHEAD["startTime"], "values": [float(kw)] * 96}
        answer = await self.town.call("ACEAE", "POST", "/api/scd/baselines", {"series": [series]})
        told = {each["marketType"] for each in answer["results"][0]["doesNotCountFor"]}
        assert ("dayAhead" in told) == (late is not None)

    async def _ask(self, party: str, kw: str, group: str) -> None:
        is_pom = group.startswith("CP")
        if not is_pom:
            await self._know(*group.split())
        target = {"pom": group} if is_pom else {"pod": group.split()}
        await self._send(party, target, kw)

    async def _offer(self, kw: str, pod: str) -> None:
        await self._send("ACEAE", {"pod": [pod]}, kw)

    async def _send(self, party: str, target: dict[str, Any], kw: str) -> None:
        self.number += 1
        await send(self.town, party, f"message-{self.number}", target, float(kw), **self.terms)

    async def _join(self, pod: str) -> None:
        await self._know(pod)

    async def _leave(self, pod: str) -> None:
        gone = {"podId": pod, "aggregatorId": "ACEAE", "actionType": "delete"}
        await self.town.call("MDA", "POST", "/api/podRegistry", {"pods": [gone]})

    async def _gate(self) -> None:
        at = GATE if self.terms is DAY_AHEAD else RT_GATE
        self.town.clock.move_to(at)
        await self.town.market.tick(at)
        session = await session_like(self.town, **self.terms)
        outcome = await self.town.call("MO", "GET", f"/api/marketOutcome/{session['id']}")
        self.lines = {each["pod"]: each["power"][0] for each in outcome["flexibility"]}

    async def _sells(self, pod: str, kw: str) -> None:
        assert self.lines[pod]["acceptedPChange"] == float(kw)

    async def _sells_nothing(self, pod: str, reason: str) -> None:
        assert self.lines[pod]["acceptedPValue"] is None
        assert self.lines[pod]["rejectionTypeP"] == reason

    async def _real_time(self) -> None:
        await validate(self.town, 0)
        self.terms = REAL_TIME
        opens = RT_GATE - timedelta(hours=1)
        self.town.clock.move_to(opens)
        await self.town.market.tick(opens)

    async def _measures(self, pod: str, kw: str) -> None:
        await validate(self.town, 1)
        self.town.clock.move_to(DELIVERY + timedelta(hours=1))
        measured = {"measurements": [reading(pod, float(kw))]}
        await self.town.call("MDA", "POST", "/api/scd/measurements", measured)
        self.town.clock.move_to(datetime(2021, 6, 23, 14, tzinfo=UTC))
        orders = "api/contracts/settlements"
        await self.town.until(lambda: len(self.town.sent(orders)) == 2)

    async def _counts_from(self, change: str, pod: str, kw: str) -> None:
        lines = [
            line
            for order in self.town.sent("api/contracts/settlements")
            for line in order["lines"]
            if line["pod"] == pod and line["ordered"] == float(change) * 250_000
        ]
        assert [line["baseline"] for line in lines] == [float(kw) * 250_000]

    _actions: dict[str, Any] = {  # noqa: RUF012 - a table of the language
        r"typical (\w+) (\d+)": _typical,
        r"(\w+) (\d+)": _baseline,
        r"(\w+) (\d+) is too late for (dayAhead)": _baseline,
        r"(DSO|TSO) asks (\d+) of (.+)": _ask,
        r"ACEAE offers (\d+) of (\w+)": _offer,
        r"(\w+) joins CP9": _join,
        r"(\w+) leaves": _leave,
        r"gate": _gate,
        r"real time": _real_time,
        r"(\w+) sells ([+-]\d+)": _sells,
        r"(\w+) sells nothing: (\w+)": _sells_nothing,
        r"(\w+) measures (\d+)": _measures,
        r"([+-]\d+) of (\w+) counts from (\d+)": _counts_from,
    }


@pytest.fixture
async def town(tmp_path: Path, issuer_key: ECKey, party_token: Any) -> AsyncIterator[Town]:
    made = Town(tmp_path, issuer_key, party_token)
    await made.market.start()
    await made.customers.start()
    await made.market.tick(made.clock.now())
    yield made
    await made.market.stop()
    await made.customers.stop()


def test_each_rule_has_an_example() -> None:
    text = PAGE.read_text("utf-8")
    section = text[text.index("## What counts when") : text.index("## Clearing")]
    rules = re.findall(r"^\*\*", section, re.MULTILINE)
    examples = re.findall(r"^```(?:play|agreements)$", section, re.MULTILINE)
    assert len(examples) == len(rules) >= 8


@pytest.mark.parametrize("play", PLAYS, ids=range(len(PLAYS)))
async def test_an_example_comes_out_as_the_page_says(town: Town, play: str) -> None:
    stage = Play(town)
    for line in play.splitlines():
        said = re.sub(r"\s*\(.*\)$", "", line).strip()
        await stage.act(re.sub(r"\b([A-C])\b", r"POD_\1", said))
