"""A TSO, an auditor, a data protection officer and a metered data administrator at their day."""

from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Window, running_browser
from .rights_day import OWN_POD, Day

CASE = "2021-117"
_LOOKS = ((390, "light"), (390, "dark"), (1280, "light"), (1280, "dark"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


@pytest.fixture
def walk(day: Day, browser: Any) -> Iterator[Any]:
    opened: list[Window] = []

    def begun(name: str) -> Window:
        opened.append(Window(browser, day.server.base_url))
        opened[-1].sign_in(name)
        return opened[-1]

    yield begun
    for each in opened:
        assert (each.faults, each.foreign) == ([], [])
        each.close()


def _looked_at(window: Window, name: str) -> None:
    for width, scheme in _LOOKS:
        window.page.set_viewport_size({"width": width, "height": 900})
        window.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        window.picture(f"{name}-{width}-{scheme}")
        assert window.violations() == []
        assert window.page.evaluate("document.documentElement.scrollWidth") <= width


def _told(window: Window) -> str:
    return str(window.page.locator("main").inner_text())


def test_a_tso_goes_from_its_request_to_what_came_of_it(day: Day, walk: Any) -> None:
    window = walk("TSO")
    page = window.page
    _looked_at(window, "TSO-first")
    rows = page.locator('[aria-label="Your requests"] tbody tr')
    assert rows.count() >= 1
    rows.first.locator("th a").click()
    assert page.locator("h1").inner_text() == "TSO request of TSO"
    asked = page.locator("main .code").first.inner_text()
    versions = day.server.get("TSO", f"/api/flexibilityService/{asked}")["versions"]
    assert {each["service"]["playerId"] for each in versions} == {"TSO"}
    page.go_back()
    outcome = rows.first.locator("td a", has_text="bought")
    told = outcome.inner_text()
    outcome.click()
    session = page.url.partition("/market/")[2].partition("#")[0]
    final = day.server.get("TSO", f"/api/validatedOutcome/{session}")
    powers = [power for pod in final["flexibility"] for power in pod["power"]]
    own = [power for power in powers if power.get("playerRequestId") == "TSO"]
    assert own
    times = len({power["index"] for power in own})
    assert told.startswith(f"bought in {times} quarter-hour")
    kwh = sum(power["acceptedPChange"] for power in own) / 4
    assert f"{abs(kwh):.2f}" in told
    page.get_by_role("link", name="Money", exact=True).click()
    assert "TSO" in page.locator(".who").inner_text()
    assert page.goto(f"{window.base_url}/pods/{OWN_POD}").status == 403  # nobody's meter


def test_an_auditor_names_a_case_and_finds_chain_proofs_and_changes(day: Day, walk: Any) -> None:
    window = walk("AUDITOR")
    page = window.page
    assert page.locator("h1").inner_text() == "Which case do you look into?"
    _looked_at(window, "AUDITOR-case")
    page.fill("#case", CASE)
    page.get_by_role("button", name="Look into it").click()
    page.wait_for_url(f"{window.base_url}/")
    tiles = page.locator(".tiles").inner_text()
    assert f"Case {CASE}" in tiles
    assert "Books and chain agree" in tiles
    _looked_at(window, "AUDITOR-first")
    page.fill("#record", day.reading[OWN_POD])
    page.get_by_role("button", name="Check its proof").click()
    page.locator(".done", has_text="Proven.").wait_for()
    page.get_by_role("link", name="Changes", exact=True).click()
    assert "agreement" in _told(window)
    officer = walk("DPO")
    first = officer.page.locator(".tiles").inner_text()
    accesses = day.server.get("DPO", "/api/identity/accesses")["accesses"]
    assert f"{len(accesses)} accesses" in first
    assert "erasure" in first
    _looked_at(officer, "DPO-first")
    officer.page.get_by_role("link", name="of auditors").click()
    assert CASE in _told(officer)
    _asked_of(officer, day.reading[OWN_POD])
    assert officer.page.goto(f"{officer.base_url}/market").status == 403


def _asked_of(officer: Window, record: str) -> None:
    """The officer asks who read of one record, and then of one that nobody read of."""
    officer.page.get_by_label("Of whom").fill(record)
    officer.page.get_by_role("button", name="Show").click()
    rows = officer.page.locator('[aria-label="Accesses"] tbody tr')
    assert rows.count() >= 1
    assert all(record in each for each in rows.locator("code").all_text_contents())
    assert "name none of these" in _told(officer)
    _looked_at(officer, "DPO-accesses-about")
    officer.page.get_by_label("Of whom").fill("NOBODY")
    officer.page.get_by_role("button", name="Show").click()
    assert "No access names this." in _told(officer)
    _looked_at(officer, "DPO-accesses-none")


def test_a_metered_data_administrator_sees_devices_gaps_and_what_is_proven(
    day: Day, walk: Any
) -> None:
    window = walk("MDA")
    page = window.page
    devices = day.server.get("MDA", "/api/access/devices")["devices"]
    active = [each for each in devices if each["health"] != "revoked"]
    well = [each for each in active if each["health"] == "well"]
    keyed = [each for each in active if each.get("publicKeyTransaction")]
    tiles = page.locator(".tiles").inner_text()
    assert f"{len(well)} of {len(active)} devices well" in tiles
    assert f"{len(keyed)} of {len(active)} keys on the chain" in tiles
    refused = sum(each["refusedMessages"] for each in devices)
    assert f"{refused} refused message" in tiles
    _looked_at(window, "MDA-first")
    page.get_by_role("link", name="silent or never heard").click()
    assert page.locator("h1").inner_text() == "Devices"
    page.get_by_role("link", name=OWN_POD).first.click()
    assert "readings" in _told(window).lower()
    _looked_at(window, "MDA-pod")
    window.open(f"/proof?id={day.reading[OWN_POD]}&owner=MDA")
    page.locator(".done", has_text="Proven.").wait_for()
    assert page.goto(f"{window.base_url}/market").status == 403
