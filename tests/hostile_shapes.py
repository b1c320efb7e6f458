"""A row of each source's published shape, made of tools and calls that may be anything."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lit_toolcall.data.sources import (
    ApiBank,
    Bfcl,
    Glaive,
    HermesRows,
    JsonLines,
    Ledger,
    Pairs,
    SealTools,
    ShareGpt,
    ToolACE,
    ToolRL,
    When2Call,
    XLam,
)
from lit_toolcall.types import Example, Preference

Task = dict[str, Any]
Read = Callable[[Ledger], Iterator[Example | Preference]]
ASKED = "Ein Tisch für zwei, it's for 寿司 🍣?"
TOLD = "That's done."
PROPERTIES = {
    "guests": {"type": "integer", "description": "how many"},
    "day": {"type": "string", "enum": ["Mon", "Tue"]},
    "names": {"type": "array", "items": {"type": "string"}},
    "price": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": 2.5},
}
BOOK = {
    "name": "book",
    "description": "Books a table; the guest's name is kept.",
    "parameters": {"type": "object", "properties": PROPERTIES, "required": ["guests"]},
}
NOW = {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}, "required": []}}
FLAT_BOOK = {
    "name": "book",
    "description": BOOK["description"],
    "parameters": {
        "guests": {"description": "how many", "type": "int"},
        "day": {"description": "", "type": "str, optional", "default": "Mon"},
        "names": {"description": "", "type": "List[str], optional"},
        "price": {"description": "[Optional]", "type": "float, optional, default: 2.5"},
    },
}
CALLS = [{"name": "book", "arguments": {"guests": 2, "day": "Mon", "names": ["Åse O'Neill", "Bo"]}}]
TASK: Task = {"tools": [BOOK, NOW], "calls": CALLS}
FLAT_TASK: Task = {"tools": [FLAT_BOOK], "calls": CALLS}


def entries(task: Any, key: str) -> list[Any]:
    found = task.get(key) if isinstance(task, dict) else task
    return found if isinstance(found, list) else [found]


def part(entry: Any, key: str) -> Any:
    return entry.get(key) if isinstance(entry, dict) else entry


def write_literal(value: Any) -> str:
    """Write a value as Python does, which older rows have."""
    return repr(value)


def write_request(call: Any) -> str:
    arguments = part(call, "arguments")
    pairs = arguments.items() if isinstance(arguments, dict) else [("a", arguments)]
    return f"{part(call, 'name')}({', '.join(f'{key}={value!r}' for key, value in pairs)})"


def query_row(task: Task) -> Any:
    calls = [{"function": part(call, "name"), "arguments": part(call, "arguments")} for call in entries(task, "calls")]
    return {"id": 5, "query": ASKED, "tools": part(task, "tools"), "expected_output": calls}


def messages_row(task: Task) -> Any:
    calls = [
        {"function": {"name": part(call, "name"), "arguments": json.dumps(part(call, "arguments"))}}
        for call in entries(task, "calls")
    ]
    messages = [{"role": "user", "content": ASKED}, {"role": "assistant", "content": None, "tool_calls": calls}]
    return {"messages": messages, "tools": json.dumps(part(task, "tools"))}


def xlam_row(task: Task) -> Any:
    tools, answers = (json.dumps(part(task, key)) for key in ("tools", "calls"))
    return {"id": 3, "query": ASKED, "tools": tools, "answers": answers}


def toolrl_row(task: Task) -> Any:
    tools = "\n".join(
        f"{number}. Name: {part(tool, 'name')}\nDescription: Books.\nParameters: {json.dumps(part(tool, 'parameters'))}"
        for number, tool in enumerate(entries(task, "tools"), start=1)
    )
    calls = "\n".join(
        json.dumps({"name": part(call, "name"), "parameters": part(call, "arguments")})
        for call in entries(task, "calls")
    )
    output = f"<think> A call. </think>\n<tool_call>\n{calls}\n</tool_call>"
    return {
        "instruction": f"Now you can use the following tools:\n{tools}\n\n**Steps for Each Turn**\n1. Think",
        "input": f"**Dialogue Records History**\n<user> {ASKED} </user>\n\n{output}\n\n<obs> None </obs>",
        "output": output,
    }


def seal_tools_row(task: Task) -> Any:
    calling = [
        {"api": part(call, "name"), "parameters": part(call, "arguments"), "responses": ["API_call_0"]}
        for call in entries(task, "calls")
    ]
    return {"id": "dev-1", "query": ASKED, "calling": calling}


def share_gpt_row(task: Task) -> Any:
    turns = [("human", ASKED), *(("function_call", json.dumps(call)) for call in entries(task, "calls"))]
    turns += [("observation", "{'sky': 'clear'}"), ("gpt", TOLD), ("human", ASKED)]
    turns += [("function_call", json.dumps(part(task, "calls")))]
    return {"conversations": write_speeches(turns), "tools": json.dumps(part(task, "tools")), "system": "It is noon."}


def write_speeches(turns: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"from": speaker, "value": value} for speaker, value in turns]


def write_function_call(call: Any) -> str:
    name, arguments = (json.dumps(part(call, key)) for key in ("name", "arguments"))
    return f"""<functioncall> {{"name": {name}, "arguments": '{arguments}'}}"""


def glaive_row(task: Task) -> Any:
    tools = "\n\n".join(json.dumps(tool, indent=4) for tool in entries(task, "tools"))
    calls = " ".join(write_function_call(call) for call in entries(task, "calls"))
    turn = f"USER: {ASKED}\n\n\nASSISTANT: {calls} <|endoftext|>\n\n\n"
    told = f'FUNCTION RESPONSE: {{"ok": true}}\n\n\nASSISTANT: {TOLD} <|endoftext|>\n\n\n'
    return {
        "system": "SYSTEM: You are a helpful assistant with access to the following functions. Use them if required -\n"
        f"{tools}\n",
        "chat": f"{turn}{told}{turn}",
    }


def hermes_row(task: Task) -> Any:
    system = f"You are a function calling AI model.\n<tools>\n{write_literal(part(task, 'tools'))}\n</tools>\nBe brief."
    calls = "\n".join(f"<tool_call>\n{write_literal(call)}\n</tool_call>" for call in entries(task, "calls"))
    json_calls = "\n".join(f"<tool_call>\n{json.dumps(call)}\n</tool_call>" for call in entries(task, "calls"))
    turns = [("system", system), ("human", ASKED), ("gpt", f"Let me see.\n{calls}")]
    turns += [("tool", '<tool_response>\n{"ok": true}\n</tool_response>'), ("gpt", json_calls)]
    return {
        "id": "8-9",
        "conversations": write_speeches(turns),
        "tools": json.dumps(part(task, "tools")),
        "category": "Food",
    }


def toolace_row(task: Task) -> Any:
    mark = "Here is a list of functions in JSON format that you can invoke:"
    system = f"{mark}\n{json.dumps(part(task, 'tools'))}. \nBe brief."
    calls = f"[{', '.join(write_request(call) for call in entries(task, 'calls'))}]"
    turns = [("user", ASKED), ("assistant", calls), ("tool", "[{}]"), ("assistant", TOLD), ("user", ASKED)]
    return {"system": system, "conversations": write_speeches([*turns, ("assistant", calls)])}


def when2call_row(task: Task) -> Any:
    called = {"role": "assistant", "content": f"<TOOLCALL>{json.dumps(part(task, 'calls'))}</TOOLCALL>"}
    rejected = {"role": "assistant", "content": '<TOOLCALL>[{"name": "now", "arguments": {"zone": "UTC"}}]</TOOLCALL>'}
    return {
        "tools": [json.dumps(tool) for tool in entries(task, "tools")],
        "messages": [{"role": "user", "content": ASKED}],
        "chosen_response": called,
        "rejected_response": rejected,
    }


def messages_pair_row(task: Task) -> Any:
    """Write a row as `pairs` does."""
    question, answer = messages_row(task)["messages"]
    rejected = {"role": "assistant", "tool_calls": [{"function": {"name": "now", "arguments": {"zone": "UTC"}}}]}
    told = [answer, {"role": "tool", "content": "3"}, {"role": "assistant", "content": TOLD}]
    return {
        "id": "1+a",
        "tools": part(task, "tools"),
        "messages": [question],
        "chosen": told,
        "rejected": rejected,
        "reason": "value",
    }


def prompt_pair_row(task: Task) -> Any:
    """Write a row as UltraFeedback's are, both answers with the question before them; its calls are of the old kind."""
    calls = [
        {"name": part(call, "name"), "arguments": json.dumps(part(call, "arguments"))}
        for call in entries(task, "calls")
    ]
    question = {"role": "user", "content": ASKED}
    chosen = [question, *({"role": "assistant", "content": None, "function_call": call} for call in calls)]
    rejected = [question, {"role": "assistant", "content": TOLD}]
    return {"prompt": ASKED, "functions": part(task, "tools"), "chosen": chosen, "rejected": rejected}


