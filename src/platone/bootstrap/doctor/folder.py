"""A look at a data folder: its files, its databases, its disk, its certificates and the clock."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from platone.bootstrap.certificate_end import certificate_files
from platone.bootstrap.doctor.finding import Finding, fault, ok, warning
from platone.bootstrap.founded import check_founded
from platone.bootstrap.machine_clock import ClockSetBack, check_machine_clock, latest_seen
from platone.bootstrap.problem import RecordsMissing

_OTHERS = 0o077
"""Bits of a file's mode that give group or others any right."""
_SECRETS = (
    "credentials.json",
    "metrics-token",
    "identity.db",
    "identity/*key*",
    "tls/*key*",
    "access/receipt-key",
    "customers/push-key",
    "ledger/keys/*",
)
"""Patterns of the files that hold keys or secrets."""
_FREE_SHARE = 0.1
"""Share of a disk that should be free: SQLite writes a database anew when it is compacted."""
_FREE_BYTES = 100_000_000
"""Free space below which a server stops taking messages soon, bytes: some thousand blocks."""
_SOON = timedelta(days=30)
"""Rest of a certificate's life at which the server should have renewed it."""


def look_at_folder(folder: Path, now: datetime) -> Iterator[Finding]:
    """Yield what is found in a data folder; a server may run on it."""
    yield from _records(folder)
    yield from _rights(folder)
    yield from _databases(folder)
    yield _disk(folder)
    yield from _certificates(folder, now)
    yield _clock(folder, now)


def _records(folder: Path) -> Iterator[Finding]:
    try:
        check_founded(folder)
    except RecordsMissing as error:
        yield fault("records", error.detail, "Restore the folder from a backup.")
    else:
        yield ok("records", "every file that the folder has had is there")


def _rights(folder: Path) -> Iterator[Finding]:
    paths = [folder, *(file for each in _SECRETS for file in sorted(folder.glob(each)))]
    open_ = [each for each in paths if each.stat().st_mode & _OTHERS]
    for each in open_:
        mode = "700" if each.is_dir() else "600"
        text = f"{each} can be read by others than its owner"
        yield fault("file rights", text, f"chmod {mode} {each}")
    if not open_:
        yield ok("file rights", "only their owner reads the keys and secrets")


def _databases(folder: Path) -> Iterator[Finding]:
    files = sorted([*folder.glob("*.db"), *folder.glob("*/*.db")])
    sound = 0
    for file in files:
        try:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as opened:
                found = opened.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.Error as error:
            found = str(error)
        if found == "ok":
            sound += 1
        else:
            advice = "Stop the server, keep the folder, and restore the newest backup."
            yield fault("databases", f"{file} is damaged: {found}", advice)
    if sound == len(files):
        yield ok("databases", f"{sound} databases are sound")


def _disk(folder: Path) -> Finding:
    disk = os.statvfs(folder)
    free, size = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
    text = f"{free / 1e9:.1f} GB of {size / 1e9:.1f} GB are free"
    if free < _FREE_BYTES:
        return fault("disk", text, "Free space now: new messages are refused.")
    if free < _FREE_SHARE * size:
        return warning("disk", text, "Free space, or enlarge the disk.")
    return ok("disk", text)


def _certificates(folder: Path, now: datetime) -> Iterator[Finding]:
    for name, file in certificate_files(folder).items():
        about = f"certificate {name}"
        try:
            found = x509.load_pem_x509_certificate(file.read_bytes())
        except (OSError, ValueError) as error:
            yield fault(about, f"{file} cannot be read: {error}", "Remove it, and restart.")
            continue
        end = found.not_valid_after_utc
        text = f"ends {end:%Y-%m-%d}, in {(end - now).days} days"
        if now > end:
            yield fault(about, f"ended {end:%Y-%m-%d}", "Restart the server: it makes a new one.")
        elif now < found.not_valid_before_utc:
            text = f"begins only {found.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
            yield fault(about, text, "Set the machine's clock right.")
        elif end - now < _SOON:
            yield warning(about, text, "It should have been renewed: see the log, and restart.")
        else:
            yield ok(about, text)


def _clock(folder: Path, now: datetime) -> Finding:
    try:
        check_machine_clock(latest_seen(folder), now)
    except ClockSetBack as error:
        advice = "Set the clock right; if the later instant was wrong, write the right one into "
        return fault("clock", error.detail, f"{advice}{folder / 'machine-clock'}.")
    return ok("clock", f"shows {now:%Y-%m-%d %H:%M:%S} UTC, after all that the server has seen")
