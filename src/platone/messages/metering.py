"""Messages between a Light Node, the access layer and the DSO over MQTT."""

from enum import Enum
from typing import Annotated

import msgspec

from platone.kernel.meter_register import MOST_DIGITS, advance, is_shown
from platone.messages.base import (
    Address,
    Hash,
    Hex,
    Identifier,
    Instant,
    ListPart,
    Message,
    PodId,
    PowerKw,
)

MAX_PAYLOAD_BYTES = 64 * 1024
"""Bytes of a signed message: a hundred readings are about 15 kB."""
MAX_READINGS = 100
"""Readings in one message: a day at quarter-hours, and a little more."""
Showing = Annotated[int, msgspec.Meta(ge=0, lt=10**MOST_DIGITS)]
"""The digits that a counter shows, without a decimal point."""


class SignedMessage(Message):
    """An envelope: exact bytes, and a device's signature over them (EIP-191).

    Attributes:
        device: Address of the signing key; it is the device's name.
        payload: JSON text of the message inside; its UTF-8 bytes are what is signed.
        signature: 65 bytes r, s, v.
    """

    device: Address
    payload: Annotated[str, msgspec.Meta(max_length=MAX_PAYLOAD_BYTES)]
    signature: Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-f]{130}$")]


class Registers(Message):
    """The showings of a meter's counters at the start and at the end of an interval.

    Attributes:
        meter_id: The meter's serial number.
        digits: Digits that its counters show, decimals among them; then they begin at zero again.
        unit_wh: Wh that a step of the last digit stands for.
        import_start: Its counter of energy withdrawn at the start.
        import_end: The same at the end.
        export_start: Its counter of energy fed in at the start.
        export_end: The same at the end.
    """

    meter_id: Identifier
    digits: Annotated[int, msgspec.Meta(ge=1, le=MOST_DIGITS)]
    unit_wh: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    import_start: Showing
    import_end: Showing
    export_start: Showing = 0
    export_end: Showing = 0

    @property
    def energy_wh(self) -> int | None:
        """Net energy withdrawn in between, Wh; None where the counters cannot show such numbers."""
        shown = self.import_start, self.import_end, self.export_start, self.export_end
        if not all(is_shown(value, self.digits) for value in shown):
            return None
        imported = advance(self.import_start, self.import_end, self.digits)
        exported = advance(self.export_start, self.export_end, self.digits)
        return (imported - exported) * self.unit_wh


class Reading(Message):
    """Energy in one interval.

    Attributes:
        pod_id: The point of delivery that the meter stands at.
        start_time: Start of the interval.
        duration_minutes: Length of the interval: 1, 3, 5, 15, 30 or 60; the first and the last of a
            meter, told with its registers, may be any part of a quarter-hour.
        energy_wh: Net energy withdrawn, Wh; negative: fed in.
        quality: "measured", "estimated" or "simulated".
        revision: Raised by one for each correction of the interval. The highest one counts; of the
            same number, what is measured counts before what is estimated.
        reactive_energy_varh: Net reactive energy withdrawn (inductive), varh; none where the meter
            does not tell it.
        registers: What the meter's counters showed, which the energy is the difference of; none
            where the meter tells energies itself, or the energy is an estimate.
    """

    pod_id: PodId
    start_time: Instant
    duration_minutes: Annotated[int, msgspec.Meta(ge=1, le=60)]
    energy_wh: Annotated[int, msgspec.Meta(ge=-(10**13), le=10**13)]
    quality: Annotated[str, msgspec.Meta(pattern="^(measured|estimated|simulated)$")] = "measured"
    revision: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    reactive_energy_varh: Annotated[int, msgspec.Meta(ge=-(10**13), le=10**13)] | None = None
    registers: Registers | None = None


class ReadingBatch(Message):
    """The readings of a Light Node since its last message, which it signs together.

    Attributes:
        device: The node's address.
        sequence: Strictly increasing; names the message together with the device.
        sent_at: When the node made it.
        readings: The readings.
    """

    device: Address
    sequence: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    sent_at: Instant
    readings: Annotated[list[Reading], msgspec.Meta(min_length=1, max_length=MAX_READINGS)]


class Receipt(Message):
    """A signed word of the access layer that a message is durably stored, or why it is refused.

    Attributes:
        device: Whose message.
        sequence: Which message.
        message_hash: SHA-256 of the payload's bytes.
        status: "stored", "refused" for good, or "tryLater" where it may be taken later.
        reason: The problem's slug, where it is not stored.
        issued_at: When it was issued.
    """

    device: Address
    sequence: int
    message_hash: Hash
    status: Annotated[str, msgspec.Meta(pattern="^(stored|refused|tryLater)$")]
    reason: str | None = None
    issued_at: Instant


