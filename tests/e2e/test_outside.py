"""An external aggregator and an external DSO trade by REST alone; nothing embedded helps them."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ONE, TWO = "IT001E00000031", "IT001E00000032"
SESSION = {"marketType": "realTime", "startTime": "2021-10-30T14:00:00Z"}
MIDNIGHT = "2021-10-29T22:00:00Z"
INDEX = 70
"""17:30 in Rome."""
SERVICE = "/api/flexibilityService"


def service(sender: str, kind: str, name: str, entry: Any, power: Any) -> dict[str, Any]:
    """A request or offer for the one quarter-hour."""
    return {
        "playerId": sender,
        "serviceType": kind,
        "playerServiceId": name,
        "flexibility": [entry | {"power": [{"index": INDEX, **power}]}],
    } | SESSION


SERVICES = [
    # 300 kW of 400 kW are asked for: 100 kW less. The TSO asks for 20 kW more.
    service("DSO", "DSO_request", "ask-dso", {"pod": [ONE, TWO]}, {"p": 300, "pPrice": 0.2}),
    service("TSO", "TSO_request", "ask-tso", {"pom": "CP-OUTSIDE"}, {"p": 420, "pPrice": 0.3}),
    service("ACEAE_2", "offer", "cheap", {"pod": [ONE]}, {"p": 40, "pPrice": 0.05}),
    service("ACEAE_2", "offer", "dear", {"pod": [TWO]}, {"p": 200, "pPrice": 0.15}),
]
"""The cheap offer gives 60 of 100 kW, the dear one 40 of its 100 kW, both paid at 0.15."""


class Day:
    """What came of the outsiders' day, step by step."""

    def __init__(self, outside: Any) -> None:
        self.outside = outside
        self.events: list[dict[str, Any]] = []
        self._register()
        answer = outside.call("MO", "POST", "/api/marketSession", SESSION)
        self.session = answer.json()
        self.answers = [outside.call(each["playerId"], "POST", SERVICE, each) for each in SERVICES]
        self.strays = [self._stray(index) for index in (0, 63, 80, 99)]
        closing = f"/api/marketSession/{self.session['id']}/override"
        order = {"action": "close", "reason": "All have sent what they have."}
        self.closed = outside.call("MO", "POST", closing, order).json()
        self.name = self.closed["marketOutcome"]
        self.market = outside.get("DSO", f"/api/marketOutcome/{self.name}")
        reader = threading.Thread(target=self._listen, daemon=True)
        reader.start()
        self.technical = self._technical()
        self.accepted = outside.call("DSO", "POST", "/api/technicalOutcome", self.technical)
        reader.join(30)

    def _register(self) -> None:
        outside = self.outside
        pods = [
            {"podId": ONE, "aggregatorId": "ACEAE_2", "pnP": 200},
            {"podId": TWO, "aggregatorId": "ACEAE_2", "pnP": 600},
        ]
        outside.call("ACEAE_2", "POST", "/api/scd/pods", pods).raise_for_status()
        curves = [(ONE, 100.0), (TWO, 300.0)]
        series = [{"podId": pod, "startTime": MIDNIGHT, "values": [kw] * 96} for pod, kw in curves]
        outside.call("ACEAE_2", "POST", "/api/scd/baselines", {"series": series})
        for pod in (ONE, TWO):
            told = {"poMId": "CP-OUTSIDE"}
            outside.call("DSO", "PUT", f"/api/scd/pods/{pod}/pom", told).raise_for_status()
        probe = SERVICES[1]  # the market learns of PoDs and PoM a moment later
        outside.wait(lambda: outside.call("TSO", "POST", SERVICE, probe).status_code < 300)

    def _stray(self, index: int) -> Any:
        """An offer for a quarter-hour that the session does not deliver."""
        entry = {"pod": [ONE], "power": [{"index": index, "p": 90, "pPrice": 0.05}]}
        offer = SERVICES[2] | {"playerServiceId": f"stray-{index}", "flexibility": [entry]}
        return self.outside.call("ACEAE_2", "POST", SERVICE, offer)

    def _technical(self) -> dict[str, Any]:
        """The outside DSO: its grid takes only half of what the second PoD was to do."""
        allowed = {ONE: 40.0, TWO: 280.0}
        return {
            key: self.market[key]
            for key in ("marketType", "duration", "interval", "startTime", "marketOutcome")
        } | {
            "flexibility": [
                {"pod": pod, "power": [{"index": INDEX, "acceptedPValue": kw, "acceptedP": "OK"}]}
                for pod, kw in allowed.items()
            ]
        }

    def _listen(self) -> None:
        headers = {
            "Authorization": f"Bearer {self.outside.token('ACEAE_2')}",
            "Accept": "text/event-stream",
        }
        path = "/api/topics/validated_outcome_ACEAE_2"
        with self.outside.http.stream("GET", path, headers=headers, timeout=30) as stream:
            self.events.append({"type": stream.headers["content-type"]})
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    self.events.append(json.loads(line.removeprefix("data: ")))
                    return


