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
        of_grid: Whether of the system operators only the market's own DSO is led there: a TSO
            reads nothing of the grid, its points of delivery and their devices.
    """

    path: str
    name: str
    roles: tuple[Role, ...] = ()
    of_grid: bool = False


_LINKS = (
    Link("/", "Overview"),
    Link("/app", "My energy", (Role.CUSTOMER,)),
    Link("/market", "Market", _MARKET),
    Link("/pods", "Points of delivery", (*_MARKET, Role.METERED_DATA_ADMINISTRATOR), of_grid=True),
    Link("/portfolio", "Portfolio", (Role.FLEXIBILITY_SERVICE_PROVIDER, Role.AUDITOR)),
    Link("/grid", "Grid", (Role.SYSTEM_OPERATOR, Role.AUDITOR), of_grid=True),
    Link(
        "/devices",
        "Devices",
        (
            Role.SYSTEM_OPERATOR,
            Role.FLEXIBILITY_SERVICE_PROVIDER,
            Role.METERED_DATA_ADMINISTRATOR,
            Role.AUDITOR,
        ),
        of_grid=True,
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


def links_of(roles: frozenset[Role], *, is_dso: bool) -> tuple[Link, ...]:
    """Return the pages that somebody is led to; each page asks REST all the same.

    Args:
        roles: Its roles.
        is_dso: Whether it acts for the market's own DSO.
    """
    beside_grid = roles if is_dso else roles - {Role.SYSTEM_OPERATOR}
    return tuple(
        each
        for each in _LINKS
        if not each.roles or not (beside_grid if each.of_grid else roles).isdisjoint(each.roles)
    )
