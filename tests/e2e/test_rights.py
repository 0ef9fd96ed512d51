"""Every route is called as every role after the Italian day: the table of rights holds."""

import re

import pytest

from .rights_day import FOREIGN_POD, OWN_POD, OWN_PODS, PODS, Day
from .rights_table import OUTCOMES, PARTIES, purposes, rights

FORBIDDEN, UNAUTHORIZED, NOT_FOUND = 403, 401, 404
TABLE = rights()
READS = [each for each in TABLE if each.method == "GET" and each.outcome != "open"]


def test_the_table_and_the_server_have_the_same_routes(day: Day) -> None:
    paths = day.server.http.get("/openapi.json").json()["paths"]
    served = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert {(each.method, each.path) for each in TABLE} == served
    assert {each.outcome for each in TABLE} == OUTCOMES
    assert len(TABLE) == len(served) * len(PARTIES)


def test_a_role_has_a_purpose_where_it_reads_or_writes_and_nowhere_else() -> None:
    told = purposes()
    allowed: dict[tuple[str, str], set[str]] = {}
    for each in TABLE:
        if each.outcome != "open":
            allowed.setdefault((each.data, each.role), set()).add(each.outcome)
    assert {data for data, _ in told} == {each.data for each in TABLE} - {"open"}
    for key, outcomes in allowed.items():
        assert (told[key] != "no") == bool(outcomes - {"no"}), key


def test_every_route_lets_in_whom_the_table_names(day: Day) -> None:
    """A refused role has 403 whatever it sends; another one has not."""
    wrong = []
    for right in TABLE:
        status = day.ask(right, OWN_POD).status_code
        is_refused = status in {UNAUTHORIZED, FORBIDDEN}
        if is_refused != (right.outcome == "no"):
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
    for path in (
        "/api/certification/proof/{identifier}",
        "/api/contracts/agreements/{agreement_id}/lines",
    ):
        assert {(path, "aggregator"), (path, "customer")} <= seen
    assert ("/api/certification/getByTransaction", "aggregator") in seen
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
