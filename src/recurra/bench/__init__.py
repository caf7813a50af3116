"""What predicting with a model costs on this machine: documents a second, one document, a start, memory."""
