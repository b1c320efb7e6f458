"""Shipped configs, found by name: `--config sft_llama.yaml`."""
