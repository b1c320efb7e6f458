"""Trees of token ids from examples and preferences, and the token ids of questions."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.packing import Branch, Tree
from lit_toolcall.prompting.dialogue import EncodedTurn, TrainedTurns, join_turns, list_trained_turns
from lit_toolcall.prompting.renderer import BREAK, Renderer
from lit_toolcall.prompting.template import TemplateLoss
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Example, Message, Preference, Problem, Tool, UserError

CHUNK_ROWS = 512
THREADS = "TOKENIZERS_PARALLELISM"
RowProblem = CallSyntaxError | UserError
"""Why a row cannot be trained on."""
TurnTexts = list[tuple[str, str]]
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
        TemplateLoss: it loses one of them.
    """
    written = write_turns(renderer, example, trained_turns)
    return _make_tree(renderer, written, renderer.encode_texts([text for turn in written for text in turn]))


def encode_examples(
    renderer: Renderer, examples: Iterable[Example], trained_turns: TrainedTurns = "last"
) -> Iterator[tuple[Example, Tree | RowProblem]]:
    """Encode many rows, several times as fast as one by one.

    Yields:
        Each example in its order, with its tree or what is wrong with it.

    Raises:
        TemplateLoss: the chat template loses a turn of a row, as it would in similar rows; with the row's place.
    """
    rows = iter(examples)
    with ThreadPoolExecutor(1) as tokenizing, _all_threads():
        waiting: tuple[list[Example], list[TurnTexts | RowProblem], Future[list[list[int]]]] | None = None
        while chunk := list(islice(rows, CHUNK_ROWS)):
            written = [_try_to_write(renderer, example, trained_turns) for example in chunk]
            texts = [text for turns in written if isinstance(turns, list) for turn in turns for text in turn]
            tokens = tokenizing.submit(renderer.encode_texts, texts)
            if waiting:
                yield from _finish(renderer, *waiting)
            waiting = (chunk, written, tokens)
        if waiting:
            yield from _finish(renderer, *waiting)


def write_turns(renderer: Renderer, example: Example, trained_turns: TrainedTurns) -> TurnTexts:
    """Write the prompt and the answer of each trained turn.

    Raises:
        CallSyntaxError: see `encode_example`.
        UserError: the chat template refuses these turns.
    """
    if example.answer is None or not (example.answer.calls or example.answer.content):
        raise CallSyntaxError(Problem.MISSING_CALL, "the row has no answer to train on")
    messages = (*example.messages, example.answer)
    numbers = list_trained_turns(example, trained_turns)
    if not numbers:
        raise CallSyntaxError(
            Problem.MISSING_CALL,
            f"the row marks its last turn as not trained, and data.trained_turns={trained_turns} trains no other turn",
        )
    written = []
    for number in numbers:
        check_fit(messages[number], example.tools)
        prompt = renderer.render_prompt(replace(example, messages=messages[:number]))
        answer = renderer.render_answer(messages[number])
        if answer == renderer.template.turn_end:
            raise CallSyntaxError(Problem.MISSING_CALL, "a trained turn of the row says nothing but an end token")
        check_read_back(renderer, messages[number], answer)
        written.append((prompt, answer))
    return written


def encode_questions(renderer: Renderer, questions: Sequence[Example], max_new_tokens: int) -> list[list[int]]:
    """Make the token ids of questions' prompts, after which generation begins.

    Prints how many of them leave too few positions for a whole answer.

    Raises:
        UserError: the chat template refuses the turns; with the question's place.
    """
    prompts = []
    for question in questions:
        try:
            prompts.append(renderer.encode_prompt(question))
        except UserError as error:
            raise UserError(f"{question.place}: {error}") from error
    if renderer.positions is not None:
        sentence = describe_long_prompts(questions, prompts, max_new_tokens, renderer.positions)
        if sentence:
            print(sentence, file=sys.stderr)
    return prompts


def describe_long_prompts(
    questions: Sequence[Example], prompts: Sequence[Sequence[int]], max_new_tokens: int, positions: int
) -> str:
    """Name the prompts that leave too few positions for an answer; empty where all leave enough.

    >>> describe_long_prompts([Example("1", (), (), None, place="a:1")], [[7] * 30], 8, positions=32)
    '1 of 1 questions leave fewer than max_new_tokens=8 of 32 positions, so that answers end early: a:1 (30 tokens)'
    """
    room = positions - max_new_tokens
    long = [(each.place, len(prompt)) for each, prompt in zip(questions, prompts, strict=True) if len(prompt) > room]
    if not long:
        return ""
    named = ", ".join(f"{place} ({tokens} tokens)" for place, tokens in long)
    return (
        f"{len(long)} of {len(questions)} questions leave fewer than max_new_tokens={max_new_tokens} of {positions} "
        f"positions, so that answers end early: {named}"
    )


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
    # rendering has read calls back already that stand alone in an answer
    alone = not message.content and not message.reasoning
    plain = answer.replace(BREAK, "")
    if not alone and renderer.parse(plain).calls != message.calls:
        raise CallSyntaxError(Problem.SYNTAX, f"its calls are not read back from {plain!r} as they were")


