"""Changes of a data folder by commands, as the log of changes tells them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from platone.identity.domain.person import RegisteredPerson
from platone.identity.records.change import ChangeRecords
from platone.infra.db import Database
from platone.infra.http.change import COMMAND_LINE, Change
from platone.kernel.clock import SystemClock


@dataclass(frozen=True, slots=True)
class Kept:
    """A thing as a data folder keeps it.

    Attributes:
        party_id: The party that it belongs to.
        told: What the log tells of it, by field.
        secrets: What differs where a secret is made anew, by field; the log never tells it.
    """

    party_id: str
    told: Mapping[str, str]
    secrets: Mapping[str, object] = field(default_factory=dict)


def person_kept(person: RegisteredPerson) -> Kept:
    """Return a person as the log tells it."""
    party = person.person.party
    told = {"party": party.party_id, "roles": ", ".join(role.value for role in party.roles)}
    secrets = {"password": person.password_hash, "secondFactor": person.second_factor}
    return Kept(party.party_id, told, secrets)


async def record_differences(
    database: Database, kind: str, before: Mapping[str, Kept], after: Mapping[str, Kept]
) -> None:
    """Record what a command has changed: what was made, removed or changed.

    Args:
        database: The records of identity.
        kind: The kind of the things.
        before: What there was, by name.
        after: What there is.
    """
    log = ChangeRecords(database, SystemClock())
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        party = (now or was or Kept(name, {})).party_id
        told = {} if now is None else dict(now.told) | _anew(was, now)
        before_told = {} if was is None else was.told
        await log.record(Change(party, COMMAND_LINE, kind, name, before_told, told))


def _anew(was: Kept | None, now: Kept) -> dict[str, str]:
    """Return a word for each secret that was made anew; of a new thing nothing."""
    if was is None:
        return {}
    differ = (name for name, secret in now.secrets.items() if secret != was.secrets.get(name))
    return dict.fromkeys(differ, "made anew")
