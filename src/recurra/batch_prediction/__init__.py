"""Batch prediction (``recurra score``): any number of rows in constant memory, from a file into a file."""
