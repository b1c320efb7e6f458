"""`eval`: a finished model answers a suite, and its answers are scored."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentError, ArgumentParser, Namespace
from lightning import Fabric
from lightning.fabric.strategies import DDPStrategy
from tqdm.auto import tqdm

from lit_toolcall.cli.before_run import take_run_folder
from lit_toolcall.cli.commands import COMMANDS
from lit_toolcall.evaluation import (
    ResultFiles,
    ResultOrigin,
    begin_results,
    hash_questions,
    join_results,
    remove_parts,
    write_metrics,
)
from lit_toolcall.evaluation.results import METRICS
from lit_toolcall.evaluation.run import ask_all
from lit_toolcall.metrics import describe_metrics
from lit_toolcall.models.loading import DType, Quantization
from lit_toolcall.modules.finished import FinishedModel, Overrides, load_finished
from lit_toolcall.paths import expand_path
from lit_toolcall.prompting import PromptOptions
from lit_toolcall.ranges import check_ranges
from lit_toolcall.suites import SUITES, SuiteOptions, read_suite
from lit_toolcall.types import Example, UserError

CURE = "name another folder by --out"
NO_TIMEOUT = timedelta(days=365)
"""Of the ranks' only meeting, at the end: their shares of the questions take unequal time."""


@dataclass(frozen=True)
class EvalOptions:
    """How a suite is asked.

    Args:
        batch_size: questions answered at a time on each device.
        max_new_tokens: tokens after which an answer is cut off; by default the run's own, else 512.
        dtype: of the base weights; by default the run's own, else `bfloat16`.
        quantization: of the base weights; by default the run's own, else `none`.
        base_model: folder or hub id of the base, where the run's own path does not lead to it.
        trust_remote_code: whether Python code beside the weights, or a call format of the run's own, may run.
        accelerator: `auto` takes GPUs where there are any.
        devices: processes, each with a device of its own, that share the questions.
    """

    batch_size: int = 16
    max_new_tokens: int | None = None
    dtype: DType | None = None
    quantization: Quantization | None = None
    base_model: str | None = None
    trust_remote_code: bool = False
    accelerator: str = "auto"
    devices: int = 1

    def __post_init__(self) -> None:
        check_ranges(type(self), batch_size=self.batch_size, devices=self.devices, max_new_tokens=self.max_new_tokens)


def run(arguments: Sequence[str]) -> None:
    """Run `eval` as a command line sets it.

    Raises:
        UserError: an argument cannot be used, or the model, the suite or the folder.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    settings = parse(arguments)
    suite = SuiteOptions(**{name: settings[name] for name in SuiteOptions.__dataclass_fields__})
    options = EvalOptions(**{name: settings[name] for name in EvalOptions.__dataclass_fields__})
    folder = Path(expand_path(settings["out"], "--out"))
    questions = read_suite(settings["suite"], suite)
    fabric = launch(options)
    lock = take_run_folder(str(folder), "--out") if fabric.global_rank == 0 else None
    try:
        model = load_finished(settings["model"], make_overrides(options, settings["prompt"]), fabric.device)
        if options.max_new_tokens is not None:
            model = replace(model, generation=replace(model.generation, max_new_tokens=options.max_new_tokens))
        evaluate(model, questions, folder, fabric, options.batch_size)
    finally:
        if lock is not None:
            lock.release()


def parse(arguments: Sequence[str]) -> Namespace:
    """Read the command line.

    Raises:
        UserError: an argument is missing or not known, or its value cannot be used.
    """
    command, *given = arguments
    parser = ArgumentParser(prog=f"lit_toolcall {command}", description=COMMANDS[command].help, exit_on_error=False)
    suites = "; ".join(f"`{name}`: {suite.help}" for name, suite in SUITES.items())
    parser.add_argument("model", metavar="MODEL", help="a run folder, .ckpt file, adapter or model folder, or hub id")
    parser.add_argument("--suite", type=str, required=True, help=f"{suites}; or a file of your own rows")
    parser.add_argument("--out", type=str, required=True, help="folder of the answers and their scores")
    parser.add_argument(
        "--prompt", type=PromptOptions | None, default=None, help="of a base model: how prompts are written"
    )
    parser.add_class_arguments(SuiteOptions, help="questions")
    parser.add_class_arguments(EvalOptions, help="asking")
    try:
        return parser.parse_args(given)
    except (ArgumentError, TypeError, ValueError) as error:
        raise UserError(f"{command}: {str(error).strip()}") from None


def make_overrides(options: EvalOptions, prompt: PromptOptions | None) -> Overrides:
    """Take the settings that a user gives beside the model."""
    names = ("base_model", "dtype", "quantization", "trust_remote_code")
    return Overrides(prompt=prompt, **{name: getattr(options, name) for name in names})


def launch(options: EvalOptions) -> Fabric:
    """Start this command once for each device.

    Raises:
        UserError: there are not so many devices.
    """
    strategy: Any = DDPStrategy(timeout=NO_TIMEOUT) if options.devices > 1 else "auto"
    try:
        fabric = Fabric(accelerator=options.accelerator, devices=options.devices, strategy=strategy)
    except (ValueError, RuntimeError) as error:
        raise UserError(f"--accelerator {options.accelerator} --devices {options.devices}: {error}") from error
    fabric.launch()
    return fabric


def evaluate(model: FinishedModel, questions: Sequence[Example], folder: Path, fabric: Fabric, batch_size: int) -> None:
    """Ask the questions that are not answered yet, and write and print the scores.

    Raises:
        UserError: the folder holds answers of another model, suite or settings.
    """
    answerer = model.answerer()
    origin = ResultOrigin(
        command="eval",
        base_model=model.base_model,
        weights=model.weights,
        questions=hash_questions(questions),
        checkpoint=model.source,
        prompts=model.renderer.fingerprint[:16],
        decoding=", ".join(f"{key} {value}" for key, value in {**asdict(model.generation), **model.held}.items()),
        engine=answerer.identity,
    )
    notice = begin_results(folder, origin, fabric.global_rank, CURE)
    if notice:
        print(notice)
    fabric.barrier()
    files = ResultFiles(folder, fabric.global_rank)
    mine = questions[fabric.global_rank :: fabric.world_size]
    left = [question for question in mine if question.id not in files.done]
    try:
        with tqdm(total=len(left), unit=" questions", desc="Answering", disable=fabric.global_rank != 0) as bar:
            ask_all(answerer, left, files, batch_size, bar.update)
    except BaseException:
        print(files.describe_unfinished())
        raise
    fabric.barrier()
    if fabric.global_rank == 0:
        metrics = write_metrics(folder, join_results(folder))
        remove_parts(folder)
        print(describe_metrics({"all": metrics["all"]}))
        print(f"written: {folder / METRICS} and the answers beside it")
