"""The ground of every context: time, clocks, signatures, canonical bytes, errors. No IO."""
