"""The page of a calculation tells its place in the queue, and how it comes forward."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .browser import Window, running_browser
from .page_visit import Visit
from .test_calculation_load import NOW, feeder

BEFORE = 5
"""Calculations that were asked for before: some of them wait, however many are at work."""
_PLACE = re.compile(r"It is number (\d+) in the queue\.")


LATER = {"Prefer": "respond-async"}
PATIENTLY = {"Prefer": "wait=60"}
FEEDER = "/api/dso/networks/feeder"


def _with_feeder(server_at: Callable[[datetime], Any]) -> Any:
    """A server of the test's own, on which a network is stored."""
    server = server_at(NOW)
    server.furnish()
    stored = server.call("DSO", "PUT", FEEDER, feeder(), headers=PATIENTLY, timeout=90)
    assert stored.status_code == 201, stored.text
    return server


def _studies(server: Any) -> list[str]:
    """Ask for calculations of minutes each, for two thousand outages; their addresses."""
    asked, found = {"startTime": "2021-10-30T22:00:00Z"}, []
    for _ in range(BEFORE):
        answer = server.call("DSO", "POST", "/api/dso/outages", asked, headers=LATER)
        assert answer.status_code == 202, answer.text
        found.append(answer.headers["location"])
    return found


def _place(page: Any) -> int:
    """The place that the page tells; 0 where it tells none."""
    found = _PLACE.search(page.locator("main").inner_text())
    return int(found[1]) if found else 0


def test_a_calculation_s_place_in_the_queue_is_told_and_renewed(
    server_at: Callable[[datetime], Any],
) -> None:
    server = _with_feeder(server_at)
    with running_browser() as browser:
        window = Window(browser, server.base_url)
        try:
            page = window.page
            window.sign_in("DSO")
            window.open("/grid/feeder/outages?day=2021-10-31")
            before = _studies(server)
            page.get_by_role("button", name="Calculate").click()
            page.wait_for_url("**/grid/jobs/*")
            job = f"/api/dso/jobs/{page.url.rpartition('/')[2]}"
            page.locator("main", has_text=_PLACE).wait_for()  # its inputs are gathered first
            first = _place(page)
            assert 1 < first <= BEFORE
            assert window.violations() == []
            for width, scheme in ((390, "light"), (1280, "dark")):
                window.look(width, scheme)
                window.picture(f"DSO-queue-{width}-{scheme}")
            waiting = [each for each in before if server.get("DSO", each)["state"] == "queued"]
            for each in waiting:  # from the last: nothing else comes forward meanwhile
                assert server.call("DSO", "DELETE", each).status_code == 204
            place = server.get("DSO", job).get("place")
            # the page, which nobody has touched, tells it
            server.wait(lambda: _place(page) == place or "being calculated" in _told(page))
            assert (window.faults, window.foreign) == ([], [])
        finally:
            window.close()


def test_the_form_of_outages_is_there_while_long_studies_wait(
    server_at: Callable[[datetime], Any],
) -> None:
    """Five studies of minutes before it: branches are told by names that are at hand, or typed."""
    server = _with_feeder(server_at)
    jobs = _studies(server)
    # the studies themselves begin with the network's names, and each is of minutes
    first = server.call("DSO", "GET", f"{FEEDER}/branches", headers=PATIENTLY, timeout=90)
    assert first.status_code == 200, first.text
    server.wait(lambda: any(server.get("DSO", each)["state"] == "running" for each in jobs))
    answer = server.call("DSO", "GET", f"{FEEDER}/branches", headers=LATER)
    assert answer.status_code == 200, answer.text  # it waits for no process
    assert len(answer.json()["branches"]) > 40
    visit = Visit(server.base_url, server.data)
    try:
        visit.sign_in("DSO")
        page = visit.get("/grid/feeder/outages?day=2021-10-31")
        assert page.status_code == 200
        assert 'name="branches"' in page.text
        states = {server.get("DSO", each)["state"] for each in jobs}
        assert states <= {"queued", "running"}  # all of them were before it
        told = server.get("DSO", "/api/dso/jobs")["jobs"]
        assert {each["what"] for each in told} == {"POST /api/dso/outages"}
    finally:
        visit.close()
        for each in reversed(jobs):
            server.call("DSO", "DELETE", each)


def _told(page: Any) -> str:
    return str(page.locator("main").inner_text())
