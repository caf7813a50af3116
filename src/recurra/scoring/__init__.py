"""Classifying any number of rows, block by block, in memory that does not grow with them."""
