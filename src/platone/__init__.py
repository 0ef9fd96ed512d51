"""The Platone Open Framework: local electricity flexibility, from the meter to a paid service."""

from typing import Any


def __getattr__(name: str) -> Any:
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version  # noqa: PLC0415 - few ask, and all would wait

    return version("platone")
