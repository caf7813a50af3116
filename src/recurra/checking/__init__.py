"""Data checks (``recurra check``): problems in labelled files, found before training, and a cleaned copy."""
