"""ASSUME's pay-as-clear, run in an environment of its own; started by `benchmarks.clearing_assume`.

The first line of standard input is the order book of each size: index, side, volume (negative: a
demand), price. Every further line is a size, and is answered with the processor time of a clearing,
s, and its prices by index and side.
"""

import importlib
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

_START = datetime(2021, 6, 22, 22, tzinfo=UTC)
_QUARTER_HOUR = timedelta(minutes=15)


def _product(index: int, side: str) -> tuple[datetime, datetime, str]:
    start = _START + index * _QUARTER_HOUR
    return start, start + _QUARTER_HOUR, side


def _order(index: int, side: str, volume: float, price: float) -> dict[str, Any]:
    start, end, only = _product(index, side)
    return {
        "start_time": start,
        "end_time": end,
        "only_hours": only,
        "volume": volume,
        "price": price,
    }


def main() -> None:
    """Clear order books on request."""
    simple = importlib.import_module("assume.markets.clearing_algorithms.simple")
    role = object.__new__(simple.PayAsClearRole)  # its clearing alone, without agents around it
    books = json.loads(sys.stdin.readline())
    for line in sys.stdin:
        listed = books[line.strip()]
        orders = [_order(*each) for each in listed]
        products = {_product(index, side): (index, side) for index, side, *_ in listed}
        began_s = time.process_time()
        told = role.clear(orders, set(products))
        took_s = time.process_time() - began_s
        prices = [
            [*products[each["product_start"], each["product_end"], each["only_hours"]], price]
            for each in told[2]
            if (price := each["max_price"])
        ]
        print(json.dumps({"seconds": took_s, "prices": prices}), flush=True)


if __name__ == "__main__":
    main()
