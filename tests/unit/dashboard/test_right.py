"""The packaged table of rights, read as the page reads it."""

from platone.dashboard.domain.right import (
    columns_of,
    data_rights,
    purpose_of,
    readers_in_words,
)
from platone.messages.base import Role


def test_who_has_no_route_to_data_has_no_purpose() -> None:
    """The TSO has no route to registrations and readings (docs/reference/rights.md)."""
    found = {each.name: each for each in data_rights()}
    for name in ("registrations", "readings"):
        assert purpose_of("TSO", found[name]) is None
        assert purpose_of("customer", found[name]) in {"its own contract", "its own consumption"}
    assert found["registrations"].what
    assert not found["readings"].what


def test_a_role_finds_the_columns_that_are_about_it() -> None:
    assert columns_of({Role.SYSTEM_OPERATOR}) == ["DSO", "TSO"]
    assert columns_of({Role.CUSTOMER, Role.AUDITOR}) == ["customer", "auditor"]
    assert columns_of(set()) == []


def test_a_household_reads_of_all_but_itself() -> None:
    names = ("MO", "DSO", "TSO", "aggregator", "auditor", "MDA", "DPO")
    told = {f"readers_{name}": f"who is {name}" for name in names}
    assert readers_in_words(told) == [f"who is {name}" for name in names]
