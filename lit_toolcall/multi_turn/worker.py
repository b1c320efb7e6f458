"""The program of the process that runs BFCL's simulated APIs; it imports nothing of this package.

It reads one request a line from its standard input and answers each with one line, both JSON. While a call runs, its
CPU time and the process's memory are bounded, and what Python audits (files, processes, sockets, imports, code) is
refused. A call that passes the bound on time ends the process; who asked begins another.

    {"do": "begin", "dialogue": 0, "classes": [...], "initial_config": {...}, "long_context": false}   {"done": true}
    {"do": "call", "dialogue": 0, "side": "model", "class": ..., "name": ..., "arguments": {...}}      {"result": "..."}
    {"do": "compare", "dialogue": 0}                                                     {"differing": ["TicketAPI.x"]}
    {"do": "end", "dialogue": 0}                                                                       {"done": true}
"""

from __future__ import annotations

import copy
import importlib
import inspect
import json
import os
import resource
import signal
import sys
from typing import Any

SIDES = ("model", "gold")
PACKAGE = "bfcl_eval.eval_checker.multi_turn_eval.func_source_code"
MODULES = {
    "GorillaFileSystem": "gorilla_file_system",
    "MathAPI": "math_api",
    "MessageAPI": "message_api",
    "TwitterAPI": "posting_api",
    "TicketAPI": "ticket_api",
    "TradingBot": "trading_bot",
    "TravelAPI": "travel_booking",
    "VehicleControlAPI": "vehicle_control",
}
"""By class, its module (`CLASS_FILE_PATH_MAPPING` of bfcl_eval)."""
STATELESS = ("MathAPI",)
MAX_RESULT_CHARACTERS = 1_000_000
"""Of one call; the longest result of BFCL's gold calls has fewer than a tenth of them."""
HARMLESS = ("builtins.id", "object.__getattr__")
"""Audited by Python, but what `copy.deepcopy` and the like do."""

_instances: dict[int, dict[str, dict[str, Any]]] = {}
"""By dialogue, side and class."""
_is_guarded = False


def refuse_audited(event: str, _: Any) -> None:
    """Refuse what Python audits while a call runs; an audit hook."""
    if _is_guarded and event not in HARMLESS:
        raise PermissionError(f"{event} is not allowed here")


class Guard:
    """Bounds the CPU time of what runs in it, and refuses what Python audits."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        global _is_guarded
        signal.setitimer(signal.ITIMER_PROF, self.seconds)  # its signal is not handled: the system ends the process
        _is_guarded = True

    def __exit__(self, *_: object) -> None:
        global _is_guarded
        _is_guarded = False
        signal.setitimer(signal.ITIMER_PROF, 0)


def begin(request: dict[str, Any], guard: Guard) -> dict[str, Any]:
    """Make and load the APIs of a dialogue, those of the model and those of the gold calls."""
    with guard:
        _instances[request["dialogue"]] = {
            side: {name: _load(name, request) for name in request["classes"]} for side in SIDES
        }
    return {"done": True}


def _load(name: str, request: dict[str, Any]) -> Any:
    instance = _classes[name]()
    if name not in STATELESS:
        config = copy.deepcopy(request["initial_config"].get(name, {}))
        instance._load_scenario(config, long_context=request["long_context"])
    return copy.deepcopy(instance)  # some classes put the module's own constants into their state


def call(request: dict[str, Any], guard: Guard) -> dict[str, Any]:
    """Call a public method of an API, and write what it returns as BFCL does."""
    name = request["name"]
    instance = _instances[request["dialogue"]][request["side"]][request["class"]]
    methods = dict(inspect.getmembers(instance, predicate=inspect.ismethod))
    if name.startswith("_") or name not in methods:
        return {"result": f"Error during execution: name {name!r} is not defined"}
    try:
        with guard:
            result = _write(methods[name](**request["arguments"]))
            if len(result) > MAX_RESULT_CHARACTERS:
                raise ValueError(f"a result of {len(result)} characters, more than {MAX_RESULT_CHARACTERS}")
            return {"result": result}
    except BaseException as error:  # also one that would end the process
        return {"result": _write_error(error, guard)}


def _write(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        try:
            return json.dumps(value)
        except (TypeError, ValueError):  # such as a File, or a Decimal
            return str(value)
    return str(value)


def _write_error(error: BaseException, guard: Guard) -> str:
    try:
        with guard:
            return f"Error during execution: {error}"[:MAX_RESULT_CHARACTERS]
    except Exception:  # a text that cannot be made either
        return f"Error during execution: {type(error).__name__}"


def compare(request: dict[str, Any], guard: Guard) -> dict[str, Any]:
    """List the public attributes in which the model's APIs differ from those of the gold calls."""
    sides = _instances[request["dialogue"]]
    differing = []
    for name, expected in sides["gold"].items():
        state = vars(sides["model"][name])
        for attribute, value in vars(expected).items():
            if not attribute.startswith("_") and not _are_equal(state, attribute, value, guard):
                differing.append(f"{name}.{attribute}")
    return {"differing": differing}


def _are_equal(state: dict[str, Any], attribute: str, value: Any, guard: Guard) -> bool:
    try:
        with guard:
            return attribute in state and state[attribute] == value
    except Exception:  # such as a folder that was copied into itself
        return False


def end(request: dict[str, Any], _: Guard) -> dict[str, Any]:
    """Forget a dialogue's APIs."""
    _instances.pop(request["dialogue"], None)
    return {"done": True}


COMMANDS = {"begin": begin, "call": call, "compare": compare, "end": end}
_classes: dict[str, Any] = {}


def serve(settings: dict[str, Any]) -> None:
    """Answer requests until the input ends.

    Args:
        settings: `path`, what `sys.path` becomes; `seconds` of CPU time that a call may take; `bytes` of memory.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)  # what the APIs print
    os.dup2(nowhere, 2)
    sys.path[:] = settings["path"]
    try:
        for name, module in MODULES.items():
            _classes[name] = getattr(importlib.import_module(f"{PACKAGE}.{module}"), name)
        importlib.import_module("_strptime")  # which `datetime.strptime` imports when it is first called
    except (ImportError, AttributeError) as error:
        print(json.dumps({"problem": f"{type(error).__name__}: {error}"}), file=answers, flush=True)
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (settings["bytes"], settings["bytes"]))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    sys.addaudithook(refuse_audited)
    guard = Guard(settings["seconds"])
    print(json.dumps({"done": True}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(COMMANDS[request["do"]](request, guard)), file=answers, flush=True)


if __name__ == "__main__":
    serve(json.loads(sys.stdin.readline()))
