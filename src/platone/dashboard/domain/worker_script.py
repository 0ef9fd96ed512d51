"""The script by which a telephone works without a network, with the sentences of its notices."""

import json
from collections.abc import Mapping

_SPOKEN = (
    "push_accepted",
    "push_activated",
    "push_body",
    "power_drawn",
    "power_fed",
    "day",
)
"""The sentences that the script itself speaks, while no page is open."""


def worker_script(code: bytes, told: Mapping[str, Mapping[str, str]]) -> bytes:
    """Return the script with its sentences in every language, which it reads as ``TOLD``.

    Args:
        code: The script.
        told: All sentences by language and name.
    """
    spoken = {language: {name: of[name] for name in _SPOKEN} for language, of in told.items()}
    return b"const TOLD = " + json.dumps(spoken, ensure_ascii=True).encode() + b";\n" + code
