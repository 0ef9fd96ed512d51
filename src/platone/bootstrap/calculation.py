"""Calculations on files, without any server."""

from platone.market.domain.replay import clear_file, settle_file

__all__ = ["clear_file", "settle_file"]
