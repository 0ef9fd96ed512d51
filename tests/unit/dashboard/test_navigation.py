"""Everybody is led to the pages of what the table of rights gives its role, and to no others."""

import pytest

from platone.dashboard.domain.navigation import links_of
from platone.messages.base import Role

EVERYBODY = {"/", "/proof"}
LED_TO = {
    Role.MARKET_OPERATOR: {"/market", "/pods", "/money", "/people", "/changes", "/accesses"},
    Role.SYSTEM_OPERATOR: {"/market", "/pods", "/grid", "/devices", "/money"},
    Role.FLEXIBILITY_SERVICE_PROVIDER: {"/market", "/pods", "/portfolio", "/devices", "/money"},
    Role.CUSTOMER: {"/app", "/money"},
    Role.AUDITOR: {
        "/market",
        "/pods",
        "/portfolio",
        "/grid",
        "/devices",
        "/money",
        "/changes",
        "/accesses",
    },
    Role.METERED_DATA_ADMINISTRATOR: {"/pods", "/devices"},
    Role.DATA_PROTECTION_OFFICER: {"/changes", "/accesses", "/erasures"},
}
"""By docs/reference/rights.md; the system operator is the market's own DSO."""
TSO = {"/market", "/money"}


def paths(*roles: Role, is_dso: bool = False) -> set[str]:
    return {each.path for each in links_of(frozenset(roles), is_dso=is_dso)}


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_led_to_what_it_may_read(role: Role) -> None:
    assert paths(role, is_dso=role is Role.SYSTEM_OPERATOR) == EVERYBODY | LED_TO[role]


def test_a_system_operator_of_another_grid_is_led_to_market_and_money_only() -> None:
    assert paths(Role.SYSTEM_OPERATOR) == EVERYBODY | TSO


def test_who_has_more_roles_is_led_to_the_pages_of_each() -> None:
    both = paths(Role.SYSTEM_OPERATOR, Role.METERED_DATA_ADMINISTRATOR)
    assert both == EVERYBODY | TSO | LED_TO[Role.METERED_DATA_ADMINISTRATOR]


def test_the_overview_comes_first_and_links_have_names() -> None:
    for role in Role:
        links = links_of(frozenset({role}), is_dso=True)
        assert links[0].path == "/"
        assert all(each.name for each in links)