class SetpointCommand(Message):
    """A setpoint on its way from the DSO to a Light Node.

    Attributes:
        setpoint_id: Its identifier.
        device: The node.
        pod_id: The point of delivery.
        start_time: Start of the interval.
        duration_minutes: Length of the interval.
        power_kw: Total active power to hold, kW, load convention; none where only reactive power
            was sold.
        power_kvar: Total reactive power to hold, kvar, positive withdrawn (inductive); where none
            is told, it goes with the active power.
    """

    setpoint_id: Identifier
    device: Address
    pod_id: PodId
    start_time: Instant
    duration_minutes: Annotated[int, msgspec.Meta(ge=1, le=60)]
    power_kw: PowerKw | None = None
    power_kvar: PowerKw | None = None


class SetpointAcknowledgement(Message):
    """A Light Node's signed word that its energy management system has taken a setpoint."""

    setpoint_id: Identifier
    device: Address
    status: Annotated[str, msgspec.Meta(pattern="^(accepted|refused)$")]
    detail: str | None = None
    acknowledged_at: Instant


class DeviceEnrolment(Message):
    """A request to enrol a Light Node at a point of delivery.

    Attributes:
        device: The node's address (the key that signs its readings).
        pod_id: The point of delivery it meters.
        csr: PEM certificate signing request for its TLS key, common name = device.
    """

    device: Address
    pod_id: PodId
    csr: Annotated[str, msgspec.Meta(max_length=8192)]


class DeviceCredentials(Message):
    """The credentials that an enrolled Light Node needs to connect.

    Attributes:
        device: The node's address.
        pod_id: The point of delivery it meters.
        certificate: PEM, signed by the CA.
        ca: PEM of the CA.
        host: MQTT broker's host.
        port: MQTT broker's TLS port.
        receipt_signer: Address of the access layer's key, which signs receipts.
    """

    device: Address
    pod_id: PodId
    certificate: str
    ca: str
    host: str
    port: int
    receipt_signer: Address


class DeviceHealth(Enum):
    """The states of a device's health: revoked, refused, neverHeard, silent, or well.

    The first of these that holds is told.
    """

    REVOKED = "revoked"
    """Its enrolment was revoked."""
    REFUSED = "refused"
    """The newest message of it was refused."""
    NEVER_HEARD = "neverHeard"
    """It is enrolled, and no message of it came yet."""
    SILENT = "silent"
    """No message of it was stored for two hours of the market's time."""
    WELL = "well"
    """Its messages come and are stored."""


class EnrolledDevice(Message):
    """A Light Node and the point of delivery that it meters.

    Attributes:
        device: The node's address.
        pod_id: The point of delivery that it meters.
        status: "active", or "revoked": no more of its readings are taken.
        public_key_transaction: The transaction that put its key into the chain's register.
        health: How it is, in a word.
        last_message_at: When its newest stored message came, by the market's clock.
        refused_messages: How many messages of it are refused, and neither taken since nor closed.
        last_refused_at: When the newest of these came first.
        last_refusal: Why it was refused; see /problems/{lastRefusal}.
        certificate_ends_at: Until when it can connect, in real time, without a new certificate.
    """

    device: Address
    pod_id: PodId
    status: str
    public_key_transaction: Hex | None = None
    health: DeviceHealth | None = None
    last_message_at: Instant | None = None
    refused_messages: int = 0
    last_refused_at: Instant | None = None
    last_refusal: str | None = None
    certificate_ends_at: Instant | None = None


class EnrolledDevices(ListPart):
    """The enrolled devices that the caller may see.

    Attributes:
        devices: Those in this part of the list.
    """

    devices: list[EnrolledDevice]


class TokenHolder(Message):
    """A caller whose token asks for something that lasts longer than the token.

    Attributes:
        client_id: The client that the token was given to.
        sign_in_id: Which of a person's sign-ins it is of; empty where that is not told.
        issued_s: When it was given, s since 1970; 0 where that is not told.
    """

    client_id: str
    sign_in_id: str
    issued_s: float


class CertificateRequest(Message):
    """A request to sign a certificate for a transport identity (MQTT, Kafka).

    Attributes:
        csr: PEM certificate signing request.
        common_name: The identity that the certificate shall name; must be the request's own.
        asked_by: Who has asked for it, where that is another than the caller: it has to be there
            still.
    """

    csr: Annotated[str, msgspec.Meta(max_length=8192)]
    common_name: Identifier
    asked_by: TokenHolder | None = None


class IssuedCertificate(Message):
    """A signed certificate and the CA it chains to, both PEM.

    Attributes:
        certificate: PEM of the certificate.
        ca: PEM of the authority that signed it.
    """

    certificate: str
    ca: str
