"""Messages of decoders about wrong values, in words that do not need a programmer."""

import ast
import re

WORDS = {
    r"^[\x21-\x7e]+$": "printable ASCII characters without spaces",
    r"^[A-Za-z0-9_-]+$": "letters (A to Z), digits, _ and - only",
    r"^0x[0-9a-fA-F]{40}$": "0x and 40 hexadecimal digits",
    r"^[0-9a-f]{64}$": "64 hexadecimal digits in lower case",
    r"^0x([0-9a-f]{2})*$": "0x and whole bytes as hexadecimal digits in lower case",
    r"^0x([0-9a-f]{2})+$": "0x and at least one byte as hexadecimal digits in lower case",
    r"^[A-Za-z][A-Za-z0-9]{0,59}$": "1 to 60 letters (A to Z) and digits, a letter first",
    r"^0x[0-9a-f]{64}$": "0x and 64 hexadecimal digits in lower case",
    r"^0x[0-9a-f]{130}$": "0x and 130 hexadecimal digits in lower case",
    r"^https://[\x21-\x7e]+$": "an address that begins with https://, in printable ASCII",
    r"^[a-zA-Z]{1,40}$": "1 to 40 letters (A to Z)",
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$": "letters (A to Z), digits, . _ and -, a letter or digit first",
    r"^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$": "1 to 60 small letters (a to z), digits and -, "
    "with a letter or digit first and last",
    r"^https://[A-Za-z0-9.:\[\]-]+$": "https:// and a host, with a port where it has one",
    r"^[A-Za-z0-9.:\[\]-]+:\d{1,5}$": "a host, a colon and a port",
    r"^[A-Za-z0-9_-]{16,100}={0,2}$": "16 to 100 characters of base64url",
    r"^[A-Z]{2}$": "two capital letters, such as IT",
    r"^[A-Z0-9]{1,6}$": "1 to 6 capital letters or digits, such as RM",
    r"^[0-9]{4}-(0[1-9]|1[0-2])$": "a month as YYYY-MM, such as 2021-06",
    r"^-?[0-9]{1,12}(\.[0-9]{1,18})?$": "a decimal number as text, such as -12.5: 12 digits before "
    "the point at most, 18 after it",
    r"^[A-Za-z0-9][\w .&()-]*$": "letters, digits, spaces and . & ( ) _ -, a letter or digit first",
    r"^([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}$": "a host or [an IPv6 address], and a port",
    r"^[a-z0-9][a-z0-9-]{0,29}$": "1 to 30 small letters (a to z), digits and -, no - first",
    r"^[0-9a-f]{40}$": "40 hexadecimal digits in lower case",
    r"^[0-9]{2}-[0-9]{2}$": "a month and a day as MM-DD, such as 06-29",
}
"""The words for what each pattern of a message's field asks for."""

_INSTANT = (
    "an instant as ISO-8601 with a zone, such as 2021-10-31T13:00:00+01:00 or "
    "2021-10-31T12:00:00Z (in an address + is written %2B)"
)
_CHOICE = re.compile(r"\^\(([\w|]+)\)\$")
_PATTERN = re.compile(r"(?:`str` matching regex|String should match pattern) ('(?:[^'\\]|\\.)*')")
_PLAIN = {
    "Invalid RFC3339 encoded datetime": f"Expected {_INSTANT}",
    "Expected `datetime` with a timezone component": f"The zone is missing: expected {_INSTANT}",
}


def in_words(text: str) -> str:
    """Return a decoder's message with what is expected put in words; the field's path stays.

    Args:
        text: A message of msgspec or pydantic, alone or within other text.
    """
    for said, plain in _PLAIN.items():
        text = text.replace(said, plain)
    return _PATTERN.sub(_in_words, text)


def words_of(pattern: str) -> str | None:
    """Return the words for what a pattern asks for; None where nobody has put it in words."""
    choice = _CHOICE.fullmatch(pattern)
    return f"one of {', '.join(choice[1].split('|'))}" if choice else WORDS.get(pattern)


def _in_words(found: re.Match[str]) -> str:
    said, quoted = found[0], found[1]
    # msgspec quotes the pattern as Python does, pydantic as it is
    is_quoted = said.startswith("`")
    words = words_of(ast.literal_eval(quoted) if is_quoted else quoted[1:-1])
    if words is None:
        return said
    return words if is_quoted else f"Expected {words}"
