"""What `eval` evaluates: a finished model, a base model in several prompt formats, or one behind a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from tqdm.auto import tqdm

from lit_toolcall.cli.ranks import Ranks
from lit_toolcall.evaluation import Answerer, EndpointAnswerer, ResultOrigin
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
from lit_toolcall.evaluation.results import join_settings
from lit_toolcall.generation import GenerationOptions
from lit_toolcall.generation.prefix_cache import PrefixCacheEngine
from lit_toolcall.models.loading import DType, Quantization
from lit_toolcall.modules.finished import FinishedModel, Overrides, load_finished
from lit_toolcall.multi_turn import Fits
from lit_toolcall.prompting import DEFAULT_PROMPT, PromptOptions, load_renderer
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, UserError

CURE = "name another folder by --out"
DEFAULT_FOLDER = "default_format"
"""Of a base model's answers in the format of our runs, inside the folder of those in its own."""


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
        overwrite: whether a suite that is answered already is asked anew; its answers are replaced.
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
    overwrite: bool = False
    formats: Literal["both", "best", "default"] = "both"

    def __post_init__(self) -> None:
        check_ranges(type(self), batch_size=self.batch_size, devices=self.devices, max_new_tokens=self.max_new_tokens)
        if (self.engine == "openai") != (self.base_url is not None):
            raise UserError("--engine openai and --base_url belong together: give both, or none for a model of files")
        if self.engine == "openai" and self.devices > 1:
            raise UserError("--devices: one process asks a server; raise --batch_size for more requests at a time")
        for name in ("base_model", "dtype", "quantization") if self.engine == "openai" else ():
            if getattr(self, name) is not None:
                raise UserError(f"--{name}: the server holds the model: leave it out of --engine openai")


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


def load_local(model: str, prompt: PromptOptions | None, options: EvalOptions, device: torch.device) -> FinishedModel:
    """Load a model that runs in this process.

    Raises:
        UserError: it cannot be loaded.
    """
    names = ("base_model", "dtype", "quantization", "trust_remote_code")
    overrides = Overrides(prompt=prompt, **{name: getattr(options, name) for name in names})
    finished = load_finished(model, overrides, device)
    if options.max_new_tokens is None:
        return finished
    return replace(finished, generation=replace(finished.generation, max_new_tokens=options.max_new_tokens))


def ask_each_way(
    finished: FinishedModel, is_told: bool, options: EvalOptions, folder: Path, ranks: Ranks
) -> Iterator[Tested]:
    """Yield a loaded model each way that it is asked; the next one when one is done.

    Args:
        finished: the model.
        is_told: whether the user names the prompt format.
        options: how it is asked.
        folder: of the answers.
        ranks: do all of it together.

    Raises:
        UserError: its prompt format was chosen for another model or other settings, or a question cannot be answered.
    """
    if not finished.is_base or is_told:
        yield take_local(finished, folder, lenient=finished.is_base)
        return
    if options.formats != "default":
        choice = settle_format(finished, options, folder, ranks)
        renderer = make_format_renderer(choice.chosen, finished.base_model, options.trust_remote_code)
        assert renderer is not None, "it was one when the format was chosen"
        best = take_local(finished.ask_as(renderer), folder, lenient=True)
        yield replace(best, title=f"own: {choice.chosen}", formats=choice.to_json())
    if options.formats != "best":
        # the last, since the markers' tokens stay in the model
        ours = load_renderer(finished.base_model, DEFAULT_PROMPT, options.trust_remote_code)
        beside = folder / DEFAULT_FOLDER if options.formats == "both" else folder
        title = f"ours: {DEFAULT_PROMPT.call_format}"
        yield replace(take_local(finished.ask_as(ours), beside, lenient=False), title=title)


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
        decoding=join_settings({**asdict(finished.generation), **finished.held}),
        engine=answerer.identity,
    )


def settle_format(finished: FinishedModel, options: EvalOptions, folder: Path, ranks: Ranks) -> FormatChoice:
    """Read which format was chosen for a folder, or choose one; the first rank does, for all.

    Raises:
        UserError: it was chosen for another model or other settings, or a question cannot be answered.
    """
    questions = draw_format_questions()
    origin = describe_choice(describe_local(finished, finished.answerer(lenient=True)), questions)

    def settle() -> None:
        if not ranks.is_first or read_choice(folder, origin, CURE) is not None:
            return
        tokens = min(finished.generation.max_new_tokens, MAX_NEW_TOKENS)
        brief = replace(finished, generation=replace(finished.generation, max_new_tokens=tokens))
        made = {name: make_format_renderer(name, finished.base_model, options.trust_remote_code) for name in CANDIDATES}
        asked = {
            name: brief.ask_as(renderer).answerer(lenient=True)
            for name, renderer in made.items()
            if renderer is not None
        }
        with tqdm(total=len(asked) * len(questions), unit=" questions", desc="Choosing a prompt format") as bar:
            write_choice(folder, origin, choose_format(asked, questions, options.batch_size, bar.update))

    ranks.do(settle)
    choice = read_choice(folder, origin, CURE)
    assert choice is not None, "the first rank has written it"
    if ranks.is_first:
        print(describe_formats(choice))
    return choice


def make_remote(model: str, prompt: PromptOptions | None, options: EvalOptions, folder: Path) -> Tested:
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
        decoding=join_settings(asdict(generation)),
        engine=answerer.identity,
    )
    return Tested(answerer, origin, None, folder)
