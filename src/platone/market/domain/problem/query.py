"""The problems of who reads the market."""

from platone.kernel.errors import Kind, PlatoneError


class TopicNotYours(PlatoneError):
    """A participant reads its own topics only."""

    slug = "topic-not-yours"
    title = "The topic is another party's"
    kind = Kind.FORBIDDEN


class MarketQueryMalformed(PlatoneError):
    """A parameter of the address cannot be read: `parameter` names it.

    Instants are ISO-8601 with a zone, such as 2021-06-22T22:00:00Z (in an address `+` is
    written %2B).
    """

    slug = "market-query-malformed"
    title = "A parameter of the address is malformed"
