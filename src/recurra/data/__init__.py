"""Tables of documents and labels: readers, columns, named datasets, splits."""
