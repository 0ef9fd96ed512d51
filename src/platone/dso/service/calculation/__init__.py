"""Work of the DSO platform that processes of their own do: from inputs to answers, without IO."""
