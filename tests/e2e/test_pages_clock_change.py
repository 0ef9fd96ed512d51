"""The pages' charts on days when clocks are changed, of 92 and of 100 quarter-hours, in a browser.

Hours are worked out by hand: in spring 02:00 to 03:00 is missing, in autumn it comes twice.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .browser import Window, running_browser
from .test_clock_change import prepare

QUARTER = timedelta(minutes=15)
OWN = "IT002E60976796"
"""A plant that a household owns here."""
NETWORK = "italy-tor-di-valle"
DAYS = {
    "spring": {
        "on": "2021-03-28",
        "start": datetime(2021, 3, 27, 23, tzinfo=UTC),
        "count": 92,
        "first_hours": 3,
        "clocks": "Rome, CET to CEST",
        "night": ["00:00", "01:00", "03:00", "04:00"],
    },
    "autumn": {
        "on": "2021-10-31",
        "start": datetime(2021, 10, 30, 22, tzinfo=UTC),
        "count": 100,
        "first_hours": 5,
        "clocks": "Rome, CEST to CET",
        "night": ["00:00", "01:00", "02:00 CEST", "02:00 CET", "03:00"],
    },
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


def _readings(server: Any, start: datetime, count: int) -> None:
    """A reading for each quarter-hour of the day: its number in kW, so that each is known again."""
    batch = [
        {
            "podId": OWN,
            "startTime": (start + index * QUARTER).isoformat(),
            "durationMinutes": 15,
            "energyWh": 250 * (index + 1),
            "quality": "measured",
            "device": "0x" + "1" * 40,
            "sequence": index,
            "certificationId": f"reading:{index}",
            "certificationHash": "0" * 64,
            "receivedAt": (start + (index + 1) * QUARTER).isoformat(),
        }
        for index in range(count)
    ]
    answer = server.call("MDA", "POST", "/api/scd/measurements", {"measurements": batch})
    assert answer.status_code < 300, answer.text


def _stairs(picture: str, kind: str) -> list[float]:
    """The places of a curve's steps, px from the left."""
    (way,) = re.findall(rf'class="curve {kind}"[^>]* d="M([^"]+)"', picture)
    return [float(point.split()[0]) for point in way.split(" L")]


@pytest.mark.parametrize("season", DAYS)
def test_charts_have_all_quarter_hours_of_the_day_and_name_its_clocks(
    season: str, browser: Any, server_at: Callable[[datetime], Any]
) -> None:
    day: dict[str, Any] = DAYS[season]
    start, count = day["start"], day["count"]
    server = server_at(start - timedelta(hours=12))
    prepare(server, start, count, [0, count - 1], (OWN, "CUSTOMER-1"))
    clock = {"now": (start - timedelta(hours=2, minutes=30)).isoformat()}
    server.call("MO", "PUT", "/api/clock", clock).raise_for_status()
    operator = Window(browser, server.base_url)
    household = Window(browser, server.base_url, width=390)
    try:
        operator.sign_in("DSO")
        _sessions(operator, day)
        _request(operator, day)
        clock = {"now": (start + count * QUARTER + timedelta(hours=2)).isoformat()}
        server.call("MO", "PUT", "/api/clock", clock).raise_for_status()
        _readings(server, start, count)
        _pod(operator, day)
        _grid(operator, day)
        household.sign_in("CUSTOMER-1")
        _household(household, day)
        assert operator.faults == household.faults == []
    finally:
        operator.close()
        household.close()


def _sessions(window: Window, day: dict[str, Any]) -> None:
    """The first real-time session ends at 04:00, whether after three hours or after five."""
    window.open(f"/grid/requests?day={day['on']}")
    told = window.page.locator("main").inner_text()
    assert "00:00\u201304:00" in told
    for begin, end in (("04:00", "08:00"), ("20:00", "00:00")):
        assert f"{begin}\u2013{end}" in told
    window.page.get_by_role("link", name="00:00\u201304:00").click()
    window.page.wait_for_url("**/market/*")
    assert "00:00\u201304:00" in window.page.locator("h1").inner_text()


