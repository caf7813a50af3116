"""Tables of documents and labels: readers, columns, named sets, splits."""
