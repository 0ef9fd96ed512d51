"""The page of devices: health as REST tells it; a refused message is tried again, and closed."""

import csv
import html
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .conftest import PODS
from .page_visit import Visit
from .rights_day import Day
from .test_bad_input_field import Device

NOON = datetime(2021, 6, 23, 10, 0, tzinfo=UTC)
HOSTILE = '"><img src=x onerror=alert(1)>'


def test_the_page_tells_of_devices_what_rest_tells(day: Day) -> None:
    told = day.server.get("MDA", "/api/access/devices")["devices"]
    words = {each["device"]: each["health"] for each in told}
    assert "well" in words.values()  # the day's messages came in its last hours
    assert set(words.values()) <= {"well", "revoked"}  # another test may have revoked one
    visit = Visit(day.server.base_url, day.server.data)
    try:
        visit.sign_in("MDA")
        page = html.unescape(visit.get("/devices").text)
        rows = list(csv.DictReader(io.StringIO(visit.get("/devices.csv").text, newline="")))
    finally:
        visit.close()
    assert page.count(">well</span>") == list(words.values()).count("well")
    for each, row in zip(told, rows, strict=True):
        assert each["device"] in page
        heard, ends = each["lastMessageAt"], each["certificateEndsAt"]
        assert f'datetime="{heard}"' in page
        assert f'datetime="{ends}"' in page
        assert (row["device"], row["health"]) == (each["device"], each["health"])
        assert datetime.fromisoformat(row["last_message_at"]) == datetime.fromisoformat(heard)


async def test_a_refused_message_is_tried_again_and_closed_with_a_reason(
    server_at: Any, tmp_path: Path
) -> None:
    server = server_at(NOON)
    server.furnish()
    device = Device(server, PODS[1], tmp_path / "device")
    await device.send(b"garbage")
    (letter,) = device.letters()
    visit = Visit(server.base_url, server.data)
    try:
        visit.sign_in("MDA")
        shown = visit.get("/devices").text
        assert "It cannot be read." in shown
        assert "malformed-message" in shown
        again = visit.send("/devices", "/devices/replay", id=str(letter["id"]))
        assert again.status_code == 422
        assert "The envelope is malformed" in html.unescape(again.text)
        for wrong in ("", "x" * 301):
            refused = visit.send("/devices", "/devices/close", id=str(letter["id"]), reason=wrong)
            assert refused.status_code == 422
        assert visit.send("/devices", "/devices/close", id="1/..", reason="none").status_code == 422
        closed = visit.send("/devices", "/devices/close", id=str(letter["id"]), reason=HOSTILE)
        assert closed.headers["location"] == "/devices?done=closed"
        page = visit.get("/devices?done=closed").text
        assert html.escape(HOSTILE, quote=False).replace('"', "&#34;") in page
        assert HOSTILE not in page
        (row,) = csv.DictReader(io.StringIO(visit.get("/devices/refused.csv").text, newline=""))
        assert (row["state"], row["closed_because"]) == ("closed", HOSTILE)
    finally:
        visit.close()
    (change,) = server.get("MO", "/api/identity/changes?kind=deadLetter")["changes"]
    assert (change["partyId"], change["after"]["closedBecause"]) == ("MDA", HOSTILE)
