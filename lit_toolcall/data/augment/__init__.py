"""Augmentations, seeded changes of training rows and questions of pairs: more tools, other names, several calls."""

from lit_toolcall.data.augment.augmentation import Augmentation, augment_all
from lit_toolcall.data.augment.distractors import AddDistractors
from lit_toolcall.data.augment.irrelevance import RemoveRightTool
from lit_toolcall.data.augment.join import JoinCalls
from lit_toolcall.data.augment.optional import DropOptional
from lit_toolcall.data.augment.rename import RenameTools
from lit_toolcall.data.augment.shuffle import ShuffleTools

__all__ = [
    "AddDistractors",
    "Augmentation",
    "DropOptional",
    "JoinCalls",
    "RemoveRightTool",
    "RenameTools",
    "ShuffleTools",
    "augment_all",
]
