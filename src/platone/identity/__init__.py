"""Who the parties are: OAuth2 tokens for their calls, certificates for their devices."""
