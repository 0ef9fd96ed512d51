"""Use cases of the access layer: enrol devices, ingest readings, certify, replay dead letters."""
