"""Base models, adapters, checkpoints, references, and the packed forward pass."""
