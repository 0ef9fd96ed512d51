"""Books of offers, written row by row."""

from collections.abc import Sequence

import numpy as np

from platone.market.domain.offer_book import OfferBook
from platone.market.domain.order_book import PodTable
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    ServiceType,
    SessionPod,
)

Row = tuple[int, int, float, float]
"""Row of the PoD, quarter-hour, change in kW, price in EUR/kWh."""


def book_of(rows: Sequence[Row], service: Sequence[int] = (), offers: int = 1) -> OfferBook:
    """A book of some rows; all of the first offer where it is not told."""
    pod, index, change_kw, price = (np.array(each) for each in zip(*rows, strict=True))
    change_kw = change_kw.astype(np.float64)
    return OfferBook(
        services=[
            RecordedService(
                player_id=f"AGG{number}",
                service_type=ServiceType.OFFER,
                player_service_id=f"offer-{number}",
                flexibility=[
                    Flexibility(pod=["P0"], power=[PowerPoint(index=0, p=0.0, p_price=0.0)])
                ],
            )
            for number in range(offers)
        ],
        service=np.array(service or [0] * len(rows), dtype=np.intp),
        pod=pod.astype(np.intp),
        index=index.astype(np.intp),
        total_kw=change_kw + 100.0,
        baseline_kw=np.full(len(rows), 100.0),
        change_kw=change_kw,
        price=price.astype(np.float64),
        reactive=np.zeros(len(rows), dtype=np.bool_),
    )


def table_of(*names: str) -> PodTable:
    """Points of delivery of 100 kW each."""
    pods = [SessionPod(pod_id=name, aggregator_id="AGG", power_baseline=[100.0]) for name in names]
    rows = {name: row for row, name in enumerate(names)}
    return PodTable(pods, rows, np.full((len(names), 100), 100.0), {})
