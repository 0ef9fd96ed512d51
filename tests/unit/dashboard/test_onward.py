"""A form leads back to a page of ours that it names, and nowhere else."""

from datetime import UTC, datetime

import pytest

from platone.dashboard.api.page import onward
from platone.dashboard.domain.problem import FieldWrong
from platone.dashboard.domain.typed import instant_in


@pytest.mark.parametrize(
    ("then", "led"),
    [
        ("/first-day?session=1", "/first-day?session=1"),
        ("//evil.example/x", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_a_form_leads_back_to_pages_of_ours_only(then: str, led: str) -> None:
    assert onward({"then": then}, "/market").headers["location"] == led


def test_a_form_that_names_no_page_leads_where_it_always_did() -> None:
    assert onward({}, "/market").headers["location"] == "/market"


def test_an_instant_of_a_form_is_read_in_any_zone() -> None:
    read = instant_in({"to": " 2021-06-23T12:30:00+02:00 "}, "to")
    assert read == datetime(2021, 6, 23, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "noon",
        "2021-06-31T10:00:00Z",
        "2021-06-23T10:30:00",
        "1821-06-23T10:30:00Z",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_a_text_that_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(FieldWrong, match="is no instant"):
        instant_in({"to": text}, "to")
