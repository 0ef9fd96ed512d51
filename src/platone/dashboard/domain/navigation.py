"""The way through the pages: each role is led to what REST gives it."""

from dataclasses import dataclass

from platone.messages.base import Role

_MARKET = (
    Role.MARKET_OPERATOR,
    Role.SYSTEM_OPERATOR,
    Role.FLEXIBILITY_SERVICE_PROVIDER,
    Role.AUDITOR,
)


@dataclass(frozen=True, slots=True)
class Link:
    """A page that people are led to.

    Attributes:
        path: Its address.
        name: What it is called.
        roles: Whom it is for; nobody named: everyone.
    """

    path: str
    name: str
    roles: tuple[Role, ...] = ()


_LINKS = (
    Link("/", "Overview"),
    Link("/app", "My energy", (Role.CUSTOMER,)),
    Link("/market", "Market", _MARKET),
    Link("/pods", "Points of delivery", (*_MARKET, Role.METERED_DATA_ADMINISTRATOR)),
    Link("/portfolio", "Portfolio", (Role.FLEXIBILITY_SERVICE_PROVIDER, Role.AUDITOR)),
    Link("/grid", "Grid", (Role.SYSTEM_OPERATOR, Role.AUDITOR)),
    Link(
        "/devices",
        "Devices",
        (
            Role.SYSTEM_OPERATOR,
            Role.FLEXIBILITY_SERVICE_PROVIDER,
            Role.METERED_DATA_ADMINISTRATOR,
            Role.AUDITOR,
        ),
    ),
    Link("/money", "Money", (*_MARKET, Role.CUSTOMER)),
    Link("/proof", "Verify"),
    Link("/people", "People", (Role.MARKET_OPERATOR,)),
    Link(
        "/changes",
        "Changes",
        (Role.MARKET_OPERATOR, Role.DATA_PROTECTION_OFFICER, Role.AUDITOR),
    ),
    Link("/accesses", "Accesses", (Role.DATA_PROTECTION_OFFICER, Role.MARKET_OPERATOR)),
)


def links_of(roles: frozenset[Role]) -> tuple[Link, ...]:
    """Return the pages that roles are led to; each page asks REST all the same."""
    return tuple(each for each in _LINKS if not each.roles or not roles.isdisjoint(each.roles))
