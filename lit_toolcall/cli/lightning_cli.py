"""Lightning's commands with our arguments: one `base_model` and one `prompt` for model and data."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from traceback import extract_tb
from typing import Any, NoReturn, cast

from filelock import BaseFileLock
from jsonargparse import ArgumentError, Namespace
from lightning import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.cli import ArgsType, LightningArgumentParser, LightningCLI, SaveConfigCallback
from lightning.pytorch.utilities.exceptions import SIGTERMException

import lit_toolcall.callbacks
import lit_toolcall.data.augment
import lit_toolcall.data.mixture
import lit_toolcall.data.sources
import lit_toolcall.losses
import lit_toolcall.pairs
from lit_toolcall.callbacks.defaults import add_default_callbacks
from lit_toolcall.callbacks.monitors import check_monitors
from lit_toolcall.cli.before_run import (
    check_settings,
    check_start,
    expand_paths,
    missing_packages,
    print_differences,
    refuse_abstract,
    refuse_used_folder,
    refuse_used_logs,
    restore_counts,
    take_run_folder,
    trainer_errors,
)
from lit_toolcall.cli.commands import COMMANDS
from lit_toolcall.cli.config_files import NamedConfigFile, put_configs_first
from lit_toolcall.cli.known_errors import PACKAGE, describe_refused_value, find_user_error
from lit_toolcall.cli.refusals import SettingsOf, explain_refusal, shorten_message
from lit_toolcall.cli.settings import NOT_SET, Parameter, group, parameters_of, read_given
from lit_toolcall.cli.startup import ending_at_once
from lit_toolcall.datamodules import PreferenceDataModule, SFTDataModule
from lit_toolcall.loggers import MetricsLogger
from lit_toolcall.metrics import import_rates
from lit_toolcall.models.checkpoint import find_checkpoint, read_checkpoint
from lit_toolcall.modules import DPOModule, PairModule, SFTModule
from lit_toolcall.prompting import DEFAULT_PROMPT, PromptOptions, load_tokenizer
from lit_toolcall.ranges import SEED, check_number
from lit_toolcall.trainer import ToolCallTrainer
from lit_toolcall.types import UserError

SHORT_NAMES = (
    SFTModule,
    SFTDataModule,
    DPOModule,
    PreferenceDataModule,
    PairModule,
    lit_toolcall.losses,
    lit_toolcall.pairs,
    lit_toolcall.callbacks,
    lit_toolcall.data.augment,
    lit_toolcall.data.mixture,
    lit_toolcall.data.sources,
)
"""Importing classes first lets YAML name them without their path."""
AddArguments = Callable[[LightningArgumentParser], None]


class Refused(SystemExit):
    """The parser refuses an argument; a SystemExit, so that no handler of errors in between catches it."""

    def __init__(self, message: str, cause: UserError | None) -> None:
        super().__init__(2)
        self.message = message
        self.cause = cause


class RefusingParser(LightningArgumentParser):
    """Raises a refusal instead of exiting, so that the whole command line can be looked at."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        raise Refused(message, find_user_error(ex))


class SaveConfig(SaveConfigCallback):
    """Writes `config.yaml` into the run folder, also without a logger; a resumed run may replace it."""

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
        (folder / name).write_text(self.parser.dump(self.config, skip_unset=False), encoding="utf-8")


