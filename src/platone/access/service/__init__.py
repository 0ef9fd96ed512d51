"""What the access layer does: enrol devices, ingest readings, replay dead letters."""
