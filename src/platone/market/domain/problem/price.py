"""The problems of prices in requests and offers."""

from platone.kernel.errors import PlatoneError


class NegativePrice(PlatoneError):
    """Prices here are paid by whoever requests: they are zero or more."""

    slug = "negative-price"
    title = "The price is negative"


class PriceOffTick(PlatoneError):
    """The price is no whole number of the market's ticks, or less than one of them.

    `tick` is in EUR/kWh. Where the market has set none, any price of at least a millionth, or 0,
    is taken: the ledger counts millionths.
    """

    slug = "price-off-tick"
    title = "The price is between two ticks"


class PriceOutOfBounds(PlatoneError):
    """The price is not between the market's `leastPrice` and `highestPrice`, EUR/kWh."""

    slug = "price-out-of-bounds"
    title = "The price is out of bounds"
