"""From what a meter's counters show to what is paid for it: signed, certified, settled.

Five points of delivery sell 40 kW less than their 100 kW in the quarter-hour from 12:30 on, for
0.05 EUR/kWh (a missing kWh costs 0.02), 80 % of it their own. All figures are worked out by hand.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

import platone.demo.italy
from platone.bootstrap import CountingMeter, LightNode, Showing, light_node, register_meter
from platone.kernel.clock import SimulatedClock
from platone.messages.metering import DeviceCredentials, Reading

NETWORK = Path(platone.demo.italy.__file__).with_name("scenario") / "network.json"
MIDNIGHT = datetime(2021, 6, 22, 22, tzinfo=UTC)
DAY_AHEAD = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}
DELIVERY = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
ENDED = datetime(2021, 6, 23, 22, tzinfo=UTC)
INDEX = 50
FIVE, QUARTER, HALF, HOUR, ESTIMATE = (
    "IT002E61899978",
    "IT002E60976796",
    "IT002E60974469",
    "IT002E60499620",
    "IT002E60550189",
)
MINUTE = timedelta(minutes=1)


def at(minute: int, imported: int, meter: CountingMeter, exported: int = 0) -> Showing:
    """What a meter showed some minutes after the delivery began."""
    return Showing(meter=meter, at=DELIVERY + minute * MINUTE, imported=imported, exported=exported)


def meter(serial: str, digits: int = 7, unit_wh: int = 1) -> CountingMeter:
    return CountingMeter(meter_id=serial, digits=digits, unit_wh=unit_wh, most_kw=500.0)


# 9.999 MWh in steps of 10 Wh roll over on the way: 5.3 + 5.2 + 4.5 kWh
ROLLS = meter("M-5", digits=3 + 3, unit_wh=10)
# 11 kWh until 12:37 by the old one, 8 by the new one: of 10 ordered kWh 4 are missing
OLD, NEW = meter("M-15-old"), meter("M-15-new")
# 36 kWh in half an hour, and 8 fed in: 14 a quarter-hour; 68 kWh in an hour: 17 a quarter-hour
THIRTY, SIXTY = meter("M-30"), meter("M-60", digits=5, unit_wh=100)
SHOWN = {
    "five": (
        at(0, 999_500, ROLLS),
        at(5, 30, ROLLS),
        at(10, 550, ROLLS),
        at(15, 1_000, ROLLS),
    ),
    "old": (at(0, 500_000, OLD), replace(at(7, 511_000, OLD), is_last=True)),
    "new": (at(7, 3, NEW), at(15, 8_003, NEW)),
    "half": (at(0, 4_000_000, THIRTY, 100), at(30, 4_036_000, THIRTY, 8_100)),
    "hour": (at(-30, 99_900, SIXTY), at(30, 580, SIXTY)),
}
PAID = {  # kW measured, quality, kWh delivered, kWh missing
    FIVE: (60.0, "measured", 10, 0),
    QUARTER: (76.0, "measured", 6, 4),
    HALF: (56.0, "estimated", 10, 0),
    HOUR: (68.0, "estimated", 8, 2),
    ESTIMATE: (60.0, "estimated", 10, 0),
}


class Counters:
    """The counters of a meter."""

    def __init__(self, showings: Sequence[Showing]) -> None:
        self._showings = showings

    async def showings(self, since: datetime | None) -> Sequence[Showing]:
        return [each for each in self._showings if since is None or each.at >= since]


class Told:
    """A meter that tells the energies that it is given."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []

    async def read(self, since: datetime | None) -> Sequence[Reading]:  # noqa: ARG002 - its own
        told, self.readings = self.readings, []
        return told


class Ems:
    """An energy management system that does nothing."""

    async def apply(self, command: Any) -> None:
        pass


