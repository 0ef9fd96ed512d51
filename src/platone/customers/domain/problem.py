"""Problems that the Shared Customer Database tells."""

from platone.kernel.errors import DuplicateIdentifier, Kind, PlatoneError


class UnknownPod(PlatoneError):
    """No point of delivery is registered by this identifier.

    Its aggregator registers it with `POST /api/scd/pods`.
    """

    slug = "pod-not-registered"
    title = "The point of delivery is not registered"
    kind = Kind.NOT_FOUND

    def __init__(self, pod_id: str) -> None:
        super().__init__(f"{pod_id} is not registered.", podId=pod_id)


class PodEnded(PlatoneError):
    """The point of delivery's registration has ended: nothing after its end is taken.

    What happened before stays readable. An aggregator can activate it anew.
    """

    slug = "pod-ended"
    title = "The point of delivery's registration has ended"
    kind = Kind.CONFLICT


class StartNotAligned(PlatoneError):
    """A start is not on the grid of the series.

    Baselines start on a whole quarter-hour, measurements and setpoints on a whole minute.
    """

    slug = "start-not-aligned"
    title = "The start is not on the grid"


class WrongSlotCount(PlatoneError):
    """A whole market day has 92, 96 or 100 quarter-hours; this series has another number.

    On the days of the change of clocks a day is an hour shorter or longer. A series that starts
    at local midnight and has 90 to 102 values is taken for a whole day; `expected` says how many
    values that day has.
    """

    slug = "wrong-slot-count"
    title = "The market day has another number of quarter-hours"


class SeriesTooLate(PlatoneError):
    """A series or an interval reaches beyond the year 2099."""

    slug = "series-too-late"
    title = "The series reaches too far into the future"


class NumberTooLarge(PlatoneError):
    """A number is larger than can be kept (63 bits)."""

    slug = "number-too-large"
    title = "The number is too large"


class MeasurementDiffers(DuplicateIdentifier):
    """This interval of the point of delivery was measured before, with other content.

    A later one counts only if it corrects: a higher `revision`, or measured where the earlier one
    was an estimate. All versions are kept. The same measurement sent again is no error.
    """

    slug = "measurement-differs"
    title = "The interval was measured before with other content"


class MeasurementOverlaps(PlatoneError):
    """The interval overlaps one that was measured before: `detail` names both.

    Intervals of up to 15 minutes lie over each other only where the later one corrects: a higher
    `revision`, or measured where the earlier one was an estimate.
    """

    slug = "measurement-overlaps"
    title = "The interval overlaps one that was measured before"
    kind = Kind.CONFLICT


class QueryMalformed(PlatoneError):
    """A query parameter cannot be read: `parameter` names it.

    `from` and `to` are ISO-8601 instants with a zone, such as 2021-06-23T00:00:00Z, `from`
    before `to`; in an address a `+` is written %2B.
    """

    slug = "query-malformed"
    title = "A query parameter cannot be read"


class AnswerTooLarge(PlatoneError):
    """More records match than one answer holds. Narrow `from` and `to`, or name fewer `podId`."""

    slug = "answer-too-large"
    title = "The answer would be too large"
    kind = Kind.TOO_LARGE


class NothingToErase(PlatoneError):
    """Nothing is registered for this person: all was erased before, or there was nothing."""

    slug = "nothing-to-erase"
    title = "There is nothing to erase"
    kind = Kind.NOT_FOUND


class ErasureUnknown(PlatoneError):
    """There is no erasure of this identifier. The answer to the request has named it."""

    slug = "erasure-unknown"
    title = "There is no such erasure"
    kind = Kind.NOT_FOUND


class NoticesUnknown(PlatoneError):
    """The caller has no browser of this name. `GET /api/scd/notices` lists those that it has."""

    slug = "notices-unknown"
    title = "There is no such browser"
    kind = Kind.NOT_FOUND


class KeysMalformed(PlatoneError):
    """The browser cannot be sent notices: its address may not be called, or its keys are none.

    Only https addresses of public hosts are called, as with participants' endpoints.
    """

    slug = "notice-endpoint-invalid"
    title = "This browser cannot be told"
