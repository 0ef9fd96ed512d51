"""The Platone Open Framework: local electricity flexibility, from the meter to a paid service."""
