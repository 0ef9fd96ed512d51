"""Days without anything lead to those that have something; who asks sees what is expected."""

import html
import re
import time
from collections.abc import Iterator

import pytest

from .page_visit import Visit
from .rights_day import OWN_POD, PODS
from .shown_day import Shown

EMPTY, TRADED = "2021-06-28", "2021-06-23"
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def visits(shown: Shown) -> Iterator[dict[str, Visit]]:
    names = ("DSO", "TSO", "ACEAE", "ACEAE_2", "AUDITOR")
    made = {name: Visit(shown.server.base_url, shown.server.data) for name in names}
    try:
        for name, visit in made.items():
            visit.sign_in(name)
        made["AUDITOR"].send("/account", "/case", case="2021-7", then="/account")
        yield made
    finally:
        for each in made.values():
            each.close()


def page(visit: Visit, address: str) -> str:
    answer = visit.get(address)
    assert answer.status_code == 200, (address, answer.text)
    return html.unescape(answer.text)


def ended(visit: Visit, address: str, most_s: float = 120.0) -> str:
    until_s = time.monotonic() + most_s
    while True:
        text = page(visit, address)
        if ">queued<" not in text and ">running<" not in text:
            return text
        assert time.monotonic() < until_s, text
        time.sleep(0.2)


@pytest.mark.parametrize("where", ["/grid", "/grid/requests", "/grid/{network_id}/day"])
def test_a_day_that_was_not_calculated_leads_to_one_that_was(
    shown: Shown, visits: dict[str, Visit], where: str
) -> None:
    days = shown.server.get("DSO", "/api/dso/days")["days"]
    assert TRADED in [each["day"] for each in days]
    for name in ("DSO", "AUDITOR"):
        text = page(visits[name], shown.address(f"{where}?day={EMPTY}"))
        near = text.partition("Nearest days that were calculated")[2].partition("</p>")[0]
        (address,) = re.findall('href="([^"]+)"', near)
        assert address.endswith(f"day={TRADED}")
        assert page(visits[name], address)
        assert ("Calculate this day" in text) is (name == "DSO")


def test_a_day_is_calculated_from_its_page(visits: dict[str, Visit]) -> None:
    visit = visits["DSO"]
    led = visit.send("/account", "/grid/calculation", day=EMPTY)
    assert led.status_code == 303, led.text
    assert "baseline" in ended(visit, led.headers["location"])  # which nobody gave for it
    led = visit.send("/account", "/grid/calculation", day=TRADED)
    text = ended(visit, led.headers["location"])
    assert "Power flow of" in text
    assert f'href="/grid?day={TRADED}&stage=validated">checked</a> of italy-tor-di-valle' in text
    for name in ("TSO", "ACEAE", "AUDITOR"):
        answer = visits[name].send("/account", "/grid/calculation", day=TRADED)
        assert answer.status_code == 403, name
    assert visit.send("/account", "/grid/calculation", day="never").status_code == 422


def test_a_calculation_without_a_picture_says_why(visits: dict[str, Visit]) -> None:
    text = page(visits["DSO"], f"/grid?day={TRADED}&stage=afterMarket")
    assert "has no picture" in text
    assert "This calculation is of italy-tor-di-valle, version 1" in text


def test_dispatch_opens_at_the_newest_day_with_a_sale(visits: dict[str, Visit]) -> None:
    opened = page(visits["ACEAE"], "/portfolio/delivery")
    assert f"/portfolio/delivery.csv?day={TRADED}" in opened
    empty = page(visits["ACEAE"], "/portfolio/delivery?day=2021-06-25")
    near = empty.partition("Nearest days with a sale")[2].partition("</p>")[0]
    assert re.findall('href="([^"]+)"', near) == [f"/portfolio/delivery?day={TRADED}"]
    other = page(visits["ACEAE_2"], "/portfolio/delivery")
    assert "Nearest days with a sale" not in other  # it sold nothing


def boxes(text: str) -> dict[str, tuple[str, bool]]:
    """The name of the mark of each point of delivery, and whether it is set."""
    found = re.findall(r'name="(pod\.\w+)" value="([^"]+)"( checked)?', text)
    return {pod: (name, bool(checked)) for name, pod, checked in found}


def sent(visit: Visit, on: str, **typed: str) -> tuple[int, str]:
    answer = visit.send(on, on, kind="DSO_request", **typed)
    return answer.status_code, html.unescape(answer.text)


def test_points_of_delivery_are_marked_and_their_baseline_is_shown(
    shown: Shown, visits: dict[str, Visit]
) -> None:
    """The open session's day has a baseline of 400 kW of one point of delivery (shown_day)."""
    on, visit = shown.address("/market/{open_session}/offer"), visits["DSO"]
    empty = boxes(page(visit, on))
    assert PODS.keys() <= empty.keys()
    assert not any(checked for _, checked in empty.values())
    span = {"from": "12:30", "to": "13:00", "p": "350"}
    status, text = sent(visit, on, look="yes", **{empty[OWN_POD][0]: OWN_POD}, **span)
    assert status == 200
    assert boxes(text)[OWN_POD][1]
    rows = text.partition('id="outlook"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    assert rows.count("<tr>") == 2
    assert rows.count("400\u202f") + rows.count(">400<") + rows.count("400 ") >= 2, rows
    assert "\u221250" in rows
    for value in span.values():
        assert f'value="{value}"' in text
    status, text = sent(visit, on, look="find", text="60974469", **{"pod.m1": OWN_POD})
    assert {pod: checked for pod, (_, checked) in boxes(text).items()} == {
        OWN_POD: True,
        "IT002E60974469": False,
    }
    status, text = sent(visit, on, all="yes", text="60974469", **{"pod.m1": OWN_POD})
    assert [checked for _, checked in boxes(text).values()] == [True, True]


def test_a_request_of_what_is_marked_is_sent(shown: Shown, visits: dict[str, Visit]) -> None:
    on = shown.address("/market/{open_session}/offer")
    typed = {"id": "marked", "from": "20:00", "to": "20:15", "p": "380", "price": "0.1"}
    status, text = sent(visits["DSO"], on, **{"pod.f1": OWN_POD}, **typed)
    assert status == 303, text
    service = page(visits["DSO"], "/service/marked")
    assert OWN_POD in service
    status, text = sent(visits["DSO"], on, **typed)
    assert status == 422
    assert "Name one to a hundred points of delivery" in text


def test_what_is_hostile_stays_text(shown: Shown, visits: dict[str, Visit]) -> None:
    on, visit = shown.address("/market/{open_session}/offer"), visits["DSO"]
    typed = dict.fromkeys(("text", "page", "from", "to", "p", "pod.m1", "id"), HOSTILE)
    answer = visit.send(on, on, kind=HOSTILE, look="yes", **typed)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    many = {f"pod.m{number}": f"X{number}" for number in range(150)}
    answer = visit.send(on, on, look="yes", **many)
    assert answer.status_code == 200
    too_many = {f"pod.m{number}": f"X{number}" for number in range(400)}
    assert visit.send(on, on, look="yes", **too_many).status_code in {400, 422}


def test_a_tso_is_shown_no_baseline_and_types_a_point_of_measurement(
    shown: Shown, visits: dict[str, Visit]
) -> None:
    text = page(visits["TSO"], shown.address("/market/{open_session}/offer?pods=" + OWN_POD))
    assert "Point of measurement" in text
    assert boxes(text) == {}
    assert "What is expected" not in text
