"""A look at the database server that a data folder's records are on."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from platone.bootstrap.doctor.finding import Finding, fault, ok
from platone.bootstrap.records_place import places_of
from platone.infra.database_look import by_address, look_at
from platone.infra.postgresql import Place
from platone.kernel.errors import PlatoneError

_OLDEST = 15
"""The oldest major version of PostgreSQL that this version is tried with."""
_MEGABYTE = 1e6
"""Bytes of a megabyte, as disks are sold by."""


def look_at_database(folder: Path) -> Iterator[Finding]:
    """Yield whether each database server answers, its version, and the size of each schema."""
    for those in by_address(places_of(folder)):
        yield _found(those)


def _found(places: list[Place]) -> Finding:
    about = f"database of {', '.join(sorted(each.schema for each in places))}"
    try:
        found = asyncio.run(look_at(places))
    except PlatoneError as error:
        advice = "Does it run, and let us in? See docs/how-to/keep-records-in-postgresql.md"
        return fault(about, f"{places[0].shown}: {error.detail}", advice)
    gone = sorted({each.schema for each in places} - found.sizes.keys())
    if gone:
        text = f"{found.shown} has no schema {', '.join(gone)} any more"
        return fault(about, text, "Put it back from the newest backup of the database.")
    if found.major < _OLDEST:
        text = f"{found.shown} is PostgreSQL {found.version}"
        return fault(about, text, f"Bring it to {_OLDEST} or newer.")
    sizes = ", ".join(
        f"{name} {size / _MEGABYTE:.1f} MB" for name, size in sorted(found.sizes.items())
    )
    return ok(about, f"{found.shown} answers, PostgreSQL {found.version}: {sizes}")
