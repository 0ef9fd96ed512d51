"""Calculations on files, without any server."""

from collections.abc import Callable

from platone.market.domain.replay import clear_file, settle_file

Calculation = Callable[[bytes], bytes]
"""From a recorded session's bytes to the result's bytes."""

__all__ = ["Calculation", "clear_file", "settle_file"]
