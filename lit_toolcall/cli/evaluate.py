"""`eval`: a finished model, or one behind an endpoint, answers a suite, and its answers are scored."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from filelock import BaseFileLock
from jsonargparse import ArgumentError, ArgumentParser, Namespace
from lightning import Fabric
from lightning.fabric.strategies import DDPStrategy
from tqdm.auto import tqdm

from lit_toolcall.cli.before_run import take_run_folder
from lit_toolcall.cli.commands import COMMANDS
from lit_toolcall.evaluation import (
    Answerer,
    EndpointAnswerer,
    EngineAnswerer,
    ResultFiles,
    ResultOrigin,
    begin_results,
    hash_questions,
    join_results,
    remove_parts,
    write_metrics,
)
from lit_toolcall.evaluation.prompt_formats import (
    CANDIDATES,
    MAX_NEW_TOKENS,
    FormatChoice,
    choose_format,
    describe_choice,
    describe_formats,
    draw_format_questions,
    make_format_renderer,
    read_choice,
    write_choice,
)
from lit_toolcall.evaluation.results import METRICS
from lit_toolcall.evaluation.run import ask_all
from lit_toolcall.generation import GenerationOptions
from lit_toolcall.generation.prefix_cache import PrefixCacheEngine
from lit_toolcall.metrics import describe_metrics
from lit_toolcall.models.loading import DType, Quantization
from lit_toolcall.modules.finished import FinishedModel, Overrides, load_finished
from lit_toolcall.multi_turn import Entry, Fits, remember_calls, remember_text, run_dialogues
from lit_toolcall.paths import expand_path
from lit_toolcall.prompting import DEFAULT_PROMPT, PromptOptions, load_renderer
from lit_toolcall.ranges import check_ranges
from lit_toolcall.suites import SUITES, Lookup, SuiteContent, SuiteOptions, describe_results, measure, read_suite
from lit_toolcall.types import Example, UserError

CURE = "name another folder by --out"
DEFAULT_FOLDER = "default_format"
"""Of a base model's answers in the format of our runs, inside the folder of those in its own."""
NO_TIMEOUT = timedelta(days=365)
"""Of the ranks' only meetings, before and after they answer: their shares of the questions take unequal time."""


@dataclass(frozen=True)
class EvalOptions:
    """How a suite is asked.

    Args:
        engine: `transformers` runs the model here; `openai` asks an OpenAI-compatible server, which knows MODEL.
        batch_size: questions answered at a time on each device, or by the server.
        max_new_tokens: tokens after which an answer is cut off; by default the run's own, else 512.
        dtype: of the base weights; by default the run's own, else `bfloat16`.
        quantization: of the base weights; by default the run's own, else `none`.
        base_model: folder or hub id of the base, where the run's own path does not lead to it.
        trust_remote_code: whether Python code beside the weights, or a call format of the run's own, may run.
        accelerator: `auto` takes GPUs where there are any.
        devices: processes, each with a device of its own, that share the questions.
        base_url: of the server, such as `http://localhost:8000/v1`.
        api_key_variable: environment variable that holds the server's key.
        timeout_seconds: of one request to the server.
        retries: of a request that the server fails to answer.
        formats: of a base model: `best` asks it in the prompt format that it knows best, chosen on questions of no
            suite; `default` in that of our runs; `both` in one after the other. --prompt names the format itself.
    """

    engine: Literal["transformers", "openai"] = "transformers"
    batch_size: int = 16
    max_new_tokens: int | None = None
    dtype: DType | None = None
    quantization: Quantization | None = None
    base_model: str | None = None
    trust_remote_code: bool = False
    accelerator: str = "auto"
    devices: int = 1
    base_url: str | None = None
    api_key_variable: str = "OPENAI_API_KEY"
    timeout_seconds: float = 300.0
    retries: int = 3
    formats: Literal["both", "best", "default"] = "both"

    def __post_init__(self) -> None:
        check_ranges(type(self), batch_size=self.batch_size, devices=self.devices, max_new_tokens=self.max_new_tokens)
        if (self.engine == "openai") != (self.base_url is not None):
            raise UserError("--engine openai and --base_url belong together: give both, or none for a model of files")
        if self.engine == "openai" and self.devices > 1:
            raise UserError("--devices: one process asks a server; raise --batch_size for more requests at a time")


