"""What the probes did not exercise, so that the user knows which one to add."""
