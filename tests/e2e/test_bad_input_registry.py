"""What the customer database, the ledger and the platforms of others must not take."""

from typing import Any

import pytest

from platone.kernel.signature import SigningKey

ONE, TWO, THREE = "IT001E00000001", "IT001E00000002", "IT001E00000003"
NOBODY = "IT001E99999999"
NORMAL = "2021-11-01T23:00:00Z", "2021-11-02T23:00:00Z"
SPRING = "2022-03-26T23:00:00Z", "2022-03-27T22:00:00Z"
AUTUMN = "2022-10-29T22:00:00Z", "2022-10-30T23:00:00Z"
"""From local midnight to local midnight: days of 24, of 23 and of 25 hours."""


def baseline(pod: str, values: int, start: str = NORMAL[0]) -> dict[str, Any]:
    return {"podId": pod, "startTime": start, "values": [50.0] * values}


def results(outside: Any, path: str, body: Any, party: str = "ACEAE") -> Any:
    answer = outside.call(party, "POST", path, body)
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


@pytest.mark.parametrize(
    ("day", "right", "wrong"),
    [
        (NORMAL, 96, (92, 95, 97, 100)),
        (SPRING, 92, (91, 96, 100)),
        (AUTUMN, 100, (92, 96, 99)),
    ],
)
def test_slot_count_of_the_market_day(
    outside: Any, day: tuple[str, str], right: int, wrong: tuple[int, ...]
) -> None:
    start, end = day
    path = f"/api/scd/baselines?podId={ONE}&from={start}&to={end}"
    before = outside.get("ACEAE", path)
    batch = {"series": [baseline(ONE, count, start) for count in wrong]}
    for result in results(outside, "/api/scd/baselines", batch):
        assert result["status"] == "refused"
        problem = outside.explained(result["problem"], 422, "wrong-slot-count")
        assert problem["expected"] == right
    assert outside.get("ACEAE", path) == before
    (good,) = results(outside, "/api/scd/baselines", {"series": [baseline(ONE, right, start)]})
    assert good["status"] in {"accepted", "alreadySubmitted"}
    (stored,) = outside.get("ACEAE", path)["series"]
    assert len(stored["values"]) == right


def test_one_bad_series_stops_no_other(outside: Any) -> None:
    batch = [
        baseline(ONE, 96, "2021-11-02T23:00:00Z"),
        baseline(NOBODY, 96),
        baseline(TWO, 95),
        baseline(TWO, 96) | {"startTime": "2021-11-01T23:07:00Z"},
        baseline(THREE, 96, "2021-11-02T23:00:00Z"),
    ]
    found = results(outside, "/api/scd/baselines", {"series": batch})
    assert [each["status"] for each in found] == ["accepted", *["refused"] * 3, "accepted"]
    for result, status, slug in (
        (found[1], 404, "pod-not-registered"),
        (found[2], 422, "wrong-slot-count"),
        (found[3], 422, "start-not-aligned"),
    ):
        outside.explained(result["problem"], status, slug)
    span = "from=2021-11-02T23:00:00Z&to=2021-11-03T23:00:00Z"
    stored = outside.get("ACEAE", f"/api/scd/baselines?{span}")["series"]
    assert {(each["podId"], len(each["values"])) for each in stored} == {(ONE, 96), (THREE, 96)}
    foreign = results(outside, "/api/scd/baselines", {"series": batch[:1]}, "ACEAE_2")
    outside.explained(foreign[0]["problem"], 403, "not-owner")


def test_one_bad_pod_stops_no_other(outside: Any) -> None:
    def told(name: str, owner: str = "ACEAE") -> dict[str, Any]:
        return {"podId": name, "aggregatorId": owner}

    batch = [told("IT001E00000021"), told(ONE, "ACEAE_2"), told("IT001E00000022")]
    found = results(outside, "/api/scd/pods", batch)
    assert [each["status"] for each in found] == ["accepted", "refused", "accepted"]
    outside.explained(found[1]["problem"], 403, "not-owner")
    stored = {each["podId"] for each in outside.get("ACEAE", "/api/scd/pods")["pods"]}
    assert {"IT001E00000021", "IT001E00000022"} <= stored
    again = results(outside, "/api/scd/pods", batch)
    assert [each["status"] for each in again] == ["alreadySubmitted", "refused", "alreadySubmitted"]


def test_measurements_of_many(outside: Any) -> None:
    """One unknown point of delivery and one other value stop no other; the first value stays."""

    def measured(pod: str, energy_wh: int, hour: int = 6) -> dict[str, Any]:
        return {
            "podId": pod,
            "startTime": f"2021-10-29T0{hour}:00:00Z",
            "durationMinutes": 15,
            "energyWh": energy_wh,
            "quality": "simulated",
            "device": "0x" + "ab" * 20,
            "sequence": hour,
            "certificationId": f"reading:{pod}:{hour}",
            "certificationHash": "0" * 64,
            "receivedAt": "2021-10-29T10:00:00Z",
        }

    path = "/api/scd/measurements"
    sent = [measured(ONE, 10), measured(NOBODY, 10), measured(TWO, 10), measured(ONE, 11)]
    found = results(outside, path, {"measurements": sent}, "MDA")
    assert [each["status"] for each in found] == ["accepted", "refused", "accepted", "refused"]
    outside.explained(found[1]["problem"], 404, "pod-not-registered")
    outside.explained(found[3]["problem"], 409, "measurement-differs")
    span = "from=2021-10-29T00:00:00Z&to=2021-10-29T23:00:00Z"
    stored = outside.get("ACEAE", f"{path}?{span}")["measurements"]
    assert [(each["podId"], each["energyWh"]) for each in stored] == [(ONE, 10), (TWO, 10)]