def check_decoded(renderer: Renderer, answer: str, ids: Sequence[int]) -> None:
    """Refuse to train tokens that are not the answer's text.

    Raises:
        CallSyntaxError: they are another text.
    """
    plain = answer.replace(BREAK, "")
    if renderer.decode(ids) != plain:
        raise CallSyntaxError(Problem.SYNTAX, f"the tokenizer loses something of the answer {plain!r}")


def _try_to_write(renderer: Renderer, example: Example, trained_turns: TrainedTurns) -> TurnTexts | RowProblem:
    try:
        return write_turns(renderer, example, trained_turns)
    except TemplateLoss as loss:
        raise TemplateLoss(f"{example.place}: {loss}") from loss
    except (CallSyntaxError, UserError) as problem:
        return problem


def _finish(
    renderer: Renderer,
    examples: Sequence[Example],
    written: Sequence[TurnTexts | RowProblem],
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


def _make_tree(renderer: Renderer, written: TurnTexts, ids: Sequence[Sequence[int]]) -> Tree:
    for (_, answer), answer_ids in zip(written, ids[1::2], strict=True):
        check_decoded(renderer, answer, answer_ids)
    pairs = zip(ids[::2], ids[1::2], strict=True)
    return join_turns([EncodedTurn(tuple(prompt), tuple(answer)) for prompt, answer in pairs])


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


def encode_preference(renderer: Renderer, preference: Preference) -> Tree:
    """Make the token ids of a pair: its prompt as the trunk, the chosen and the rejected answer as branches.

    What tools return inside an answer has weight 0, and so have turns that the pair marks as not trained.

    Args:
        renderer: writes and tokenizes.
        preference: the chosen answer's calls must fit the tools; the rejected one's need not.

    Raises:
        CallSyntaxError: no turn of an answer is trained, the call format or the tokenizer cannot hold an answer, both
            become the same tokens (but for what tools return), or the chosen one does not fit the tools or would not be
            read back as it was.
        UserError: the chat template refuses these turns.
    """
    for answer in (preference.chosen, preference.rejected):
        if not any(message.role == "assistant" and message.trained for message in answer):
            raise CallSyntaxError(Problem.MISSING_CALL, "no turn of the chosen or of the rejected answer is trained")
    for message in preference.chosen:
        if not message.trained:
            continue
        check_fit(message, preference.tools)
        if message.calls:  # words may be a sampled answer with calls that are written in a way of their own
            check_read_back(renderer, message, renderer.render_answer(message))
    trunk = tuple(_encode_prompt(renderer, preference, ()))
    chosen, rejected = (
        _encode_answer(renderer, preference, answer, trunk) for answer in (preference.chosen, preference.rejected)
    )
    if _list_trained(chosen) == _list_trained(rejected):
        raise CallSyntaxError(Problem.SYNTAX, "the chosen and the rejected answer are the same tokens")
    return Tree(trunk, (chosen, rejected))


def _list_trained(answer: Branch) -> list[int]:
    return [token for token, weight in zip(answer.ids, answer.weights, strict=True) if weight]


def _encode_prompt(renderer: Renderer, preference: Preference, answered: tuple[Message, ...]) -> list[int]:
    question = Example(preference.id, preference.tools, (*preference.messages, *answered), None)
    return renderer.encode_prompt(question)


def _encode_answer(
    renderer: Renderer, preference: Preference, answer: tuple[Message, ...], trunk: tuple[int, ...]
) -> Branch:
    turns = []
    for number, message in enumerate(answer):
        if message.role == "assistant":
            text = renderer.render_answer(message)
            ids = renderer.encode_text(text)
            check_decoded(renderer, text, ids)
            prompt = _encode_prompt(renderer, preference, answer[:number])
            turns.append(EncodedTurn(tuple(prompt), tuple(ids), message.trained))
    tree = join_turns(turns)
    if tree.trunk != trunk or len(tree.branches) > 1:
        raise CallSyntaxError(
            Problem.SYNTAX,
            "the chat template writes earlier turns another way, so that an answer of several turns is no one text",
        )
    return tree.branches[0]
