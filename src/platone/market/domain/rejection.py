"""The reasons why an offer, or the rest of it, is not taken: `rejectionTypeP`, a closed list."""

from enum import Enum


class Rejection(Enum):
    """The reasons for not taking an offer, as they stand on the wire."""

    NO_REQUEST = "noRequest"
    """No request covers this point of delivery in this quarter-hour."""
    WRONG_DIRECTION = "wrongDirection"
    """Requests cover it, but all of them need the opposite change (or the offer has none)."""
    PRICE_ABOVE_LIMIT = "priceAboveLimit"
    """Every request that it could serve pays at most less than the offer's price."""
    NOT_NEEDED = "notNeeded"
    """Cheaper or earlier offers met the whole need."""
    PARTLY_NEEDED = "partlyNeeded"
    """Part of it was taken; the rest was not needed at this price."""
    BLOCK_DID_NOT_FIT = "blockDidNotFit"
    """At these prices it was wanted, but only in a part that its terms, or the product's
    durations, do not allow."""
    ALTERNATIVE_TAKEN = "alternativeTaken"
    """Another option of the same choice was taken."""
    ENERGY_USED_UP = "energyUsedUp"
    """The energy that the offer can move was taken in other quarter-hours."""
    REQUEST_NOT_MET = "requestNotMet"
    """The request takes a least part or nothing, and so much was not offered at its price."""
    GRID_LIMIT = "gridLimit"
    """The grid cannot take (all of) the trade: `cuts` names element and limit."""
    NOT_VALIDATED = "notValidated"
    """The DSO did not answer in time, or said no to all: nothing of the session is activated."""
    CANCELLED = "cancelled"
    """The market operator cancelled the session."""
    NOT_REGISTERED = "notRegistered"
    """At the gate the point of delivery was not registered any more, or with another aggregator."""
    NOT_QUALIFIED = "notQualified"
    """At the gate the point of delivery was not qualified any more, and the market asks for it."""
    BASELINE_MOVED = "baselineMoved"
    """From the baseline that counts, the offered total is no change that the product and the
    point's limits allow."""


REACTIVE_NOT_TRADED = "notTraded"
"""`rejectionTypeQ` of every offer of reactive power: this market trades active power."""
