"""The market's records in SQL, and its calls to other parties."""
