"""The people of a data folder, whether a server runs on it or not."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from platone.bootstrap.folder_change import Kept, person_kept, record_differences
from platone.bootstrap.identity_records import with_identity
from platone.identity.domain.person import RegisteredPerson
from platone.identity.records.client import ClientRecords
from platone.identity.records.person import PersonRecords
from platone.identity.service.people import ManagePeople
from platone.identity.service.secret_hash import SecretHasher
from platone.infra.db import Database
from platone.kernel.clock import SystemClock
from platone.messages.base import Role

T = TypeVar("T")


def add_person(
    data: Path, name: str, party: str, roles: tuple[Role, ...], password: str
) -> list[str]:
    """Add a person to a data folder; return the development people that go with the first one.

    Raises:
        ServerFailed: There is no data folder of a server.
        PlatoneError: The name is taken or none, the password too short, a role not the party's.
    """
    return _managed(data, lambda people: people.add(name, party, roles, password))


def list_people(data: Path) -> list[RegisteredPerson]:
    """Return the people of a data folder, by name; raises ServerFailed where it is none."""
    return _managed(data, lambda people: people.all())


def change_password(data: Path, name: str, password: str) -> None:
    """Give a person another password; raises as :func:`add_person`, and where there is none."""
    _managed(data, lambda people: people.change_password(name, password))


def add_second_factor(data: Path, name: str) -> str:
    """Give a person a second factor, and return its secret, Base32; raises likewise."""
    return _managed(data, lambda people: people.add_second_factor(name))


def remove_person(data: Path, name: str) -> None:
    """Remove a person from a data folder; raises likewise."""
    _managed(data, lambda people: people.remove(name))


def _managed(data: Path, act: Callable[[ManagePeople], Awaitable[T]]) -> T:
    async def acting(database: Database) -> T:
        people = PersonRecords(database)

        async def kept() -> dict[str, Kept]:
            return {each.person.name: person_kept(each) for each in await people.all()}

        before, clients = await kept(), ClientRecords(database)
        made = await act(ManagePeople(people, clients, SecretHasher(), SystemClock()))
        await record_differences(database, "person", before, await kept())
        return made

    return with_identity(data, acting)
