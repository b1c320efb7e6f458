"""Fine-tune small language models to call tools, and score them while they train.

The names below are the public ones. Each is imported from where it stands when it is first used, so that importing this
package takes no time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lit_toolcall.callbacks import AdapterCheckpoint as AdapterCheckpoint
    from lit_toolcall.callbacks import PreferenceGuard as PreferenceGuard
    from lit_toolcall.callbacks import QuestionProgress as QuestionProgress
    from lit_toolcall.callbacks import SampleCalls as SampleCalls
    from lit_toolcall.callbacks import ValidateAtEnd as ValidateAtEnd
    from lit_toolcall.data.augment import Augmentation as Augmentation
    from lit_toolcall.data.mixture import Mixture as Mixture
    from lit_toolcall.data.mixture import MixturePart as MixturePart
    from lit_toolcall.data.sources import Bfcl as Bfcl
    from lit_toolcall.data.sources import JsonLines as JsonLines
    from lit_toolcall.data.sources import Ledger as Ledger
    from lit_toolcall.data.sources import Pairs as Pairs
    from lit_toolcall.data.sources import PreferenceSource as PreferenceSource
    from lit_toolcall.data.sources import RowError as RowError
    from lit_toolcall.data.sources import RowSource as RowSource
    from lit_toolcall.data.sources import Source as Source
    from lit_toolcall.datamodules import PreferenceDataModule as PreferenceDataModule
    from lit_toolcall.datamodules import SFTDataModule as SFTDataModule
    from lit_toolcall.evaluation import Answered as Answered
    from lit_toolcall.formats import CallFormat as CallFormat
    from lit_toolcall.formats import CallSyntaxError as CallSyntaxError
    from lit_toolcall.formats import find_call_format as find_call_format
    from lit_toolcall.formats import read_call_object as read_call_object
    from lit_toolcall.formats import read_json as read_json
    from lit_toolcall.formats import write_json as write_json
    from lit_toolcall.generation import Engine as Engine
    from lit_toolcall.generation import Generated as Generated
    from lit_toolcall.generation import GenerationOptions as GenerationOptions
    from lit_toolcall.generation import Request as Request
    from lit_toolcall.generation import TransformersEngine as TransformersEngine
    from lit_toolcall.loggers import MetricsLogger as MetricsLogger
    from lit_toolcall.losses import AnswerLogps as AnswerLogps
    from lit_toolcall.losses import CallAware as CallAware
    from lit_toolcall.losses import PreferenceLoss as PreferenceLoss
    from lit_toolcall.metrics import RATES as RATES
    from lit_toolcall.metrics import ArgumentF1 as ArgumentF1
    from lit_toolcall.metrics import BfclAstAccuracy as BfclAstAccuracy
    from lit_toolcall.metrics import Rate as Rate
    from lit_toolcall.metrics import RateMetric as RateMetric
    from lit_toolcall.metrics import Ratio as Ratio
    from lit_toolcall.metrics import Score as Score
    from lit_toolcall.metrics import ToolCallExactMatch as ToolCallExactMatch
    from lit_toolcall.metrics import ToolSelectF1 as ToolSelectF1
    from lit_toolcall.metrics import ValidCallRate as ValidCallRate
    from lit_toolcall.metrics import describe_metrics as describe_metrics
    from lit_toolcall.metrics import score_prediction as score_prediction
    from lit_toolcall.metrics import summarize as summarize
    from lit_toolcall.models.lora import LoraOptions as LoraOptions
    from lit_toolcall.modules import DPOModule as DPOModule
    from lit_toolcall.modules import PairModule as PairModule
    from lit_toolcall.modules import SFTModule as SFTModule
    from lit_toolcall.pairs import AnswerRanking as AnswerRanking
    from lit_toolcall.pairs import PairOptions as PairOptions
    from lit_toolcall.preparation.questions import read_questions as read_questions
    from lit_toolcall.preparation.recipes import LeakageOptions as LeakageOptions
    from lit_toolcall.prompting import PromptOptions as PromptOptions
    from lit_toolcall.prompting import Renderer as Renderer
    from lit_toolcall.prompting import load_renderer as load_renderer
    from lit_toolcall.trainer import ToolCallTrainer as ToolCallTrainer
    from lit_toolcall.types import Example as Example
    from lit_toolcall.types import Message as Message
    from lit_toolcall.types import Prediction as Prediction
    from lit_toolcall.types import Preference as Preference
    from lit_toolcall.types import Problem as Problem
    from lit_toolcall.types import Tool as Tool
    from lit_toolcall.types import ToolCall as ToolCall
    from lit_toolcall.types import UserError as UserError

__version__ = "0.1.0"

_NAMES = {
    "callbacks": ("AdapterCheckpoint", "PreferenceGuard", "QuestionProgress", "SampleCalls", "ValidateAtEnd"),
    "data.augment": ("Augmentation",),
    "data.mixture": ("Mixture", "MixturePart"),
    "data.sources": (
        "Bfcl",
        "JsonLines",
        "Ledger",
        "Pairs",
        "PreferenceSource",
        "RowError",
        "RowSource",
        "Source",
    ),
    "datamodules": ("PreferenceDataModule", "SFTDataModule"),
    "evaluation": ("Answered",),
    "formats": ("CallFormat", "CallSyntaxError", "find_call_format", "read_call_object", "read_json", "write_json"),
    "generation": ("Engine", "Generated", "GenerationOptions", "Request", "TransformersEngine"),
    "losses": ("AnswerLogps", "CallAware", "PreferenceLoss"),
    "metrics": (
        "RATES",
        "ArgumentF1",
        "BfclAstAccuracy",
        "Rate",
        "RateMetric",
        "Ratio",
        "Score",
        "ToolCallExactMatch",
        "ToolSelectF1",
        "ValidCallRate",
        "describe_metrics",
        "score_prediction",
        "summarize",
    ),
    "models.lora": ("LoraOptions",),
    "modules": ("DPOModule", "PairModule", "SFTModule"),
    "loggers": ("MetricsLogger",),
    "pairs": ("AnswerRanking", "PairOptions"),
    "preparation.questions": ("read_questions",),
    "preparation.recipes": ("LeakageOptions",),
    "prompting": ("PromptOptions", "Renderer", "load_renderer"),
    "trainer": ("ToolCallTrainer",),
    "types": ("Example", "Message", "Prediction", "Preference", "Problem", "Tool", "ToolCall", "UserError"),
}
"""The same as above, for Python: by the module that holds them."""
_HOMES = {name: f"lit_toolcall.{module}" for module, names in _NAMES.items() for name in names}

__all__ = ["__version__", *_HOMES]

if not TYPE_CHECKING:  # a type checker would take any name for known

    def __getattr__(name: str) -> Any:
        """Import a public name (PEP 562)."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
