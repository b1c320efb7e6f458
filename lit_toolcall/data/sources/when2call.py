"""When2Call (arXiv:2504.18851): when to call a tool, to ask back, or to say that no tool fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.data.sources.reading.calls import check_length
from lit_toolcall.data.sources.reading.examples import SHAPES, example_from_row, settle_example, split_answer
from lit_toolcall.data.sources.reading.fields import read_structure
from lit_toolcall.data.sources.reading.files import Row, file_stem
from lit_toolcall.data.sources.reading.values import RowError, decode_json, row_errors
from lit_toolcall.data.sources.reading.written_calls import settle_calls
from lit_toolcall.data.sources.source import PreferenceSource, RowSource, check_different, keep_rows
from lit_toolcall.json_values import clip
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Example, Message, Preference, Problem, Tool, UserError

HUB_ID = "nvidia/When2Call"
TEST_WORDS = {"test", "mcq", "judge"}
"""Words in the names of its test files, `when2call_test_mcq.jsonl` and `when2call_test_llm_judge.jsonl`, and splits."""
TEST_KEYS = {"correct_answer", "orig_question", "held_out_param"}
"""Keys that only its test rows have."""
OPENING, CLOSING = "<TOOLCALL>", "</TOOLCALL>"


class When2Call(RowSource, PreferenceSource):
    """Reads `{"tools", "messages", "chosen_response", "rejected_response"}`, and `train_sft`'s `{"tools", "messages"}`.

    As examples, the chosen response, or the last message of a row without one, is the answer, and its calls must fit
    the tools. As preferences, the rejected response is read too; its calls need not fit. A call is written
    `<TOOLCALL>[{"name", "arguments"}]</TOOLCALL>`, a tool as its JSON text.

    Its test set derives from BFCL: files and splits of it are refused, and so are its rows under another name.

    Args:
        path: a file of JSON lines such as `when2call_train_pref.jsonl`, a `.json` file with one array of rows, a
            `.parquet` file, or a dataset id on the Hugging Face hub.
        split: the hub dataset's split.
        limit: rows to take at most; all where it is not given.
        config: the hub dataset's config, `train_pref` or `train_sft`.
    """

    def __init__(
        self, path: str = HUB_ID, split: str = "train", limit: int | None = None, config: str | None = "train_pref"
    ) -> None:
        super().__init__(path, split, limit, config)
        refuse_test_set(path, split, config)

    def example_of(self, row: Row) -> Example:
        answers = (
            [row.value["chosen_response"]] if isinstance(row.value, dict) and "chosen_response" in row.value else []
        )
        example = example_from_row(_openai_row(row.value, answers), f"{file_stem(self.path)}:{row.number}", row.place)
        if example.answer is None:
            raise RowError("no `chosen_response`, and the last message is not the assistant's")
        return example

    def read_preferences(self, ledger: Ledger) -> Iterator[Preference]:
        return keep_rows(self.rows(), self.preference_of, self.limit, ledger)

    def preference_of(self, row: Row) -> Preference:
        """Make the preference of one row.

        Raises:
            RowError: with the reason, for the ledger.
        """
        example = settle_example(self.example_of(row))
        for key in ("chosen_response", "rejected_response"):
            if key not in row.value:
                raise RowError(f"no `{key}`: the row holds no preference; read `train_pref`")
        _, rejected = split_answer(_openai_row(row.value, [row.value["rejected_response"]]), SHAPES["messages"])
        if example.answer is None or rejected is None:
            raise RowError("`chosen_response` and `rejected_response` must be the assistant's")
        rejected = settle_calls(rejected, example.tools, keep_broken=True)
        check_length(rejected.calls)
        check_different([example.answer], [rejected])
        return Preference(
            id=example.id,
            tools=example.tools,
            messages=example.messages,
            chosen=(example.answer,),
            rejected=(rejected,),
            reason=_reason(example.answer, rejected, example.tools),
            place=row.place,
        )


def refuse_test_set(path: str, split: str, config: str | None) -> None:
    """Refuse names of When2Call's test set.

    >>> refuse_test_set("data/when2call_train_pref.jsonl", "train", None)

    Raises:
        UserError: the file, split or config has such a name, or lies in a folder `test`.
    """
    words = {word for name in (Path(path).name, split, config or "") for word in re.split(r"[\W_]+", name.lower())}
    if words & TEST_WORDS or Path(path).parent.name == "test":
        raise UserError(
            f"{path} (split {split!r}, config {config!r}) is When2Call's test set, which derives from BFCL: train on"
            " train_pref or train_sft"
        )


def _openai_row(row: Any, answers: Sequence[Any]) -> dict[str, Any]:
    """Write a row as OpenAI's messages and tools."""
    if not isinstance(row, dict):
        raise RowError(f"a row must be a JSON object, this is {clip(repr(row), 40)}")
    if TEST_KEYS & set(row):
        raise RowError("a row of When2Call's test set, which derives from BFCL: do not train on it")
    messages, tools = read_structure(row, "messages"), read_structure(row, "tools")
    if not isinstance(messages, list) or not isinstance(tools, list):
        raise RowError("`messages` and `tools` must be lists")
    return {
        "messages": [_openai_message(message) for message in (*messages, *answers)],
        "tools": [_decode(tool, "a tool") if isinstance(tool, str) else tool for tool in tools],
    }


def _openai_message(message: Any) -> Any:
    content = message.get("content") if isinstance(message, Mapping) else None
    if not isinstance(content, str) or OPENING not in content or message.get("role") != "assistant":
        return message
    text, _, rest = content.partition(OPENING)
    block, closing, after = rest.partition(CLOSING)
    if not closing or after.strip():
        raise RowError(f"calls that do not end in {CLOSING}, or text after them: {clip(content)!r}")
    calls = _decode(block, OPENING)
    if not isinstance(calls, list) or not calls:
        raise RowError(f"{OPENING} must hold a list of calls, this is {clip(block, 40)!r}")
    return {"role": "assistant", "content": text.strip(), "tool_calls": [{"function": call} for call in calls]}


def _decode(text: str, what: str) -> Any:
    with row_errors(what):
        return decode_json(text)


def _reason(chosen: Message, rejected: Message, tools: Sequence[Tool]) -> str:
    if bool(chosen.calls) != bool(rejected.calls):
        return Problem.MISSING_CALL if chosen.calls else Problem.UNWANTED_CALL
    problems = (find_call_problem(call, tools) for call in rejected.calls)
    return next((problem[0] for problem in problems if problem is not None), "")
