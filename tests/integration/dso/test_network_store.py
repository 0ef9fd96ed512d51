import json
from pathlib import Path
from typing import Any

import pytest

import platone.demo.italy
from platone.grid.file.network_source import read_network_content
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import snapshot

FILE = Path(platone.demo.italy.__file__).with_name("scenario") / "network.json"
PATH = "/api/dso/networks/italy-tor-di-valle"
SIMBENCH = Path(__file__).parents[3] / "benchmarks" / "data" / "simbench" / "network.json"
AT = "2021-06-22T22:00:00Z"


async def test_a_network_is_stored_once_and_read_byte_for_byte(world: Any) -> None:
    content = FILE.read_bytes()
    first = await world.call("DSO", "PUT", PATH, content)
    assert (first.status_code, first.json()["status"]) == (201, "accepted")
    again = await world.call("DSO", "PUT", PATH, content)
    assert (again.status_code, again.json()["status"]) == (200, "alreadySubmitted")
    assert (await world.call("AUDITOR", "GET", PATH)).content == content


async def test_a_version_never_changes(world: Any) -> None:
    content = json.loads(FILE.read_bytes())
    await world.call("DSO", "PUT", PATH, content)
    content["lines"][1]["limitA"] = 230.0
    refused = await world.call("DSO", "PUT", PATH, content)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/duplicate-identifier")
    stored = await world.call("DSO", "PUT", PATH, content | {"version": "2"})
    assert stored.status_code == 201
    listed = (await world.call("DSO", "GET", "/api/dso/networks")).json()["networks"]
    assert [(each["version"], each["inForce"]) for each in listed] == [("1", False), ("2", True)]
    first = (await world.call("DSO", "GET", PATH, version="1")).json()
    assert first["lines"][1]["limitA"] == 212.8
    unknown = await world.call("DSO", "GET", PATH, version="3")
    assert unknown.json()["type"] == "/problems/unknown-network"


async def test_what_changed_between_two_versions_is_told_and_drawn(world: Any) -> None:
    content = json.loads(FILE.read_bytes())
    await world.call("DSO", "PUT", PATH, content)
    line, gone = content["lines"][1]["id"], content["loads"].pop()["id"]
    content["lines"][1]["limitA"] = 230.0
    await world.call("DSO", "PUT", PATH, content | {"version": "2"})
    found = (await world.call("AUDITOR", "GET", f"{PATH}/changes", before="1")).json()
    assert (found["before"], found["after"]) == ("1", "2")
    assert (found["added"], found["removed"], found["changed"]) == (0, 1, 1)
    changed, removed = found["changes"]
    assert (removed["element"], removed["fate"]) == (gone, "removed")
    assert (changed["kind"], changed["element"]) == ("line", line)
    limit = {"field": "limit", "unit": "A", "before": "212.8", "after": "230.0"}
    assert changed["fields"] == [limit]
    marked = await world.call("DSO", "GET", f"{PATH}/picture", changedSince="1", format="svg")
    assert marked.content.count(b'data-note="') == 1
    assert f'data-note="{line}"'.encode() in marked.content
    assert "limit 212.8 \u2192 230.0 A".encode() in marked.content
    plain = await world.call("DSO", "GET", f"{PATH}/picture", format="svg")
    assert b"data-note" not in plain.content
    page = await world.call("DSO", "GET", f"{PATH}/picture", changedSince="1")
    assert f"load {gone}: removed".encode() in page.content
    unknown = await world.call("DSO", "GET", f"{PATH}/changes", before="3")
    assert unknown.json()["type"] == "/problems/unknown-network"
    assert (await world.call("ACEAE", "GET", f"{PATH}/changes", before="1")).status_code == 403


