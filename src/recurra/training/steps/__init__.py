"""Steps: from batches of training rows to updates of the weights."""
