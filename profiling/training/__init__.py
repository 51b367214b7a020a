"""Training: the frame, the model with its rivals, and what explains it."""
