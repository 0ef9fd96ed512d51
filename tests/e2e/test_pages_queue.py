"""The page of a calculation tells its place in the queue, and how it comes forward."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .browser import Window, running_browser
from .test_calculation_load import NOW, feeder

BEFORE = 5
"""Calculations that were asked for before: some of them wait, however many are at work."""
_PLACE = re.compile(r"It is number (\d+) in the queue\.")


def _place(page: Any) -> int:
    """The place that the page tells; 0 where it tells none."""
    found = _PLACE.search(page.locator("main").inner_text())
    return int(found[1]) if found else 0


def test_a_calculation_s_place_in_the_queue_is_told_and_renewed(
    server_at: Callable[[datetime], Any],
) -> None:
    server = server_at(NOW)
    server.furnish()
    path, patiently = "/api/dso/networks/feeder", {"Prefer": "wait=60"}
    stored = server.call("DSO", "PUT", path, feeder(), headers=patiently, timeout=90)
    assert stored.status_code == 201, stored.text
    asked = {"startTime": "2021-10-30T22:00:00Z"}  # minutes, for two thousand outages
    later = {"Prefer": "respond-async"}
    with running_browser() as browser:
        window = Window(browser, server.base_url)
        try:
            page = window.page
            window.sign_in("DSO")
            window.open("/grid/feeder/outages?day=2021-10-31")
            before = []
            for _ in range(BEFORE):
                answer = server.call("DSO", "POST", "/api/dso/outages", asked, headers=later)
                assert answer.status_code == 202, answer.text
                before.append(answer.headers["location"])
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


def _told(page: Any) -> str:
    return str(page.locator("main").inner_text())
