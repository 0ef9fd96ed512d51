"""Problems that the DSO platform tells."""

from platone.kernel.errors import Kind, PlatoneError


class NetworkMissing(PlatoneError):
    """The DSO has stored no network yet, so nothing can be calculated.

    Store one with `PUT /api/dso/networks/{id}`; then the same call works.
    """

    slug = "network-missing"
    title = "No network is stored"
    kind = Kind.UNAVAILABLE


class UnknownNetwork(PlatoneError):
    """No network is stored under this identifier and version."""

    slug = "unknown-network"
    title = "There is no such network"
    kind = Kind.NOT_FOUND


class NetworkIdentityMismatch(PlatoneError):
    """The network file names another identifier than the path that it was sent to."""

    slug = "network-identity-mismatch"
    title = "The file is another network's"


class NetworkVersionMissing(PlatoneError):
    """Neither the network file nor the call says which version of the network it is.

    Versions tell later calculations which network they were made on: add `?version=…`.
    """

    slug = "network-version-missing"
    title = "The network has no version"


class SuppositionInvalid(PlatoneError):
    """Something is supposed of a point of delivery or quarter-hour that is not there.

    `detail` names them: the network in force must hold the PoD, and the day the quarter-hour.
    """

    slug = "supposition-invalid"
    title = "The supposition is about something that is not there"


class PodDataMissing(PlatoneError):
    """The Shared Customer Database does not hold what the power flow needs.

    `withoutBaseline` names registered points of delivery with neither a baseline for every
    quarter-hour of the market day nor typical days. Nothing is guessed: when their aggregators have
    sent it, or profiles were made of their metering, the same call works. `notRegistered` names
    those of the network at which nobody is registered, or not any more: they alone hold up a
    calculation only where that is so of all; else they count as taking nothing, and its remarks
    name them. An outcome waits for neither: what they sold is cut by name (`dataMissing`), and the
    rest is judged as if they took nothing.
    """

    slug = "pod-data-missing"
    title = "Data of points of delivery are missing"
    kind = Kind.UNAVAILABLE


class DeliveryStartInvalid(PlatoneError):
    """No session of this kind starts its delivery at this instant.

    A day-ahead session starts at local midnight, a real-time session at 0, 4, 8, 12, 16 or 20
    hours on the market zone's clocks.
    """

    slug = "delivery-start-invalid"
    title = "No session starts then"


class UnknownRun(PlatoneError):
    """No power flow of this kind has been calculated for this market day yet."""

    slug = "unknown-grid-run"
    title = "There is no such calculation"
    kind = Kind.NOT_FOUND


class UnknownMarketOutcome(PlatoneError):
    """The DSO has validated no market outcome of this identifier."""

    slug = "unknown-validation"
    title = "There is no such validated outcome"
    kind = Kind.NOT_FOUND


class OutcomeNotFinal(PlatoneError):
    """The market has not told the DSO yet what of this outcome is activated.

    It tells it when the DSO has answered, when an operator has decided, or when the time for the
    answer is over; setpoints are taken from then on, and the other ones of the same call are taken
    already. The same call may work in a moment, until the setpoint's quarter-hour is over.
    """

    slug = "outcome-not-final"
    title = "The outcome is not final yet"
    kind = Kind.UNAVAILABLE


class SetpointWithoutTrade(PlatoneError):
    """The setpoint belongs to no activated trade of its sender.

    Its `marketOutcome`, `podId` and quarter-hour must be those of a trade of a final outcome that
    the sender sold; others' trades are not told apart from none. Where somebody decided in place of
    the DSO, the detail says who and why.
    """

    slug = "setpoint-without-trade"
    title = "The setpoint belongs to no activated trade"
    kind = Kind.CONFLICT


class SetpointBeyondLimit(PlatoneError):
    """The setpoint is not the total that was activated: that of the final outcome."""

    slug = "setpoint-beyond-limit"
    title = "The setpoint is not what was activated"
    kind = Kind.CONFLICT


class AlignmentClosed(PlatoneError):
    """The alignment with the operational system is not open.

    Another handshake came after it, or another version of the network is in force. Shake hands
    again with `POST /api/dso/alignment`; if the versions differ, send the network first.
    """

    slug = "alignment-closed"
    title = "The alignment is closed"
    kind = Kind.CONFLICT


class EventGap(PlatoneError):
    """Events of the operational system are missing before these; nothing of them was stored.

    `expected` is the number that comes next: send from there on, or shake hands again.
    """

    slug = "event-gap"
    title = "Events are missing"
    kind = Kind.CONFLICT


class UnknownEstimation(PlatoneError):
    """No state estimation is stored under this identifier, or none at all yet."""

    slug = "unknown-estimation"
    title = "There is no such state estimation"
    kind = Kind.NOT_FOUND


class PhasorInFuture(PlatoneError):
    """The instant of a phasor message is more than ten seconds ahead of the platform's clock.

    Taken in, it would count as the device's newest value until that time comes. Send the same again
    then, and it is taken; if it comes again and again, check the device's clock, and the server's.
    """

    slug = "phasor-in-future"
    title = "The phasors are from the future"
    kind = Kind.TOO_EARLY


class DatabusFull(PlatoneError):
    """So much waits for the databus in Kafka that no more is taken: Kafka has been away for long.

    What comes meanwhile is lost, and counted (`platone_databus_lost_total`). Bring Kafka back.
    """

    slug = "databus-full"
    title = "Too much waits for the databus"
    kind = Kind.UNAVAILABLE


class PhasorDeviceUnknown(PlatoneError):
    """Nothing has come from a phasor measurement unit of this name, nor is one configured."""

    slug = "phasor-device-unknown"
    title = "There is no such phasor measurement unit"
    kind = Kind.NOT_FOUND
