"""Browsers are told as a person would name them; what they call themselves is as they sent it."""

import pytest

from platone.dashboard.domain.browser_name import browser_in_words

KNOWN = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0": (
        "Firefox on Windows"
    ),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0": "Edge on Windows",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36 OPR/125.0.0.0": "Opera on Windows",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "HeadlessChrome/142.0.0.0 Safari/537.36": "Chrome on Linux",
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36": "Chrome on ChromeOS",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.1 Safari/605.1.15": "Safari on macOS",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/26.1 Mobile/15E148 Safari/604.1": "Safari on iPhone",
    "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1": "Chrome on iPad",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) FxiOS/145.0 Mobile/15E148 Safari/605.1.15": "Firefox on iPhone",
    "Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0": "Firefox on Android",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36": "Samsung Internet on Android",
}
"""What browsers call themselves, as their makers document it, and what a person calls them."""


@pytest.mark.parametrize("agent", KNOWN)
def test_a_browser_is_told_in_words(agent: str) -> None:
    assert browser_in_words(agent, "{browser} on {system}", "unknown") == KNOWN[agent]


@pytest.mark.parametrize(
    "agent",
    [
        "curl/8.14.1",
        '"><img/src=x/onerror=alert(1)>',
        "Mozilla/5.0 (PlayStation; PlayStation 5/6.50) Firefox/145.0",  # of no system known here
        "Dalvik/2.1.0 (Linux; U; Android 16)",  # no browser
    ],
)
def test_what_names_no_browser_is_told_as_it_came(agent: str) -> None:
    assert browser_in_words(agent, "{browser} on {system}", "unknown") == agent


def test_nothing_is_unknown_and_what_is_long_is_cut() -> None:
    assert browser_in_words("", "{browser} on {system}", "unknown") == "unknown"
    assert browser_in_words("x" * 200, "{browser} on {system}", "unknown") == "x" * 80
