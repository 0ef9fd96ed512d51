"""Foreign things that are there: nobody reads them whose they are not, and nobody changes them."""

from collections.abc import Iterator
from typing import Any

import pytest

from platone.infra.mqtt.enrolment import make_request
from platone.kernel.signature import SigningKey

from .rights_day import FOREIGN_POD, OWN_POD, OWN_PODS, Day
from .rights_table import PARTIES, rights

READINGS = {  # who reads the proof of a reading of ACEAE's customer, and of one of ACEAE_2's
    "ACEAE": (True, False),
    "ACEAE_2": (False, True),
    "CUSTOMER-1": (True, False),
    "MDA": (True, True),
    "AUDITOR": (True, True),
    "DSO": (False, False),
    "TSO": (False, False),
    "MO": (False, False),
    "DPO": (False, False),
}
LINES = READINGS | {"MO": (True, True), "MDA": (False, False)}
"""The same of the lines of their agreements."""
GIVEN, HIDDEN = {200}, {403, 404}
DAY = "2021-06-22T22:00:00Z"
NEXT = {"marketType": "dayAhead", "startTime": "2021-06-24T22:00:00Z"}


@pytest.mark.parametrize("party", READINGS)
def test_a_proof_of_a_reading_is_given_to_whom_it_is_about(day: Day, party: str) -> None:
    for pod, is_given in zip((OWN_POD, FOREIGN_POD), READINGS[party], strict=True):
        answer = day.server.call(party, "GET", f"/api/certification/proof/{day.reading[pod]}")
        assert answer.status_code in (GIVEN if is_given else HIDDEN), (pod, answer.text)
        assert (pod in answer.text) is is_given


@pytest.mark.parametrize("party", LINES)
def test_lines_of_an_agreement_are_given_to_whom_they_are_about(day: Day, party: str) -> None:
    for pod, is_given in zip((OWN_POD, FOREIGN_POD), LINES[party], strict=True):
        path = f"/api/contracts/agreements/{day.agreements[pod]}/lines"
        answer = day.server.call(party, "GET", path)
        assert answer.status_code in (GIVEN if is_given else HIDDEN), (pod, answer.text)
        # the foreign one has sold nothing
        assert (pod in answer.text) is (is_given and pod == OWN_POD)


def test_a_calculation_is_its_owners_alone(day: Day) -> None:
    asked, later = {"startTime": "2021-06-22T22:00:00Z"}, {"Prefer": "respond-async"}
    made = day.server.call("DSO", "POST", "/api/dso/powerFlow", asked, headers=later)
    job = made.json()["id"]  # one of this test: a result is kept for a quarter of an hour
    path = f"/api/dso/jobs/{job}"
    for party in {*PARTIES.values(), "ACEAE_2"} - {"DSO"}:
        for method, address in (("GET", path), ("GET", f"{path}/result"), ("DELETE", path)):
            day.server.refuse(day.server.call(party, method, address), 404, "unknown-job")
        listed = day.server.get(party, "/api/dso/jobs")["jobs"]
        assert job not in [each["id"] for each in listed]
    assert day.server.get("DSO", path)["id"] == job


def test_anothers_erasure_is_not_told(day: Day) -> None:
    """A random identifier is all that is kept of one that is done: nobody is named by it."""
    path = f"/api/scd/erasures/{day.erasure}"
    told = day.server.call("CUSTOMER-1", "GET", path)
    assert told.status_code == 404 or told.json()["state"] == "done"
    assert "IT002E" not in told.text
    assert day.server.get("DPO", path)["id"] == day.erasure


