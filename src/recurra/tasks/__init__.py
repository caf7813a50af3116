"""What a network learns: one label a row, or several."""
