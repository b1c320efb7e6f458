"""A logger that needs no service: `metrics.jsonl` in the run folder, one JSON object per logging step."""

from __future__ import annotations

import json
import math
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers.logger import Logger
from lightning.pytorch.utilities import rank_zero_only


class MetricsLogger(Logger):
    """Appends what is logged to `metrics.jsonl`.

    Args:
        save_dir: the run folder, `trainer.default_root_dir`.
    """

    def __init__(self, save_dir: str) -> None:
        super().__init__()
        self._save_dir = save_dir

    @property
    def name(self) -> str:
        return ""

    @property
    def version(self) -> str:
        return ""

    @property
    def save_dir(self) -> str:
        return self._save_dir

    @rank_zero_only
    def log_hyperparams(self, params: Mapping[str, Any] | Namespace) -> None:
        """Nothing: `config.yaml` holds them."""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        Path(self._save_dir).mkdir(parents=True, exist_ok=True)
        # an overflow under fp16 has a norm that JSON has no word for
        finite = {name: value if math.isfinite(value) else None for name, value in metrics.items()}
        line = json.dumps({"step": step, **finite})
        with (Path(self._save_dir) / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
