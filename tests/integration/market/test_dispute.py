"""Disputes about settlement lines over REST: opened, answered, closed, and shown to few."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.market.test_settlement_correction import _settled, _sold, _told
from tests.integration.market.test_settlement_recording import DELIVERY, POD, WINDOW_ENDS, _line

PATH = "/api/settlementDispute"
Register = Callable[..., Awaitable[Any]]


@pytest.fixture
async def line_id(desk: Any) -> str:
    """A settled line of ACEAE, that the DSO asked for, at a PoD of CUSTOMER-1."""

    async def register(pod: str, **more: Any) -> Any:
        body = {
            "pods": [
                {
                    "podId": pod,
                    "aggregatorId": "ACEAE",
                    "customerId": "CUSTOMER-1",
                    "poMId": "CP",
                    "maxFlexibility": {"upperP": more["up"], "downP": more["down"]},
                }
            ]
        }
        return await desk.call("MDA", "POST", "/api/podRegistry", body)

    outcome = await _sold(desk, register)
    await _settled(desk, 23_000)
    return str(_line(await desk.get("MO", f"/api/settlement/{outcome}"))["lineId"])


def _opening(line_id: str, name: str = "d-1", text: str = "The meter stood still.") -> Any:
    return {"disputeId": name, "lineId": line_id, "reason": "measurement", "text": text}


async def _opened(desk: Any, line_id: str, party: str = "CUSTOMER-1") -> dict[str, Any]:
    answer = await desk.call(party, "POST", PATH, _opening(line_id))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_dispute_has_its_way_on_record(desk: Any, line_id: str) -> None:
    opened = await _opened(desk, line_id)
    assert (opened["status"], opened["openedBy"], opened["pod"]) == ("open", "CUSTOMER-1", POD)
    due = (WINDOW_ENDS + timedelta(days=14)).isoformat().replace("+00:00", "Z")
    assert opened["answerDue"] == due
    one = f"{PATH}/{opened['id']}"
    added = await desk.call("CUSTOMER-1", "POST", f"{one}/answer", {"text": "See the photo."})
    assert added.json()["status"] == "open"
    said = await desk.call("MO", "POST", f"{one}/answer", {"text": "We ask the meter's operator."})
    assert said.json()["status"] == "answered"
    closing = {"outcome": "rejected", "text": "The meter was tested and is right."}
    closed = await desk.call("MO", "POST", f"{one}/closing", closing)
    assert (closed.json()["status"], closed.json()["outcome"]) == ("closed", "rejected")
    steps = [(each["party"], each["status"]) for each in closed.json()["steps"]]
    assert steps == [
        ("CUSTOMER-1", "open"),
        ("CUSTOMER-1", "open"),
        ("MO", "answered"),
        ("MO", "closed"),
    ]
    assert await desk.get("CUSTOMER-1", one) == closed.json()
    for path, body in ((f"{one}/answer", {"text": "But"}), (f"{one}/closing", closing)):
        late = await desk.call("MO", "POST", path, body)
        assert (late.status_code, late.json()["type"]) == (409, "/problems/dispute-closed")
    await desk.deliver()
    certified = [name for name in desk.others.certified() if name.startswith("dispute-")]
    assert sorted(certified) == [f"dispute-{opened['id']}-{step}" for step in (1, 2, 3, 4)]


async def test_only_those_concerned_see_a_dispute(desk: Any, line_id: str) -> None:
    opened = await _opened(desk, line_id, "ACEAE")
    one = f"{PATH}/{opened['id']}"
    for party in ("ACEAE", "DSO", "CUSTOMER-1", "MO", "AUDITOR"):
        assert (await desk.get(party, one))["id"] == opened["id"]
        assert len((await desk.get(party, PATH))["disputes"]) == 1
    for party in ("ACEAE_2", "TSO"):
        hidden = await desk.call(party, "GET", one)
        assert (hidden.status_code, hidden.json()["type"]) == (404, "/problems/unknown-dispute")
        assert (await desk.get(party, PATH))["disputes"] == []
        for path, body in (
            (PATH, _opening(line_id)),
            (f"{one}/answer", {"text": "I wonder."}),
            (f"{one}/closing", {"outcome": "withdrawn", "text": "Away."}),
        ):
            refused = await desk.call(party, "POST", path, body)
            assert refused.status_code == 404, refused.text
    assert (await desk.call("MDA", "GET", one)).status_code == 404
    assert (await desk.get("MDA", PATH))["disputes"] == []
    closing = {"outcome": "withdrawn", "text": "Away."}
    assert (await desk.call("MDA", "POST", f"{one}/closing", closing)).status_code == 403
    told = await desk.get("DSO", "/api/topics/Dispute_DSO")
    assert [each["content"]["id"] for each in told["messages"]] == [opened["id"]]
    assert (await desk.get("ACEAE", "/api/topics/Dispute_ACEAE"))["messages"] == []


async def test_only_the_operator_decides_and_only_the_opener_withdraws(
    desk: Any, line_id: str
) -> None:
    one = f"{PATH}/{(await _opened(desk, line_id))['id']}"
    for party, outcome in (("ACEAE", "upheld"), ("CUSTOMER-1", "rejected"), ("MO", "withdrawn")):
        body = {"outcome": outcome, "text": "So be it."}
        refused = await desk.call(party, "POST", f"{one}/closing", body)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/dispute-not-yours")
    body = {"outcome": "withdrawn", "text": "I was wrong."}
    closed = await desk.call("CUSTOMER-1", "POST", f"{one}/closing", body)
    assert closed.json()["outcome"] == "withdrawn"


async def test_the_same_again_is_no_second_one(desk: Any, line_id: str) -> None:
    opened = await _opened(desk, line_id)
    again = await desk.call("CUSTOMER-1", "POST", PATH, _opening(line_id))
    assert (again.status_code, again.json()) == (200, opened)
    other = await desk.call("CUSTOMER-1", "POST", PATH, _opening(line_id, text="Other words."))
    assert (other.status_code, other.json()["type"]) == (409, "/problems/duplicate-identifier")
    assert len((await desk.get("MO", PATH))["disputes"]) == 1


async def test_an_upheld_dispute_has_the_line_settled_again(desk: Any, line_id: str) -> None:
    one = f"{PATH}/{(await _opened(desk, line_id))['id']}"
    desk.others.read(POD, DELIVERY, 22_500, revision=1, version=2)
    body = {"outcome": "upheld", "text": "The meter's reading was corrected."}
    assert (await desk.call("MO", "POST", f"{one}/closing", body)).status_code == 200
    await desk.deliver()
    outcome = line_id.split(".", maxsplit=1)[0]
    line = _line(await desk.get("ACEAE", f"/api/settlement/{outcome}"))
    assert (line["version"], line["measuredP"], line["paidP"]) == (2, 90.0, 0.125)
    later = await desk.call("ACEAE", "POST", PATH, _opening(line["lineId"], "d-2"))
    assert later.status_code == 201


async def _upheld(desk: Any, one: str, **more: str) -> dict[str, Any]:
    body = {"outcome": "upheld", "text": "The meter is to be read again."} | more
    answer = await desk.call("MO", "POST", f"{one}/closing", body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _news(desk: Any, party: str) -> list[Any]:
    """What a party's topic told last of its disputes: outcome, reason, and what follows."""
    told = (await desk.get(party, f"/api/topics/Dispute_{party}"))["messages"]
    return [(each["content"]["outcome"], each["content"]["followUp"]) for each in told[-1:]]


