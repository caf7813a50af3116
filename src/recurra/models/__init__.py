"""Networks: embedding, recurrent stack, pooling, output."""
