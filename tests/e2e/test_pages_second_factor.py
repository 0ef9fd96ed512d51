"""A second factor is turned on, used, replaced and turned off in a real browser, and told."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from platone.bootstrap import spawn_server
from platone.bootstrap.people import add_person
from platone.identity.domain.one_time_code import one_time_code
from platone.infra.free_port import free_port
from platone.infra.page.language import sentences
from platone.messages.base import Role

from .browser import Window, running_browser

PASSWORD = "a long sentence of words"
NEW = "another long sentence"
LOCALES = {"en": "en-GB", "it": "it-IT", "el": "el-GR", "de": "de-DE"}
FACTOR = "/account/second-factor"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that is reached by a number, for which browsers make no passkeys."""
    data, port = tmp_path_factory.mktemp("numbered") / "data", free_port("127.0.0.1")
    server = spawn_server(data, port=port)
    try:
        with ThreadPoolExecutor(1) as beside:  # the browser's own loop runs in this thread
            for name in LOCALES:
                added = (f"home-{name}", "CUSTOMER-1", (Role.CUSTOMER,), PASSWORD)
                beside.submit(add_person, data, *added).result()
            for name in ("olga", "otto"):
                beside.submit(add_person, data, name, "MO", (), PASSWORD).result()
        yield f"https://127.0.0.1:{port}"
    finally:
        server.stop()