async def test_the_version_in_force_is_calculated(world: Any) -> None:
    await world.prepare()
    content = json.loads(FILE.read_bytes()) | {"version": "2"}
    content["lines"][1]["limitA"] = 300.0
    await world.call("DSO", "PUT", PATH, content)
    session = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}
    found = await world.call("DSO", "POST", "/api/dso/flexibilityRequest", session)
    assert found.json()["alarms"] == []


async def test_a_faulty_network_is_refused_with_its_faults(world: Any) -> None:
    content = json.loads(FILE.read_bytes())
    content["lines"][0]["to"] = "bus/nowhere"
    content["loads"][0]["profile"] = "nobody"
    refused = await world.call("DSO", "PUT", PATH, content)
    assert refused.status_code == 422
    assert [fault["element"] for fault in refused.json()["faults"]] == [
        "line/AD001090035-CP",
        "load/CP-20",
    ]
    elsewhere = await world.call("DSO", "PUT", "/api/dso/networks/other", FILE.read_bytes())
    assert elsewhere.json()["type"] == "/problems/network-identity-mismatch"


@pytest.mark.parametrize(
    "odd", ["a" * 201, "a network", "zona-città", "a%00b", "a%0d%0aSet-Cookie:b"]
)
async def test_an_odd_identifier_is_refused(world: Any, odd: str) -> None:
    """Also of forms that take the path's: those of pandapower and CIM."""
    for content in (json.loads(FILE.read_bytes()) | {"id": odd}, SIMBENCH.read_bytes()):
        refused = await world.call("DSO", "PUT", f"/api/dso/networks/{odd}", content)
        assert refused.status_code == 422
        assert refused.json()["type"] == "/problems/malformed-message"
    assert (await world.call("DSO", "GET", "/api/dso/networks")).json()["networks"] == []


async def test_an_odd_version_is_refused(world: Any) -> None:
    path = "/api/dso/networks/simbench"
    refused = await world.call("DSO", "PUT", path, SIMBENCH.read_bytes(), version="new one")
    assert refused.json()["type"] == "/problems/malformed-message"
    content = SIMBENCH.read_bytes()
    named = content.replace(b'"_object":{', b'"_object":{"model_version":"1\\u00b5",', 1)
    assert named != content
    stored = await world.call("DSO", "PUT", path, named)
    assert stored.json()["id"] == "simbench/1"
    assert any(
        "'1µ' is no identifier: '1' is" in each["reason"] for each in stored.json()["remarks"]
    )


