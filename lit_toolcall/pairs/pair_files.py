"""The files that `pairs` writes: one part per rank while it samples, then one file of all pairs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lit_toolcall.types import Message, Preference, Tool, UserError


def preference_to_record(preference: Preference, ranks: dict[str, list[float]]) -> dict[str, Any]:
    """Write a pair as plain JSON values.

    Tools and arguments are JSON text: Arrow would give every nested object the keys of all others.

    Args:
        preference: the pair.
        ranks: those of both answers, see `Ranks`.
    """
    return {
        "id": preference.id,
        "tools": json.dumps([_tool_to_record(tool) for tool in preference.tools], ensure_ascii=False),
        "messages": _messages_to_records(preference.messages),
        "chosen": _messages_to_records(preference.chosen),
        "rejected": _messages_to_records(preference.rejected),
        "reason": preference.reason,
        "origins": list(preference.origins),
        "scores": ranks,
    }


def _tool_to_record(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _messages_to_records(messages: Sequence[Message]) -> list[dict[str, Any]]:
    return [_message_to_record(message) for message in messages]


def _message_to_record(message: Message) -> dict[str, Any]:
    calls = [
        {
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)},
        }
        for call in message.calls
    ]
    record: dict[str, Any] = {"role": message.role, "content": message.content}
    if calls:
        record["tool_calls"] = calls
    elif message.role == "assistant":
        record["as_written"] = True  # a model's own text, which may look like a call and must not be read as one
    if message.reasoning:
        record["reasoning_content"] = message.reasoning
    if not message.trained:
        record["weight"] = 0
    return record


PAIRS = "pairs.jsonl"


class PairParts:
    """Keeps the pairs of each batch of questions on disk, so that an interrupted run resumes where it was.

    A part's first line says what the run depends on; each further line holds a batch's number and its pairs.
    A line that was cut off counts for nothing, and its batch is done again.

    Args:
        folder: the run folder.
        rank: this process.
        depends_on: settings, weights and questions, in any JSON form: a part of another run is refused.

    Attributes:
        done: numbers of the batches that are done, on all ranks of all earlier starts.

    Raises:
        UserError: the folder holds a finished file, or parts of another run.
    """

    def __init__(self, folder: Path, rank: int, depends_on: Mapping[str, Any]) -> None:
        self.folder = folder
        self.depends_on = json.loads(json.dumps(depends_on))
        self.part = folder / f"pairs.rank{rank}.part"
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / PAIRS).exists():
            raise UserError(f"{folder / PAIRS} is finished: name another folder by --trainer.default_root_dir")
        self.done = {record["batch"] for record in self.read()}

    def begin(self) -> None:
        """Open this rank's part; once all ranks have read what is done."""
        _write_whole(self.part, [self.depends_on, *_read_lines(self.part)[1:]])

    def add(self, batch: int, made: Mapping[str, Any]) -> None:
        """Keep what was made of a batch."""
        with self.part.open("a", encoding="utf-8") as part:
            part.write(_line({"batch": batch, **made}))

    def read(self) -> list[dict[str, Any]]:
        """Read what was made of all batches, in their order, each once.

        Raises:
            UserError: a part is of another run.
        """
        return [record for _, record in sorted(self._read_parts())]

    def _read_parts(self) -> Iterator[tuple[int, dict[str, Any]]]:
        seen: set[int] = set()
        for part in sorted(self.folder.glob("pairs.rank*.part")):
            head, *records = _read_lines(part) or [self.depends_on]
            changed = [name for name in self.depends_on if head.get(name) != self.depends_on[name]]
            if changed:
                raise UserError(
                    f"{part} was begun with other {' and '.join(changed)}: resume with the same, or name another "
                    "folder by --trainer.default_root_dir"
                )
            for record in records:
                if record["batch"] not in seen:
                    seen.add(record["batch"])
                    yield record["batch"], record

    def finish(self, records: list[dict[str, Any]]) -> Path:
        """Write all pairs as one file, and remove the parts."""
        path = self.folder / PAIRS
        _write_whole(path, records)
        for part in self.folder.glob("pairs.rank*.part"):
            part.unlink()
        return path


def _write_whole(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Write a file that is there as a whole or, after an interruption, as it was before."""
    partial = path.with_suffix(".partial")
    partial.write_text("".join(map(_line, records)), encoding="utf-8")
    partial.replace(path)


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


def _read_lines(part: Path) -> list[dict[str, Any]]:
    """Read whole lines; the last one may have been cut off."""
    if not part.is_file():
        return []
    *lines, _ = part.read_bytes().split(b"\n")
    return [json.loads(line) for line in lines]
