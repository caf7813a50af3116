"""What a piece of work costs: memory, and the machine that a figure comes from."""
