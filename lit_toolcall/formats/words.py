"""Whether an answer says anything at all."""

from __future__ import annotations

import re

_MARKER = re.compile(
    r"<[|\uff5c][^<>|\uff5c\s]{1,40}[|\uff5c]>|\[/?INST\]"
    r"|</?(?:s|pad|eos|bos|unk|end|tool_calls?|tool_response|start_of_turn|end_of_turn)>|<unused\d{1,4}>",
    re.IGNORECASE,
)


def has_words(text: str) -> bool:
    """Tell whether a text holds more than space and what looks like markers of a template, whatever the tokenizer is.

    >>> has_words("No."), has_words("[]"), has_words(" <|end|></s>"), has_words("\\u200b\\ufffd")
    (True, True, False, False)
    """
    left = _MARKER.sub("", text)
    return any(sign.isprintable() and not sign.isspace() and sign != "\ufffd" for sign in left)
