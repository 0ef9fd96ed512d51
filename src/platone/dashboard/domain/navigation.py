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
        told: What one finds there, in a sentence.
        roles: Whom it is for; nobody named: everyone.
        of_grid: Whether of the system operators only the market's own DSO is led there: a TSO
            reads nothing of the grid, its points of delivery and their devices.
    """

    path: str
    name: str
    told: str = ""
    roles: tuple[Role, ...] = ()
    of_grid: bool = False


_LINKS = (
    Link("/", "Overview"),
    Link(
        "/app",
        "My energy",
        "What your home drew and fed in, what was agreed, and what you earned.",
        (Role.CUSTOMER,),
    ),
    Link(
        "/market",
        "Market",
        "Each session from its gate to its payment: what was asked and offered, and why each offer "
        "was or was not taken.",
        _MARKET,
    ),
    Link(
        "/pods",
        "Points of delivery",
        "Each connection that takes part: its contract, its day as a curve, its readings.",
        (*_MARKET, Role.METERED_DATA_ADMINISTRATOR),
        of_grid=True,
    ),
    Link(
        "/portfolio",
        "Portfolio",
        "The aggregator's customers: registered here, offered for tomorrow, and delivered.",
        (Role.FLEXIBILITY_SERVICE_PROVIDER, Role.AUDITOR),
    ),
    Link(
        "/grid",
        "Grid",
        "The network over the day: loading, voltages, limits that will be broken, and the requests "
        "made against them.",
        (Role.SYSTEM_OPERATOR, Role.AUDITOR),
        of_grid=True,
    ),
    Link(
        "/devices",
        "Devices",
        "The Light Nodes at the meters: which are silent, and which messages were refused.",
        (
            Role.SYSTEM_OPERATOR,
            Role.FLEXIBILITY_SERVICE_PROVIDER,
            Role.METERED_DATA_ADMINISTRATOR,
            Role.AUDITOR,
        ),
        of_grid=True,
    ),
    Link(
        "/money",
        "Money",
        "Who owes what: accounts, invoices, agreements and disputes.",
        (*_MARKET, Role.CUSTOMER),
    ),
    Link(
        "/proof",
        "Verify",
        "Whether a reading or a payment is what was certified, checked step by step.",
    ),
    Link(
        "/people",
        "People",
        "Who may sign in, for which party and in which role.",
        (Role.MARKET_OPERATOR,),
    ),
    Link(
        "/changes",
        "Changes",
        "Who changed what, from what to what.",
        (Role.MARKET_OPERATOR, Role.DATA_PROTECTION_OFFICER, Role.AUDITOR),
    ),
    Link(
        "/accesses",
        "Accesses",
        "What auditors read, and for which case.",
        (Role.DATA_PROTECTION_OFFICER, Role.MARKET_OPERATOR, Role.AUDITOR),
    ),
    Link(
        "/erasures",
        "Erasures",
        "Persons' data erased: begun, and how far each party is.",
        (Role.DATA_PROTECTION_OFFICER,),
    ),
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
