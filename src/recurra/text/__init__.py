"""Text to token ids: fields, tokens, vocabulary, labels, pretrained vectors."""
