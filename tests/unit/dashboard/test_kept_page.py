"""What a household's telephone may keep: its own pages, and nothing that is shown once."""

import pytest

from platone.dashboard.domain.kept_page import kept_for

HOME = ("/", "/app", "/app/history", "/app/readings", "/app/choices", "/app/data", "/proof")
MONEY = (
    "/money",
    "/money/statement",
    "/money/agreements",
    "/money/disputes",
    "/money/disputes/dispute-1",
    "/money/invoices/7",
)


@pytest.mark.parametrize("path", [*HOME, *MONEY, "/account", "/pods/IT1/curve.json"])
def test_a_households_pages_are_kept_for_the_person_that_read_them(path: str) -> None:
    assert kept_for(path, "HOUSE 7", "rossi@x", is_household=True) == "HOUSE%207/rossi%40x"


@pytest.mark.parametrize(
    "path",
    [
        "/people",  # an invitation and a secret are shown there
        "/account/second-factor",
        "/account/passkey",
        "/app/data/own.zip",
        "/app/notices",
        "/money/statement.csv",
        "/money/invoices/7/more",
        "/proof/file",
        "/market",
        "/",
        "/money",
    ],
)
def test_nothing_that_is_shown_once_or_is_of_others_is_kept(path: str) -> None:
    is_household = path not in {"/", "/money"}
    assert kept_for(path, "HOUSE-7", "rossi", is_household=is_household) == ""


def test_a_company_that_is_a_customer_too_keeps_the_app_alone() -> None:
    assert kept_for("/app", "ACEAE", "anna", is_household=False) == "ACEAE/anna"
    assert kept_for("/account", "ACEAE", "anna", is_household=False) == ""