async def test_an_upheld_dispute_tells_what_it_waits_for_until_that_has_come(
    desk: Any, line_id: str
) -> None:
    """It waits for the administrator's reading, who is asked, and ends with the corrected line."""
    one = f"{PATH}/{(await _opened(desk, line_id))['id']}"
    due = (WINDOW_ENDS + timedelta(days=30)).isoformat().replace("+00:00", "Z")
    awaited = {"awaits": "readings", "until": due, "correctedBy": None}
    assert (await _upheld(desk, one))["followUp"] == awaited
    await desk.deliver()
    for party in ("CUSTOMER-1", "ACEAE", "DSO"):
        assert await _news(desk, party) == [("upheld", awaited)]
    (asked,) = (await desk.get("MDA", PATH))["disputes"]
    assert asked["steps"][-1]["text"] == "The meter is to be read again."
    said = await desk.call("MDA", "POST", f"{one}/answer", {"text": "We test the meter."})
    assert (said.json()["status"], said.json()["outcome"]) == ("closed", "upheld")

    desk.others.read(POD, DELIVERY, 22_500, revision=1, version=2)
    await _told(desk, DELIVERY)

    done = awaited | {"correctedBy": f"{line_id}.v2"}
    for party in ("CUSTOMER-1", "ACEAE", "DSO"):
        assert (await desk.get(party, one))["followUp"] == done
        assert await _news(desk, party) == [("upheld", done)]
    await desk.deliver()
    assert f"{one.rpartition('/')[2]}-corrected" in str(desk.others.certified())
    assert (await desk.get("MDA", PATH))["disputes"] == []
    late = await desk.call("MDA", "POST", f"{one}/answer", {"text": "Done."})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/dispute-closed")


