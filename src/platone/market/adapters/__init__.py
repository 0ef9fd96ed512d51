"""The market's calls to other parties."""
