"""`eval`: a finished model, or one behind an endpoint, answers a suite, and its answers are scored."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from jsonargparse import ArgumentError, ArgumentParser, Namespace
from lightning import Fabric
from lightning.fabric.strategies import DDPStrategy
from tqdm.auto import tqdm

from lit_toolcall.cli.before_run import take_run_folder
from lit_toolcall.cli.commands import COMMANDS
from lit_toolcall.cli.known_errors import first_words
from lit_toolcall.cli.ranks import Ranks, clear_mark
from lit_toolcall.cli.settings import NOT_SET, Parameter, list_options, parameters_of
from lit_toolcall.cli.tested import CURE, EvalOptions, Tested, ask_each_way, load_local, make_remote
from lit_toolcall.cli.wording import escape_controls, show
from lit_toolcall.evaluation import (
    EngineAnswerer,
    ResultFiles,
    begin_results,
    hash_questions,
    join_results,
    remove_parts,
    write_metrics,
)
from lit_toolcall.evaluation.results import METRICS, read_finished, refuse_other_results
from lit_toolcall.evaluation.run import ask_all
from lit_toolcall.metrics import describe_metrics
from lit_toolcall.multi_turn import Entry, remember_calls, remember_text, run_dialogues
from lit_toolcall.paths import expand_path
from lit_toolcall.prompting import PromptOptions
from lit_toolcall.suites import SUITES, Lookup, SuiteContent, SuiteOptions, describe_results, measure, read_suite
from lit_toolcall.types import Example, Message, UserError

USAGE = "`lit_toolcall eval MODEL --suite bfcl-small --out FOLDER`"
NO_TIMEOUT = timedelta(days=365)
"""Of the ranks' only meetings, before and after they answer: their shares of the questions take unequal time."""
GROUPS: dict[type[Any], str] = {
    SuiteOptions: "what is asked",
    Lookup: "what is looked up for each question",
    EvalOptions: "how it is asked",
}
"""The settings of the command, by group."""


