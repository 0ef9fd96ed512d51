"""The page of devices: health as REST tells it; a refused message is tried again, and closed."""

import csv
import html
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .browser import Window, running_browser
from .conftest import PODS
from .page_visit import Visit
from .rights_day import Day
from .test_bad_input_field import Device

EVE = datetime(2021, 10, 30, 11, 5, tzinfo=UTC)
"""The market's clock of a furnished server."""
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


async def test_a_refused_message_is_taken_once_what_stood_against_it_is_mended(
    server_at: Any, tmp_path: Path
) -> None:
    """It told of a time that was not over by the market's clock, which is then set right."""
    server = server_at(NOON)
    server.furnish()
    device = Device(server, PODS[1], tmp_path / "device")
    early = device.payload(startTime="2021-10-30T12:00:00Z", energyWh=321)
    (receipt,) = await device.send(device.envelope(early))
    assert (receipt["status"], receipt["reason"]) == ("tryLater", "interval-in-future")
    with ThreadPoolExecutor(1) as beside:  # a loop runs in this thread
        beside.submit(_take_by_page, server).result()
    (letter,) = device.letters()
    assert letter["status"] == "replayed"
    path = f"/api/scd/measurements?podId={PODS[1]}&from=2021-10-30T12:00:00Z"

    def stored() -> list[int]:
        return [each["energyWh"] for each in server.get("ACEAE", path)["measurements"]]

    server.wait(stored)  # the customer database learns of it a moment later
    assert stored() == [321]


def _take_by_page(server: Any) -> None:
    """Have a message refused once more, mend it, and have it taken, as a person does."""
    with running_browser() as browser:
        window = Window(browser, server.base_url)
        try:
            page = window.page
            window.sign_in("MDA")
            window.open("/devices")
            row = page.get_by_role("region", name="Refused messages").locator("tbody tr")
            assert row.locator(".tag").inner_text() == "refused"
            assert "Its time is not over yet" in row.inner_text()
            row.get_by_role("button", name="Take it").click()
            assert "It was not taken" in page.locator("main").get_by_role("alert").inner_text()
            mended = {"now": (EVE + timedelta(hours=2)).isoformat()}
            assert server.call("MO", "PUT", "/api/clock", mended).status_code == 200
            row.get_by_role("button", name="Take it").click()
            page.wait_for_url("**/devices?done=taken")
            assert page.locator("main").get_by_role("status").inner_text() == "It was taken."
            assert row.locator(".tag").inner_text() == "taken"
            assert row.get_by_role("button").count() == 0
            assert (window.faults, window.foreign) == ([], [])
            assert window.violations() == []
            for width, scheme in ((390, "light"), (1280, "dark")):
                window.look(width, scheme)
                window.picture(f"MDA-taken-{width}-{scheme}")
        finally:
            window.close()
