"""What makes examples fit to train on: steps that each drop some, and say how many and why."""
