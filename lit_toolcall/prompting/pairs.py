"""From preferences to trees: one prompt with two answers."""

from __future__ import annotations

from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.packing import Branch, Tree
from lit_toolcall.prompting.dialogue import Turn, join_turns
from lit_toolcall.prompting.encoding import check_decoded, check_fit, check_read_back
from lit_toolcall.prompting.renderer import Renderer
from lit_toolcall.types import Example, Message, Preference, Problem


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
            turns.append(Turn(tuple(prompt), tuple(ids), message.trained))
    tree = join_turns(turns)
    if tree.trunk != trunk or len(tree.branches) > 1:
        raise CallSyntaxError(
            Problem.SYNTAX,
            "the chat template writes earlier turns another way, so that an answer of several turns is no one text",
        )
    return tree.branches[0]
