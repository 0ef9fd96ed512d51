"""Certificates that are renewed while a server runs: open connections go on, new ones see the new.

::

    near its end? ──► a new one in the file ──► HTTPS and broker read it again
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from platone.infra.mqtt.tls import TlsFiles

_log = logging.getLogger(__name__)
_LOOK_S = 60.0
"""Pause between two looks, s: a certificate is renewed a month before its end, or put there by a
person who wants to see it used."""

Stamp = tuple[int, int]


@dataclass(slots=True)
class _Followed:
    """Files that are in use, how their certificate was marked, and what has them read again."""

    files: TlsFiles
    read_again: Callable[[], None]
    stamp: Stamp


class CertificateKeeper:
    """Renews a server's certificates, and has who uses them read them again.

    Args:
        renew: Makes those anew that are near their end.
    """

    def __init__(self, renew: Callable[[], Awaitable[None]]) -> None:
        self._renew = renew
        self._followed: list[_Followed] = []

    def follow(self, files: TlsFiles, read_again: Callable[[], None]) -> None:
        """Have files read again by who uses them, whenever their certificate is another one."""
        self._followed.append(_Followed(files, read_again, _stamp(files)))

    async def renew(self) -> None:
        """Renew what is near its end, and have read what has changed."""
        await self._renew()
        for each in self._followed:
            stamp = _stamp(each.files)
            if stamp != each.stamp:
                each.read_again()
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
