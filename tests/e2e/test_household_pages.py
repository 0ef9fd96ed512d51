"""A household's pages: in its language alone, each payment and reading to be followed by hand."""

import csv
import html
import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from platone.infra.page.language import sentences
from platone.messages.base import Role

from .page_list import HOMEWARD
from .page_visit import Visit
from .rights_day import OWN_POD, Day
from .test_pages_rights import PAGES

DAY = "2021-06-23"
START = datetime(2021, 6, 22, 8, 30, tzinfo=UTC)
DAY_END = "2021-06-23T22:00:00Z"
LEAST = 9
"""Characters of a piece of an English sentence that stands in no other language by chance."""


@pytest.fixture(scope="module")
def home(day: Day) -> Iterator[Visit]:
    visit = Visit(day.server.base_url, day.server.data)
    visit.sign_in("CUSTOMER-1")
    try:
        yield visit
    finally:
        visit.close()


def _read(visit: Visit, path: str) -> str:
    """What a page says: without what is marked as English, and without its markup."""
    markup = re.sub(
        r'<(div|ul)[^>]* lang="en">.*?</\1>',
        " ",
        visit.http.get(path, follow_redirects=True).text,
        flags=re.DOTALL,
    )
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", markup)))


def _pieces(language: str, room: str = "platone.dashboard") -> set[str]:
    """The pieces of English sentences that the language says otherwise."""
    own, found = " ".join(sentences(room, language).values()), set()
    for text in sentences(room, "en").values():
        found |= {each.strip(" .,:;") for each in re.split(r"\{\w+\}", text)}
    return {each for each in found if len(each) >= LEAST and " " in each and each not in own}


@pytest.mark.parametrize("language", ["it", "el", "de"])
def test_no_english_is_left_on_a_households_pages(day: Day, home: Visit, language: str) -> None:
    home.http.headers.update({"Accept-Language": language, "Accept": "text/html"})
    line = day.server.get("CUSTOMER-1", "/api/aggregator/remuneration")["pods"][0]["lines"][0]
    pages = (
        "/",
        f"/app?day={DAY}",
        f"/app/history?day={DAY}",
        f"/app/readings?day={DAY}",
        "/app/choices",
        "/app/data",
        "/money",
        "/money/statement?month=2021-06&role=customer",
        "/money/agreements",
        f"/money/disputes?line={line['lineId']}",
        "/money/disputes/none",
        "/account",
        "/people",
        "/market",
        "/nowhere",
        "/app?day=2021-13-45",
        "/proof",
        f"/proof?id={line['lineId']}",
        f"/proof?id={day.reading[OWN_POD]}",
    )
    pieces = _pieces(language)
    assert len(pieces) > 200
    try:
        for path in pages:
            said = _read(home, path)
            assert {each for each in pieces if each in said} == set(), path
            assert f'<html lang="{language}">' in home.get(path).text, path
    finally:
        del home.http.headers["Accept-Language"], home.http.headers["Accept"]


@pytest.mark.parametrize("language", ["it", "el", "de"])
def test_a_comma_stands_before_decimals_on_a_households_pages(
    day: Day, home: Visit, language: str
) -> None:
    """Identifiers of lines and records hold points, too: they are no figures."""
    home.http.headers.update({"Accept-Language": language, "Accept": "text/html"})
    line = day.server.get("CUSTOMER-1", "/api/aggregator/remuneration")["pods"][0]["lines"][0]
    pages = (
        "/",
        f"/app?day={DAY}",
        *(f"/app/history?span={span}&day={DAY}" for span in ("day", "week", "month", "year")),
        f"/app/readings?day={DAY}",
        "/app/choices",
        "/money",
        "/money/statement?month=2021-06&role=customer",
        "/money/agreements",
        f"/money/disputes?line={line['lineId']}",
        f"/proof?id={line['lineId']}",
        f"/proof?id={day.reading[OWN_POD]}",
    )
    try:
        told = {path: _read(home, path) for path in pages}
    finally:
        del home.http.headers["Accept-Language"], home.http.headers["Accept"]
    figure = re.compile(r"(?<![\w.:+-])\d[\d\u202f]*\.\d+(?![\w.])")
    assert {path: found for path, said in told.items() if (found := figure.findall(said))} == {}


