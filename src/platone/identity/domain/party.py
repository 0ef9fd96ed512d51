"""Parties and the OAuth2 clients that speak for them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from platone.messages.base import Role


@dataclass(frozen=True, slots=True)
class Party:
    """A legal party of the market.

    Attributes:
        party_id: Its identifier.
        roles: What it is.
    """

    party_id: str
    roles: tuple[Role, ...]

    @property
    def runs_systems(self) -> bool:
        """Return whether the party calls others by itself: customers and overseers do not."""
        return not set(self.roles) <= {
            Role.CUSTOMER,
            Role.AUDITOR,
            Role.DATA_PROTECTION_OFFICER,
        }


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth2 client (RFC 6749 section 2) of a party."""

    client_id: str
    party: Party


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client with the hash of its secret, as it is kept."""

    client: Client
    secret_hash: str


FIRST_PARTIES = (
    Party("MO", (Role.MARKET_OPERATOR,)),
    Party("DSO", (Role.SYSTEM_OPERATOR,)),
    Party("TSO", (Role.SYSTEM_OPERATOR,)),
    Party("ACEAE", (Role.FLEXIBILITY_SERVICE_PROVIDER,)),
    Party("ACEAE_2", (Role.FLEXIBILITY_SERVICE_PROVIDER,)),
    Party("MDA", (Role.METERED_DATA_ADMINISTRATOR,)),
    Party("CUSTOMER-1", (Role.CUSTOMER,)),
    Party("AUDITOR", (Role.AUDITOR,)),
    Party("DPO", (Role.DATA_PROTECTION_OFFICER,)),
)
"""The parties that the first start makes, for development."""


@dataclass(frozen=True, slots=True)
class Household:
    """The parties that are at home on a server, and the servers that are its partners.

    Attributes:
        parties: The parties that the first start makes.
        contexts: The contexts that run on it; none: all of them.
        is_partner: Whether tokens may be made for the server at an address.
        elsewhere: Gives the parties that are at home at partners.
        residents: The parties whose systems run on it; the first of them runs the server.
    """

    parties: Sequence[Party] = FIRST_PARTIES
    contexts: Sequence[str] = ()
    is_partner: Callable[[str], bool] = lambda _url: False
    elsewhere: Callable[[], Collection[str]] = tuple
    residents: Sequence[str] = ("MO", "MDA", "DSO")

    @property
    def administrator(self) -> str:
        """Return the party that runs the server; empty where no party's systems run on it."""
        return self.residents[0] if self.residents else ""
