"""The decision of a clearing, in columns: trades, what is left, and reasons."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platone.market.domain.order_book import Kilowatts, Rows
from platone.market.domain.rejection import Rejection

DUST_KW = 1e-9
"""A millionth of a watt: less than this is rounding, and no volume."""
LEAST_TRADE_KW = 0.001
"""A watt: no part of an offer below it is sold, so that a milliwatt sets no price. Meters count
whole watt-hours, and one in a quarter-hour is 4 W."""

REASONS = (
    Rejection.NOT_NEEDED,
    Rejection.PRICE_ABOVE_LIMIT,
    Rejection.WRONG_DIRECTION,
    Rejection.NO_REQUEST,
    Rejection.GRID_LIMIT,
    Rejection.BLOCK_DID_NOT_FIT,
    Rejection.ALTERNATIVE_TAKEN,
    Rejection.ENERGY_USED_UP,
    Rejection.REQUEST_NOT_MET,
)
"""The reasons by their number in a decision."""
NOT_NEEDED, PRICE_ABOVE_LIMIT, WRONG_DIRECTION, NO_REQUEST, GRID_LIMIT = range(5)
BLOCK_DID_NOT_FIT, ALTERNATIVE_TAKEN, ENERGY_USED_UP, REQUEST_NOT_MET = range(5, len(REASONS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The trades of a session, in columns, and what becomes of the rest.

    Attributes:
        order: Rows of the book in merit order; all places below are places in it.
        left_kw: The unsold part of each offer, without a sign, shape (offers,).
        reason: Number in ``REASONS`` of why an offer is not taken, if it is not, shape (offers,).
        place: Place of the offer of each trade, by quarter-hour, direction, then in the order of
            serving, shape (trades,).
        volume_kw: Its change from the baseline, without a sign, shape (trades,).
        price: EUR/kWh, shape (trades,).
        buyer: Numbers of those who buy, in that order, shape (purchases,).
        trades: How many trades each of them has, shape (purchases,).
    """

    order: Rows
    left_kw: Kilowatts
    reason: NDArray[np.int8]
    place: Rows
    volume_kw: Kilowatts
    price: Kilowatts
    buyer: Rows
    trades: Rows
