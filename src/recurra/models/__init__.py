"""Networks as torch modules: a packed batch, the recurrent stack, pooling, output."""
