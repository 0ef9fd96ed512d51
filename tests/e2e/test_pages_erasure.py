"""The data protection officer has a person erased by its page, and everybody's pages after it."""

import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .page_visit import Visit
from .test_erasure import CUSTOMER, POD, START, after_the_day, done


@pytest.fixture
def server(finished_day: Path, server_on: Any, tmp_path: Path) -> Iterator[Any]:
    other_port = shutil.ignore_patterns("mqtt-port")  # another copy may be running
    data = shutil.copytree(finished_day / "data", tmp_path / "data", ignore=other_port)
    running = server_on(data, START)
    after_the_day(running)
    yield running
    running.close()


@pytest.fixture
def visits(server: Any) -> Iterator[dict[str, Visit]]:
    made = {party: Visit(server.base_url, server.data) for party in ("DPO", "MO", CUSTOMER)}
    for party, visit in made.items():
        visit.sign_in(party)
    yield made
    for visit in made.values():
        visit.close()


def paid(server: Any) -> tuple[str, float]:
    """The page of the settled session, and what its settlement comes to, EUR."""
    sessions = server.get("MO", "/api/marketSession")["sessions"]
    (session,) = (each for each in sessions if each["marketOutcome"])
    told = server.get("MO", f"/api/settlement/{session['marketOutcome']}")
    lines = [line for part in told["flexibility"] for line in part["power"]]
    return f"/market/{session['id']}", math.fsum(it["paidP"] - it["penaltyP"] for it in lines)


def test_an_erasure_is_begun_followed_and_told_on_pages(
    server: Any, visits: dict[str, Visit]
) -> None:
    officer, page = visits["DPO"], "/erasures"
    where, before = paid(server)
    assert '<a href="/erasures">0 under way</a>' in officer.get("/").text
    refused = officer.send(page, page, customer="CUSTOMER-9")
    assert refused.status_code == 422
    assert "Nothing is registered for this person" in refused.text
    begun = officer.send(page, page, customer=CUSTOMER)
    assert begun.status_code == 303, begun.text
    name = begun.headers["location"].partition("#")[2]
    under_way = officer.get(page).text
    assert name in under_way
    assert "It waits for" in under_way or "all is erased" in under_way
    done(server, name)
    after = officer.get(page).text
    assert "all is erased" in after
    assert CUSTOMER not in after.partition("<main")[2]

    changes = visits["MO"].get("/changes").text
    assert f"began the erasure {name}" in changes
    assert POD not in changes
    assert paid(server)[1] == pytest.approx(before, abs=1e-12)
    session = visits["MO"].get(where).text
    assert "Erased persons" in session
    assert "Without what erased persons sold" in session

    home = visits[CUSTOMER].get("/app/data").text
    assert "Nothing is registered for you" in home
    assert "own.zip" not in home
    assert 'action="/app/data/erasure"' not in home
    followed = visits[CUSTOMER].get(f"/app/data?erasure={name}").text
    assert "All is erased" in followed