@dataclass(frozen=True)
class Tested:
    """What is evaluated.

    Args:
        answerer: answers questions.
        origin: what its answers depend on, all but the questions.
        fits: says whether a dialogue leaves it room for an answer; None where that is not known.
        folder: of its answers.
        title: of its figures, beside those of the same model asked another way.
        formats: what was found out about its prompt formats, for `metrics.json`.
    """

    answerer: Answerer
    origin: ResultOrigin
    fits: Fits | None
    folder: Path
    title: str = "model"
    formats: Mapping[str, Any] | None = None


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
    fabric = launch(options)
    lock: BaseFileLock | None = take_run_folder(str(folder), "--out") if fabric.global_rank == 0 else None
    try:
        make = make_remote if options.engine == "openai" else make_local
        figures: dict[str, dict[str, Any]] = {}
        for each in make(settings["model"], settings["prompt"], options, folder, fabric):
            figures[each.title] = evaluate(each, content, chosen, fabric, options.batch_size)
        if fabric.global_rank == 0:
            for part in (folder, folder / DEFAULT_FOLDER):
                remove_parts(part)  # now that all is complete: what is interrupted before begins where it stopped
            if len(figures) > 1:
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
    parser = ArgumentParser(prog=f"lit_toolcall {command}", description=COMMANDS[command].help, exit_on_error=False)
    suites = "; ".join(f"`{name}`: {suite.help}" for name, suite in SUITES.items())
    model = "a run folder, .ckpt file, adapter or model folder, or hub id; with --engine openai its name at the server"
    parser.add_argument("model", metavar="MODEL", help=model)
    parser.add_argument("--suite", type=str, required=True, help=f"{suites}; or a file of your own rows")
    parser.add_argument("--out", type=str, required=True, help="folder of the answers and their scores")
    parser.add_argument("--prompt", type=PromptOptions | None, default=None, help="how a base model is asked")
    parser.add_class_arguments(SuiteOptions, help="what is asked")
    parser.add_class_arguments(Lookup, help="what is looked up for each question")
    parser.add_class_arguments(EvalOptions, help="how it is asked")
    try:
        return parser.parse_args(given)
    except (ArgumentError, TypeError, ValueError) as error:
        raise UserError(f"{command}: {str(error).strip()}") from None


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
        raise UserError(f"--accelerator {options.accelerator} --devices {options.devices}: {error}") from error
    fabric.launch()
    return fabric


def make_local(
    model: str, prompt: PromptOptions | None, options: EvalOptions, folder: Path, fabric: Fabric
) -> Iterator[Tested]:
    """Load a model that runs in this process, and yield it each way that it is asked; the next one when one is done.

    Raises:
        UserError: it cannot be loaded.
    """
    names = ("base_model", "dtype", "quantization", "trust_remote_code")
    overrides = Overrides(prompt=prompt, **{name: getattr(options, name) for name in names})
    finished = load_finished(model, overrides, fabric.device)
    if options.max_new_tokens is not None:
        finished = replace(finished, generation=replace(finished.generation, max_new_tokens=options.max_new_tokens))
    if not finished.is_base or prompt is not None:
        yield take_local(finished, folder, lenient=finished.is_base)
        return
    if options.formats != "default":
        choice = settle_format(finished, options, folder, fabric)
        renderer = make_format_renderer(choice.chosen, finished.base_model, options.trust_remote_code)
        assert renderer is not None, "it was one when the format was chosen"
        best = take_local(finished.ask_as(renderer), folder, lenient=True)
        yield replace(best, title=f"own: {choice.chosen}", formats=choice.to_json())
    if options.formats != "best":
        # the last, since the markers' tokens stay in the model
        renderer = load_renderer(finished.base_model, DEFAULT_PROMPT, options.trust_remote_code)
        beside = folder / DEFAULT_FOLDER if options.formats == "both" else folder
        title = f"ours: {DEFAULT_PROMPT.call_format}"
        yield replace(take_local(finished.ask_as(renderer), beside, lenient=False), title=title)


def take_local(finished: FinishedModel, folder: Path, lenient: bool) -> Tested:
    """Make what is evaluated of a loaded model."""
    answerer, renderer = finished.answerer(PrefixCacheEngine, lenient), finished.renderer

    def fits(question: Example) -> bool:
        room = finished.generation.max_new_tokens
        return renderer.positions is None or len(renderer.encode_prompt(question)) + room <= renderer.positions

    return Tested(answerer, describe_local(finished, answerer), fits, folder)


def describe_local(finished: FinishedModel, answerer: Answerer) -> ResultOrigin:
    """Say what the answers of a loaded model depend on, all but the questions."""
    return ResultOrigin(
        command="eval",
        base_model=finished.base_model,
        weights=finished.weights,
        questions="",
        checkpoint=finished.source,
        prompts=finished.renderer.fingerprint[:16],
        decoding=_list_settings({**asdict(finished.generation), **finished.held}),
        engine=answerer.identity,
    )


