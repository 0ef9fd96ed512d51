"""The problems of limits of the grid that a DSO tells the market, each documented."""

from platone.kernel.errors import Kind, PlatoneError


class GridLimitsNotUsed(PlatoneError):
    """The market's rules of clearing know no grid, so limits of the grid would not count.

    They count where the market operator has chosen `leastCost` as `method` (setting `clearing`).
    Otherwise the DSO asks by request (`POST /api/dso/flexibilityRequest`).
    """

    slug = "grid-limits-not-used"
    title = "The market clears without limits of the grid"
    kind = Kind.CONFLICT


class GridLimitRepeated(PlatoneError):
    """An element stands twice in a quarter-hour, or a point of delivery twice in a limit."""

    slug = "grid-limit-repeated"
    title = "A limit of the grid is told twice"


class GridLimitContradictory(PlatoneError):
    """A limit cannot be kept (`least` is above `most`), or needs relief and gives no price."""

    slug = "grid-limit-contradictory"
    title = "The limit of the grid contradicts itself"
