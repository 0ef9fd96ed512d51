"""A household's own data as files: what it may read by REST, just as REST gives it."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from urllib.parse import quote

from platone.dashboard.domain.problem import FieldWrong
from platone.kernel.market_time import MarketDay

_MONTHS = 12
"""Months of a year."""
_EARLIEST, _LATEST = 2000, 2200
"""Years of which data may be asked for: outside of them there are no readings."""
_YEAR = re.compile(r"[0-9]{4}")

OwnFile = tuple[str, str, dict[str, str]]
"""The name of a file, the route that it comes from, and what that is asked."""

_WHOLE = {
    "points-of-delivery": "/api/scd/pods",
    "contract": "/api/aggregator/pods",
    "equipment": "/api/aggregator/assets",
    "payments": "/api/aggregator/remuneration",
    "agreements": "/api/contracts/agreements",
    "agreement-proposals": "/api/contracts/agreementProposals",
    "accounts": "/api/books/accounts",
    "invoices": "/api/books/invoices",
    "disputes": "/api/settlementDispute",
    "notices": "/api/scd/notices",
    "sign-ins": "/api/identity/signIns",
    "passkeys": "/api/identity/passkeys",
}
"""The routes that are read as a whole, by the names of their files."""
_SERIES = {
    "readings": "/api/scd/measurements",
    "expected": "/api/scd/baselines",
    "setpoints": "/api/scd/setpoints",
    "sold": "/api/scd/outcomes",
}
"""The routes that are read month by month, likewise."""


def year_typed(text: str) -> int:
    """Return a year that is typed.

    Raises:
        FieldWrong: It is none.
    """
    if not (_YEAR.fullmatch(text) and _EARLIEST <= int(text) <= _LATEST):
        raise FieldWrong(f"{text[:20]!r} is no year from {_EARLIEST} to {_LATEST}.", field="year")
    return int(text)


def own_files(pods: Iterable[str], year: int, zone: str) -> Iterator[OwnFile]:
    """Yield the files of a household's own data, with what happened in a year."""
    for name, path in _WHOLE.items():
        yield f"{name}.json", path, {}
    for month in range(1, _MONTHS + 1):
        path = f"/api/books/statements/{year}-{month:02}"
        yield f"statement-{year}-{month:02}.json", path, {}
    for pod in pods:
        yield f"{_safe(pod)}/wallet.json", f"/api/contracts/wallets/{quote(pod, safe='')}", {}
        for month in range(1, _MONTHS + 1):
            after = date(year + month // _MONTHS, month % _MONTHS + 1, 1)
            span = {
                "from": MarketDay(date(year, month, 1), zone).start.isoformat(),
                "to": MarketDay(after, zone).start.isoformat(),
            }
            for name, path in _SERIES.items():
                asked = span | {"podId": pod}
                yield f"{_safe(pod)}/{name}-{year}-{month:02}.json", path, asked


def _safe(pod: str) -> str:
    """Return a point of delivery as the name of a folder: it is one name, and leads nowhere."""
    return "".join(each if each.isalnum() or each in "-_" else "-" for each in pod)
