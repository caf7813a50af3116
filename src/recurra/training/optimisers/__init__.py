"""Optimisers: Adam in four forms, and the moving average of the weights."""