async def test_a_line_that_was_corrected_before_the_decision_is_named_with_it(
    desk: Any, line_id: str
) -> None:
    one = f"{PATH}/{(await _opened(desk, line_id))['id']}"
    desk.others.read(POD, DELIVERY, 22_500, revision=1, version=2)
    await _told(desk, DELIVERY)
    assert (await _upheld(desk, one))["followUp"]["correctedBy"] == f"{line_id}.v2"


async def test_what_no_reading_can_mend_waits_for_amends(desk: Any, line_id: str) -> None:
    """The administrator is not asked, and a reading that is corrected later makes no amends."""
    one = f"{PATH}/{(await _opened(desk, line_id))['id']}"
    assert (await _upheld(desk, one, awaits="amends"))["followUp"]["awaits"] == "amends"
    assert (await desk.get("MDA", PATH))["disputes"] == []
    assert (await desk.call("MDA", "GET", one)).status_code == 404
    desk.others.read(POD, DELIVERY, 22_500, revision=1, version=2)
    await _told(desk, DELIVERY)
    assert (await desk.get("ACEAE", one))["followUp"]["correctedBy"] is None
    paid = await desk.call("ACEAE", "POST", f"{one}/answer", {"text": "We pay 0.10 EUR."})
    assert paid.json()["steps"][-1]["party"] == "ACEAE"


async def test_a_line_is_not_disputed_twice_while_one_runs(desk: Any, line_id: str) -> None:
    opened = await _opened(desk, line_id)
    one = f"{PATH}/{opened['id']}"

    async def again(party: str, name: str, of: str = line_id) -> Any:
        answer = await desk.call(party, "POST", PATH, _opening(of, name))
        return answer.status_code, answer.json().get("type"), answer.json().get("dispute")

    refused = (409, "/problems/line-in-dispute", opened["id"])
    for party in ("CUSTOMER-1", "ACEAE", "DSO"):
        assert await again(party, "d-2") == refused
    assert (await again("TSO", "d-2"))[0] == 404
    await _upheld(desk, one)
    assert await again("ACEAE", "d-2", f"{line_id}.v2") == refused  # in any version
    desk.clock.move_to(WINDOW_ENDS + timedelta(days=31))
    assert (await again("ACEAE", "d-2"))[0] == 201  # the reading is overdue
    assert len((await desk.get("MO", PATH))["disputes"]) == 2


async def test_an_old_line_is_no_more_disputed(desk: Any, line_id: str) -> None:
    desk.clock.move_to(DELIVERY + timedelta(days=45, seconds=1))
    late = await desk.call("CUSTOMER-1", "POST", PATH, _opening(line_id))
    assert (late.status_code, late.json()["type"]) == (409, "/problems/dispute-too-late")
    unknown = await desk.call("CUSTOMER-1", "POST", PATH, _opening("none.POD.1.0"))
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/unknown-dispute")
