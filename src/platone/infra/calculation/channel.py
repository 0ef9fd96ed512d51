"""Messages between the server and a calculating process: a length, then a pickle, on a pipe."""

import struct
from typing import IO

_LENGTH = struct.Struct("<Q")


def read_message(stream: IO[bytes]) -> bytes | None:
    """Read a message; None where the other side has closed the pipe."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    return content if len(content) == length else None


def write_message(stream: IO[bytes], content: bytes) -> None:
    """Write a message.

    Raises:
        BrokenPipeError: The other side has closed the pipe.
    """
    stream.write(_LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()