def test_every_page_that_a_household_may_see_is_in_its_language(day: Day, home: Visit) -> None:
    """Of all pages: what is in English for those who run the market leads on to its own."""
    home.http.headers.update({"Accept-Language": "it"})
    names = day.names(OWN_POD, "MO") | {"reading": day.reading[OWN_POD]}
    english = []
    try:
        for page in PAGES:
            shown = home.get(page.format(**names))
            is_page = shown.headers.get("content-type", "").startswith("text/html")
            if is_page and shown.status_code != 303 and '<html lang="it">' not in shown.text:
                english.append(page)
    finally:
        del home.http.headers["Accept-Language"]
    assert english == []
    led = {page: home.get(page.format(**names)).headers["location"] for page in HOMEWARD}
    assert led == {page: to.format(**names) for page, to in HOMEWARD.items()}


@pytest.mark.parametrize("language", ["it", "el", "de"])
def test_no_english_is_left_before_a_household_is_signed_in(day: Day, language: str) -> None:
    """Welcome, sign-in and what is not there: whoever comes is no one yet."""
    visit = Visit(day.server.base_url, day.server.data)
    visit.http.headers.update({"Accept-Language": language, "Accept": "text/html"})
    pieces = _pieces(language) | _pieces(language, "platone.identity")
    pages = ("/", "/sign-in", "/nowhere", "/oauth2/join?invitation=none", "/oauth2/password")
    try:
        for path in pages:
            said = _read(visit, path)
            assert {each for each in pieces if each in said} == set(), path
            assert not {role.value for role in Role if role is not Role.AUDITOR} & set(
                re.findall(r"\w+", said)
            ), path
            assert (
                f'<html lang="{language}">' in visit.http.get(path, follow_redirects=True).text
            ), path
    finally:
        visit.close()


@pytest.mark.parametrize(
    ("language", "why"),
    [
        ("en", "the market operator has to add its own first person"),
        ("it", "il gestore del mercato deve aggiungere la propria prima persona"),
        ("el", "ο διαχειριστής της αγοράς πρέπει να προσθέσει το πρώτο δικό του άτομο"),  # noqa: RUF001
        ("de", "muss der Marktbetreiber seine eigene erste Person hinzufügen"),
    ],
)
def test_a_refused_invitation_says_why(home: Visit, language: str, why: str) -> None:
    home.http.headers["Accept-Language"] = language
    try:
        own = {"party": "CUSTOMER-1", "role-Customer": "on"}
        assert why in html.unescape(home.send("/people", "/people/invite", **own).text)
    finally:
        del home.http.headers["Accept-Language"]


def test_a_reading_leads_to_its_proof_and_tells_its_block(day: Day, home: Visit) -> None:
    shown = html.unescape(home.get(f"/app?day={DAY}").text)
    (way,) = set(re.findall(r'href="(/app/readings\?[^"]+)"', shown)) - {"/app/readings"}
    readings = html.unescape(home.get(way).text)
    proofs = re.findall(r'href="(/proof\?id=[^"]+)"', readings)
    assert len(proofs) == 96
    checked = home.get(proofs[50]).text
    assert "<strong>✓ Proven.</strong>" in checked
    asked = {"podId": OWN_POD, "from": "2021-06-22T22:00:00Z", "to": DAY_END}
    path = "/api/scd/measurements"
    told = day.server.call("CUSTOMER-1", "GET", path, params=asked).json()["measurements"]
    table = home.get(f"/pods/{OWN_POD}/readings.csv?day={DAY}").text
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [row["certified_as"] for row in rows] == [each["certificationId"] for each in told]
    assert {row["certification"] for row in rows} == {"certified"}
    file = home.get(f"/proof/file?id={rows[50]['certified_as']}")
    kept = f"proof-{rows[50]['certified_as'].replace(':', '-')}.json"
    assert f'filename="{kept}"' in file.headers["content-disposition"]
    assert int(rows[50]["block"]) == json.loads(file.text)["claims"]["blockNumber"]
    stranger = day.server.call(
        "TSO", "GET", "/api/certification/states", params={"id": rows[50]["certified_as"]}
    )
    assert stranger.json() == {"states": []}