def bfcl_row(task: Task) -> Any:
    """Write a question and its accepted values as one row, which is read as both."""
    gold = [
        {part(call, "name"): {key: ["", value] for key, value in arguments.items()}}
        for call in entries(task, "calls")
        if isinstance(arguments := part(call, "arguments"), dict) and isinstance(part(call, "name"), str)
    ]
    question = [[{"role": "system", "content": TOLD}, {"role": "user", "content": ASKED}]]
    return {"id": "multiple_0", "question": question, "function": part(task, "tools"), "ground_truth": gold}


def api_bank_row(task: Task) -> Any:
    tools = [
        {"name": part(tool, "name"), "description": "", "input_parameters": part(tool, "parameters")}
        for tool in entries(task, "tools")
    ]
    calls = f"[{', '.join(write_request(call) for call in entries(task, 'calls'))}]"
    searcher = '{"apiCode": "ToolSearcher", "description": "", "parameters": {"keywords": {"type": "str"}}}'
    listed = "\n".join(json.dumps(tool) for tool in tools)
    return {
        "instruction": f"API descriptions:\n{listed}",
        "input": f"{searcher}\nUser: {ASKED} TIME: 2034\nAPI-Request: [ToolSearcher(keywords='book')]->{tools!r}\n"
        f"AI: {TOLD}\nUser: {ASKED}\nAPI-Request: {calls}->3\nGenerate API Request: ",
        "output": f"API-Request: {calls}",
    }


