"""Nobody is led to another server, however its address is written."""

import pytest

from platone.dashboard.domain.own_path import own_path


@pytest.mark.parametrize(
    "path", ["/", "/market", "/market?day=2021-06-23&status=", "/pods/IT001E0071?day=x#top"]
)
def test_own_paths_are_led_to(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "market",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/a\\b",
        "/a b",
        "/\n//evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/ü",
        "/" + "a" * 2000,
    ],
)
def test_others_lead_to_the_first_page(path: str) -> None:
    assert own_path(path) == "/"
