"""Certificates that are renewed while a server runs: open connections go on, new ones see the new.

::

    near its end? ──► a new one in the file ──► the contexts of HTTPS and broker read it again
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from platone.infra.mqtt.tls import TlsFiles, reload_context

_log = logging.getLogger(__name__)
_LOOK_S = 60.0
"""Pause between two looks, s: a certificate is renewed a month before its end, or put there by a
person who wants to see it used."""

Stamp = tuple[int, int]


@dataclass(slots=True)
class _Followed:
    """A context, the files that it was made of, and how their certificate was marked then."""

    context: ssl.SSLContext
    files: TlsFiles
    stamp: Stamp


class CertificateKeeper:
    """Renews a server's certificates, and has its contexts read them again.

    Args:
        renew: Makes those anew that are near their end.
    """

    def __init__(self, renew: Callable[[], Awaitable[None]]) -> None:
        self._renew = renew
        self._followed: list[_Followed] = []

    def follow(self, context: ssl.SSLContext, files: TlsFiles) -> None:
        """Have a context use the files' certificate, whichever it is, for new connections."""
        self._followed.append(_Followed(context, files, _stamp(files)))

    async def renew(self) -> None:
        """Renew what is near its end, and have contexts read what has changed."""
        await self._renew()
        for each in self._followed:
            stamp = _stamp(each.files)
            if stamp != each.stamp:
                reload_context(each.context, each.files)
                each.stamp = stamp
                _log.warning("%s is used from now on", each.files.certificate)

    async def turn(self) -> None:
        """Renew, and wait for a while."""
        await self.renew()
        await asyncio.sleep(_LOOK_S)


def _stamp(files: TlsFiles) -> Stamp:
    """Return a mark of a certificate's file, which changes when the file does."""
    found = files.certificate.stat()
    return found.st_ino, found.st_mtime_ns
