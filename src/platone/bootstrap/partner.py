"""The partners of a data folder: files that a person can read, exchanged in a trusted way.

===================  =======================================================================
in the data folder   holds
===================  =======================================================================
partner.toml         what this server tells of itself; written at each start
partners/NAME.toml   what a partner tells of itself, as it was added here
===================  =======================================================================
"""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

from platone.bootstrap.identity_records import with_identity
from platone.bootstrap.problem import PartnerClash, PartnerUnknown, ServerFailed
from platone.identity.records.client import ClientRecords
from platone.infra.http.partner import SEVERAL, read_partner
from platone.infra.key_file import write_private
from platone.messages.partner import PartnerFile

PARTNER_FOLDER = "partners"
_OWN = "partner.toml"
_HEADER = (
    "# A Platone server, told to its partners: platone partner add FILE. Nothing here is secret.\n"
)


def tell_own(data: Path, told: PartnerFile) -> None:
    """Write down what a server tells of itself."""
    _write(data / _OWN, told)


def own_partner(data: Path) -> PartnerFile:
    """Return a data folder's server as it tells of itself.

    Raises:
        ServerFailed: It has not been started yet.
    """
    if not (data / _OWN).exists():
        raise ServerFailed(f"{data} has no {_OWN}: the server's first start makes it.")
    return read_partner(data / _OWN).told


def export_partner(data: Path) -> str:
    """Return the file that partners are given, as text, with the parties that are at home now.

    Raises:
        ServerFailed: The server has not been started yet.
    """
    told = own_partner(data)
    parties = with_identity(data, lambda database: ClientRecords(database).parties())
    now = {each.party_id: list(each.roles) for each in parties}
    return _text(msgspec.structs.replace(told, parties=now))


def add_partner(data: Path, file: Path, *, same_company: bool = False) -> PartnerFile:
    """Add a partner by its file, or replace the file that it gave before.

    Args:
        data: The data folder.
        file: The partner's file.
        same_company: Whether it may speak for parties of a server that is known already: one
            company has both, as a market's workers and the server with its ledger.

    Raises:
        PartnerFileInvalid: The file is not of the form.
        PartnerClash: Another server has its name, address, a party or a context of it.
        ServerFailed: There is no data folder of a server.
    """
    added = read_partner(file).told
    others = [each for each in list_partners(data) if each.name != added.name]
    for other in [own_partner(data), *others]:
        _check_apart(added, other, same_company=same_company)
    _write(_file(data, added.name), added)
    return added


def list_partners(data: Path) -> list[PartnerFile]:
    """Return the partners of a data folder, by name; raises as :func:`add_partner`."""
    return [read_partner(each).told for each in sorted((data / PARTNER_FOLDER).glob("*.toml"))]


def remove_partner(data: Path, name: str) -> None:
    """Remove a partner: from now on it is a stranger.

    Raises:
        PartnerUnknown: There is none of this name.
    """
    files = {each.stem: each for each in (data / PARTNER_FOLDER).glob("*.toml")}
    if name not in files:
        raise PartnerUnknown(f"There is no partner {name}.", partner=name)
    files[name].unlink()


def _check_apart(added: PartnerFile, other: PartnerFile, *, same_company: bool) -> None:
    """Check that two servers can be told apart: nobody speaks for another company's party.

    Raises:
        PartnerClash: They cannot.
    """
    if added.name == other.name or added.url == other.url:
        raise PartnerClash(f"{other.name} at {other.url} has that name or address already.")
    parties = sorted(added.parties.keys() & other.parties.keys())
    if parties and not same_company:
        raise PartnerClash(
            f"{other.name} speaks for {', '.join(parties)} already: only a server of the same "
            "company may (--same-company)."
        )
    contexts = sorted(set(added.contexts) & set(other.contexts) - {SEVERAL})
    if contexts:
        raise PartnerClash(f"{other.name} runs {', '.join(contexts)} already.")


def _file(data: Path, name: str) -> Path:
    return data / PARTNER_FOLDER / f"{name}.toml"


def _write(file: Path, told: PartnerFile) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_private(file, _text(told).encode())


def _text(told: PartnerFile) -> str:
    return _HEADER + "\n".join(_lines(told)) + "\n"


def _lines(told: PartnerFile) -> Iterator[str]:
    """Return a partner's file in lines; JSON's texts, and lists of them, are TOML, too."""
    content = {key: value for key, value in msgspec.to_builtins(told).items() if value is not None}
    parties, keys, authority = (content.pop(name) for name in ("parties", "keys", "authority"))
    yield from (f"{key} = {json.dumps(value)}" for key, value in content.items())
    yield f"authority = '''\n{authority.strip()}\n'''"
    yield "\n[parties]"
    yield from (f"{json.dumps(party)} = {json.dumps(roles)}" for party, roles in parties.items())
    for each in keys:
        yield "\n[[keys]]"
        yield from (f"{json.dumps(name)} = {json.dumps(value)}" for name, value in each.items())
