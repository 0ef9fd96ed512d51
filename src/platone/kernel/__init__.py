"""What every context speaks in: time, clocks, signatures, canonical bytes, errors. No IO."""
