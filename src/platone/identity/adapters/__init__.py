"""SQL tables, key files, Argon2."""
