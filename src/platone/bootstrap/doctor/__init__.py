"""A look at a server from outside, as `platone doctor` takes it: it changes nothing."""