class ToolCallCLI(LightningCLI):
    """Adds `base_model` and `prompt`, finds shipped configs by name; the command line wins over a checkpoint."""

    def __init__(self, more_arguments: AddArguments | None, **options: Any) -> None:
        self._more_arguments = more_arguments
        self.lock: BaseFileLock | None = None
        try:
            super().__init__(**options)
        finally:
            if self.lock is not None:
                self.lock.release()

    def init_parser(self, **kwargs: Any) -> LightningArgumentParser:
        parser = RefusingParser(**kwargs)
        parser.add_argument(
            "-c", "--config", action=NamedConfigFile, help="a YAML file, or the name of a shipped config"
        )
        return parser

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        parser.add_argument("--base_model", type=str, required=True, help="local folder or hub id of the model")
        parser.add_argument("--prompt", type=PromptOptions, default=DEFAULT_PROMPT, help="how prompts are written")
        parser.add_argument(
            "--rates", type=list[str] | None, default=None, help="rates of your own, each `Rate` by its import path"
        )
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

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Treat any error of the parser as a refusal."""
        try:
            super().parse_arguments(parser, args)
        except (ArgumentError, AttributeError, ImportError, KeyError, RecursionError, TypeError, ValueError) as error:
            cause = find_user_error(error)
            if cause is None and Path(extract_tb(error.__traceback__)[-1].filename).is_relative_to(PACKAGE):
                raise
            raise Refused(str(error), cause) from error
        command = self.config.get("subcommand")
        settings = self.config[command] if command else self.config
        if isinstance(settings.get("trainer"), Namespace):
            assert isinstance(args, list), "make_cli gives them"
            given = read_given(args[1:] if command else args).get("trainer")
            restore_counts(settings["trainer"], given if isinstance(given, dict) else {})
        seed = settings["seed_everything"]
        check_number("seed_everything", int(seed) if isinstance(seed, bool) else seed, SEED)

    def before_instantiate_classes(self) -> None:
        """Check settings that would fail late."""
        with ending_at_once():
            import peft  # noqa: F401  # takes a second, which --help does without
        config = self.config[self.subcommand] if self.subcommand else self.config
        for name in ("trainer", "model", "data"):
            if not isinstance(config.get(name), Namespace):
                raise UserError(f"`{name}` is {config.get(name)!r}: it must hold settings")
        if config.get("prompt") is None:
            raise UserError("`prompt` is null: leave it out for its defaults, or give settings under it")
        expand_paths(config)
        import_rates(config["rates"] or [])
        if self.subcommand is None:
            return
        check_settings(config["trainer"])
        if config["trainer"]["fast_dev_run"]:  # leaves nothing that a run could stumble over
            self._scratch = TemporaryDirectory(prefix="lit_toolcall_")
            config["trainer"]["default_root_dir"] = self._scratch.name
        self.lock = take_run_folder(config["trainer"]["default_root_dir"])
        folder = Path(config["trainer"]["default_root_dir"])
        checkpoint, step = None, 0
        if config.get("ckpt_path"):
            checkpoint = find_checkpoint(config["ckpt_path"])
            config["ckpt_path"] = str(checkpoint)
            step = read_checkpoint(checkpoint).get("global_step", 0)
            dumped = self.parser.dump(self.config, format="yaml", skip_unset=False)  # as config.yaml is written
            print_differences(checkpoint, dumped, self.subcommand)
        if self.subcommand == "fit":
            refuse_used_folder(folder, checkpoint, step)
        load_tokenizer(config["base_model"], bool(config["model"].get("init_args", {}).get("trust_remote_code")))

    def instantiate_classes(self) -> None:
        """Turn errors of Lightning's or a user's own class into one sentence."""
        try:
            with missing_packages():
                super().instantiate_classes()
        except Exception as error:
            said = None if find_user_error(error) else describe_refused_value(error)
            if said is None:
                raise
            said = shorten_message(said)
            raise UserError(f"the trainer, model or data cannot be created with these settings: {said}") from error

    def before_fit(self) -> None:
        refuse_abstract(self.model, "model")
        refuse_abstract(self.datamodule, "data")
        check_monitors(self.model, self.trainer.callbacks)  # type: ignore[attr-defined]  # Lightning sets it
        check_start(self.model)

    def before_predict(self) -> None:
        if isinstance(self.model, PairModule):
            raise UserError("PairModule makes pairs: the command is `pairs`, not `predict`")

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        settings = self._get(self.config_init, "trainer")
        callbacks = add_default_callbacks(
            settings["callbacks"],
            settings["enable_checkpointing"],
            settings["enable_progress_bar"],
            is_trained=self.subcommand == "fit" and not settings["fast_dev_run"],
        )
        with trainer_errors():
            trainer = super().instantiate_trainer(callbacks=callbacks, **kwargs)
        refuse_used_logs(trainer.loggers)
        trainer.loggers = [*trainer.loggers, MetricsLogger(trainer.default_root_dir)]
        return trainer


def make_cli(arguments: Sequence[str], more_arguments: AddArguments | None = None) -> ToolCallCLI:
    """Make trainer, model and data as a command line sets them, and run its command where it is one of the trainer's.

    Args:
        arguments: of the command line, the command first.
        more_arguments: adds arguments that only this command has.

    Raises:
        UserError: the parser refuses an argument.
    """
    command, *options = arguments
    options = put_configs_first(options)
    of_trainer = command in ToolCallCLI.subcommands()
    try:
        return ToolCallCLI(
            more_arguments,
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
            args=[command, *options] if of_trainer else options,
            run=of_trainer,
            parser_kwargs={
                "prog": "lit_toolcall" if of_trainer else f"lit_toolcall {command}",
                "description": COMMANDS[command].help,
            },
        )
    except Refused as refused:
        if refused.cause is not None:
            raise refused.cause from None
        settings_of = list_settings_of_commands(command, more_arguments)
        raise UserError(explain_refusal(refused.message, [command, *options], settings_of)) from None


class _Recorder:
    """Stands in for a parser, to record a command's arguments."""

    def __init__(self) -> None:
        self.parameters: dict[str, Parameter] = {}

    def add_argument(self, name: str, type: Any, default: Any, help: str) -> None:  # noqa: ARG002
        self.parameters[name.lstrip("-")] = Parameter(type, default)


def list_settings_of_commands(command: str, more_arguments: AddArguments | None) -> SettingsOf:
    """List the settings of a command and of each of the trainer's."""
    shared = {
        "base_model": Parameter(str, NOT_SET),
        "prompt": Parameter(PromptOptions, DEFAULT_PROMPT),
        "rates": Parameter(list[str] | None, None),
        "model": Parameter(LightningModule, NOT_SET),
        "data": Parameter(LightningDataModule, NOT_SET),
        "trainer": group(parameters_of(ToolCallTrainer)[0]),
        "seed_everything": Parameter(bool | int, 42),
    }
    settings_of = {}
    for name, left_out in ToolCallCLI.subcommands().items():
        own, _ = parameters_of(getattr(ToolCallTrainer, name))
        settings_of[name] = shared | {key: each for key, each in own.items() if key not in {*left_out, "self"}}
    if command in settings_of:
        return settings_of
    recorder = _Recorder()
    if more_arguments is not None:
        more_arguments(cast(LightningArgumentParser, recorder))
    return {**settings_of, command: shared | recorder.parameters}


def run(arguments: Sequence[str]) -> None:
    """Run one of the trainer's commands."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        make_cli(arguments)
    except SIGTERMException:
        sys.exit(128 + signal.SIGTERM)  # as a shell says of what the signal ended; Lightning would leave with 0