ELSEWHERE = {
    # tests/integration/identity/test_people.py
    "/api/identity/people/{name}": ("PUT", "DELETE"),
    "/api/identity/invitations": ("POST",),
    "/api/identity/invitations/{invitation_id}": ("DELETE",),
    "/api/identity/parties/{party_id}/secret": ("POST",),
    # tests/integration/ledger/test_agreement_proposal.py
    "/api/contracts/agreementProposals": ("POST",),
    "/api/contracts/agreementProposals/{number}": ("DELETE",),
    "/api/contracts/agreementProposals/{number}/acceptance": ("POST",),
    "/api/contracts/agreementProposals/{number}/refusal": ("POST",),
    # tests/integration/customers/test_notice.py
    "/api/scd/notices": ("PUT",),
    "/api/scd/notices/{endpoint_id}": ("DELETE",),
}
"""Routes by which a party writes its own and no other's, and their tests."""


def _foreign_writes(day: Day) -> Iterator[tuple[str, str, str, Any, str]]:
    """Calls that would write what is another's: party, method, path, body, problem."""
    series = {"series": [{"podId": FOREIGN_POD, "startTime": DAY, "values": [1.0] * 96}]}
    point = {"podId": FOREIGN_POD, "aggregatorId": "ACEAE"}
    command: dict[str, Any] = {
        "setpointId": "x",
        "podId": FOREIGN_POD,
        "startTime": "2021-06-23T10:30:00Z",
    }
    command |= {"durationMinutes": 15, "powerKw": 1.0, "marketOutcome": day.outcome}
    terms: dict[str, Any] = {"pod": FOREIGN_POD, "aggregatorId": "ACEAE"}
    terms |= {"customerSharePpm": 800_000, "penaltyPrice": 50_000}
    wallet = {"address": "0x" + "11" * 20, "aggregatorId": "ACEAE"}
    entry = {"pod": [FOREIGN_POD], "power": [{"index": 50, "p": 1.0, "pPrice": 0.1}]}
    offer = {"serviceType": "offer", "playerServiceId": "foreign", "flexibility": [entry], **NEXT}
    lent = {"pods": [{"pod": point | {"aggregatorId": "ACEAE_2"}}]}
    node = SigningKey()
    device = {"device": node.address, "podId": FOREIGN_POD, "csr": make_request(node)[1].decode()}
    yield "ACEAE", "POST", "/api/scd/pods", point, "not-owner"
    yield "ACEAE", "POST", "/api/scd/pods", {"pods": [point]}, "not-owner"
    yield "ACEAE", "POST", "/api/scd/baselines", series, "not-owner"
    yield "ACEAE", "PUT", "/api/scd/baselines", series, "not-owner"
    yield "CUSTOMER-1", "POST", "/api/scd/erasures", {"customerId": "OTHER"}, "not-owner"
    yield "CUSTOMER-1", "POST", "/api/scd/erasures", {"podIds": [FOREIGN_POD]}, "not-owner"
    told = offer | {"playerId": "ACEAE_2"}
    for party in ("ACEAE", "DSO", "TSO"):
        yield party, "POST", "/api/flexibilityService", told, "service-not-allowed"
    yield "ACEAE", "POST", "/api/aggregator/handOffers", told, "service-not-allowed"
    for party in ("ACEAE_2", "DSO", "TSO"):
        yield party, "DELETE", "/api/flexibilityService/{service_id}", None, "unknown-service"
    unit = {"controllableUnitId": "battery", "pod": FOREIGN_POD, "downP": 100.0}
    applied: dict[str, Any] = {"applicationId": "x", "kind": "serviceProvidingUnit"}
    applied |= {"controllableUnits": [unit | {"fullActivationMinutes": 5}]}
    told = applied | {"playerId": "ACEAE"}
    yield "ACEAE", "POST", "/api/qualification", told, "service-not-allowed"
    yield "ACEAE_2", "POST", "/api/qualification", told, "service-not-allowed"
    yield "ACEAE", "POST", "/api/dso/setpoints", {"setpoints": [command]}, "setpoint-without-trade"
    yield "ACEAE", "POST", "/api/aggregator/pods", lent, "not-owner"
    yield "ACEAE", "POST", "/api/aggregator/baselines", series, "pod-not-in-portfolio"
    battery = {"assetId": "x", "podId": FOREIGN_POD, "plant": {"peakKw": 1.0}}
    yield "ACEAE", "PUT", "/api/aggregator/assets", battery, "pod-not-in-portfolio"
    yield "ACEAE", "DELETE", "/api/aggregator/assets/{pod}/x", None, "unknown-asset"
    wish = {"podId": FOREIGN_POD, "day": "2021-06-24", "available": False}
    yield "CUSTOMER-1", "PUT", "/api/aggregator/preferences", wish, "not-owner"
    forecast = {"day": "2021-06-24", "podIds": [FOREIGN_POD]}
    yield "ACEAE", "POST", "/api/aggregator/forecasts", forecast, "pod-not-in-portfolio"
    yield "ACEAE", "POST", "/api/access/devices", device, "not-owner"
    named = {"csr": "", "commonName": day.devices[FOREIGN_POD]}
    yield "DSO", "POST", "/api/identity/certificates", named, "not-owner"
    yield "ACEAE", "DELETE", "/api/access/devices/{device}", None, "device-unknown"
    yield "MO", "DELETE", "/api/certification/{identifier}", None, "not-owner"
    yield "ACEAE", "POST", "/api/contracts/agreements", terms, "wallet-awaits-registration"
    yield "ACEAE", "PUT", "/api/contracts/wallets/{pod}", wallet, "wallet-awaits-registration"