def _request(window: Window, day: dict[str, Any]) -> None:
    """What overloads the first quarter-hour is found, asked for, and told by the zone's clock."""
    page = window.page
    window.open(f"/grid/requests?day={day['on']}")
    card = page.locator("section.card").filter(has_text="00:00\u201304:00")
    card.locator('[name="price"]').fill("0,2")
    card.get_by_role("button", name="Calculate and send").click()
    page.get_by_text("The market has taken it as").wait_for(timeout=60_000)
    told = page.locator("main").inner_text()
    assert "line/81823-AD001090035" in told
    first = "CET" if day["count"] == 92 else "CEST"
    assert f"00:00 {first}" in told
    window.open(f"/grid/requests?day={day['on']}")
    asked = page.locator("section.card").filter(has_text="00:00\u201304:00").inner_text()
    assert f"00:00 {first} to 00:15 {first}" in asked


def _pod(window: Window, day: dict[str, Any]) -> None:
    count = day["count"]
    window.open(f"/pods/{OWN}?day={day['on']}")
    picture = window.page.locator("main figure svg").first.evaluate("each => each.outerHTML")
    assert f">{day['clocks']}</text>" in picture
    for kind in ("meter-line", "base-line"):
        places = _stairs(picture, kind)
        assert len(places) == 2 * count  # each quarter-hour from its start to its end
        assert (places[0], places[-1]) == (56.0, 750.0)
    file = f"{window.base_url}/pods/{OWN}/day.csv?day={day['on']}"
    rows = list(csv.DictReader(io.StringIO(window.context.request.get(file).text(), newline="")))
    assert len(rows) == count
    assert [float(each["measured_kw"]) for each in rows] == list(range(1, count + 1))
    hours = [each["start_time"][11:13] for each in rows if each["start_time"][14:16] == "00"]
    assert [f"{hour}:00" for hour in hours[:4]] == [each[:5] for each in day["night"][:4]]
    window.open(f"/pods/{OWN}/history?span=day&day={day['on']}")
    window.page.locator(".chart .u-over").wait_for()
    assert "Times are those of Rome." in window.page.locator("figcaption").inner_text()
    names = window.page.locator("tbody th").all_inner_texts()
    assert len(names) == count / 4
    assert names[: len(day["night"])] == day["night"]
    chart = window.page.locator(".chart")
    seconds = [int(chart.get_attribute(f"data-{end}")) for end in ("from", "to")]
    assert seconds[1] - seconds[0] == count * 900
    _last_quarter_hour(window)


def _last_quarter_hour(window: Window) -> None:
    """The right end of the curve is the day's last quarter-hour, by the zone's clock."""
    over = window.page.locator(".chart .u-over")
    box = over.bounding_box()
    window.page.mouse.move(box["x"] + box["width"] - 6, box["y"] + 40)
    told = window.page.locator(".readout").inner_text()
    assert "23:45" in told


def _grid(window: Window, day: dict[str, Any]) -> None:
    count, get = day["count"], window.context.request.get
    heat = get(f"{window.base_url}/grid/{NETWORK}/day.svg?day={day['on']}").text()
    assert "local time, Rome" in heat
    wide = round(768 / count, 1)
    rows = re.findall(r'<g data-id="[^"]+"[^>]*>(.*?)</g>', heat)
    assert len(rows) > 5
    for row in rows:
        widths = [float(each) for each in re.findall(r' width="([\d.]+)"', row)]
        assert sum(widths) == pytest.approx(count * wide, abs=0.2 * len(widths))
    window.open(f"/grid/{NETWORK}/day?day={day['on']}")
    assert window.page.locator("img.heat").evaluate("each => each.naturalWidth") > 0
    page = get(f"{window.base_url}/grid/{NETWORK}/picture?day={day['on']}").text()
    data = json.loads(re.findall(r'type="application/json" id="data">(.*?)</script>', page)[0])
    assert len(data["moments"]) == count
    changed = ["01:45 CET", "03:00 CEST"] if count == 92 else ["02:45 CEST", "02:00 CET"]
    assert data["moments"][7 if count == 92 else 11 :][:2] == changed
    assert data["zone"] == "Rome"


def _household(window: Window, day: dict[str, Any]) -> None:
    window.open(f"/app?day={day['on']}")
    picture = window.page.locator("main figure svg").first.evaluate("each => each.outerHTML")
    assert f">{day['clocks']}</text>" in picture
    assert len(_stairs(picture, "meter-line")) == 2 * day["count"]
