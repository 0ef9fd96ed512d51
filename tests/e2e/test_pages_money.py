"""Agreements, disputes and invoices are made by page, and REST has what the pages made."""

import html
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from .page_visit import Visit
from .rights_day import OWN_POD

JULY = datetime(2021, 7, 2, 8, 0, tzinfo=UTC)
"""After the month of the Italian day, which can be billed then."""
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


@pytest.fixture(scope="module")
def settled(
    finished_day: Path, server_on: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    data = tmp_path_factory.mktemp("money") / "data"
    other_port = shutil.ignore_patterns("mqtt-port")  # another copy may be running
    shutil.copytree(finished_day / "data", data, ignore=other_port)
    server = server_on(data, JULY)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(scope="module")
def visits(settled: Any) -> Iterator[dict[str, Visit]]:
    names = ("MO", "ACEAE", "CUSTOMER-1", "TSO", "DSO", "MDA")
    made = {name: Visit(settled.base_url, settled.data) for name in names}
    try:
        for name, visit in made.items():
            visit.sign_in(name)
        yield made
    finally:
        for each in made.values():
            each.close()


def _led(answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_an_aggregator_proposes_and_the_customer_accepts(
    settled: Any, visits: dict[str, Visit]
) -> None:
    on = "/money/agreements"
    typed = {"pod": OWN_POD, "share": "80,5", "penalty": "0.02", "least": "0", "full": "0"}
    refused = visits["ACEAE"].send(on, on, **(typed | {"share": "all"}))
    assert refused.status_code == 422
    assert "The customer&#39;s part is no number." in refused.text
    assert f'value="{OWN_POD}"' in refused.text  # what was typed stays
    assert _led(visits["ACEAE"].send(on, on, **typed)) == on
    shown = visits["CUSTOMER-1"].get(on).text
    assert "80.5 %" in shown
    (number,) = set(re.findall(r'name="number" value="(\d+)"', shown))
    stranger = visits["TSO"].send("/account", f"{on}/answer", number=number, answer="acceptance")
    assert stranger.status_code == 403
    _led(visits["CUSTOMER-1"].send(on, f"{on}/answer", number=number, answer="acceptance"))
    told = settled.get("CUSTOMER-1", "/api/contracts/agreements")["agreements"]
    (stands,) = [each for each in told if each["active"]]
    assert (stands["customerSharePpm"], stands["penaltyPrice"]) == (805_000, 20_000)
    again = visits["CUSTOMER-1"].send(on, f"{on}/answer", number=number, answer="refusal")
    assert again.status_code == 409
    assert "is accepted" in again.text


def test_a_customer_disputes_a_line_and_the_operator_decides(
    settled: Any, visits: dict[str, Visit]
) -> None:
    statement = visits["CUSTOMER-1"].get("/money/statement?month=2021-06&role=customer").text
    (link,) = re.findall(r'href="(/money/disputes\?line=[^"]+)"', statement)
    form = visits["CUSTOMER-1"].get(html.unescape(link)).text
    line = html.unescape(re.findall(r'name="line" [^>]*value="([^"]+)"', form)[0])
    identifier = re.findall(r'name="id" value="([^"]+)"', form)[0]
    typed = {"id": identifier, "line": line, "reason": "measurement", "text": HOSTILE}
    for _ in range(2):  # a second press is the same dispute
        _led(visits["CUSTOMER-1"].send("/money/disputes", "/money/disputes", **typed))
    (dispute,) = settled.get("MO", "/api/settlementDispute")["disputes"]
    assert (dispute["disputeId"], dispute["openedBy"]) == (identifier, "CUSTOMER-1")
    page = f"/money/disputes/{dispute['id']}"
    shown = visits["MO"].get(page).text
    assert HOSTILE not in shown
    assert "&lt;img src=x" in shown
    assert visits["DSO"].get(page).status_code == 404  # it does not concern the DSO
    again = visits["CUSTOMER-1"].get("/money/statement?month=2021-06&role=customer").text
    assert link not in again  # the line tells that it is disputed, and leads there
    assert f'href="{page}"' in again
    for other in ("ACEAE", "CUSTOMER-1"):  # a second one about it is refused, and named
        twice = typed | {"id": "another"}
        body = {"disputeId": "another", "lineId": line, "reason": "measurement", "text": "Once."}
        told = settled.call(other, "POST", "/api/settlementDispute", body)
        settled.refuse(told, 409, "line-in-dispute")
        refused = visits[other].send("/money/disputes", "/money/disputes", **twice)
        assert refused.status_code == 422
    first = visits["MO"].get("/").text
    assert "1 dispute" in first
    assert f'<a href="{page}">Decide a dispute</a>' in first
    (paid,) = [
        each
        for pod in settled.get("MO", f"/api/settlement/{dispute['marketOutcomeId']}")["flexibility"]
        for each in pod["power"]
        if each["lineId"] == line
    ]
    for told in ("The line", paid["quality"], html.escape(line), "/readings?day=2021-06-23"):
        assert told in shown  # what the operator decides by
    _led(visits["ACEAE"].send(page, f"{page}/answer", text="The meter was read."))
    refused = visits["ACEAE"].send(page, f"{page}/closing", outcome="rejected", text="No.")
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    _led(visits["MO"].send(page, f"{page}/closing", outcome="upheld-readings", text="It stood."))
    told = settled.get("MO", f"/api/settlementDispute/{dispute['id']}")
    assert (told["status"], told["outcome"]) == ("closed", "upheld")
    assert [step["party"] for step in told["steps"]] == ["CUSTOMER-1", "ACEAE", "MO"]
    assert 'name="outcome"' not in visits["MO"].get(page).text
    _follows(visits, page)


def _follows(visits: dict[str, Visit], page: str) -> None:
    """Read what follows an upheld dispute, as each whom it concerns."""
    asked = visits["MDA"].get("/").text  # who corrects readings is asked
    assert f'<a href="{page}">Correct the readings of a line whose dispute was upheld</a>' in asked
    _led(visits["MDA"].send(page, f"{page}/answer", text="We test the meter."))
    home = visits["CUSTOMER-1"].get("/").text
    assert f'href="{page}"' in home
    assert "corrected readings are awaited until" in home
    for reader, state in (
        ("CUSTOMER-1", "corrected readings are awaited until"),
        ("ACEAE", "upheld: readings awaited"),
    ):
        read = visits[reader].get(page).text
        assert state in read
        assert "We test the meter." in read


def test_a_month_is_billed_read_and_paid(settled: Any, visits: dict[str, Visit]) -> None:
    early = visits["MO"].send("/money", "/money/invoices", month="2021-07")
    assert early.status_code == 422
    assert 'role="alert"' in early.text
    assert _led(visits["MO"].send("/money", "/money/invoices", month="2021-06")) == (
        "/money?done=billed"
    )
    assert "The month is billed" in visits["MO"].get("/money?done=billed").text
    again = _led(visits["MO"].send("/money", "/money/invoices", month="2021-06"))
    assert "no document was made" in visits["MO"].get(again).text
    (own,) = settled.get("TSO", "/api/books/invoices")["invoices"]
    page = visits["TSO"].get(f"/money/invoices/{own['number']}").text
    assert own["contentHash"] in page
    assert "by the party" in page
    table = visits["TSO"].get(f"/money/invoice-{own['number']}.csv")
    assert table.text.startswith("entry,kind,reference,amount")
    assert visits["ACEAE"].get(f"/money/invoices/{own['number']}").status_code == 404
    before = settled.get("TSO", "/api/books/accounts")["accounts"][0]
    due = before["balance"].removeprefix("-")
    paid = {"reference": "CRO-1", "party": "TSO", "role": "requester", "amount": due}
    booked = visits["MO"].get(_led(visits["MO"].send("/money", "/money/payments", **paid))).text
    said = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", booked)))
    assert "The payment is booked. TSO, as requester, has a balance of 0.00 € now" in said
    after = settled.get("TSO", "/api/books/accounts")["accounts"][0]
    assert float(after["balance"]) == 0
    stranger = visits["TSO"].send("/money", "/money/payments", **paid)
    assert stranger.status_code == 403
    visits["MO"].send("/money", "/money/payments", **paid)  # a second press books nothing
    log = settled.get("DPO", "/api/identity/changes?kind=payment")["changes"]
    told = {"party": "TSO", "as": "requester", "amount": f"{due} EUR"}
    assert [(each["subject"], each["before"], each["after"]) for each in log] == [
        ("CRO-1", {}, told)
    ]
    documents = settled.get("DPO", "/api/identity/changes?kind=document")["changes"]
    assert str(own["number"]) in {each["subject"] for each in documents}
    page = visits["MO"].get("/changes?kind=payment").text
    shown = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))
    assert "MO made the booking of the payment CRO-1" in shown


@pytest.mark.parametrize(
    "path", ["/money/invoices/x", "/money/statement?month=never", "/money/statement?after=x"]
)
def test_nonsense_in_an_address_is_refused_as_a_page(visits: dict[str, Visit], path: str) -> None:
    answer = visits["TSO"].get(path)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
