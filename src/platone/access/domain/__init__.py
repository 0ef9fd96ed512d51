"""Rules by which messages of readings are authenticated, validated and certified. Pure."""
