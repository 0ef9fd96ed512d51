"""Plumbing that knows no market: databases, device messages, HTTP, the outbox."""