def platone(*arguments: str) -> str:
    command = [sys.executable, "-m", "platone", *arguments]
    done = subprocess.run(  # noqa: S603 - our own program
        command, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


@pytest.fixture(scope="module")
def day(server_on: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """A day on a server of its own: where a network is stored, the embedded DSO would answer."""
    server = server_on(tmp_path_factory.mktemp("apart") / "data")
    try:
        server.furnish()
        yield Day(server)
    finally:
        server.close()


def power(outcome: Any) -> dict[tuple[str, str | None], Any]:
    return {
        (part["pod"], point["playerRequestId"]): point
        for part in outcome["flexibility"]
        for point in part["power"]
    }


def test_session_takes_what_outsiders_send(day: Day) -> None:
    assert day.session["status"] == "active"
    assert [answer.json()["status"] for answer in day.answers] == [
        "accepted",
        "alreadySubmitted",  # it was the probe
        "accepted",
        "accepted",
    ]


def test_session_takes_its_own_quarter_hours_only(day: Day) -> None:
    for answer in day.strays:
        problem = day.outside.refuse(answer, 422, "index-outside-session")
        assert (problem["firstIndex"], problem["lastIndex"]) == (64, 79)
    recording = f"/api/marketSession/{day.session['id']}/recording"
    services = day.outside.get("AUDITOR", recording)["flexibilityServices"]
    assert len(services) == len(SERVICES)


def test_market_clears_by_merit_order(day: Day) -> None:
    assert day.closed["status"] in {"outcome", "validated"}
    trades = power(day.market)
    cheap, dear = trades[ONE, "DSO"], trades[TWO, "DSO"]
    assert (cheap["acceptedPValue"], dear["acceptedPValue"]) == (40, 260)
    assert (cheap["acceptedPChange"], dear["acceptedPChange"]) == (-60, -40)
    assert cheap["acceptedPPrice"] == dear["acceptedPPrice"] == 0.15
    assert "TSO" not in {request for _, request in trades}  # nobody offered to use more


def test_outsiders_validation_cuts_the_trade(day: Day) -> None:
    assert day.accepted.status_code == 201, day.accepted.text
    final = day.outside.get("ACEAE_2", f"/api/validatedOutcome/{day.name}")
    trades = power(final)
    assert trades[ONE, "DSO"]["acceptedPValue"] == 40
    assert trades[TWO, "DSO"]["acceptedPValue"] == 280
    assert trades[TWO, "DSO"]["acceptedPChange"] == pytest.approx(-20)
    again = day.outside.call("DSO", "POST", "/api/technicalOutcome", day.technical)
    assert (again.status_code, again.json()["status"]) == (200, "alreadySubmitted")
    beyond = json.loads(json.dumps(day.technical).replace("280.0", "270.0"))
    other = day.outside.call("DSO", "POST", "/api/technicalOutcome", beyond)
    day.outside.refuse(other, 409, "duplicate-identifier")


def test_topic_tells_its_owner(day: Day) -> None:
    kind, event = day.events
    assert kind["type"].startswith("text/event-stream")
    assert event["topic"] == "validated_outcome_ACEAE_2"
    assert event["content"]["marketOutcome"] == day.name
    page = day.outside.get("ACEAE_2", "/api/topics/validated_outcome_ACEAE_2")
    assert event in page["messages"]
    after = page["messages"][-1]["offset"]
    later = day.outside.get("ACEAE_2", f"/api/topics/validated_outcome_ACEAE_2?after={after}")
    assert later["messages"] == []
    whole = day.outside.get("DSO", "/api/topics/validated_outcome_DSO")["messages"][-1]
    assert whole["content"]["marketOutcome"] == day.name


def test_the_other_aggregator_sees_nothing_of_it(day: Day) -> None:
    for path in (f"/api/marketOutcome/{day.name}", f"/api/validatedOutcome/{day.name}"):
        assert day.outside.get("ACEAE", path)["flexibility"] == []
    services = f"/api/marketSession/{day.session['id']}/services"
    assert day.outside.get("ACEAE", services)["flexibilityServices"] == []


def test_recording_gives_the_same_outcome_again(day: Day, tmp_path: Path) -> None:
    path = f"/api/marketSession/{day.session['id']}/recording"
    recording = day.outside.call("AUDITOR", "GET", path)
    file = tmp_path / "session.json"
    file.write_bytes(recording.content)
    outcome = json.loads(platone("market", "clear", str(file)))
    assert outcome["marketOutcome"] == day.name


def test_outcome_can_be_proven(day: Day, tmp_path: Path) -> None:
    """From its text to the sealed block."""
    record = f"validatedOutcome-{day.name}"
    path = f"/api/certification/proof/{record}"
    day.outside.wait(lambda: day.outside.call("MO", "GET", path).status_code == 200)
    proof = day.outside.call("MO", "GET", path)
    file = tmp_path / "proof.json"
    file.write_bytes(proof.content)
    said = platone("verify", str(file))
    assert "PROVEN" in said
    assert day.name in said


def test_nothing_embedded_took_part(day: Day) -> None:
    entries = day.outside.get("AUDITOR", "/api/aggregator/pods")["pods"]
    assert {each["entry"]["pod"]["podId"] for each in entries}.isdisjoint({ONE, TWO})
    judged = day.outside.call("DSO", "GET", f"/api/dso/technicalOutcome/{day.name}")
    day.outside.refuse(judged, 404, "unknown-validation")
