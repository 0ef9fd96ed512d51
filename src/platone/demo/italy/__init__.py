"""The Italian demonstration: the field test of D3.6, chapter 4."""
