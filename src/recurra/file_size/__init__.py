"""How many bytes a model file takes before it is written, and what may be in one of so many."""
