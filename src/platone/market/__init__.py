"""Market Platform: sessions, requests and offers, clearing, outcomes and settlement."""