def run(arguments: Sequence[str]) -> None:
    """Run `eval` as a command line sets it.

    Raises:
        UserError: an argument cannot be used, or the model, the suite or the folder.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    settings = parse(arguments)
    chosen, lookup, options = (_take(settings, kind) for kind in (SuiteOptions, Lookup, EvalOptions))
    folder = Path(expand_path(settings["out"], "--out"))
    content = read_suite(settings["suite"], chosen, lookup)
    lock = take_run_folder(str(folder), "--out")
    try:
        if lock is not None:  # the first rank
            clear_mark(folder)
        fabric = launch(options)
        ranks = Ranks(fabric, folder)
        model, prompt = settings["model"], settings["prompt"]
        if options.engine == "openai":
            ways = iter([make_remote(model, prompt, options, folder)])
        else:
            finished = ranks.do(lambda: load_local(model, prompt, options, fabric.device))
            ways = ask_each_way(finished, prompt is not None, options, folder, ranks)
        figures = {tested.title: evaluate(tested, content, chosen, ranks, options) for tested in ways}
        if ranks.is_first and len(figures) > 1:
            print(f"\n{describe_metrics({title: metrics['all'] for title, metrics in figures.items()})}")
    finally:
        if lock is not None:
            lock.release()


def parse(arguments: Sequence[str]) -> Namespace:
    """Read the command line.

    Raises:
        UserError: an argument is missing or not known, or its value cannot be used.
    """
    command, *given = arguments
    parser = ArgumentParser(
        prog=f"lit_toolcall {command}",
        description=COMMANDS[command].help,
        exit_on_error=False,
        allow_abbrev=False,
    )
    suites = "; ".join(f"`{name}`: {suite.help}" for name, suite in SUITES.items())
    model = "a run folder, .ckpt file, adapter or model folder, or hub id; with --engine openai its name at the server"
    parser.add_argument("model", metavar="MODEL", help=model)
    parser.add_argument("--suite", type=str, required=True, help=f"{suites}; or a file of your own rows")
    parser.add_argument("--out", type=str, required=True, help="folder of the answers and their scores")
    parser.add_argument("--prompt", type=PromptOptions | None, default=None, help="how a base model is asked")
    for kind, help_ in GROUPS.items():
        parser.add_class_arguments(kind, help=help_)
    try:
        return parser.parse_args(given)
    except (ArgumentError, TypeError, ValueError) as error:
        raise UserError(explain(str(error), command, given)) from None


def explain(message: str, command: str, given: Sequence[str]) -> str:
    """Say what is wrong with a command line that the parser refused."""
    from lit_toolcall.cli.refusals import explain_refusal  # of no use to a command line that is right

    if missing := re.search("arguments are required: (.*)", message):
        names = [{"model": "MODEL"}.get(name, f"--{name}") for name in missing[1].split(", ")]
        return f"{command} needs {' and '.join(names)}: write {USAGE}"
    if stray := re.match(r"unrecognized arguments: ([^-].*)", message):
        return f"`{show(stray[1])}` belongs to no option: {command} takes one MODEL: write {USAGE}"
    settings = {"suite": Parameter(str, NOT_SET), "out": Parameter(str, NOT_SET)}
    settings["prompt"] = Parameter(PromptOptions | None, None)
    for kind in GROUPS:
        settings |= parameters_of(kind)[0]
    options = [f"--{name}={value}" for name, value in list_options(given) if name]
    said = explain_refusal(message, [command, *options], {command: settings})
    return said if said.startswith(("`", "-", "there is")) else f"--{said}"


def _take(settings: Namespace, kind: Any) -> Any:
    """Make an object of those settings that are its own."""
    return kind(**{name: settings[name] for name in kind.__dataclass_fields__})


def launch(options: EvalOptions) -> Fabric:
    """Start this command once for each device.

    Raises:
        UserError: there are not so many devices.
    """
    strategy: Any = DDPStrategy(timeout=NO_TIMEOUT) if options.devices > 1 else "auto"
    accelerator = "cpu" if options.engine == "openai" else options.accelerator
    try:
        fabric = Fabric(accelerator=accelerator, devices=options.devices, strategy=strategy)
    except (ValueError, RuntimeError) as error:
        given = f"--accelerator {options.accelerator} --devices {options.devices}"
        raise UserError(f"{given}: {first_words(error)}: give `auto` or `cpu`, and devices that are there") from error
    fabric.launch()
    return fabric


def evaluate(
    tested: Tested, content: SuiteContent, chosen: SuiteOptions, ranks: Ranks, options: EvalOptions
) -> dict[str, Any]:
    """Ask what is not answered yet, and write and print the figures; where all is answered, print them only.

    Returns:
        The content of `metrics.json`; nothing but on the first rank.

    Raises:
        UserError: the folder holds answers of another model, suite or settings, or a question cannot be answered.
    """
    folder = tested.folder
    asked = [*content.questions, *map(name_dialogue, content.dialogues)]
    origin = replace(tested.origin, questions=hash_questions(asked))

    def begin() -> dict[str, Any] | None:
        if not options.overwrite and (finished := read_finished(folder)):
            refuse_other_results(folder, origin, CURE)
            return finished
        if notice := begin_results(folder, origin, ranks.rank, CURE):
            print(notice)
        return None

    def answer() -> None:
        files = ResultFiles(folder, ranks.rank)
        share = slice(ranks.rank, None, ranks.size)
        questions = [question for question in content.questions if question.id not in files.done][share]
        dialogues = [entry for entry in content.dialogues if entry.id not in files.done][share]
        try:
            if questions:
                with show_progress("questions", len(questions), ranks) as tell:
                    ask_all(tested.answerer, questions, files, options.batch_size, tell)
            if dialogues:
                with show_progress("dialogues", len(dialogues), ranks) as tell:
                    hold_dialogues(tested, dialogues, files, options.batch_size, tell)
        except BaseException as error:
            if ranks.is_first:
                print(files.describe_unfinished())
            if isinstance(error, MemoryError | torch.OutOfMemoryError):
                cure = f"lower --batch_size ({options.batch_size}), or set --quantization 4bit"
                raise UserError(f"out of memory ({first_words(error)}): {cure}") from error
            raise

    finished = ranks.do(begin)
    if finished is not None:
        if ranks.is_first:
            print(escape_controls(describe_results(finished)))
            print(f"\n{folder} holds all answers already: nothing was asked; --overwrite true asks anew")
        return finished
    ranks.do(answer)
    if not ranks.is_first:
        return {}
    metrics = measure(content, chosen, join_results(folder))
    if tested.formats is not None:
        metrics["prompt_formats"] = dict(tested.formats)
    write_metrics(folder, metrics)
    remove_parts(folder)
    print(escape_controls(describe_results(metrics)))
    print(f"\nwritten: {folder / METRICS}, and the answers beside it")
    return metrics


def name_dialogue(entry: Entry) -> Example:
    """Write what identifies a dialogue as a question: its id, what the user says, and the expected calls."""
    messages = tuple(message for turn in entry.turns for message in turn.messages)
    gold = tuple(call for turn in entry.turns for call in turn.gold)
    return Example(entry.id, (), messages, Message("assistant", calls=gold), category=entry.category)


@contextmanager
def show_progress(unit: str, total: int, ranks: Ranks) -> Iterator[Callable[[int], None]]:
    """Show one line that counts what this rank has done; the first rank's, for all have about as much to do."""
    of_all = f" on each of {ranks.size} devices" if ranks.size > 1 else ""
    with tqdm(total=total, unit=f" {unit}", desc=f"Answering{of_all}", disable=not ranks.is_first) as bar:

        def tell(count: int) -> None:
            bar.update(count)
            ranks.check()

        yield tell


def hold_dialogues(
    tested: Tested, entries: Sequence[Entry], files: ResultFiles, batch_size: int, tell: Callable[[int], object]
) -> None:
    """Hold the dialogues that are not held yet, and keep each as it ends.

    A model in this process holds one at a time, since its engine keeps one prompt; a server `batch_size` at a time.
    """
    is_local = isinstance(tested.answerer, EngineAnswerer)
    at_once, remember = (1, remember_text) if is_local else (batch_size, remember_calls)
    for result in run_dialogues(entries, tested.answerer.stream, tested.fits, at_once, remember):
        files.add_record(result.record)
        tell(1)
