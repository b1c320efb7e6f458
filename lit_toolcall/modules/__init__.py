"""LightningModules."""

from lit_toolcall.modules.dpo import DPOModule
from lit_toolcall.modules.sampling import PairModule
from lit_toolcall.modules.sft import SFTModule

__all__ = ["DPOModule", "PairModule", "SFTModule"]
