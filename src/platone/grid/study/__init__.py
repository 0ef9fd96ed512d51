"""The core behind :mod:`platone.grid`: calculations put together for people, and their results."""