@pytest.mark.parametrize("party", ["TSO", "ACEAE", "MO", "AUDITOR", "CUSTOMER-1", "MDA"])
async def test_only_the_dso_writes(world: Any, party: str) -> None:
    calls = [
        ("PUT", PATH, json.loads(FILE.read_bytes())),
        ("POST", "/api/dso/podAssociation", {}),
        ("POST", "/api/dso/powerFlow", {"startTime": "2021-06-23T10:00:00Z"}),
        (
            "POST",
            "/api/dso/flexibilityRequest",
            {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"},
        ),
    ]
    for method, path, content in calls:
        assert (await world.call(party, method, path, content)).status_code == 403
    if party != "MO":
        answer = await world.call(party, "POST", "/api/dso/marketOutcome", {})
        assert answer.status_code == 403


async def test_the_association_names_what_it_cannot_associate(world: Any) -> None:
    await world.prepare()
    content = json.loads(FILE.read_bytes()) | {"version": "2"}
    content["connectionPoints"][0]["podId"] = "IT002E00000001"
    await world.call("DSO", "PUT", PATH, content)
    found = (await world.call("DSO", "POST", "/api/dso/podAssociation", {})).json()
    assert found["notRegistered"] == ["IT002E00000001"]
    assert found["notOnNetwork"] == ["IT002E61899978"]
    assert len(found["associations"]) == 4


async def test_a_pandapower_file_is_stored_under_the_name_of_the_call(world: Any) -> None:
    content = SIMBENCH.read_bytes()
    path = "/api/dso/networks/urban"
    stored = await world.call("DSO", "PUT", path, content, version="2026-1")
    assert (stored.status_code, stored.json()["id"]) == (201, "urban/2026-1")
    assert "trafo/0" in {remark["element"] for remark in stored.json()["remarks"]}
    assert (await world.call("DSO", "GET", path)).content == content
    run = await world.call("DSO", "POST", "/api/dso/powerFlow", {"startTime": AT})
    states = run.json()["results"]
    assert (len(states), len(states[0]["buses"])) == (96, 144)
    assert states[0]["alarms"] == []


async def test_a_file_of_no_known_form_is_refused(world: Any) -> None:
    refused = await world.call("DSO", "PUT", "/api/dso/networks/x", b"bus;kV\n1;20\n")
    assert refused.json()["type"] == "/problems/network-invalid"
    assert "neither JSON" in refused.json()["faults"][0]["reason"]


@pytest.mark.parametrize("form", ["pandapower", "cgmes-3.0", "cgmes-2.4.15"])
async def test_a_network_comes_out_in_another_form_and_back(world: Any, form: str) -> None:
    await world.prepare()
    exported = await world.call("AUDITOR", "GET", f"{PATH}/export", form=form)
    assert exported.status_code == 200
    again = read_network_content("export", exported.content)
    own = read_network_content("own", FILE.read_bytes())
    engine = GridModelPowerFlow()
    losses = [engine.solve(each, snapshot(each)).loss_kw.sum() for each in (own, again)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    assert losses[0] > 10


CLOCKS = Path(__file__).parents[2] / "data" / "grid" / "dyn5_clock.zip"


async def test_what_clocks_do_to_angles_is_set_with_a_network(world: Any) -> None:
    """By pandapower bus 1 is at -153.17 degrees with the clock counted, and 150 more without."""
    for choice, expected_deg in (("left-out", -3.174), ("counted", -153.174)):
        path = f"/api/dso/networks/{choice}"
        stored = await world.call(
            "DSO", "PUT", path, CLOCKS.read_bytes(), version="1", clocks=choice
        )
        assert stored.status_code == 201, stored.text
        other = "counted" if choice == "left-out" else "left-out"
        refused = await world.call(
            "DSO", "PUT", path, CLOCKS.read_bytes(), version="1", clocks=other
        )
        assert refused.json()["type"] == "/problems/duplicate-identifier"
        asked = {"startTime": AT, "networkId": choice}
        run = (await world.call("DSO", "POST", "/api/dso/powerFlow", asked)).json()
        assert "results" in run, run
        assert run["results"][0]["buses"][1]["angleDeg"] == pytest.approx(expected_deg, abs=1e-3)
    wrong = await world.call("DSO", "PUT", path, CLOCKS.read_bytes(), version="2", clocks="maybe")
    assert wrong.status_code == 422


async def test_branches_are_told_in_parts(world: Any) -> None:
    await world.prepare()
    path, seen = f"{PATH}/branches", []
    after: str | None = ""
    while after is not None:
        answer = await world.call("AUDITOR", "GET", path, limit="4", after=after)
        assert answer.status_code == 200, answer.text
        part = answer.json()
        assert len(part["branches"]) <= 4
        seen += part["branches"]
        after = part.get("next")
    file = (await world.call("DSO", "GET", PATH)).json()
    kinds = {"line": file["lines"], "transformer": file["transformers"]}
    known = [
        {"id": each["id"], "name": each["name"], "kind": kind}
        for kind, elements in kinds.items()
        for each in elements
    ]
    assert seen == sorted(known, key=lambda each: each["id"])
    wrong = await world.call("DSO", "GET", path, after="a,b")
    assert wrong.json()["type"] == "/problems/place-unknown"
    unknown = await world.call("DSO", "GET", "/api/dso/networks/nowhere/branches")
    assert unknown.json()["type"] == "/problems/unknown-network"
    assert (await world.call("ACEAE", "GET", path)).status_code == 403
