"""Networks without torch: settings, names and shapes of the weights, and initial weights."""
