"""Lightning's commands with our arguments: one `base_model` and one `prompt` for model and data."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import wandb
from lightning import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback
from lightning.pytorch.utilities.exceptions import SIGTERMException

import lit_toolcall.callbacks
import lit_toolcall.data.augment
import lit_toolcall.data.mixture
import lit_toolcall.data.sources
import lit_toolcall.pairs
from lit_toolcall.cli.before_run import make_run_folder, print_differences, refuse_other_rows, refuse_used_folder
from lit_toolcall.cli.find_config import NamedConfigFile
from lit_toolcall.cli.main import OWN_COMMANDS, find_user_error
from lit_toolcall.datamodules import PreferenceDataModule, SFTDataModule
from lit_toolcall.models.checkpoint import read_checkpoint
from lit_toolcall.modules import DPOModule, PairModule, SFTModule
from lit_toolcall.modules.metrics_log import MetricsLog
from lit_toolcall.prompting import PromptOptions, load_tokenizer
from lit_toolcall.types import UserError

SHORT_NAMES = (
    SFTModule,
    SFTDataModule,
    DPOModule,
    PreferenceDataModule,
    PairModule,
    lit_toolcall.pairs,
    lit_toolcall.callbacks,
    lit_toolcall.data.augment,
    lit_toolcall.data.mixture,
    lit_toolcall.data.sources,
)
"""Importing classes first lets YAML name them without their path."""
AddArguments = Callable[[LightningArgumentParser], None]


class OneSentenceParser(LightningArgumentParser):
    """Says what is wrong with an argument without the whole usage before it."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        cause = find_user_error(ex)
        print(f"error: {cause or message}\n(--help lists the arguments, --print_config their values)", file=sys.stderr)
        sys.exit(2)


class ToolCallTrainer(Trainer):
    """Lightning's trainer with one command more."""

    def pairs(
        self,
        model: LightningModule | None = None,
        datamodule: LightningDataModule | None = None,
        ckpt_path: str | None = None,
    ) -> None:
        """Sample a model's own answers to the questions of `data.test` and make preference pairs of them.

        Args:
            model: a PairModule.
            datamodule: an SFTDataModule; holds the questions.
            ckpt_path: a .ckpt file that `fit` has written; without it, model.init_adapter or the base model answers.

        Raises:
            UserError: another model or data module.
        """
        if not isinstance(model, PairModule):
            raise UserError(f"pairs needs model.class_path PairModule, not {type(model).__name__}")
        if not isinstance(datamodule, SFTDataModule):
            raise UserError(f"pairs needs data.class_path SFTDataModule, not {type(datamodule).__name__}")
        datamodule.augment_questions = True
        try:
            self.predict(model, datamodule=datamodule, return_predictions=False, ckpt_path=ckpt_path)
        except SystemExit as stopped:
            if self.interrupted and not isinstance(stopped.code, str):  # by Ctrl-C, of which Lightning says no more
                sys.exit("Stopped; the batches done are kept. Start again to go on.")
            raise
        finally:
            datamodule.augment_questions = False