def test_wrong_owner(outside: Any) -> None:
    taken = {"podId": ONE, "aggregatorId": "ACEAE_2"}
    outside.bad(("ACEAE_2", "POST", "/api/scd/pods", taken), 403, "not-owner")
    outside.bad(("ACEAE", "POST", "/api/scd/pods", taken), 403, "not-owner")
    pom = (f"/api/scd/pods/{ONE}/pom", {"poMId": "CP-1"})
    outside.bad(("TSO", "PUT", *pom), 403, "not-owner")
    for reader, path in (
        ("ACEAE_2", f"/api/scd/pods/{ONE}"),
        ("CUSTOMER-1", f"/api/scd/pods/{ONE}"),
        ("ACEAE_2", f"/api/scd/baselines?podId={ONE}"),
        ("ACEAE_2", f"/api/scd/measurements?podId={ONE}"),
        ("ACEAE_2", f"/api/contracts/wallets/{ONE}"),
        ("CUSTOMER-1", f"/api/contracts/transactions/balanceOf/{ONE}"),
        ("TSO", "/api/dso/networks"),
    ):
        outside.refuse(outside.call(reader, "GET", path), 403, "not-owner")
    shown = {each["podId"] for each in outside.get("ACEAE_2", "/api/scd/pods")["pods"]}
    assert shown.isdisjoint({ONE, TWO, THREE})
    terms = {"pod": ONE, "aggregatorId": "ACEAE", "customerSharePpm": 1}
    outside.bad(("ACEAE_2", "POST", "/api/contracts/agreements", terms), 403, "not-owner")
    opening = {"aggregatorId": "ACEAE"}
    wallet = f"/api/contracts/wallets/{ONE}"
    outside.bad(("ACEAE_2", "PUT", wallet, opening), 403, "not-owner")


def test_unknown_things(outside: Any) -> None:
    for party, path, slug in (
        ("ACEAE", f"/api/scd/pods/{NOBODY}", "pod-not-registered"),
        ("ACEAE", f"/api/scd/baselines?podId={NOBODY}", "pod-not-registered"),
        ("ACEAE", f"/api/contracts/wallets/{NOBODY}", "wallet-unknown"),
        ("MO", "/api/settlement/none", "unknown-outcome"),
        ("MO", "/api/contracts/settlements/none", "settlement-unknown"),
        ("MDA", "/api/certification/proof/none", "record-unknown"),
        ("MDA", "/api/certification/getByTransaction?transaction=0x00", "record-unknown"),
        ("DSO", "/api/dso/technicalOutcome/none", "unknown-validation"),
    ):
        outside.refuse(outside.call(party, "GET", path), 404, slug)
    put = (f"/api/scd/pods/{NOBODY}/pom", {"poMId": "CP-1"})
    outside.bad(("DSO", "PUT", *put), 404, "pod-not-registered")
    end = "/api/contracts/agreements/none"
    outside.bad(("MO", "DELETE", end, None), 404, "agreement-unknown")


def test_query_that_cannot_be_read(outside: Any) -> None:
    for query in ("from=now", "from=2021-10-30T00:00:00", "podId=a b c", "podId=x"):
        answer = outside.call("ACEAE", "GET", f"/api/scd/baselines?{query}")
        outside.refuse(answer, 422, "query-malformed")
    backwards = "from=2021-10-31T00:00:00Z&to=2021-10-30T00:00:00Z"
    answer = outside.call("ACEAE", "GET", f"/api/scd/baselines?{backwards}")
    outside.refuse(answer, 422, "query-malformed")
    answer = outside.call("MDA", "GET", "/api/access/deadLetters?limit=1000000")
    outside.refuse(answer, 422, "malformed-message")


def test_record_certified_with_other_content(outside: Any) -> None:
    path = "/api/certification"
    record = {"id": "note-1", "kind": "reading", "content": "text", "salt": "0x" + "11" * 32}
    assert outside.call("MDA", "POST", path, {"records": [record]}).status_code in {200, 201}
    again = outside.call("MDA", "POST", path, {"records": [record]})
    assert again.status_code == 200
    other = {"records": [record | {"content": "other"}]}
    (result,) = outside.call("MDA", "POST", path, other).json()["results"]
    assert (result["status"], result["problem"]["status"]) == ("refused", 409)
    assert result["problem"]["type"] == "/problems/duplicate-identifier"
    (told,) = again.json()["certifications"]
    assert told["content"] == "text"


def test_device_at_a_pod_of_another(outside: Any) -> None:
    device = SigningKey().address
    csr = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"
    asked = {"device": device, "podId": ONE, "csr": csr}
    path = "/api/access/devices"
    outside.bad(("ACEAE", "POST", path, asked), 422, "certificate-request-invalid")
    outside.bad(("MDA", "POST", path, asked), 403, "role-missing")
    unknown = outside.call("ACEAE", "DELETE", f"{path}/{device}")
    outside.refuse(unknown, 404, "device-unknown")
    named = {"csr": csr, "commonName": "access"}
    outside.refuse(
        outside.call("MDA", "POST", "/api/identity/certificates", named),
        403,
        "transport-name-reserved",
    )
