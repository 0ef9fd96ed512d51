"""An aggregator and a TSO in processes of their own trade at a market that they reach by URL."""

import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "example"
EVE = datetime(2021, 6, 22, 11, tzinfo=UTC)
"""13:00 in Rome: the gate of the day-ahead session of the next day is open."""
SESSION = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}
POD = "IT001E00000071"
INDEX = 50
"""12:30 in Rome."""
ASK = {
    "playerId": "TSO",
    "serviceType": "TSO_request",
    "playerServiceId": "tso-ask",
    "flexibility": [
        {"pom": "PoM-1", "power": [{"index": INDEX, "p": 90.0, "pPrice": 0.1}]},
    ],
} | SESSION
"""10 kW less than the baseline of 100 kW."""
BATTERY = {
    "capacityKwh": 20.0,
    "chargeKw": 15.0,
    "dischargeKw": 15.0,
    "efficiency": 1.0,
    "stateOfCharge": 0.5,
    "stateAt": EVE.isoformat(),
    "wearEurPerKwh": 0.02,
}


class Platform:
    """The aggregator's process, on a data folder that outlives it."""

    def __init__(self, folder: Path, credentials: Path) -> None:
        self._folder = folder
        self._command = [
            *(sys.executable, "-m", "platone", "aggregator", "run", "--party", "ACEAE"),
            *("--credentials", str(credentials), "--data", str(folder / "data"), "--port", "0"),
            *("--clock", EVE.isoformat(), "--speed", "0"),
        ]
        self.start()

    def start(self) -> None:
        with (self._folder / "aggregator.log").open("a") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                self._command, stdout=subprocess.PIPE, stderr=log, text=True
            )
        late = threading.Timer(60, self.process.kill)
        late.start()
        line = self.process.stdout.readline() if self.process.stdout else ""
        late.cancel()
        assert "listens on" in line, (self._folder / "aggregator.log").read_text()
        context = ssl.create_default_context(cafile=str(self._folder / "data" / "ca.pem"))
        url = line.split()[-1]
        self.http = httpx.Client(base_url=url, verify=context, timeout=60)

    def end(self, how: Callable[["subprocess.Popen[str]"], None]) -> None:
        self.http.close()
        with self.process:
            how(self.process)
            self.process.wait(30)

    def call(self, token: str, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.http.request(method, path, json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json()


def terminate(process: "subprocess.Popen[str]") -> None:
    process.terminate()


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()


def own_credentials(server: Any, party: str, file: Path) -> Path:
    """The part of the server's credentials that a party is given."""
    told = json.loads((server.data / "credentials.json").read_text())
    told["clients"] = [each for each in told["clients"] if each["partyId"] == party]
    file.write_text(json.dumps(told))
    return file


@pytest.fixture
def server(
    tmp_path: Path, outside_at: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    monkeypatch.setenv("PLATONE_AGGREGATORS", "ACEAE_2")
    found = outside_at(tmp_path / "market", EVE)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def platform(tmp_path: Path, server: Any) -> Iterator[Platform]:
    folder = tmp_path / "aggregator"
    folder.mkdir()
    running = Platform(folder, own_credentials(server, "ACEAE", folder / "credentials.json"))
    try:
        yield running
    finally:
        running.end(terminate)


class Day:
    """The course of the day, step by step."""

    def __init__(self, server: Any, platform: Platform, folder: Path) -> None:
        self.server = server
        self.platform = platform
        self.folder = folder

    def own(self, method: str, path: str, body: Any = None) -> Any:
        return self.platform.call(self.server.token("ACEAE"), method, path, body)

    def wait(self, probe: Callable[[], Any]) -> Any:
        until_s = time.monotonic() + 60
        while not (found := probe()):
            assert time.monotonic() < until_s, "waited in vain"
            time.sleep(0.1)
        return found

    def node(self, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, str(EXAMPLE / "light_node.py"), *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=90,
            check=True,
        )
        return done.stdout

    def move_to(self, instant: str) -> None:
        assert self.server.call("MO", "PUT", "/api/clock", {"now": instant}).status_code == 200

    def register(self) -> None:
        """The aggregator registers a PoD, its baseline and its Light Node, the DSO its grid."""
        limits = {"upperP": 40, "downP": 40}
        pod = {"podId": POD, "aggregatorId": "ACEAE", "pnP": 500, "maxFlexibility": limits}
        self.own("POST", "/api/aggregator/pods", {"pods": [{"pod": pod}]})
        series = {"podId": POD, "startTime": SESSION["startTime"], "values": [100.0] * 96}
        self.own("POST", "/api/aggregator/baselines", {"series": [series]})
        steps = {"registration", "wallet", "agreement", "baseline"}
        self.wait(lambda: self._done() == steps)
        shutil.copytree(EXAMPLE, self.folder / "docs", dirs_exist_ok=True)
        (self.folder / "out").mkdir()
        enrolment = json.loads(self.node("request", POD))
        device = self.server.call("ACEAE", "POST", "/api/access/devices", enrolment)
        (self.folder / "device.json").write_text(device.text)
        self.node("install", "device.json")
        street = json.loads((EXAMPLE / "street.json").read_text())
        self.server.call("DSO", "PUT", "/api/dso/networks/street", street)
        self.server.call("DSO", "POST", "/api/dso/podAssociation", {"networkId": "street"})
        self.wait(
            lambda: self.server.get("ACEAE", "/api/scd/pods")["pods"][0].get("poMId") == "PoM-1"
        )

    def _done(self) -> set[str]:
        (entry,) = self.own("GET", "/api/aggregator/pods")["pods"]
        return {each["step"] for each in entry["progress"] if each["state"] == "done"}

    def offer(self) -> Any:
        self.own("PUT", "/api/aggregator/assets", asset())
        asked = [{"index": INDEX, "direction": "less", "priceEurPerKwh": 0.1}]
        order = SESSION | {"asked": asked}
        return self.own("POST", "/api/aggregator/plannedOffers", order)

    def status(self) -> str:
        answer = self.server.call("MO", "POST", "/api/marketSession", SESSION)
        return str(answer.json()["status"])

    def states(self) -> list[str]:
        lines = self.own("GET", "/api/aggregator/openLines")["lines"]
        return [each["state"] for each in lines]


def asset() -> dict[str, Any]:
    return {"assetId": "battery", "podId": POD, "battery": BATTERY}


def spawn_tso(server: Any, folder: Path) -> "subprocess.Popen[str]":
    (folder / "ask.json").write_text(json.dumps({"requests": [ASK]}))
    credentials = own_credentials(server, "TSO", folder / "tso.json")
    return subprocess.Popen(  # noqa: S603 - our own program
        [
            *(sys.executable, "-m", "platone", "tso", "run", str(folder / "ask.json")),
            *("--credentials", str(credentials), "-o", str(folder / "bought.json")),
            *("--patience", "5"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ.copy(),
    )


def test_a_day_from_offer_to_payment_with_a_kill_at_noon(
    server: Any, platform: Platform, tmp_path: Path
) -> None:
    day = Day(server, platform, tmp_path)
    day.register()
    plan = day.offer()
    assert plan["submission"]["status"] == "accepted", plan
    assert [each["changeKw"] for each in plan["pods"][0]["quarters"]] == [-15.0]
    tso = spawn_tso(server, tmp_path)
    with tso:
        assert tso.stdout is not None
        assert tso.stdout.readline() == "tso-ask: accepted\n"
        platform.end(kill)
        day.move_to("2021-06-22T13:30:00Z")
        day.wait(lambda: day.status() == "validated")
        assert server.get("DSO", "/api/dso/setpoints")["setpoints"] == []
        platform.start()
        assert "setpoint 90.0 kW" in day.node("await-setpoint", "2021-06-22T13:30:00Z")
        assert day.states() == ["waiting"]
        (dispatched,) = day.own("GET", "/api/aggregator/dispatch/2021-06-23")["pods"]
        (quarter,) = dispatched["quarters"]
        assert (quarter["index"], quarter["orderedKw"]) == (INDEX, 90.0)
        assert [(each["assetId"], each["changeKw"]) for each in quarter["shares"]] == [
            ("battery", -10.0)
        ]
        day.move_to("2021-06-23T10:45:00Z")
        assert day.node("send", POD, "2021-06-23T10:30:00Z", "22500") == "received\n"
        day.move_to("2021-06-23T14:00:00Z")
        said = tso.stdout.read()
        assert tso.wait(60) == 0, said
    assert f"bought of {POD} in quarter-hour {INDEX}: -10 kW for 0.02 EUR/kWh" in said
    bought = json.loads((tmp_path / "bought.json").read_text())
    (line,) = bought["settlements"][0]["flexibility"][0]["power"]
    assert (line["status"], line["measuredP"]) == ("settled", 90.0)
    assert line["paidP"] == pytest.approx(10 * 0.25 * 0.02)
    # at the aggregator: what was paid, and nothing is open any more
    (earned,) = day.wait(lambda: day.own("GET", "/api/aggregator/remuneration")["pods"])
    assert (earned["netEur"], earned["customerTokens"]) == ("0.05", "0.04")
    assert day.states() == []
    # nothing of it lies on the market's server, and a token is as good as at the market
    assert server.get("ACEAE", "/api/aggregator/pods")["pods"] == []
    stranger = platform.http.get("/api/aggregator/pods", headers={"Authorization": "Bearer x"})
    assert stranger.status_code == 401


def test_the_customer_databases_operator_has_a_person_erased_at_an_aggregator_of_its_own(
    server: Any, platform: Platform, tmp_path: Path
) -> None:
    """The order goes to the aggregator's own address, and leaves no byte of the name behind."""
    day = Day(server, platform, tmp_path)
    day.register()
    day.offer()
    order = {"erasureId": "e-1", "podIds": [POD]}

    def data() -> bytes:
        folder = tmp_path / "aggregator" / "data"
        return b"".join(each.read_bytes() for each in folder.rglob("aggregator.db*"))

    assert POD.encode() in data()
    refused = platform.http.post(
        "/api/aggregator/erasures",
        json=order,
        headers={"Authorization": f"Bearer {server.token('ACEAE')}"},
    )
    assert refused.status_code == 403
    for _ in range(2):  # it may come again
        told = platform.call(server.token("MDA"), "POST", "/api/aggregator/erasures", order)
        assert (told["context"], told["state"]) == ("aggregator", "done")
    assert day.own("GET", "/api/aggregator/pods")["pods"] == []
    assert POD.encode() not in data()
