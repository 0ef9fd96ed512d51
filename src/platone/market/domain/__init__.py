"""The market's rules as pure functions: calendar, clearing, validation, settlement."""
