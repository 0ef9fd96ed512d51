"""Identity of the parties: OAuth2 tokens for their calls, certificates for their devices."""