def settle_format(finished: FinishedModel, options: EvalOptions, folder: Path, fabric: Fabric) -> FormatChoice:
    """Read which format was chosen for a folder, or choose one; the first rank does, for all.

    Raises:
        UserError: it was chosen for another model or other settings, or a question cannot be answered.
    """
    questions = draw_format_questions()
    origin = describe_choice(describe_local(finished, finished.answerer(lenient=True)), questions)
    choice = read_choice(folder, origin, CURE)
    fabric.barrier()  # none reads while another writes
    if choice is None and fabric.global_rank == 0:
        tokens = min(finished.generation.max_new_tokens, MAX_NEW_TOKENS)
        brief = replace(finished, generation=replace(finished.generation, max_new_tokens=tokens))
        made = {name: make_format_renderer(name, finished.base_model, options.trust_remote_code) for name in CANDIDATES}
        asked = {
            name: brief.ask_as(renderer).answerer(lenient=True)
            for name, renderer in made.items()
            if renderer is not None
        }
        with tqdm(total=len(asked) * len(questions), unit=" questions", desc="Choosing a prompt format") as bar:
            choice = choose_format(asked, questions, options.batch_size, bar.update)
        write_choice(folder, origin, choice)
    choice = fabric.broadcast(choice)
    assert choice is not None
    if fabric.global_rank == 0:
        print(describe_formats(choice))
    return choice


def make_remote(
    model: str,
    prompt: PromptOptions | None,
    options: EvalOptions,
    folder: Path,
    fabric: Fabric,  # noqa: ARG001
) -> Iterator[Tested]:
    """Name a model behind a server.

    Raises:
        UserError: a setting is none of its values.
    """
    assert options.base_url is not None
    generation = GenerationOptions(max_new_tokens=options.max_new_tokens or GenerationOptions.max_new_tokens)
    answerer = EndpointAnswerer(
        options.base_url,
        model,
        options.api_key_variable,
        generation,
        concurrency=options.batch_size,
        timeout_seconds=options.timeout_seconds,
        retries=options.retries,
        call_format=None if prompt is None else prompt.call_format,
        tools_as="request" if prompt is None else prompt.tools_as,
    )
    origin = ResultOrigin(
        command="eval",
        base_model=model,
        weights="unknown",
        questions="",
        decoding=_list_settings(asdict(generation)),
        engine=answerer.identity,
    )
    yield Tested(answerer, origin, None, folder)


def _list_settings(settings: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in settings.items())


def evaluate(
    tested: Tested, content: SuiteContent, options: SuiteOptions, fabric: Fabric, batch_size: int
) -> dict[str, Any]:
    """Ask what is not answered yet, and write and print the figures.

    Returns:
        The content of `metrics.json`; nothing but on the first rank.

    Raises:
        UserError: the folder holds answers of another model, suite or settings, or a question cannot be answered.
    """
    ids = [Example(entry.id, (), (), None) for entry in content.dialogues]
    origin = replace(tested.origin, questions=hash_questions([*content.questions, *ids]))
    folder = tested.folder
    notice = begin_results(folder, origin, fabric.global_rank, CURE)
    if notice:
        print(notice)
    fabric.barrier()
    files = ResultFiles(folder, fabric.global_rank)
    mine = slice(fabric.global_rank, None, fabric.world_size)
    questions = [question for question in content.questions[mine] if question.id not in files.done]
    dialogues = [entry for entry in content.dialogues[mine] if entry.id not in files.done]
    is_first = fabric.global_rank == 0
    try:
        if questions:
            with tqdm(total=len(questions), unit=" questions", desc="Answering", disable=not is_first) as bar:
                ask_all(tested.answerer, questions, files, batch_size, bar.update)
        if dialogues:
            with tqdm(total=len(dialogues), unit=" dialogues", desc="Talking", disable=not is_first) as bar:
                hold_dialogues(tested, dialogues, files, bar.update)
    except BaseException:
        print(files.describe_unfinished())
        raise
    fabric.barrier()
    if not is_first:
        return {}
    metrics = measure(content, options, join_results(folder))
    if tested.formats is not None:
        metrics["prompt_formats"] = dict(tested.formats)
    write_metrics(folder, metrics)
    print(describe_results(metrics))
    print(f"\nwritten: {folder / METRICS}, and the answers beside it")
    return metrics


def hold_dialogues(tested: Tested, entries: Sequence[Entry], files: ResultFiles, tell: Callable[[int], object]) -> None:
    """Hold the dialogues that are not held yet, one at a time, and keep each as it ends."""
    is_local = isinstance(tested.answerer, EngineAnswerer)

    def ask(questions: Sequence[Example]) -> list[Any]:
        return list(tested.answerer.stream(questions))

    for result in run_dialogues(entries, ask, tested.fits, remember=remember_text if is_local else remember_calls):
        files.add_record({**result.record, "correct": result.valid, "ast_correct": None})
        tell(1)