class SaveConfig(SaveConfigCallback):
    """Writes `config.yaml` into the run folder, also without a logger; a run that goes on may write it anew."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Nothing yet: a run that is refused must leave the folder as it was."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.is_global_zero and not self.already_saved:
            assert trainer.state.fn is not None
            self.save_config(trainer, pl_module, trainer.state.fn.value)
            self.already_saved = True

    on_validation_epoch_start = on_test_epoch_start = on_predict_epoch_start = on_train_start

    def save_config(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:  # noqa: ARG002
        folder = Path(trainer.default_root_dir)
        folder.mkdir(parents=True, exist_ok=True)
        name = "config.yaml" if stage == "fit" else f"config.{stage}.yaml"
        self.parser.save(self.config, folder / name, skip_none=False, overwrite=True, multifile=False)


class ToolCallCLI(LightningCLI):
    """Adds `base_model` and `prompt`, finds shipped configs by name; the command line wins over a checkpoint."""

    def __init__(self, more_arguments: AddArguments | None, **options: Any) -> None:
        self._more_arguments = more_arguments
        super().__init__(**options)

    def init_parser(self, **kwargs: Any) -> LightningArgumentParser:
        parser = OneSentenceParser(**kwargs)
        parser.add_argument(
            "-c", "--config", action=NamedConfigFile, help="a YAML file, or the name of a shipped config"
        )
        return parser

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        parser.add_argument("--base_model", type=str, required=True, help="local folder or hub id of the model")
        parser.add_argument("--prompt", type=PromptOptions, default=PromptOptions(), help="how prompts are written")
        for target in ("model", "data"):
            parser.link_arguments("base_model", f"{target}.init_args.base_model")
            parser.link_arguments("prompt", f"{target}.init_args.prompt")
        if self._more_arguments is not None:
            self._more_arguments(parser)

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        return {**LightningCLI.subcommands(), "pairs": {"model", "datamodule"}}

    def _parse_ckpt_path(self) -> None:
        """Nothing: hyperparameters of a checkpoint would override the command line (Lightning#21455)."""

    def before_instantiate_classes(self) -> None:
        """Refuse at once what would fail late."""
        if self.subcommand is None:
            return
        config = self.config[self.subcommand]
        if config["trainer"]["fast_dev_run"]:  # leaves nothing that a run could stumble over
            self._scratch = TemporaryDirectory(prefix="lit_toolcall_")
            config["trainer"]["default_root_dir"] = self._scratch.name
        make_run_folder(Path(config["trainer"]["default_root_dir"]))
        load_tokenizer(config["base_model"], config["model"]["init_args"]["trust_remote_code"])
        if config.get("ckpt_path"):
            read_checkpoint(config["ckpt_path"])
            dumped = self.parser.dump(self.config, format="yaml", skip_none=False)  # as config.yaml is written
            print_differences(Path(config["ckpt_path"]), dumped, self.subcommand)
        elif self.subcommand == "fit":
            refuse_used_folder(Path(config["trainer"]["default_root_dir"]))

    def before_fit(self) -> None:
        refuse_other_rows(self.model, self.datamodule)

    before_validate = before_fit

    def before_predict(self) -> None:
        if isinstance(self.model, PairModule):
            raise UserError("PairModule makes pairs: the command is `pairs`, not `predict`")

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        trainer = super().instantiate_trainer(**kwargs)
        trainer.loggers = [*trainer.loggers, MetricsLog(trainer.default_root_dir)]
        return trainer


def make_cli(arguments: Sequence[str], run_command: bool, more_arguments: AddArguments | None = None) -> ToolCallCLI:
    """Parse arguments and make trainer, model and data.

    Args:
        arguments: of the command line, the command first where `run_command`.
        run_command: whether to run a command of the trainer, or only to make the objects.
        more_arguments: adds arguments of its own to the parser.
    """
    own = ", ".join(f"{name} ({text})" for name, text in OWN_COMMANDS.items())
    return ToolCallCLI(
        more_arguments=more_arguments,
        model_class=LightningModule,
        datamodule_class=LightningDataModule,
        trainer_class=ToolCallTrainer,
        subclass_mode_model=True,
        subclass_mode_data=True,
        save_config_callback=SaveConfig,
        save_config_kwargs={"save_to_log_dir": False},
        auto_configure_optimizers=False,
        load_from_checkpoint_support=False,
        trainer_defaults={"logger": False, "default_root_dir": "runs/latest"},
        seed_everything_default=42,
        args=list(arguments),
        run=run_command,
        parser_kwargs={
            "prog": "lit_toolcall",
            "description": f"Fine-tune small language models to call tools. Further commands: {own}.",
        },
    )


def run(arguments: Sequence[str]) -> None:
    """Run one of Lightning's commands."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        make_cli(arguments, run_command=True)
    except SIGTERMException:
        sys.exit(128 + signal.SIGTERM)  # as a shell says of what the signal ended; Lightning would leave with 0
    except wandb.errors.UsageError as error:
        raise UserError(
            f"trainer.logger: W&B cannot start ({error}): run `wandb login`, or set WANDB_MODE=offline"
        ) from error
