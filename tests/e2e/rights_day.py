"""The server on which the Italian day has run, and the names of all that lies there."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from .rights_table import PARTIES, Right

LATER = datetime(2021, 6, 22, 8, 30, tzinfo=UTC)
PODS = {
    "IT002E61899978": "ACEAE",
    "IT002E60974469": "ACEAE",
    "IT002E60550189": "ACEAE",
    "IT002E60976796": "ACEAE_2",
    "IT002E60499620": "ACEAE_2",
}
"""The plants of the day and their aggregators (scenario/pods.csv)."""
OWN_POD = "IT002E60550189"
"""The plant of CUSTOMER-1, whose flexibility the TSO bought."""
FOREIGN_POD = "IT002E60976796"
"""A plant of the other aggregator and of no customer with an account; it sold nothing."""
GRID_LIMITS = {
    "playerId": "DSO",
    "marketType": "dayAhead",
    "startTime": "2021-06-23T22:00:00Z",
    "gridLimits": [],
}
PATIENTLY = {"Prefer": "wait=60"}
OWN_PODS = {
    "TSO": {OWN_POD},
    "customer": {OWN_POD},
    "aggregator": {pod for pod, owner in PODS.items() if owner == "ACEAE"},
}


@dataclass(frozen=True)
class Day:
    """The server on which the day has run, and the names of what lies there."""

    server: Any
    session: str
    outcome: str
    reading: dict[str, str]
    transaction: str
    device: str
    technical: Any
    settlement: str
    agreements: dict[str, str]
    devices: dict[str, str]
    run: str
    job: str
    erasure: str
    services: dict[str, str]

    def names(self, pod: str, party: str) -> dict[str, str]:
        """What stands for each parameter of a path, where it is about a point of delivery."""
        return {
            "pod_id": pod,
            "pod": pod,
            "session_id": self.session,
            "identifier": self.outcome,
            "market_outcome": self.outcome,
            "topic": f"validated_outcome_{party}",
            "device": self.device,
            "network_id": "italy-tor-di-valle",
            "settlement_id": self.settlement,
            "service_id": self.services.get(pod, "none"),
            "run_id": self.run,
            "letter_id": "0",
            "consumer": "none",
            "agreement_id": self.agreements[pod],
            "slug": "not-owner",
            "erasure_id": self.erasure,
            "job_id": self.job,
            "sign_in_id": "none",
            "passkey_id": "none",
            "invitation_id": "none",
            "name": "none",
            "endpoint_id": "none",
            "party_id": "none",
            "dispute_id": "none",
            "qualification_id": "none",
            "month": "2021-06",
            "number": "1",
            "asset_id": "none",
            "day": "2021-06-23",
        }

    def ask(self, right: Right, pod: str, topic_of: str | None = None) -> Any:
        party = PARTIES[right.role]
        names = self.names(pod, topic_of or party)
        if right.path.startswith("/api/certification/"):
            names["identifier"] = self.reading[pod]
        if right.method == "DELETE":  # others' tests need it
            names |= {"agreement_id": "none", "job_id": "none", "identifier": "none"}
            names["service_id"] = "none"
        path = re.sub(r"\{(\w+)\}", lambda found: names[found[1]], right.path)
        params = {
            "/api/dso/profiles/curves": {"consumer": pod},
            "/api/certification/getByTransaction": {"transaction": self.transaction},
            "/api/certification/states": {"id": self.reading[pod]},
            "/api/dso/networks/{network_id}/export": {"form": "pandapower"},
            "/api/dso/networks/{network_id}/changes": {"before": "1"},
        }.get(right.path)
        body: Any = None if right.method in {"GET", "DELETE"} else {}
        if right.path == "/api/technicalOutcome":  # the market looks at what it is about first
            body = self.technical
        if right.path == "/api/gridLimits":  # and at who speaks
            body = GRID_LIMITS
        if right.path.endswith("/gridPrequalification"):
            body = {"result": "granted", "text": "There is room."}
        if right.path == "/api/scd/erasures":  # nobody is to be erased here
            body = {"podIds": 0} if body is not None else None
        return self.server.call(party, right.method, path, body, params=params, timeout=60)


def _made(server: Any) -> dict[str, str]:
    """What a day does not leave by itself: a calculation, an estimate, an erasure."""
    asked = {"startTime": "2021-06-22T22:00:00Z"}
    later = {"Prefer": "respond-async"}
    job = server.call("DSO", "POST", "/api/dso/outages", asked, headers=later)
    assert job.status_code == 202, job.text
    path = f"/api/dso/jobs/{job.json()['id']}"
    server.wait(lambda: server.get("DSO", path)["state"] == "done")
    at = {"timestamp": "2021-06-23T10:30:00Z", "gather": ["meter"]}
    estimate = server.call(
        "DSO", "POST", "/api/dso/stateEstimation", at, headers=PATIENTLY, timeout=90
    )
    assert estimate.status_code == 201, estimate.text
    nobody = {"podIds": ["IT002E99999999"]}
    erasure = server.call("DPO", "POST", "/api/scd/erasures", nobody)
    assert erasure.status_code == 202, erasure.text
    ids = {"job": job, "run": estimate, "erasure": erasure}
    return {name: str(answer.json()["id"]) for name, answer in ids.items()}


@pytest.fixture(scope="session")
def day(
    finished_day: Path, server_on: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Day]:
    data = shutil.copytree(finished_day / "data", tmp_path_factory.mktemp("rights") / "data")
    server = server_on(data, LATER)
    try:
        measurements = server.get("MDA", "/api/scd/measurements")["measurements"]
        reading = {each["podId"]: each["certificationId"] for each in measurements}
        outcome = json.loads((finished_day / "out" / "market-outcome.json").read_text())
        sessions = server.get("MO", "/api/marketSession")["sessions"]
        (session,) = [
            s["id"] for s in sessions if s.get("marketOutcome") == outcome["marketOutcome"]
        ]
        devices = server.get("MDA", "/api/access/devices")["devices"]
        settlement = server.get("MO", f"/api/settlement/{outcome['marketOutcome']}")
        agreements = server.get("MO", "/api/contracts/agreements")["agreements"]
        services = [
            service
            for each in sessions
            for service in server.get("MO", f"/api/marketSession/{each['id']}/services")[
                "flexibilityServices"
            ]
        ]
        made = {
            "startTime": "2021-06-22T22:00:00Z",
            "endTime": "2021-06-23T22:00:00Z",
            "calendar": {"country": "IT"},
            "minDays": 1,
        }
        profiles = server.call(
            "DSO", "POST", "/api/dso/profiles", made, headers=PATIENTLY, timeout=90
        )
        assert profiles.status_code == 201, profiles.text
        yield Day(
            server,
            session,
            outcome["marketOutcome"],
            reading,
            settlement["transactionHash"],
            devices[0]["device"],
            json.loads((finished_day / "out" / "technical-outcome.json").read_text()),
            settlement["settlementId"],
            {each["pod"]: each["agreementId"] for each in agreements},
            {each["podId"]: each["device"] for each in devices},
            **_made(server),
            services={
                pod: each["playerServiceId"]
                for each in services
                if each["serviceType"] == "offer"
                for part in each["flexibility"]
                for pod in part["pod"]
            },
        )
    finally:
        server.close()
