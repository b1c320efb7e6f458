"""LightningDataModules: from sources to packed batches."""

from lit_toolcall.datamodules.preference import PreferenceDataModule
from lit_toolcall.datamodules.sft import SFTDataModule

__all__ = ["PreferenceDataModule", "SFTDataModule"]
