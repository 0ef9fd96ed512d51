"""A household signs in by a passkey of a real browser's device, in each of four languages."""

import base64
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

import pytest

from platone.bootstrap import spawn_server
from platone.bootstrap.people import add_person
from platone.infra.free_port import free_port
from platone.infra.page.language import sentences
from platone.messages.base import Role

from .browser import Window, running_browser

PASSWORD = "a long sentence of words"
LOCALES = {"en": "en-GB", "it": "it-IT", "el": "el-GR", "de": "de-DE"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a name, which browsers ask for passkeys."""
    data, port = tmp_path_factory.mktemp("named") / "data", free_port("127.0.0.1")
    address = f"https://localhost:{port}"
    server = spawn_server(data, port=port, environment={"PLATONE_PUBLIC_URL": address})
    try:
        with ThreadPoolExecutor(1) as beside:  # the browser's own loop runs in this thread
            for name in LOCALES:
                added = (f"home-{name}", "CUSTOMER-1", (Role.CUSTOMER,), PASSWORD)
                beside.submit(add_person, data, *added).result()
            beside.submit(add_person, data, "olga", "MO", (), PASSWORD).result()
        yield address
    finally:
        server.stop()


class Device:
    """The device of a browser, as its developer tools make one: with a PIN, and no screen."""

    def __init__(self, window: Window) -> None:
        self._tools = window.context.new_cdp_session(window.page)
        self._tools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self._tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id = {"authenticatorId": made["authenticatorId"]}

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._tools.send("WebAuthn.getCredentials", self._id)[
            "credentials"
        ]
        return found

    def verifies(self, *, is_verified: bool) -> None:
        self._tools.send("WebAuthn.setUserVerified", self._id | {"isUserVerified": is_verified})

    def count_back(self) -> None:
        (known,) = self.credentials()
        self._tools.send(
            "WebAuthn.removeCredential", self._id | {"credentialId": known["credentialId"]}
        )
        self._tools.send(
            "WebAuthn.addCredential", self._id | {"credential": known | {"signCount": 1}}
        )


def _by_password(window: Window, name: str) -> None:
    window.open("/sign-in")
    window.page.fill("#name", name)
    window.page.fill("#password", PASSWORD)
    window.page.locator("form:not([data-passkey]) button").last.click()


def _by_passkey(window: Window) -> None:
    window.open("/sign-in")
    window.page.locator("form[data-passkey=get] button").click()


def _sign_out(window: Window) -> None:
    window.page.locator('form[action="/sign-out"] button').click()
    window.page.wait_for_load_state()


@pytest.mark.parametrize("language", LOCALES)
def test_a_household_makes_a_passkey_at_its_first_sign_in_and_signs_in_by_it(
    browser: Any, base_url: str, language: str
) -> None:
    window = Window(browser, base_url, width=390, locale=LOCALES[language])
    device, page, name = Device(window), window.page, f"home-{language}"
    own = sentences("platone.identity", language)
    told = sentences("platone.dashboard", language)
    window.open("/sign-in")
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("h1").inner_text() == own["sign_in"]
    assert page.locator("form[data-passkey] button").inner_text() == own["by_passkey"]
    assert window.violations() == []
    window.picture(f"sign-in-{language}-390")
    _by_password(window, name)
    page.wait_for_url(f"{base_url}/account/passkey?then=%2F")
    assert page.locator("h1").inner_text() == told["passkey"]
    assert window.violations() == []
    window.picture(f"passkey-{language}-390")
    page.get_by_role("button", name=told["passkey_make"]).click()
    page.wait_for_url(f"{base_url}/")
    (made,) = device.credentials()
    assert made["rpId"] == "localhost"
    assert name not in str(base64.b64decode(made["userHandle"]))
    _sign_out(window)
    _by_passkey(window)
    page.wait_for_url(f"{base_url}/")  # offered once: it goes on at once
    assert page.locator(".who a").inner_text() == name
    window.open("/account")
    assert page.locator("h3#passkeys").is_visible()
    assert window.violations() == []
    page.locator("summary", has_text=told["remove"]).click()
    page.get_by_role("button", name=told["remove"]).click()
    page.wait_for_url(f"{base_url}/account")
    _sign_out(window)
    _by_passkey(window)
    page.get_by_text(own["refused"]).wait_for()
    assert (window.faults, window.foreign) == ([], [])
    window.close()


def test_a_real_devices_answer_is_refused_twice_unverified_and_counting_back(
    browser: Any, base_url: str
) -> None:
    window = Window(browser, base_url)
    device, page = Device(window), window.page
    _by_password(window, "olga")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(f"{base_url}/")
    _sign_out(window)
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.post_data or ""))
    _by_passkey(window)
    page.wait_for_url(f"{base_url}/")
    _sign_out(window)
    (answer,) = [each for each in sent if "signature=" in each]
    window.open("/sign-in")
    replayed = page.evaluate(
        "body => fetch('/oauth2/authorize', {method: 'POST', body, redirect: 'manual', headers:"
        " {'Content-Type': 'application/x-www-form-urlencoded'}}).then(it => it.status)",
        answer,
    )
    assert replayed == 401
    device.verifies(is_verified=False)
    _by_passkey(window)
    page.get_by_text("This device gave no passkey.").wait_for()  # the browser itself declines
    device.verifies(is_verified=True)
    device.count_back()
    _by_passkey(window)
    page.get_by_text("or passkey is wrong").wait_for()
    question = json.loads(str(page.locator("form[data-passkey]").get_attribute("data-question")))
    assert question["userVerification"] == "required"
    assert window.faults == []
    window.close()


def test_without_script_the_page_asks_for_the_password_alone(browser: Any, base_url: str) -> None:
    window = Window(browser, base_url, java_script=False)
    page = window.page
    window.open("/sign-in")
    assert page.locator("form[data-passkey]").is_hidden()
    assert page.locator("#password").is_visible()
    window.close()


def test_an_invitation_says_for_whom_and_until_when_in_its_readers_language(
    browser: Any, base_url: str
) -> None:
    """No name of a role of the wire, and no time as machines write it."""
    host = Window(browser, base_url, width=390, locale="en-GB")
    _by_password(host, "home-en")
    host.page.wait_for_load_state()
    host.open("/people")
    host.page.get_by_role("button", name="Make an invitation").click()
    link = host.page.locator(".done .code").inner_text()
    mail = host.page.get_by_role("link", name="Send it by e-mail").get_attribute("href")
    host.close()
    assert re.match(
        r"mailto:\?subject=Invitation to My energy&body=You are invited ", unquote(mail)
    )
    assert unquote(mail).endswith(f":\n\n{link}")  # a bare link looks like a trap
    months = {"en": "[A-Z][a-z]{2}", "it": "[a-z]{3}", "el": "[^ a-zA-Z]{3,4}", "de": "[A-Z]\\S+"}
    for language, role in {
        "en": "customer",
        "it": "cliente",
        "el": "πελάτης",
        "de": "Kunde",
    }.items():
        window = Window(browser, base_url, width=390, locale=LOCALES[language])
        window.page.goto(link)
        told = window.page.locator(".lead").inner_text()
        assert f"CUSTOMER-1 ({role})" in told
        assert re.search(rf"\b\d{{1,2}}\.? {months[language]} \d{{4}}, \d\d:\d\d\.$", told), told
        assert window.violations() == []
        window.picture(f"join-{language}-390")
        window.close()
