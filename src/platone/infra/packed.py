"""Columns whose texts and documents are kept packed: a half to a twentieth of their length.

Records that are only ever read whole are mostly names of fields, which repeat from row to row. A
packed value is a mark and a raw DEFLATE stream (RFC 1951) that begins with a vocabulary at hand; a
value that packing does not shorten is kept as it is. What was stored before there was packing is
read as it is, too: no text and no JSON begins with the mark.
"""

import zlib

import msgspec
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

_MARK = b"\x01"
"""The first byte of a packed value. It names form and vocabulary: others get another mark."""
_LEVEL = 6
"""Effort of packing: 9 takes three times as long for a hundredth less."""
_RAW, _MEMORY = -13, 7
"""A stream without header and sum, of a window of 8 kB; and memory for its tables. Larger ones take
twice as long to lay out, and shorten a document of megabytes by a hundredth."""
_SHORTEST = 48
"""Bytes from which packing is tried: below, a row's other columns are longer anyway."""

_VOCABULARY = (
    b'"powerBaselineCurves":null,"wallet":null}"content":"salt":"0x"kind":"readingvalidatedOutcome-'
    b'"acceptedPValue":"acceptedPChange":"acceptedPPrice":0.05,"acceptedP":"OK","index":72},{"index":'
    b'"playerOfferId":"playerRequestId":"playerServiceId":"requestServiceId":"marketType":"dayAhead",'
    b'"session":"status":"closed","statusCode":"paid","pPrice":0.05},{"index":"power":[{"index":'
    b'"flexibility":[{"pod":["duration":24,"interval":15,"marketOutcome":"settlementId":"outputHash":"'
    b'{"lineId":".0","delivered":,"paid":0000000,"penalty":0,"customerTokens":0000000,'
    b'"aggregatorTokens":0000000,"owed":0,"relieved":0,"problem":null,"customerSharePpm":800000,'
    b'"penaltyPrice":0,"leastDeliveryPpm":0,"fullDeliveryPpm":0,"agreementId":"0x'
    b'{"energy":000,"certification_id":"reading:0x","readings":[{"podId":"IT001E","startTime":"2026-'
    b'T22:00:00Z","durationMinutes":15,"energyWh":1,"quality":"measured","device":"0x","sequence":'
    b'"certificationId":"reading:0x","certificationHash":"receivedAt":"T22:01:00Z","revision":0,'
    b'"reactiveEnergyVarh":null,"version":1,"meterId":null}],"quality":"measured","others":[],'
    b'"baseline":{"method":"aggregator","energy":,"declaredP":,"days":[],"interpolated":false'
    b'{"line_id":".0","outcome_id":"pod":"IT001E","index":,"starts":"2026-","window_start":"2026-'
    b'"rank":0,"baseline_kw":,"total_kw":,"change_kw":-1.0,"price":0.05,"request_player_id":"DSO",'
    b'"offer_player_id":"reactive":false}"number":{"agreementId":"0x","customerSharePpm":800000,"line":'
    b'{"aggregatorId":"baseline":,"lineId":".0","measured":,"ordered":-000,"pod":"IT001E","price":'
    b'"readings":["reading:0x"],"requesterId":"DSO","corrects":null,"interpolated":false,'
    b'"startTime":"T16:00:00Z","tradedAt":"T13:30:00Z","reactive":false}"penaltyPrice":0,'
    b'{"device":"0x","payload":"{\\"device\\":\\"0x\\",\\"sequence\\":,\\"sentAt\\":\\"2026-'
    b'T01:01:00Z\\",\\"readings\\":[{\\"podId\\":\\"IT001E\\",\\"startTime\\":\\"2026-T22:00:00Z\\",'
    b'\\"durationMinutes\\":15,\\"energyWh\\":1,\\"quality\\":\\"measured\\",\\"revision\\":0,'
    b'\\"reactiveEnergyVarh\\":null,\\"registers\\":null}]}","signature":"0x'
)
"""The pieces that texts of messages are made of, the most frequent last: a stream refers back to
them. They are part of the form: values that were packed by them are read by them for good."""


def pack(value: bytes) -> bytes:
    """Return a value as it is stored: packed where that is shorter."""
    if len(value) < _SHORTEST and not value.startswith(_MARK):
        return value
    stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, _MEMORY, zdict=_VOCABULARY)
    packed = _MARK + stream.compress(value) + stream.flush()
    return packed if len(packed) < len(value) or value.startswith(_MARK) else value


def packed_json(message: object) -> bytes:
    """Return a message as it is stored: as JSON, packed."""
    return pack(msgspec.json.encode(message))


def unpack(stored: bytes) -> bytes:
    """Return a value of how it is stored.

    Raises:
        zlib.error: It was altered.
    """
    if not stored.startswith(_MARK):
        return stored
    stream = zlib.decompressobj(_RAW, zdict=_VOCABULARY)
    value = stream.decompress(stored[1:]) + stream.flush()
    if not stream.eof:
        raise zlib.error("a packed value is cut off")
    return value


class PackedText(TypeDecorator[str]):
    """A column of short texts that is kept packed; of long ones, a thread packs each by itself."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Return a text as the database has it."""
        del dialect
        return None if value is None else pack(value.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Return a text as the database gave it."""
        del dialect
        return None if value is None else unpack(value).decode()
