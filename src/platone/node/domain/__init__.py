"""Rules of a Light Node: signed messages, and counters of meters turned into intervals."""
