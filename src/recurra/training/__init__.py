"""Training: the loop, optimisers, schedules and checkpoints."""
