"""What the Shared Customer Database calls beside the market: push services of browsers."""
