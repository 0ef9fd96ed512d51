"""Columns whose texts and documents are kept packed: a half to a twentieth of their length.

Records that are only ever read whole are mostly names of fields, which repeat from row to row. A
packed value is a mark, and a stream after it: of a short value raw DEFLATE (RFC 1951) that begins
with a vocabulary at hand, of a long one a Zstandard frame (RFC 8878), which is laid out ten times
as fast. A value that packing does not shorten is kept as it is. What was stored before there was
packing is read as it is, too: no text and no JSON begins with a mark.
"""

import sys
import zlib

import msgspec
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MARK = b"\x01"
"""The first byte of a packed value. It names form and vocabulary: others get another mark."""
_LONG_MARK = b"\x02"
"""The first byte of a packed long value, a Zstandard frame without vocabulary."""
_MARKS = (_MARK, _LONG_MARK)
_LONG = 64 * 1024
"""Bytes from which a value is a long one: names of fields have repeated in it by then."""
_LONG_OPTIONS: dict[int, int] = {
    zstd.CompressionParameter.compression_level: 1,
    zstd.CompressionParameter.checksum_flag: 1,
}
"""Least effort: of an outcome of 160 MB level 3 takes twice as long, and leaves a fifth more. A sum
tells whether a value was altered."""
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

_BEGUN = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, _MEMORY, zdict=_VOCABULARY)
"""A stream that has taken up the vocabulary, for copies: a fifth of the time of a short value."""


def pack(value: bytes) -> bytes:
    """Return a value as it is stored: packed where that is shorter."""
    is_marked = value.startswith(_MARKS)
    if len(value) < _SHORTEST and not is_marked:
        return value
    packed = _pack_long(value) if len(value) >= _LONG else _pack_short(value)
    return packed if len(packed) < len(value) or is_marked else value


def _pack_long(value: bytes) -> bytes:
    return _LONG_MARK + zstd.compress(value, options=_LONG_OPTIONS)


def _pack_short(value: bytes) -> bytes:
    stream = _BEGUN.copy()
    return _MARK + stream.compress(value) + stream.flush()


def packed_json(message: object) -> bytes:
    """Return a message as it is stored: as JSON, packed."""
    return pack(msgspec.json.encode(message))


class PackedAltered(ValueError):
    """A packed value is not as it was stored."""


def unpack(stored: bytes) -> bytes:
    """Return a value of how it is stored.

    Raises:
        PackedAltered: It was altered.
    """
    try:
        if stored.startswith(_LONG_MARK):
            return zstd.decompress(memoryview(stored)[1:])
        return _unpack_short(stored) if stored.startswith(_MARK) else stored
    except (zlib.error, zstd.ZstdError) as error:
        raise PackedAltered(str(error)) from error


def _unpack_short(stored: bytes) -> bytes:
    stream = zlib.decompressobj(_RAW, zdict=_VOCABULARY)
    value = stream.decompress(stored[1:]) + stream.flush()
    if not stream.eof:
        raise PackedAltered("a packed value is cut off")
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
