"""Base models, adapters, and the packed forward pass."""
