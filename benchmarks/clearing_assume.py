"""Clearing a session, side by side with the pay-as-clear of the research tool ASSUME.

ASSUME is under the AGPL, so it never stands in an environment of the product's or its tests':
`make bench-assume` makes one for it, and this part is left out where that is not there.
"""

import json
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Any, Self

from benchmarks.clearing import day_session
from benchmarks.harness import NotThere, Row
from platone.market.domain.clearing import ClearedSession, clear_to_store
from platone.market.domain.offer_book import book_offers
from platone.market.domain.order_book import list_asks, tabulate
from platone.messages.market import RecordedSession

_HOME = Path("out/bench/assume")
_PACKAGE = "assume-framework==0.6.0"
_SIZES = ((1_000, 41), (10_000, 15), (100_000, 3))
_SIDES = ("less", "more")


def _orders(recorded: RecordedSession) -> list[tuple[int, str, float, float]]:
    """Return offers and requests as ASSUME's orders: index, side, volume, price."""
    table = tabulate(recorded.pods)
    book = book_offers(recorded, table)
    offers = zip(book.index.tolist(), book.change_kw.tolist(), book.price.tolist(), strict=True)
    supply = [(index, _SIDES[kw > 0], abs(kw), price) for index, kw, price in offers]
    demand = [
        (ask.index, _SIDES[ask.need_kw > 0], -abs(ask.need_kw), ask.limit)
        for ask in list_asks(recorded, table)
    ]
    return supply + demand


def _prices(cleared: ClearedSession) -> dict[tuple[int, str], float]:
    """Return the price of each quarter-hour and side, as our outcome tells it."""
    return {
        (power.index, _SIDES[power.accepted_p_change > 0]): power.accepted_p_price or 0.0
        for pod in cleared.outcome.flexibility
        for power in pod.power
        if power.accepted_p_change is not None
    }


class _Other:
    """ASSUME in its own environment, asked over its standard input."""

    def __init__(self, books: dict[int, list[tuple[int, str, float, float]]]) -> None:
        python = _HOME / "bin" / "python"
        if not python.exists():
            raise NotThere(f"{_PACKAGE} has no environment here; `make bench-assume` makes one.")
        program = Path(__file__).resolve().with_name("assume_program.py")
        self._process = subprocess.Popen(  # noqa: S603 - a program of this folder
            [str(python.absolute()), "-P", str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_HOME,  # it writes a log where it runs
        )
        self._send(json.dumps(books))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def clear(self, size: int) -> dict[str, Any]:
        """Have a book cleared; its processor time and its prices."""
        self._send(str(size))
        assert self._process.stdout is not None
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told


def _row(size: int, runs: int, recorded: RecordedSession, other: _Other) -> Row:
    expected = {(index, side): price for index, side, price in other.clear(size)["prices"]}
    assert _prices(clear_to_store(recorded)) == expected, "the two clear to other prices"
    ours_s, others_s = [], []
    for _ in range(runs):
        began_s = time.process_time()
        clear_to_store(recorded)
        ours_s.append(time.process_time() - began_s)
        others_s.append(other.clear(size)["seconds"])
    return Row(
        f"clearing: {size:,} offers, processor time",
        statistics.median(ours_s) * 1e3,
        "ms",
        "ASSUME pay_as_clear",
        statistics.median(others_s) * 1e3,
        f"{_PACKAGE}; the same prices; its prices alone, our reasons and hashes included",
    )


def measure() -> list[Row]:
    """Medians of processor times of clearings that take turns, after their prices are compared."""
    sessions = {size: day_session(size) for size, _ in _SIZES}
    with _Other({size: _orders(recorded) for size, recorded in sessions.items()}) as other:
        return [_row(size, runs, sessions[size], other) for size, runs in _SIZES]


def main() -> int:
    """Make the environment, as was asked for by calling this."""
    if not (_HOME / "bin" / "python").exists():
        venv.create(_HOME, with_pip=True)
    install = [str(_HOME / "bin" / "python"), "-m", "pip", "install", "-q", _PACKAGE]
    return subprocess.run(install, check=False).returncode  # noqa: S603 - words of this file


if __name__ == "__main__":
    sys.exit(main())