class Telephone:
    """A telephone whose authenticator gives each code once."""

    def __init__(self, page: Any) -> None:
        page.locator(".scan + details summary").click()
        self.secret = page.locator("details .code").inner_text().replace(" ", "")
        self._last = 0

    def code(self) -> str:
        step = max(int(time.time()) // 30 - 1, self._last + 1)
        while step > int(time.time()) // 30 + 1:
            time.sleep(1)
        self._last = step
        return one_time_code(self.secret, step)


def _sign_in(window: Window, name: str, **typed: str) -> None:
    window.open("/sign-in")
    page = window.page
    page.fill("#name", name)
    page.fill("#password", typed.get("password", PASSWORD))
    page.fill("#code", typed.get("code", ""))
    if "recovery" in typed:
        page.get_by_text("No authenticator at hand?").click()
        page.fill("#recovery", typed["recovery"])
    page.locator("form:not([data-passkey]) button").last.click()


def _sign_out(window: Window) -> None:
    window.page.locator('form[action="/sign-out"] button').click()
    window.page.wait_for_load_state()


def _looked_at(window: Window, name: str) -> None:
    """Take pictures of the page in each size and light, and hold it to what all pages keep to."""
    page = window.page
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            window.picture(f"{name}-{width}-{scheme}")
            assert window.violations() == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_operator_is_told_at_its_first_sign_in_and_turns_on_a_second_factor(
    browser: Any, base_url: str
) -> None:
    window = Window(browser, base_url)
    page = window.page
    _sign_in(window, "olga")
    page.wait_for_url(f"{base_url}{FACTOR}?then=%2F")
    assert page.locator("svg.qr path").count() > 0
    _looked_at(window, "second-factor")
    telephone = Telephone(page)
    page.fill("#code", "12 34")
    page.get_by_role("button", name="Turn on a second factor").click()
    assert "not the code" in page.get_by_role("alert").inner_text()
    assert Telephone(page).secret == telephone.secret
    first = telephone.code()
    page.fill("#code", f"{first[:3]} {first[3:]}")
    page.get_by_role("button", name="Turn on a second factor").click()
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 8
    _looked_at(window, "recovery-codes")
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url(f"{base_url}/")
    assert "password alone" not in page.locator("main").inner_text()
    _sign_out(window)
    _sign_in(window, "olga", code=first)
    assert "is wrong" in page.get_by_role("alert").inner_text()
    window.picture("sign-in-code-1280")
    _sign_in(window, "olga", code=telephone.code())
    page.wait_for_url(f"{base_url}/")
    _sign_out(window)
    _sign_in(window, "olga", recovery=codes[0])
    page.wait_for_url(f"{base_url}/")
    window.open("/account")
    told = page.locator("main").inner_text()
    for sentence in ("Second factor turned on", "Signed in by a recovery code", ": 7."):
        assert sentence in told
    _exchange_and_turn_off(window, telephone, codes)
    log = page.goto(f"{base_url}/changes").text()
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", log))
    for deed in (
        "removed the second factor",
        "changed the second factor",
        "made the second factor",
    ):
        assert f"olga for MO {deed} of olga" in plain
    assert "olga for MO changed the recovery codes of olga" in plain
    assert telephone.secret not in log
    assert codes[1] not in log
    assert (window.faults, window.foreign) == ([], [])
    window.close()


def _exchange_and_turn_off(window: Window, telephone: Telephone, codes: list[str]) -> None:
    page, base_url = window.page, window.base_url
    window.open(FACTOR)
    _looked_at(window, "second-factor-on")
    page.locator("#codes-anew summary").click()
    page.get_by_role("button", name="Make new recovery codes").click()
    assert not set(codes) & set(page.locator(".codes li").all_inner_texts())
    page.get_by_role("link", name="I have kept them").click()
    page.locator(f'a[href="{FACTOR}"]').click()
    page.get_by_role("link", name="Another authenticator").click()
    other = Telephone(page)
    assert other.secret != telephone.secret
    page.fill("#code", other.code())
    page.get_by_role("button", name="Turn on a second factor").click()
    page.get_by_role("link", name="I have kept them").click()
    window.open(FACTOR)
    page.locator("#factor-off summary").click()
    window.picture("second-factor-sure-1280-light")
    page.get_by_role("button", name="Turn it off").click()
    page.wait_for_url(f"{base_url}/account?done=factor_off")
    assert "turned off" in page.locator("main").get_by_role("status").inner_text()


def test_a_person_sees_where_it_is_signed_in_in_words_and_ends_all_others(
    browser: Any, base_url: str
) -> None:
    window, other = (Window(browser, base_url) for _ in range(2))
    page = window.page
    for each in (other, window):
        _sign_in(each, "otto")
        each.page.locator("h1").wait_for()
    window.open("/")
    page.locator(".note", has_text="password alone").wait_for()  # said until it is mended
    window.open("/account")
    rows = page.locator('[aria-label="Where you are signed in"] section')
    assert rows.count() == 2
    assert rows.filter(has_text="this one").count() == 1
    assert rows.locator("h3").first.inner_text().startswith("Chrome on Linux")
    cards = page.locator(".cards").first.inner_text()
    assert "127.0.0.1" in cards  # why there are no passkeys, and how to get some
    assert f"https://localhost:{base_url.rpartition(':')[2]}" in cards
    assert page.get_by_role("link", name="Add a passkey").count() == 0
    _looked_at(window, "account")
    page.get_by_role("button", name="End all others").click()
    page.wait_for_url(f"{base_url}/account?done=others_ended")
    assert rows.count() == 1
    other.open("/account")
    assert "/oauth2/authorize" in other.page.url
    page.get_by_role("link", name="Change it").first.click()
    assert page.locator("#name").input_value() == "otto"
    _looked_at(window, "password")
    for again, said in (("something else", "differ"), (NEW, "is changed")):
        page.fill("#present", PASSWORD)
        page.fill("#password", NEW)
        page.fill("#again", again)
        page.get_by_role("button", name="Change your password").click()
        assert said in page.locator("main").inner_text()
    window.open("/account")
    assert "/oauth2/authorize" in page.url
    _sign_in(window, "otto", password=NEW)
    page.wait_for_url(f"{base_url}/")
    window.open("/account")
    page.get_by_text("Password changed").wait_for()
    page.get_by_role("button", name="Sign out everywhere, here too").click()
    window.open("/account")
    assert "/oauth2/authorize" in page.url
    for each in (window, other):
        assert (each.faults, each.foreign) == ([], [])
        each.close()


@pytest.mark.parametrize("language", LOCALES)
def test_a_household_reads_of_its_sign_in_in_its_own_language(
    browser: Any, base_url: str, language: str
) -> None:
    window = Window(browser, base_url, width=390, locale=LOCALES[language])
    page, told = window.page, sentences("platone.dashboard", language)
    own = sentences("platone.identity", language)
    _sign_in(window, f"home-{language}")
    page.wait_for_url(f"{base_url}/")  # a household is not urged
    window.open("/account")
    assert page.locator("html").get_attribute("lang") == language
    assert page.get_by_role("heading", name=told["how_you_sign_in"], exact=True).count() == 1
    assert window.violations() == []
    window.picture(f"account-{language}-390")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name=told["second_factor_on"]).click()
    assert page.locator("h1").inner_text() == told["second_factor_on"]
    window.picture(f"second-factor-{language}-390")
    telephone = Telephone(page)
    page.fill("#code", telephone.code())
    page.get_by_role("button", name=told["second_factor_on"]).click()
    assert page.locator("h1").inner_text() == told["recovery_title"]
    assert window.violations() == []
    window.picture(f"recovery-codes-{language}-390")
    window.open("/oauth2/password")
    assert page.locator("h1").inner_text() == own["change_password"]
    assert window.violations() == []
    window.picture(f"password-{language}-390")
    window.open("/account")
    assert told["change_second_factor_on"] in page.locator("main").inner_text()
    assert (window.faults, window.foreign) == ([], [])
    window.close()
