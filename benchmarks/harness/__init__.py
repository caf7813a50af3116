"""The measuring harness: peers in processes of their own, in turn with ours, on the same rows."""