def furnish(server: Any) -> None:
    """The network, five points of delivery with baselines and agreements, and where they hang."""
    path = "/api/dso/networks/italy-tor-di-valle"
    assert server.call("DSO", "PUT", path, NETWORK.read_bytes()).status_code < 300
    pods = [
        {
            "pod": {
                "podId": pod,
                "aggregatorId": "ACEAE",
                "pnP": 500,
                "cosPhi": 0.9,
                "maxFlexibility": {"upperP": 100, "downP": 100},
            },
            "customerSharePpm": 800_000,
            "penaltyEurPerKwh": 0.02,
            "preferences": [{"index": INDEX, "changeKw": -40, "priceEurPerKwh": 0.05}],
        }
        for pod in PAID
    ]
    series = [
        {"podId": pod, "startTime": MIDNIGHT.isoformat(), "values": [100.0] * 96} for pod in PAID
    ]
    for name, body in (("pods", {"pods": pods}), ("baselines", {"series": series})):
        answer = server.call("ACEAE", "POST", f"/api/aggregator/{name}", body)
        assert {each["status"] for each in answer.json()["results"]} == {"accepted"}

    def registered() -> bool:
        found = server.get("ACEAE", "/api/aggregator/pods")["pods"]
        steps = [
            {step["step"] for step in pod["progress"] if step["state"] in {"done", "late"}}
            for pod in found
        ]
        return all({"registration", "baseline", "wallet", "agreement"} <= each for each in steps)

    server.wait(registered)
    assert server.call("DSO", "POST", "/api/dso/podAssociation", {}).status_code == 200


def trade(server: Any) -> str:
    """The TSO asks for 200 kW less; all offers are taken. Returns the outcome's name."""
    session = server.session_id(DAY_AHEAD)
    path = f"/api/marketSession/{session}"
    found = server.get("MO", path)
    move(server, datetime.fromisoformat(found["gateOpens"]))
    server.wait(lambda: server.get("MO", path)["status"] == "active")
    request = {
        **DAY_AHEAD,
        "playerId": "TSO",
        "serviceType": "TSO_request",
        "playerServiceId": "TSO-1",
        "flexibility": [
            {"pom": "CP-IRLANDESE", "power": [{"index": INDEX, "p": 300.0, "pPrice": 0.1}]}
        ],
    }
    server.wait(
        lambda: server.call("TSO", "POST", "/api/flexibilityService", request).status_code < 300
    )
    offers = server.call("ACEAE", "POST", "/api/aggregator/offers", DAY_AHEAD).json()["results"]
    assert {each["status"] for each in offers} == {"accepted"}
    move(server, datetime.fromisoformat(found["gateCloses"]))
    server.wait(lambda: server.get("MO", path)["status"] == "validated")
    outcome = str(server.get("MO", path)["marketOutcome"])
    final = server.get("MO", f"/api/validatedOutcome/{outcome}")
    changes = [each["acceptedPChange"] for pod in final["flexibility"] for each in pod["power"]]
    assert changes == [-40.0] * 5
    return outcome


def move(server: Any, now: datetime) -> None:
    answer = server.call("MO", "PUT", "/api/clock", {"now": now.isoformat()})
    assert answer.status_code == 200, answer.text


def enrolled(server: Any, folder: Path, pod: str, source: Any) -> LightNode:
    node = light_node(folder, source, Ems(), SimulatedClock(ENDED, speed=0))
    request = msgspec.json.encode(node.enrolment(pod))
    answer = server.call("ACEAE", "POST", "/api/access/devices", request)
    assert answer.status_code == 201, answer.text
    node.install(msgspec.json.decode(answer.content, type=DeviceCredentials))
    return node


def registering(server: Any, folder: Path, pod: str, name: str, minutes: int) -> LightNode:
    """A Light Node that reads the counters of a meter."""
    return enrolled(
        server, folder, pod, register_meter(folder, Counters(SHOWN[name]), pod, minutes)
    )


def taken_down(server: Any, node: LightNode, pod: str) -> None:
    """Once what a device has signed is certified, the device is revoked."""

    def is_certified() -> bool:
        told = server.get("MDA", "/api/scd/measurements", params={"podId": pod})["measurements"]
        assert [each["meterId"] for each in told] in ([], ["M-15-old"])
        return all(
            server.call(
                "MDA", "GET", f"/api/certification/proof/{each['certificationId']}"
            ).status_code
            == 200
            for each in told
        ) and bool(told)

    server.wait(is_certified)
    answer = server.call("ACEAE", "DELETE", f"/api/access/devices/{node.address}")
    assert answer.status_code == 200, answer.text


