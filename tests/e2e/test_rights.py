"""Every route is called as every role after the Italian day: the table of rights holds."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from .rights_table import OUTCOMES, PARTIES, Right, purposes, rights

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
OWN_PODS = {
    "TSO": {OWN_POD},
    "customer": {OWN_POD},
    "aggregator": {pod for pod, owner in PODS.items() if owner == "ACEAE"},
}
FORBIDDEN, UNAUTHORIZED, NOT_FOUND = 403, 401, 404
TABLE = rights()
READS = [each for each in TABLE if each.method == "GET" and each.outcome != "open"]


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
            "settlement_id": "none",
            "run_id": "none",
            "letter_id": "0",
            "consumer": "none",
            "agreement_id": "none",
            "slug": "not-owner",
            "erasure_id": "none",
            "dispute_id": "none",
            "job_id": "none",
        }

    def ask(self, right: Right, pod: str, topic_of: str | None = None) -> Any:
        party = PARTIES[right.role]
        names = self.names(pod, topic_of or party)
        if right.path.startswith("/api/certification/"):
            names["identifier"] = self.reading[pod]
        path = re.sub(r"\{(\w+)\}", lambda found: names[found[1]], right.path)
        params = {
            "/api/dso/profiles/curves": {"consumer": pod},
            "/api/certification/getByTransaction": {"transaction": self.transaction},
            "/api/dso/networks/{network_id}/export": {"form": "pandapower"},
        }.get(right.path)
        body: Any = None if right.method in {"GET", "DELETE"} else {}
        if right.path == "/api/technicalOutcome":  # the market looks at what it is about first
            body = self.technical
        if right.path == "/api/scd/erasures":  # nobody is to be erased here
            body = {"podIds": 0} if body is not None else None
        return self.server.call(party, right.method, path, body, params=params, timeout=60)


@pytest.fixture(scope="module")
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
        made = {
            "startTime": "2021-06-22T22:00:00Z",
            "endTime": "2021-06-23T22:00:00Z",
            "calendar": {"country": "IT"},
            "minDays": 1,
        }
        profiles = server.call("DSO", "POST", "/api/dso/profiles", made, timeout=60)
        assert profiles.status_code == 201, profiles.text
        yield Day(
            server,
            session,
            outcome["marketOutcome"],
            reading,
            settlement["transactionHash"],
            devices[0]["device"],
            json.loads((finished_day / "out" / "technical-outcome.json").read_text()),
        )
    finally:
        server.close()


def test_the_table_and_the_server_have_the_same_routes(day: Day) -> None:
    paths = day.server.http.get("/openapi.json").json()["paths"]
    served = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert {(each.method, each.path) for each in TABLE} == served
    assert {each.outcome for each in TABLE} == OUTCOMES
    assert len(TABLE) == len(served) * len(PARTIES)


def test_a_role_has_a_purpose_where_it_reads_and_nowhere_else() -> None:
    told = purposes()
    reads: dict[tuple[str, str], set[str]] = {}
    for each in READS:
        reads.setdefault((each.data, each.role), set()).add(each.outcome)
    assert {data for data, _ in told} == {each.data for each in TABLE} - {"open"}
    for key, outcomes in reads.items():
        assert (told[key] != "no") == bool(outcomes - {"no"}), key


def test_every_route_lets_in_whom_the_table_names(day: Day) -> None:
    """A refused role has 403 whatever it sends; another one has not."""
    wrong = []
    for right in TABLE:
        status = day.ask(right, OWN_POD).status_code
        is_refused = status in {UNAUTHORIZED, FORBIDDEN}
        may_be = right.outcome in {"own", "case"} and right.data == "proofs"  # decided by owner
        if is_refused != (right.outcome == "no") and not may_be:
            wrong.append((str(right), status))
    assert wrong == []


def test_own_parts_hold_nothing_foreign(day: Day) -> None:
    """Neither asked for as a whole nor by a foreign name; and the own part is there."""
    leaks, seen = [], set()
    for right in READS:
        if right.role not in OWN_PODS or right.outcome != "own":
            continue
        foreign = PODS.keys() - OWN_PODS[right.role]
        for pod in (FOREIGN_POD, OWN_POD):
            answer = day.ask(right, pod)
            if answer.status_code == 200:
                leaks += [(str(right), pod) for name in foreign if name in answer.text]
                if OWN_POD in answer.text:
                    seen.add((right.path, right.role))
        topic = day.ask(right, FOREIGN_POD, topic_of="ACEAE_2")
        if "{topic}" in right.path:
            assert topic.status_code == FORBIDDEN, right
    assert leaks == []
    for path in ("/api/scd/measurements", "/api/scd/baselines", "/api/dso/profiles/curves"):
        assert (path, "customer") in seen
    for path in ("/api/marketOutcome/{identifier}", "/api/settlement/{identifier}"):
        assert {(path, "aggregator"), (path, "TSO")} <= seen


def test_whole_data_are_whole(day: Day) -> None:
    for party in ("MDA", "DSO", "MO", "AUDITOR"):
        pods = day.server.get(party, "/api/scd/pods")["pods"]
        assert {each["podId"] for each in pods} == PODS.keys()


@pytest.mark.parametrize(
    "path", ["scd/pods", "scd/measurements", "scd/baselines", "scd/setpoints", "scd/outcomes"]
)
def test_the_tso_reads_nothing_in_the_customer_database(day: Day, path: str) -> None:
    for wanted in (path, f"{path}?podId={OWN_POD}", "scd/pods/" + OWN_POD):
        answer = day.server.call("TSO", "GET", f"/api/{wanted}")
        day.server.refuse(answer, FORBIDDEN, "not-owner")


def test_an_auditor_names_a_case_and_it_is_recorded(day: Day) -> None:
    server = day.server
    silent = {"Audit-Case": ""}
    for right in READS:
        if right.outcome == "case":
            names = day.names(OWN_POD, "MO")
            path = re.sub(r"\{(\w+)\}", lambda found: names[found[1]], right.path)  # noqa: B023
            answer = server.call("AUDITOR", "GET", path, headers=silent)
            server.refuse(answer, FORBIDDEN, "case-missing")
    named = {"Audit-Case": "2021/117"}
    read = server.call("AUDITOR", "GET", f"/api/scd/measurements?podId={OWN_POD}", headers=named)
    assert read.status_code == 200
    for party in ("DPO", "MO", "AUDITOR"):
        log = server.get(party, "/api/identity/accesses?case=2021/117")["accesses"]
        first = log[0]
        assert (first["partyId"], first["case"]) == ("AUDITOR", "2021/117")
        assert first["call"] == f"GET /api/scd/measurements?podId={OWN_POD}"
    for party in ("DSO", "ACEAE", "CUSTOMER-1", "MDA", "TSO"):
        answer = server.call(party, "GET", "/api/identity/accesses")
        server.refuse(answer, FORBIDDEN, "role-missing")


def test_the_customer_reads_its_own_typical_days_only(day: Day) -> None:
    path = "/api/dso/profiles/curves?consumer="
    curves = day.server.get("CUSTOMER-1", path + OWN_POD)
    assert curves["consumer"] == OWN_POD
    for other in (FOREIGN_POD, "nothing", "../pods"):
        answer = day.server.call("CUSTOMER-1", "GET", path + other)
        day.server.refuse(answer, FORBIDDEN, "not-owner")
