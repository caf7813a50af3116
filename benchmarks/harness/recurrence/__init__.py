"""Recurrent layers alone, from x to y and back to every gradient: how fast, beside whom, and how far from the floor."""