@dataclass(frozen=True)
class Shape:
    """How rows of a source look, and how they are read."""

    task: Task
    write: Callable[[Task], Any]
    open: Callable[[Path], Read]
    file: str = "rows.jsonl"


def open_seal_tools(path: Path) -> Read:
    tools = path.with_name("tool.jsonl")
    tools.write_text(f"{json.dumps(FLAT_BOOK)}\n", encoding="utf-8")
    return SealTools(str(path), str(tools)).read


def open_bfcl(path: Path) -> Read:
    answers = path.parent / "possible_answer"
    answers.mkdir(exist_ok=True)
    shutil.copy(path, answers / path.name)
    return Bfcl(["multiple"], str(path.parent)).read


SHAPES = {
    "ApiBank": Shape(FLAT_TASK, api_bank_row, lambda path: ApiBank(str(path)).read, "lv3-api-train.json"),
    "Bfcl": Shape(TASK, bfcl_row, open_bfcl, "BFCL_v4_multiple.json"),
    "Glaive": Shape(TASK, glaive_row, lambda path: Glaive(str(path)).read),
    "HermesRows": Shape(TASK, hermes_row, lambda path: HermesRows(str(path)).read),
    "JsonLines query": Shape(TASK, query_row, lambda path: JsonLines(str(path)).read),
    "JsonLines messages": Shape(TASK, messages_row, lambda path: JsonLines(str(path)).read),
    "Pairs messages": Shape(TASK, messages_pair_row, lambda path: Pairs(str(path)).read_preferences),
    "Pairs prompt": Shape(TASK, prompt_pair_row, lambda path: Pairs(str(path)).read_preferences),
    "SealTools": Shape(FLAT_TASK, seal_tools_row, open_seal_tools),
    "ShareGpt": Shape(TASK, share_gpt_row, lambda path: ShareGpt(str(path)).read),
    "ToolACE": Shape(TASK, toolace_row, lambda path: ToolACE(str(path)).read),
    "ToolRL": Shape(FLAT_TASK, toolrl_row, lambda path: ToolRL(str(path)).read),
    "When2Call": Shape(TASK, when2call_row, lambda path: When2Call(str(path)).read),
    "When2Call preferences": Shape(TASK, when2call_row, lambda path: When2Call(str(path)).read_preferences),
    "XLam": Shape(FLAT_TASK, xlam_row, lambda path: XLam(str(path)).read),
}
