"""What a network is, without torch: its settings, the names and shapes of its weights, and how they begin."""