def sent(*nodes: LightNode) -> None:
    """All of them sign and send what their meters have, and none of it is refused."""

    async def send() -> None:
        for node in nodes:
            await node.start()
            assert await node.collect() == 1
            await node.wait_received()
            status = await node.status()
            await node.stop()
            assert status.refused == 0

    asyncio.run(send())


def settled(server: Any, outcome: str, run: int) -> dict[str, Any]:
    """The line of each point of delivery in a run of the settlement, when all is paid."""

    def found() -> Any:
        answer = server.call("MO", "GET", f"/api/settlement/{outcome}.{run}")
        return answer.json() if answer.status_code == 200 else None

    settlement = server.wait(found, 60)
    lines = {pod["pod"]: pod["power"][0] for pod in settlement["flexibility"]}
    assert {each["status"] for each in lines.values()} == {"settled"}
    return lines


def tokens(server: Any, pod: str) -> str:
    return str(server.get("AUDITOR", f"/api/contracts/transactions/balanceOf/{pod}")["balance"])


def test_registers_come_to_payments(server_at: Callable[[datetime], Any], tmp_path: Path) -> None:
    server = server_at(datetime(2021, 6, 22, 8, 30, tzinfo=UTC))
    furnish(server)
    outcome = trade(server)
    move(server, ENDED)

    node = registering(server, tmp_path / "old", QUARTER, "old", 15)
    sent(node)
    taken_down(server, node, QUARTER)
    nodes = [registering(server, tmp_path / "new", QUARTER, "new", 15)]
    for name, pod, minutes in (("five", FIVE, 5), ("half", HALF, 30), ("hour", HOUR, 60)):
        nodes.append(registering(server, tmp_path / name, pod, name, minutes))
    told = Told()
    other = enrolled(server, tmp_path / "told", ESTIMATE, told)
    told.readings = [
        Reading(
            pod_id=ESTIMATE,
            start_time=DELIVERY,
            duration_minutes=15,
            energy_wh=15_000,
            quality="estimated",
        )
    ]
    sent(*nodes, other)

    lines = settled(server, outcome, 1)
    for pod, (measured_kw, quality, delivered, missing) in PAID.items():
        line = lines[pod]
        assert (line["measuredP"], line["quality"]) == (measured_kw, quality), pod
        assert line["paidP"] == pytest.approx(0.05 * delivered, abs=1e-12)
        assert line["penaltyP"] == pytest.approx(0.02 * missing, abs=1e-12)
        net = 0.05 * delivered - 0.02 * missing
        assert float(line["customerTokens"]) == pytest.approx(0.8 * net, abs=1e-12)
        assert tokens(server, pod) == line["customerTokens"]

    told.readings = [  # what was estimated is measured: 3 of the 10 kWh are missing
        Reading(pod_id=ESTIMATE, start_time=DELIVERY, duration_minutes=15, energy_wh=18_000)
    ]
    sent(other)

    line = settled(server, outcome, 2)[ESTIMATE]
    assert (line["measuredP"], line["quality"], line["version"]) == (72.0, "measured", 2)
    assert [each["net"] for each in line["versions"]] == [0.5]
    assert (line["paidP"], line["penaltyP"]) == (pytest.approx(0.35), pytest.approx(0.06))
    assert tokens(server, ESTIMATE) == "0.4", "tokens are not taken back"
    accounts = server.get("MO", "/api/books/accounts")["accounts"]
    booked = {each["role"]: float(each["balance"]) for each in accounts if each["role"] != "bank"}
    customers = [float(each["balance"]) for each in accounts if each["role"] == "customer"]
    paid = sum(0.05 * delivered - 0.02 * missing for _, _, delivered, missing in PAID.values())
    assert sum(customers) == pytest.approx(0.8 * paid)
    assert booked["aggregator"] == pytest.approx(0.2 * paid - 0.21)  # 0.5 less 0.29 is owed
    assert booked["requester"] == pytest.approx(-(paid - 0.21))
    assert server.get("MO", "/api/books/reconciliation")["isReconciled"]
