"""The program of the process that runs BFCL's simulated APIs; it imports nothing of this package.

It reads one request a line from its standard input and answers each with one line, both JSON. While a call runs, its
CPU time and the process's memory are bounded, and what Python audits (files, processes, sockets, imports, code) is
refused. What passes a bound ends the process; who asked begins another.

    {"do": "begin", "dialogue": 0, "classes": [...], "initial_config": {...}, "long_context": false}
    {"do": "call", "dialogue": 0, "side": "model", "class": ..., "name": ..., "arguments": {...}}
    {"do": "compare", "dialogue": 0}
    {"do": "end", "dialogue": 0}

Their answers are `{"done": true}`, or `{"problem": ...}` where a class cannot load its configuration; `{"result": text,
"seconds": CPU time}`, or `"refused"` instead of `"result"` where the text is this program's and not the API's;
`{"differing": ["TicketAPI.queue"]}`; `{"done": true}`. A call with `"is_repeated": true`, which was made before in
another process, may take ten times as long.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import json
import os
import signal
import sys
import time
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
MAX_PROBLEM_CHARACTERS = 200
OUT_OF_MEMORY = 70
"""Exit status of a process that has no memory left, not even for an answer."""
HARMLESS = ("builtins.id", "object.__getattr__")
"""Audited by Python, but what `copy.deepcopy` and the like do."""

_instances: dict[int, dict[str, dict[str, Any]]] = {}
"""By dialogue, side and class."""
_is_guarded = False
_refused: list[str] = []
"""What Python audited in this call; an API may catch the error that it gets."""


def refuse_audited(event: str, _: Any) -> None:
    """Refuse what Python audits while a call runs; an audit hook."""
    if _is_guarded and event not in HARMLESS:
        _refused.append(f"{event} is not allowed here")
        raise PermissionError(_refused[-1])


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
    try:
        with guard:
            _instances[request["dialogue"]] = {
                side: {name: _load(name, request) for name in request["classes"]} for side in SIDES
            }
    except MemoryError:
        raise
    except Exception as error:
        return {"problem": f"{type(error).__name__}: {error}"[:MAX_PROBLEM_CHARACTERS]}
    return {"done": True}


def _load(name: str, request: dict[str, Any]) -> Any:
    instance = _classes[name]()
    if name not in STATELESS:
        config = copy.deepcopy(request["initial_config"].get(name, {}))
        instance._load_scenario(config, long_context=request["long_context"])
    return copy.deepcopy(instance)  # some classes put the module's own constants into their state


def call(request: dict[str, Any], guard: Guard) -> dict[str, Any]:
    """Call a public method of an API, and write what it returns as BFCL does."""
    begun = time.process_time()
    answer = _call(request, Guard(10 * guard.seconds) if request.get("is_repeated") else guard)
    return {**answer, "seconds": time.process_time() - begun}


def _call(request: dict[str, Any], guard: Guard) -> dict[str, Any]:
    name = request["name"]
    instance = _instances[request["dialogue"]][request["side"]][request["class"]]
    methods = dict(inspect.getmembers(instance, predicate=inspect.ismethod))
    if name.startswith("_") or name not in methods:
        return {"refused": f"name {name!r} is not defined"}
    _refused.clear()
    try:
        with guard:
            result = _write(methods[name](**request["arguments"]))
    except MemoryError:
        raise
    except BaseException as error:  # also one that would end the process
        result = _write_error(error, guard)
    if _refused:
        return {"refused": _refused[0]}
    if len(result) > MAX_RESULT_CHARACTERS:
        return {"refused": f"a result of {len(result)} characters, more than {MAX_RESULT_CHARACTERS}"}
    return {"result": result}


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
            return f"Error during execution: {error}"
    except MemoryError:
        raise
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
    except MemoryError:
        raise
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
        settings: `path`, what `sys.path` becomes; `seconds` of CPU time that a call may take; `memory_bytes`.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)  # what the APIs print
    sys.path[:] = settings["path"]
    try:
        for name, module in MODULES.items():
            _classes[name] = getattr(importlib.import_module(f"{PACKAGE}.{module}"), name)
        importlib.import_module("_strptime")  # which `datetime.strptime` imports when it is first called
    except (ImportError, AttributeError) as error:
        print(json.dumps({"problem": f"{type(error).__name__}: {error}"}), file=answers, flush=True)
        return
    bound_process(settings["memory_bytes"])
    os.dup2(nowhere, 2)
    sys.addaudithook(refuse_audited)
    guard = Guard(settings["seconds"])
    print(json.dumps({"done": True}), file=answers, flush=True)
    try:
        for line in sys.stdin:
            request = json.loads(line)
            print(json.dumps(COMMANDS[request["do"]](request, guard)), file=answers, flush=True)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def bound_process(memory_bytes: int) -> None:
    """Bound the process's memory, and let it write no file; a call that takes too long ends it.

    Raises:
        ImportError, AttributeError, ValueError, OSError: the system has no such bounds.
    """
    import resource  # which Windows does not have

    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # the last one: a failure before it is written to a file
    signal.signal(signal.SIGPROF, signal.SIG_DFL)


if __name__ == "__main__":
    serve(json.loads(sys.stdin.readline()))
