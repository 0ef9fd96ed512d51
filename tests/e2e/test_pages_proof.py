"""Whoever verifies finds records to begin with, and what to compare a proof with."""

import html
import json
import re
from typing import Any

import pytest

from .page_visit import Visit
from .shown_day import Shown

KINDS = {
    "MO": {"Payment for"},  # readings are their owners', its aggregators' and customers'
    "ACEAE": {"Payment for", "Reading of"},
    "DSO": {"Payment for"},
    "MDA": {"Reading of"},
    "DPO": set(),
}


@pytest.fixture
def visit(shown: Shown) -> Any:
    found = Visit(shown.server.base_url, shown.server.data)
    yield found
    found.close()


@pytest.mark.parametrize("person", list(KINDS))
def test_the_page_proposes_what_its_visitor_may_open(visit: Visit, person: str) -> None:
    visit.sign_in(person)
    page = visit.get("/proof").text
    proposed = re.findall(r'<a href="(/proof\?id=[^"]+)">(Payment for|Reading of) ', page)
    assert {kind for _, kind in proposed} == KINDS[person]
    assert ("may open was certified lately" in page) is not bool(proposed)
    for address, kind in proposed:
        opened = visit.get(html.unescape(address))
        assert opened.status_code == 200
        assert "<strong>✓ Proven.</strong>" in opened.text
        # a proof holds all readings of a message: the one that was asked for is marked
        assert opened.text.count("You asked for:") == (kind == "Reading of")
        assert opened.text.count("This server publishes the same value.") == 3


def test_an_auditors_page_reads_nothing_unasked(visit: Visit) -> None:
    visit.sign_in("AUDITOR")
    page = visit.get("/proof")
    assert page.status_code == 200  # without a case
    assert "Begin with" not in page.text


def test_what_the_chain_is_known_by_is_told_to_nobody_in_particular(
    shown: Shown, visit: Visit
) -> None:
    """It is what a proof names that anybody checks by the published rules, offline."""
    page = visit.get("/chain").text
    proof = json.loads(shown.server.call("MDA", "GET", _path(shown)).content)
    for name in ("sealer", "contract", "chainId"):
        assert f"<code>{proof['claims'][name]}</code>" in page, name
    first = {"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": ["0x0", False]}
    told = shown.server.http.post("/rpc", json=first).json()["result"]["hash"]
    assert f"<code>{told}</code>" in page
    assert "another way" in page


def _path(shown: Shown) -> str:
    return f"/api/certification/proof/{shown.names['reading']}?owner=MDA"
