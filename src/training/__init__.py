"""Training: one loop for every model, with checkpoints, pictures and measured quality."""
