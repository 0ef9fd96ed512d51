"""Failing storage: which errors say that nothing can be written now, and what callers are told."""

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError

from platone.kernel.errors import Kind, PlatoneError

_FAILING = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE}
)
"""Codes of a full, failing or read-only disk, and of too many open files."""
_WORDS = ("disk", "unable to open database", "readonly database", "database is locked")
"""Words by which SQLite's operational errors tell the same; others are faults of a statement."""


class StorageUnavailable(PlatoneError):
    """The server cannot write to its storage now: the disk is full, failing or read-only.

    Nothing of the call was stored, and nothing was acknowledged. The same call works as soon as
    the storage does; the server need not be started again.
    """

    slug = "storage-unavailable"
    title = "The storage cannot be written to"
    kind = Kind.UNAVAILABLE


def storage_failure(error: BaseException) -> StorageUnavailable | None:
    """Return the problem that an error of the disk or the database stands for; None for others."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.OperationalError):
        is_failing = any(word in str(cause) for word in _WORDS)
    else:
        is_failing = isinstance(cause, OSError) and cause.errno in _FAILING
    return StorageUnavailable(f"Nothing was stored: {_reason(cause)}.") if is_failing else None


def _reason(cause: BaseException | None) -> str:
    """Return the reason without a path: whoever calls need not know the server's folders."""
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return reason.rstrip(".").lower()
