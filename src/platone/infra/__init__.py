"""Plumbing that knows no market: records, device messages, HTTP, the outbox."""
