"""Blockchain Service Layer: certification, agreements, payments, and their proofs."""
