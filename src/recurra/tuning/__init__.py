"""Looking for good settings: many short trainings on the same rows, the best of which is kept."""
