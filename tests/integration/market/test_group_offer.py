"""Offers that name a group or a point of measurement over REST: parted, cleared, and amended."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.integration.market.conftest import Desk, registered, service

from platone.market.domain.replay import clear_file

PATH = "/api/flexibilityService"
GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
OWN = ["IT001E00000081", "IT001E00000082"]
FOREIGN = "IT001E00000083"
POM = "CP-GROUP"


@pytest.fixture
async def group_desk(desk: Desk) -> Desk:
    """Two points of ACEAE, which may go down 30 and 10 kW, and one of ACEAE_2 behind one PoM."""
    pods = [registered(OWN[0], down=30, poMId=POM), registered(OWN[1], down=10, poMId=POM)]
    pods.append(registered(FOREIGN, "ACEAE_2", down=100, poMId=POM))
    answer = await desk.call("MDA", "POST", "/api/podRegistry", {"pods": pods})
    assert answer.status_code == 201, answer.text
    for pod in (*OWN, FOREIGN):
        desk.others.baselines[pod] = [100.0] * 96
    return desk


def _offer(total_kw: float, revision: int = 1, **target: object) -> dict[str, Any]:
    power = [{"index": 50, "p": total_kw, "pPrice": 0.02}]
    return service("ACEAE", "offer", "group", [target | {"power": power}], revision=revision)


async def _parts(desk: Desk) -> dict[str, float]:
    versions = (await desk.get("ACEAE", f"{PATH}/group"))["versions"]
    newest = versions[-1]["service"]
    return {entry["pod"][0]: entry["power"][0]["p"] for entry in newest["flexibility"]}


async def test_an_offer_of_a_point_of_measurement_is_of_the_partys_own_points(
    group_desk: Desk,
) -> None:
    desk = group_desk
    sent = _offer(180.0, pom=POM)
    assert (await desk.call("ACEAE", "POST", PATH, sent)).status_code == 201
    assert await _parts(desk) == {OWN[0]: 85.0, OWN[1]: 95.0}
    again = await desk.call("ACEAE", "POST", PATH, sent)
    assert (again.status_code, again.json()["status"]) == (200, "alreadySubmitted")
    amended = _offer(160.0, 2, pod=OWN)
    assert (await desk.call("ACEAE", "POST", PATH, amended)).status_code == 201
    assert await _parts(desk) == {OWN[0]: 70.0, OWN[1]: 90.0}
    history = await desk.get("ACEAE", f"{PATH}/group")
    assert [each["service"]["offered"][0]["pom"] for each in history["versions"]] == [POM, None]

    power = [{"index": 50, "p": 165.0, "pPrice": 0.1}]
    request = service("DSO", "DSO_request", "need", [{"pod": OWN, "power": power}])
    assert (await desk.call("DSO", "POST", PATH, request)).status_code == 201
    await desk.tick(GATE_CLOSES)
    (session,) = (await desk.get("MO", "/api/marketSession?status=outcome"))["sessions"]
    outcome = await desk.get("ACEAE", f"/api/marketOutcome/{session['id']}")
    taken = {
        pod["pod"]: sum(power["acceptedPChange"] or 0.0 for power in pod["power"])
        for pod in outcome["flexibility"]
    }
    assert sum(taken.values()) == pytest.approx(-35.0)
    recording = await desk.get("MO", f"/api/marketSession/{session['id']}/recording")
    again = json.loads(clear_file(json.dumps(recording).encode()))
    assert again["outputHash"] == outcome["outputHash"]


@pytest.mark.parametrize(
    ("offer", "slug"),
    [
        (_offer(159.0, pom=POM), "offer-outside-limits"),
        (_offer(200.0, pom=POM), "offers-nothing"),
        (_offer(199.8, pod=OWN), "volume-below-least"),
        (_offer(280.0, pod=[*OWN, FOREIGN]), "service-not-allowed"),
        (_offer(180.0, pom="CP-NOWHERE"), "unknown-pom"),
    ],
)
async def test_a_part_that_does_not_fit_refuses_the_whole(
    group_desk: Desk, offer: dict[str, Any], slug: str
) -> None:
    answer = await group_desk.call("ACEAE", "POST", PATH, offer)
    assert answer.json()["type"] == f"/problems/{slug}", answer.text
    assert (await group_desk.call("ACEAE", "GET", f"{PATH}/group")).status_code == 404


async def test_a_part_that_is_offered_already_refuses_the_whole(group_desk: Desk) -> None:
    power = [{"index": 50, "p": 95.0, "pPrice": 0.02}]
    single = service("ACEAE", "offer", "single", [{"pod": [OWN[0]], "power": power}])
    assert (await group_desk.call("ACEAE", "POST", PATH, single)).status_code == 201
    answer = await group_desk.call("ACEAE", "POST", PATH, _offer(180.0, pom=POM))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/pod-already-offered")