def test_nobody_writes_what_is_anothers(day: Day) -> None:
    """Every route that lets a role write its own is called with a foreign thing that is there."""
    names = {"pod": FOREIGN_POD, "device": day.devices[FOREIGN_POD]}
    names["service_id"] = next(
        day.services[pod] for pod in OWN_PODS["aggregator"] & day.services.keys()
    )
    names["identifier"] = day.reading[FOREIGN_POD]
    called, wrong = set(), []
    for party, method, path, body, slug in _foreign_writes(day):
        answer = day.server.call(party, method, path.format_map(names), body)
        called.add((method, path.replace("{pod}/x", "{pod_id}/{asset_id}")))
        if f"/problems/{slug}" not in answer.text or '"accepted"' in answer.text:
            wrong.append((party, method, path, answer.status_code, answer.text[:200]))
    assert wrong == [], wrong
    own = {(it.method, it.path) for it in rights() if it.outcome == "own" and it.method != "GET"}
    assert own - called == {
        ("DELETE", "/api/dso/jobs/{job_id}"),  # tested above
        ("DELETE", "/api/identity/signIns/{sign_in_id}"),  # tests/e2e/test_pages_rights.py
        # these three: tests/integration/identity/test_passkey.py
        ("POST", "/api/identity/passkeys"),
        ("POST", "/api/identity/passkeys/question"),
        ("DELETE", "/api/identity/passkeys/{passkey_id}"),
        # these five: tests/integration/identity/test_second_factor.py
        ("DELETE", "/api/identity/signIns"),
        ("POST", "/api/identity/secondFactor"),
        ("POST", "/api/identity/secondFactor/question"),
        ("POST", "/api/identity/secondFactor/recoveryCodes"),
        ("DELETE", "/api/identity/secondFactor"),
        ("PUT", "/api/webhook"),  # these three: of the caller's own endpoint, whatever it sends
        ("DELETE", "/api/webhook"),
        ("POST", "/api/webhook/replay"),
        ("POST", "/api/settlementDispute"),  # these three: tests/integration/market/test_dispute.py
        ("POST", "/api/settlementDispute/{dispute_id}/answer"),
        ("POST", "/api/settlementDispute/{dispute_id}/closing"),
        (  # tests/integration/market/test_qualification.py
            "POST",
            "/api/qualification/{qualification_id}/decision",
        ),
        ("POST", "/api/certification"),  # names nothing that could be another's
        ("POST", "/api/aggregator/offers"),  # of the caller's own portfolio, whatever it sends
        ("POST", "/api/aggregator/plannedOffers"),  # likewise
        *((method, path) for path, methods in ELSEWHERE.items() for method in methods),
    }
