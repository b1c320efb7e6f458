"""Thoughts and words of an answer: thoughts are cut off before calls are read, since a call thought of is not made."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

Span = tuple[int, int]
FindCalls = Callable[[str, int], Span | None]

_WORD = "think|thinking|antthinking|seed:think|thoughts?|reasoning|reflection|scratchpad"
_TAG = re.compile(
    rf"""
      <(?P<slash>/)?(?P<plain>{_WORD})(?:\s[^<>\n]{{0,40}})?>  # Qwen 3, DeepSeek R1 and most others
    | <\|(?P<end>/|/?end_(?:of_)?)?(?:(?:start|begin)_(?:of_)?)?(?P<barred>{_WORD})(?P<trailing>_end|_start|_begin)?\|>
    | \[(?P<bracket>/)?(?P<magistral>THINK)\]
    | ◁(?P<triangle>/)?(?P<kimi>think)▷
    | <(?P<gemma>unused)9(?P<number>[45])>
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MARKER = re.compile(
    r"<[|\uff5c][^<>|\uff5c\s]{1,40}[|\uff5c]>|\[/?INST\]"
    r"|</?(?:s|pad|eos|bos|unk|end|tool_calls?|tool_response|start_of_turn|end_of_turn)>|<unused\d{1,4}>",
    re.IGNORECASE,
)


def find_said(text: str, find_calls: FindCalls, begins_calls: FindCalls, reads: Callable[[str], bool]) -> list[Span]:
    """Find the parts of an answer that are no thoughts: `<think>...</think>`, and the like of other models.

    Thoughts that are never closed run to the end. A closing tag alone ends thoughts that the prompt has opened. Inside
    calls such tags are text.

    Args:
        text: the answer.
        find_calls: finds where the next calls begin and end, from a position on; None where there are none.
        begins_calls: the same where calls begin just there once what stands before is cut off.
        reads: tells whether a text is well-formed as it stands.

    >>> find_none = lambda text, position: None
    >>> text = "<think>Shall I?</think>No."
    >>> [text[start:end] for start, end in find_said(text, find_none, find_none, bool)]
    ['', 'No.']
    >>> text = "Shall I?</think>No.<think>Or"
    >>> [text[start:end] for start, end in find_said(text, find_none, find_none, bool)]
    ['No.']
    """
    tags = list(_TAG.finditer(text))
    kept: list[Span] = []
    position, number = 0, 0
    calls = find_calls(text, 0) if tags else None
    is_whole = lru_cache(lambda start: reads(text[start:]))
    while number < len(tags):
        tag, end = tags[number], number
        while calls is not None and calls[1] <= tag.start():
            calls = find_calls(text, calls[1])
        is_inside = calls is not None and calls[0] <= tag.start()
        if _closes(tag):
            if not is_inside or not is_whole(position):
                kept, position = [], tag.end()
        elif not is_inside:
            kept.append((position, tag.start()))
            end = _find_closing(tags, number)
            if end == len(tags):
                return kept
            position = tags[end].end()
        if position > tag.start():
            if calls is not None and calls[0] < position:
                calls = find_calls(text, position)
            calls = begins_calls(text, position) or calls
        number = end + 1
    return [*kept, (position, len(text))]


def join_said(text: str, said: Sequence[Span]) -> str:
    """Return what an answer says without its thoughts.

    What stands around thoughts are lines of their own: calls may have to begin one.

    >>> join_said("one<think></think>two", [(0, 3), (18, 21)])
    'one\\ntwo'
    """
    return "\n".join(text[start:end] for start, end in said)


def place_said(position: int, said: Sequence[Span]) -> int:
    """Return where a character of the joined text stands in the answer.

    >>> [place_said(position, [(0, 3), (18, 21)]) for position in (0, 2, 4, 6)]
    [0, 2, 18, 20]
    """
    begin = 0
    for start, end in said:
        if position <= begin + end - start:
            return start + position - begin
        begin += end - start + 1
    raise IndexError(f"{position} is past the joined text")


def end_thoughts(text: str, is_quoted: Callable[[int, int], bool]) -> int:
    """Return where the thoughts end that an answer begins with or holds; 0 where it has none.

    Args:
        text: the answer; thoughts that are never closed are words.
        is_quoted: tells whether a tag at a position is text inside a call that begins after another position.

    >>> [end_thoughts(text, lambda start, place: False) for text in ("<think>Or?</think>No.", "Or?</think>No.", "No.")]
    [18, 11, 0]
    """
    tags = list(_TAG.finditer(text))
    end = number = 0
    while number < len(tags) and not is_quoted(end, tags[number].start()):
        closing = number if _closes(tags[number]) else _find_closing(tags, number)
        if closing == len(tags):
            break
        end, number = tags[closing].end(), closing + 1
    return end


def find_closing_tag(prompt: str) -> str | None:
    """Return what closes the thoughts that a prompt opens at its end; None where it opens none.

    >>> find_closing_tag("<|im_start|>assistant\\n<think>\\n"), find_closing_tag("<think></think>")
    ('</think>', None)
    """
    opening = re.search(r"(?P<bracket>[<\[])(?P<word>[\w:]+)[>\]]\s*\Z", prompt[-64:])
    tag = opening and _TAG.fullmatch(opening[0].strip())
    if opening is None or not tag:
        return None
    return f"</{opening['word']}>" if opening["bracket"] == "<" else f"[/{opening['word']}]"


def _closes(tag: re.Match[str]) -> bool:
    return bool(
        tag["slash"]
        or tag["end"]
        or tag["bracket"]
        or tag["triangle"]
        or tag["number"] == "5"
        or tag["trailing"] == "_end"
    )


def _find_closing(tags: list[re.Match[str]], opening: int) -> int:
    """Return the number of the first tag that closes an opening one; that of no tag where none does."""
    kind = _kind(tags[opening])
    later = range(opening + 1, len(tags))
    return next((number for number in later if _closes(tags[number]) and _kind(tags[number]) == kind), len(tags))


def _kind(tag: re.Match[str]) -> tuple[str, str]:
    kind = next(name for name in ("plain", "barred", "magistral", "kimi", "gemma") if tag[name])
    return kind, tag[kind].lower()


def find_end(text: str, sign: str, position: int) -> int:
    """Return where the next such sign ends, from a position on; the text's end where none comes.

    >>> find_end("a;b;c", ";", 2), find_end("abc", ";", 0)
    (4, 3)
    """
    found = text.find(sign, position)
    return len(text) if found < 0 else found + len(sign)


def has_words(text: str) -> bool:
    """Tell whether a text holds more than space and what looks like markers of a template, whatever the tokenizer is.

    >>> has_words("No."), has_words("[]"), has_words(" <|end|></s>"), has_words("\\u200b\\ufffd")
    (True, True, False, False)
    """
    left = _MARKER.sub("", text)
    return any(sign.isprintable() and not sign.isspace() and sign != "\ufffd" for sign in left)
