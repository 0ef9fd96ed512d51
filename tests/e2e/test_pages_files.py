"""Tables of pages as files, and pages in a household's language, on the day that was traded."""

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import platone.demo.italy
from platone.dashboard.domain.language import sentences

from .page_visit import Visit
from .rights_day import OWN_POD, Day
from .rights_table import PARTIES

NETWORK = Path(platone.demo.italy.__file__).with_name("scenario") / "network.json"
READERS = ("MO", "DSO", "aggregator")


@pytest.fixture(scope="module")
def visits(day: Day) -> Iterator[dict[str, Visit]]:
    made = {name: Visit(day.server.base_url, day.server.data) for name in READERS}
    try:
        for role, visit in made.items():
            visit.sign_in(PARTIES[role])
        yield made
    finally:
        for each in made.values():
            each.close()


def _address(day: Day, page: str) -> str:
    return page.format(**day.names(OWN_POD, "MO"), reading=day.reading.get(OWN_POD, "none"))


def test_files_tell_what_rest_tells(day: Day, visits: dict[str, Visit]) -> None:
    """Each number of a file is REST's, to nine decimals, and each time the zone's."""
    told = visits["MO"].get(f"/market/{day.session}/services.csv")
    assert "attachment" in told.headers["content-disposition"]
    asked = day.server.get("MO", f"/api/marketSession/{day.session}/services")
    points = [
        (service["playerServiceId"], str(round(point["p"], 9)), str(point["pPrice"]))
        for service in asked["flexibilityServices"]
        for entry in service["flexibility"]
        for point in entry["power"]
    ]
    rows = _table(told.text)
    assert len(points) > 3
    assert [(r["identifier"], r["total_kw"], r["price_eur_per_kwh"]) for r in rows] == points
    assert "2021-06-23T12:30:00+02:00" in {row["start_time"] for row in rows}
    settled = day.server.get("MO", f"/api/settlement/{day.outcome}")
    lines = {
        (part["pod"], str(round(line["paidP"], 9)), str(round(line["measuredP"], 9)))
        for part in settled["flexibility"]
        for line in part["power"]
    }
    rows = _table(visits["MO"].get(f"/market/{day.session}/settlement.csv").text)
    assert {(r["point_of_delivery"], r["paid_eur"], r["measured_kw"]) for r in rows} == lines
    for section, column, total in (  # 207.66 kW is what the grid takes of one offer (D2.4)
        ("market-outcome", "total_kw", "342.13"),
        ("technical-outcome", "total_the_grid_takes_kw", "207.66"),
        ("validated-outcome", "total_kw", "207.66"),
    ):
        rows = _table(visits["MO"].get(f"/market/{day.session}/{section}.csv").text)
        assert total in {f"{float(r[column]):.2f}" for r in rows if r[column]}, section
    checked = _table(visits["MO"].get(f"/market/{day.session}/technical-outcome.csv").text)
    assert sorted(each["the_grid_takes"] for each in checked) == ["all", "all", "cut"]


def test_a_network_is_looked_at_over_a_day(visits: dict[str, Visit]) -> None:
    """The page holds the day's quarter-hours, by the site's clock; without a day it has none."""
    address = "/grid/italy-tor-di-valle/picture"
    visit = visits["DSO"]
    assert (
        f'href="{address}?day=2021-06-23'
        in visit.get("/grid/italy-tor-di-valle/day?day=2021-06-23").text
    )
    still, moving = visit.get(address).text, visit.get(f"{address}?day=2021-06-23").text
    for hour in ("00:15", "12:30", "23:45"):
        assert hour in moving
        assert hour not in still


def test_what_offers_would_earn_is_what_rest_makes_of_them(
    day: Day, visits: dict[str, Visit]
) -> None:
    """Energy from the baseline to the offered total, at its least price, all of it taken."""
    asked = day.server.get("ACEAE", f"/api/marketSession/{day.session}/services")
    series = day.server.get("ACEAE", "/api/scd/baselines")["series"]
    noon = "2021-06-23T10:30:00Z"  # quarter-hour 50, which D2.4 trades
    at_noon = (datetime.fromisoformat(noon) - datetime(2021, 6, 22, 22, tzinfo=UTC)).seconds // 900
    base = {each["podId"]: each["values"][at_noon] for each in series}
    offered = {
        part["pod"][0]: (abs(point["p"] - base[part["pod"][0]]) / 4, point["pPrice"])
        for service in asked["flexibilityServices"]
        if service["serviceType"] == "offer"
        for part in service["flexibility"]
        for point in part["power"]
        if point["index"] == at_noon
    }
    path = "/portfolio/tomorrow"
    told = {
        row["point_of_delivery"]: (float(row["counted_kwh"]), float(row["would_earn_eur"]))
        for row in _table(visits["aggregator"].get(f"{path}.csv?day=2021-06-23").text)
        if row["start_time"] == "2021-06-23T12:30:00+02:00"
    }
    assert told.keys() == offered.keys()
    for pod, (energy, price) in offered.items():
        assert told[pod] == pytest.approx((energy, energy * price), abs=1e-6), pod
    page = html.unescape(visits["aggregator"].get(f"{path}?day=2021-06-23").text)
    assert "all of it taken and delivered" in page
    for pod in offered:
        assert pod in page
    empty = visits["aggregator"].get(f"{path}?day=2021-06-25").text
    assert "Nothing is offered for this day yet." in empty


