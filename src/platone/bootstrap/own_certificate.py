"""The TLS certificate of a server that has no identity of others to keep: a small own authority."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from platone.identity.adapters.authority import FileAuthority
from platone.identity.records.certificate import CertificateRecords
from platone.identity.records.file import TlsStore
from platone.identity.records.table import metadata
from platone.identity.service.certificate import KeepTransportIdentity
from platone.infra.db import Database, sqlite_url
from platone.infra.mqtt.tls import TlsFiles
from platone.kernel.clock import SystemClock

_OWNER_ONLY = 0o700
"""Mode of the folder of keys: the server's user alone."""


async def own_certificate(folder: Path, hosts: Sequence[str]) -> TlsFiles:
    """Return a server's key and certificate, signed by an authority in its data folder.

    Args:
        folder: The data folder; ``ca.pem`` is made in it.
        hosts: The server's names and addresses.

    Raises:
        AuthorityIncomplete: The authority's files do not belong together.
        KeyFileUnsafe: Others than its owner may read a private key.
    """
    private, authority_file, clock = folder / "tls", folder / "ca.pem", SystemClock()
    private.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    authority = FileAuthority(authority_file, private / "ca-key.pem")
    await asyncio.to_thread(authority.open, clock.now())
    database = Database(sqlite_url(private / "certificates.db"), metadata)
    await database.open()
    try:
        kept = KeepTransportIdentity(
            authority, TlsStore(private, authority_file), CertificateRecords(database), clock
        )
        return await kept.server(list(dict.fromkeys(hosts)))
    finally:
        await database.close()
