"""Records of the aggregator in SQL, and its calls to other parties."""
