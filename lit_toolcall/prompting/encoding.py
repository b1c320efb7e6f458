"""From examples to trees of token ids: written by Python while the tokenizer's own threads work."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.packing import Tree
from lit_toolcall.prompting.dialogue import TrainedTurns, join_turns, list_trained_turns
from lit_toolcall.prompting.renderer import Renderer
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Example, Message, Problem, Tool, UserError

CHUNK_ROWS = 512
THREADS = "TOKENIZERS_PARALLELISM"
RowProblem = CallSyntaxError | UserError
"""Why a row cannot be trained on."""
Written = list[tuple[str, str]]
"""The texts of a row's trained turns: prompt and answer."""


def encode_example(renderer: Renderer, example: Example, trained_turns: TrainedTurns = "last") -> Tree:
    """Make the token ids to train on: prompts with weight 0, answers with their ends.

    Args:
        renderer: writes and tokenizes.
        example: with an answer.
        trained_turns: which of the assistant's turns are answers.

    Raises:
        CallSyntaxError: there is no answer, one does not fit the tools, or would not be read back as it was.
        UserError: the chat template refuses these turns.
    """
    written = write_turns(renderer, example, trained_turns)
    return _make_tree(renderer, written, renderer.encode_texts([text for turn in written for text in turn]))


def encode_examples(
    renderer: Renderer, examples: Iterable[Example], trained_turns: TrainedTurns = "last"
) -> Iterator[tuple[Example, Tree | RowProblem]]:
    """Encode many rows, several times as fast as one by one.

    Yields:
        Each example in its order, with its tree or what is wrong with it.
    """
    rows = iter(examples)
    with ThreadPoolExecutor(1) as tokenizing, _all_threads():
        waiting: tuple[list[Example], list[Written | RowProblem], Future[list[list[int]]]] | None = None
        while chunk := list(islice(rows, CHUNK_ROWS)):
            written = [_try_to_write(renderer, example, trained_turns) for example in chunk]
            texts = [text for turns in written if isinstance(turns, list) for turn in turns for text in turn]
            tokens = tokenizing.submit(renderer.encode_texts, texts)
            if waiting:
                yield from _finish(renderer, *waiting)
            waiting = (chunk, written, tokens)
        if waiting:
            yield from _finish(renderer, *waiting)


def write_turns(renderer: Renderer, example: Example, trained_turns: TrainedTurns) -> Written:
    """Write the prompt and the answer of each trained turn.

    Raises:
        CallSyntaxError: see `encode_example`.
        UserError: the chat template refuses these turns.
    """
    if example.answer is None or not (example.answer.calls or example.answer.content):
        raise CallSyntaxError(Problem.MISSING_CALL, "the row has no answer to train on")
    messages = (*example.messages, example.answer)
    written = []
    for number in list_trained_turns(example, trained_turns):
        check_fit(messages[number], example.tools)
        prompt = renderer.render_prompt(replace(example, messages=messages[:number]))
        answer = renderer.render_answer(messages[number])
        check_read_back(renderer, messages[number], answer)
        written.append((prompt, answer))
    return written


def encode_question(renderer: Renderer, question: Example) -> list[int]:
    """Make the token ids of a question's prompt, which generation goes on from.

    Raises:
        UserError: the chat template refuses the turns; with the question's place.
    """
    try:
        return renderer.encode_prompt(question)
    except UserError as error:
        raise UserError(f"{question.place}: {error}") from error


def check_fit(message: Message, tools: Sequence[Tool]) -> None:
    """Refuse to train a turn whose calls do not fit the tools.

    Raises:
        CallSyntaxError: the first problem.
    """
    for call in message.calls:
        problem = find_call_problem(call, tools)
        if problem is not None:
            raise CallSyntaxError(*problem)


def check_read_back(renderer: Renderer, message: Message, answer: str) -> None:
    """Refuse to train a turn whose calls would be read as something else.

    Raises:
        CallSyntaxError: the words beside the calls, or in their place, change what is read.
    """
    turn_end = renderer.template.turn_end
    # rendering has read calls back already that stand alone in an answer
    alone = not message.content and turn_end not in answer.removesuffix(turn_end)
    if not alone and renderer.parse(answer).calls != message.calls:
        raise CallSyntaxError(Problem.SYNTAX, f"its calls are not read back from {answer!r} as they were")


def check_decoded(renderer: Renderer, answer: str, ids: Sequence[int]) -> None:
    """Refuse to train tokens that are not the answer's text.

    Raises:
        CallSyntaxError: they are another text.
    """
    if renderer.decode(ids) != answer:
        raise CallSyntaxError(Problem.SYNTAX, f"the tokenizer loses something of the answer {answer!r}")


def _try_to_write(renderer: Renderer, example: Example, trained_turns: TrainedTurns) -> Written | RowProblem:
    try:
        return write_turns(renderer, example, trained_turns)
    except (CallSyntaxError, UserError) as problem:
        return problem


def _finish(
    renderer: Renderer,
    examples: Sequence[Example],
    written: Sequence[Written | RowProblem],
    tokens: Future[list[list[int]]],
) -> Iterator[tuple[Example, Tree | RowProblem]]:
    ids = iter(tokens.result())
    for example, turns in zip(examples, written, strict=True):
        if not isinstance(turns, list):
            yield example, turns
            continue
        of_row = list(islice(ids, 2 * len(turns)))
        try:
            yield example, _make_tree(renderer, turns, of_row)
        except CallSyntaxError as problem:
            yield example, problem


def _make_tree(renderer: Renderer, written: Written, ids: Sequence[Sequence[int]]) -> Tree:
    for (_, answer), answer_ids in zip(written, ids[1::2], strict=True):
        check_decoded(renderer, answer, answer_ids)
    pairs = zip(ids[::2], ids[1::2], strict=True)
    return join_turns([(tuple(prompt), tuple(answer)) for prompt, answer in pairs])


@contextmanager
def _all_threads() -> Iterator[None]:
    """Let the tokenizer use all cores; elsewhere it must not, since processes are forked beside it."""
    before = os.environ.get(THREADS)
    os.environ[THREADS] = "true"
    try:
        yield
    finally:
        os.environ.pop(THREADS)
        if before is not None:
            os.environ[THREADS] = before