def test_the_log_of_changes_tells_of_devices(day: Day) -> None:
    enrolled = day.server.get("DSO", "/api/access/devices")["devices"]
    log = day.server.get("DPO", "/api/identity/changes?kind=device")["changes"]
    assert {each["device"] for each in enrolled} == {each["subject"] for each in log}
    first = log[-1]
    assert (first["partyId"], first["before"]) == ("ACEAE", {})
    assert (first["after"]["status"], first["after"]["pod"]) == ("active", first["after"]["pod"])


@pytest.mark.parametrize("language", ["it", "el", "de", "en"])
def test_a_household_reads_its_first_pages_in_its_language(day: Day, language: str) -> None:
    visit = Visit(day.server.base_url, day.server.data)
    told = sentences(language)
    try:
        visit.sign_in("CUSTOMER-1")
        visit.http.headers["Accept-Language"] = language
        proof = _address(day, "/proof?id={reading}&owner=MDA")
        choices = html.unescape(visit.get("/app/choices").text)
        assert choices.count("<li>") >= 7
        for reader in ("aggregator", "MO", "DSO", "TSO", "MDA", "auditor", "DPO"):
            assert told[f"readers_{reader}"] in choices, reader
        for path, name in (("/", "card_energy"), ("/money", "money_lead"), (proof, "proven")):
            text = html.unescape(visit.get(path).text)
            assert f'<html lang="{language}">' in text, path
            assert told[name] in text, (path, name)
            said = re.sub(r'<div[^>]* lang="en">.*?</div>', "", text, flags=re.DOTALL)
            others = {"en": "Steps that hold", "it": "Passi validi", "de": "Schritte, die"}
            for other, words in others.items():
                assert other == language or words not in said, (path, words)
    finally:
        visit.close()


def test_every_file_of_a_page_is_led_to_from_it(day: Day, visits: dict[str, Visit]) -> None:
    files = {
        "/market": "/market.csv",
        "/market/{session_id}": "/market/{session_id}/technical-outcome.csv",
        "/pods": "/pods.csv",
        "/pods/{pod_id}?day=2021-06-23": "/pods/{pod_id}/day.csv?day=2021-06-23",
        "/pods/{pod_id}/history?day=2021-06-23": "/pods/{pod_id}/history.csv?span=week",
        "/portfolio": "/portfolio.csv",
        "/portfolio/delivery?day=2021-06-23": "/portfolio/delivery.csv?day=2021-06-23",
        "/portfolio/tomorrow?day=2021-06-23": "/portfolio/tomorrow.csv?day=2021-06-23",
        "/devices": "/devices.csv",
        "/money": "/money/accounts.csv",
        "/money/agreements": "/money/agreements.csv",
        "/money/statement?month=2021-06": "/money/statement.csv?month=2021-06",
        "/grid?day=2021-06-23": "/grid/alarms.csv?day=2021-06-23",
    }
    who = {"/grid": "DSO", "/market": "MO", "/pods": "MO"}
    for page, file in files.items():
        visit = visits[who.get("/" + page.split("/")[1].partition("?")[0], "aggregator")]
        shown = html.unescape(visit.get(_address(day, page)).text)
        assert f'href="{_address(day, file)}' in shown, (page, file)
        assert len(_table(visit.get(_address(day, file)).text)) > 0, file


def _table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


EVE = datetime(2021, 6, 22, 10, 0, tzinfo=UTC)
HOSTILE = '"><img src=x onerror=alert(1)>'


def test_what_changed_between_two_versions_is_read_and_kept(server_at: Any) -> None:
    server = server_at(EVE)
    network = json.loads(NETWORK.read_bytes())
    path = f"/api/dso/networks/{network['id']}"
    assert server.call("DSO", "PUT", path, network).status_code == 201
    network["lines"][1] |= {"limitA": 230.0, "name": HOSTILE}
    network["version"] = "2"
    assert server.call("DSO", "PUT", path, network).status_code == 201
    visit = Visit(server.base_url, server.data)
    try:
        visit.sign_in("DSO")
        assert f"/grid/{network['id']}/versions?after=2" in visit.get("/grid").text
        page = f"/grid/{network['id']}/versions"
        shown = visit.get(page).text  # without a choice the last two
        assert "From 1 to 2" in shown
        assert "212.8 → <strong>230.0</strong>" in shown
        assert HOSTILE not in shown
        assert HOSTILE in html.unescape(shown)
        rows = _table(visit.get(f"{page}.csv?before=1&after=2").text)
        told = [(row["value"], row["unit"], row["before"], row["after"]) for row in rows]
        assert ("limit", "A", "212.8", "230.0") in told
        image = visit.get(f"{page}.svg?before=1&after=2")
        assert "data-note" in image.text
        assert HOSTILE not in image.text
        assert (
            "sandbox"
            in visit.get(f"/grid/{network['id']}/picture?before=1&after=2").headers[
                "content-security-policy"
            ]
        )
        back = visit.get(f"{page}?before=2&after=1").text
        assert "230.0 → <strong>212.8</strong>" in back
        assert visit.get(f"{page}?before={HOSTILE}&after=2").status_code == 404
    finally:
        visit.close()
