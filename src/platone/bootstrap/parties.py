"""The parties of a data folder, whether a server runs on it or not."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from platone.bootstrap.folder_change import Kept, record_differences
from platone.bootstrap.identity_records import with_identity
from platone.bootstrap.part import residents
from platone.bootstrap.partner import list_partners, own_partner
from platone.identity.domain.party import Party
from platone.identity.records.client import ClientRecords
from platone.identity.records.file import CredentialsStore
from platone.identity.service.parties import ManageParties
from platone.identity.service.secret_hash import SecretHasher
from platone.infra.db import Database
from platone.kernel.clock import SystemClock
from platone.messages.base import Role
from platone.messages.identity import ClientCredentials

T = TypeVar("T")


def add_party(data: Path, party_id: str, roles: tuple[Role, ...]) -> ClientCredentials:
    """Add a party, and return its client, whose secret is told here only.

    Raises:
        ServerFailed: There is no data folder of a server.
        PartyExists: The party is known already, here or at a partner.
    """
    return _managed(data, lambda parties: parties.add(party_id, roles))


def list_parties(data: Path) -> list[Party]:
    """Return the parties of a data folder; raises ServerFailed where it is none of a server."""
    return _managed(data, lambda parties: parties.all())


def rotate_party(data: Path, party_id: str) -> ClientCredentials:
    """Give a party's client a new secret; raises PartyUnknown where there is none."""
    return _managed(data, lambda parties: parties.rotate(party_id), anew=party_id)


def remove_party(data: Path, party_id: str) -> Party:
    """Remove a party; raises PartyUnknown, or PartyRunsHere where the server would be nobody's."""
    return _managed(data, lambda parties: parties.remove(party_id))


def _managed(
    data: Path, act: Callable[[ManageParties], Awaitable[T]], *, anew: str | None = None
) -> T:
    """Do something with the parties, and record what it has changed.

    Args:
        data: The data folder.
        act: What is done.
        anew: The party whose secret it makes anew.
    """
    own, partners = own_partner(data), list_partners(data)
    elsewhere = {party for each in partners for party in each.parties}

    async def acting(database: Database) -> T:
        parties = ManageParties(
            ClientRecords(database),
            CredentialsStore(data / "credentials.json"),
            SecretHasher(),
            SystemClock(),
            lambda: elsewhere,
            residents(own.contexts),
        )
        before = await _kept(parties)
        made = await act(parties)
        await record_differences(database, "party", before, await _kept(parties))
        if anew is not None:
            was, now = Kept(anew, {}, {"secret": "old"}), Kept(anew, {}, {"secret": "new"})
            await record_differences(database, "clientSecret", {anew: was}, {anew: now})
        return made

    return with_identity(data, acting)


async def _kept(parties: ManageParties) -> dict[str, Kept]:
    return {
        each.party_id: Kept(each.party_id, {"roles": ", ".join(role.value for role in each.roles)})
        for each in await parties.all()
    }