def test_a_step_that_does_not_apply_is_no_passed_one(day: Day, home: Visit) -> None:
    line = day.server.get("CUSTOMER-1", "/api/aggregator/remuneration")["pods"][0]["lines"][0]
    page = html.unescape(home.get(f"/proof?id={line['lineId']}").text)
    row = r'<tr\b[^>]*><th\b[^>]*scope="row">(.*?)</th><td\b[^>]*>(.*?)</td>'
    rows = re.findall(row, page, re.DOTALL)
    ends = {what.partition(" <")[0]: end for what, end in rows}
    assert "– does not apply" in ends["A device signed the text"]  # noqa: RUF001 - a dash
    assert "good" not in ends["A device signed the text"]
    assert "✓ holds" in ends["The payment, computed again"]
    assert "? yours to judge" in ends["Who sealed"]
    assert f"Steps that hold: {page.count('✓ holds')}." in page
    reading = html.unescape(home.get(f"/proof?id={day.reading[OWN_POD]}").text)
    assert "does not apply" not in reading


def test_a_payment_is_told_sum_by_sum_where_it_is_read(home: Visit) -> None:
    """34.320554 kWh at 0.07 EUR/kWh; four fifths of it are the customer's (D5.5)."""
    for path in (f"/app?day={DAY}", "/money/statement?month=2021-06&role=customer"):
        said = _read(home, path)
        assert "your agreed 80 % of the 2.40 €" in said, path
        assert "34.320554 kWh × 0.07 €/kWh = 2.40243878 €" in said, path  # noqa: RUF001 - a sign of times
        assert "80 % × 2.40243878 € = 1.921951024 tokens" in said, path  # noqa: RUF001 - likewise


def test_a_household_takes_its_data_along_and_has_them_erased(
    finished_day: Path, server_on: Any, tmp_path: Path
) -> None:
    other_port = shutil.ignore_patterns("mqtt-port")  # another copy may be running
    data = shutil.copytree(finished_day / "data", tmp_path / "data", ignore=other_port)
    server = server_on(data, START)
    visit = Visit(server.base_url, data)
    page = "/app/data"
    try:
        visit.sign_in("CUSTOMER-1")
        packed = visit.get(f"{page}/own.zip?year=2021")
        archive = zipfile.ZipFile(io.BytesIO(packed.content))
        readings = json.loads(archive.read(f"{OWN_POD}/readings-2021-06.json"))["measurements"]
        told = server.get("CUSTOMER-1", "/api/scd/measurements")["measurements"]
        assert [each["certificationId"] for each in readings] == [
            each["certificationId"] for each in told
        ]
        assert json.loads(archive.read("payments.json"))["pods"][0]["podId"] == OWN_POD
        assert json.loads(archive.read("statement-2021-06.json"))["partyId"] == "CUSTOMER-1"
        assert visit.get(f"{page}/own.zip?year=none").status_code == 422
        unsure = visit.send(page, f"{page}/erasure")
        assert unsure.headers["location"] == f"{page}?wrong=unsure"
        assert "Tick that you have read it" in visit.get(f"{page}?wrong=unsure").text
        assert server.get("CUSTOMER-1", "/api/scd/erasures")["erasures"] == []
        asked = visit.send(page, f"{page}/erasure", sure="yes").headers["location"]
        shown = visit.get(page).text  # found again without its address while it lasts
        assert "You asked for the erasure of your data" in shown
        assert 'action="/app/data/erasure"' not in shown
        assert server.call("MO", "PUT", "/api/clock", {"now": DAY_END}).status_code == 200
        server.wait(lambda: "All is erased" in visit.get(asked).text, 60)
        assert visit.get(page).text.count("✓") == 0  # whose it was is not kept
    finally:
        visit.close()
        server.close()
