"""LightningModules."""

from lit_toolcall.modules.sft import SFTModule

__all__ = ["SFTModule"]
