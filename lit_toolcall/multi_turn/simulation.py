"""BFCL's simulated APIs, run in a process of their own without BFCL's `eval`.

A call is a name and arguments that were read already; the process looks the method up and calls it. `worker.py` bounds
its time and memory. A call of the model's that breaks a bound is answered with an error, as a call of an unknown tool
is, and changes nothing. A gold call has to work.
"""

from __future__ import annotations

import importlib.util
import json
import math
import signal
import subprocess
import sys
import tempfile
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from lit_toolcall.json_values import JSON_TYPES, MAX_DEPTH, MAX_DIGITS, excerpt
from lit_toolcall.multi_turn.entries import Entry
from lit_toolcall.types import ToolCall, UserError

Side = Literal["model", "gold"]
SECONDS_OF_CALL = 2.0
"""CPU time that one call may take, or the comparison of one attribute: ordinary ones take less than 0.01."""
SECONDS_OF_DIALOGUE = 60.0
"""CPU time that all calls of the model in a dialogue may take; one that breaks a bound counts as `SECONDS_OF_CALL`."""
MEMORY_BYTES = 2**30
"""Memory of the process, which takes a twentieth of it by itself."""
MAX_ARGUMENT_CHARACTERS = 100_000
"""Longest JSON text of a call's arguments: five times the longest answer that is parsed."""
WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class CallResult:
    """What the model is told of a call.

    Args:
        text: the result as BFCL writes it, or a sentence that begins with "Error during execution:".
        is_of_api: whether an API gave it; what is said of a call that was refused, or that broke a bound, is no
            result that could equal one of a gold call.
    """

    text: str
    is_of_api: bool = True


def _refuse(reason: str) -> CallResult:
    return CallResult(f"Error during execution: {reason}", is_of_api=False)


BROKE_BOUND = "the call took too much time or memory"


class _Ended(Exception):
    """The process ended before it answered.

    Args:
        status: with which it ended; negative for a signal.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"ended with {status}")
        self.status = status

    @property
    def is_of_time(self) -> bool:
        """Whether the request took too long; otherwise it is memory, which all dialogues share."""
        return self.status == -signal.SIGPROF


class Simulator:
    """The process that runs the APIs of many dialogues; it is begun when it is first needed, and ended by `close`.

    Args:
        seconds: CPU time that one call may take.
        memory_bytes: of the process.

    Attributes:
        restarts: how many processes have ended; what one held is lost with it.
    """

    def __init__(self, seconds: float = SECONDS_OF_CALL, memory_bytes: int = MEMORY_BYTES) -> None:
        self.seconds = seconds
        self.memory_bytes = memory_bytes
        self.restarts = 0
        self._process: subprocess.Popen[str] | None = None
        self._numbers = count()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def load(self, entry: Entry) -> Simulation:
        """Load the APIs of an entry, apart from those of all others.

        Raises:
            UserError: the package `bfcl_eval` or `mpmath` is not there, the process cannot be bounded on this system,
                or a class cannot load the entry.
        """
        return Simulation(self, entry, next(self._numbers))

    def ask(self, **request: Any) -> dict[str, Any]:
        """Put a request to the process.

        Raises:
            _Ended: it ended before it answered.
            UserError: it cannot begin.
        """
        return self._exchange(self.begin(), request)

    def _exchange(self, process: subprocess.Popen[str], request: dict[str, Any]) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line.endswith("\n"):
            self.close()
            raise _Ended(process.returncode)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def begin(self) -> subprocess.Popen[str]:
        """Return the process, begun where there is none.

        Raises:
            UserError: it cannot import the APIs, or cannot be bounded.
        """
        if self._process is not None:
            return self._process
        if importlib.util.find_spec("bfcl_eval") is None:
            raise UserError(
                "the simulated APIs of BFCL's multi-turn categories are in the package bfcl_eval, which is not "
                "installed: pip install --no-deps bfcl-eval==2026.3.23 mpmath"
            )
        settings = {
            "path": [part for part in sys.path if part],
            "seconds": self.seconds,
            "memory_bytes": self.memory_bytes,
        }
        with tempfile.TemporaryFile() as complaints:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-B", str(WORKER)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                    encoding="utf-8",
                    env={"PYTHONHASHSEED": "0", "TZ": "UTC"},
                )
                process = self._process
                begun = self._exchange(process, settings)
            except (OSError, _Ended) as error:
                complaints.seek(0)
                said = complaints.read().decode("utf-8", "replace").strip()
                raise UserError(
                    "BFCL's simulated APIs need a process whose memory and CPU time the system bounds, as Linux does: "
                    + (said.splitlines()[-1] if said else str(error))
                ) from error
        if "problem" in begun:
            self.close()
            raise UserError(
                f"BFCL's simulated APIs cannot be imported ({begun['problem']}): "
                "pip install --no-deps bfcl-eval==2026.3.23 mpmath"
            )
        return process

    def close(self) -> None:
        """End the process; the next request begins another."""
        if self._process is None:
            return
        process, self._process = self._process, None
        self.restarts += 1
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except BrokenPipeError:
                continue  # a request that the process did not read


@dataclass
class Simulation:
    """The APIs of one entry, twice: those that the model's calls change and those that the gold calls change.

    Should the process end, the calls so far are made again in the next one: their results depend on nothing else.

    Args:
        simulator: the process.
        entry: whose APIs they are.
        number: of the dialogue in the process.

    Attributes:
        seconds: CPU time that the model's calls took so far.
    """

    simulator: Simulator
    entry: Entry
    number: int
    seconds: float = 0.0
    _calls: list[dict[str, Any]] = field(default_factory=list)
    _restarts: int = -1

    def __post_init__(self) -> None:
        try:
            self._load()
        except _Ended as ended:
            raise self._blame_file("they took too much time or memory") from ended

    @property
    def is_out_of_time(self) -> bool:
        """Whether the model's calls took more than `SECONDS_OF_DIALOGUE`."""
        return self.seconds > SECONDS_OF_DIALOGUE

    def call(self, call: ToolCall, on_offer: Collection[str]) -> CallResult:
        """Make a call of the model's.

        Args:
            call: as a parser read it.
            on_offer: names of the tools that may be called.
        """
        if call.name not in on_offer or call.name not in self.entry.owners:
            return _refuse(f"name {excerpt(str(call.name))} is not defined")
        unsafe = find_unsafe_argument(call.arguments)
        if unsafe is not None:
            return _refuse(unsafe)
        try:
            answer = self._make("model", call)
        except _Ended:
            self.seconds += self.simulator.seconds
            return _refuse(BROKE_BOUND)
        self.seconds += answer["seconds"]
        return _refuse(answer["refused"]) if "refused" in answer else CallResult(answer["result"])

    def call_gold(self, call: ToolCall) -> str | None:
        """Make a gold call, and return its result; None where the model's calls left it too little memory.

        Raises:
            UserError: it cannot be made, whatever the model did.
        """
        unsafe = find_unsafe_argument(call.arguments)
        if call.name not in self.entry.owners or unsafe is not None:
            raise self._blame_gold(call, unsafe or "no tool of its entry")
        try:
            answer = self._make("gold", call)
        except _Ended as ended:
            golds = [made for made in self._calls if made["side"] == "gold"]
            if len(golds) == len(self._calls):
                raise self._blame_gold(call, BROKE_BOUND) from ended
            alone = replace(self, number=-1, _calls=golds, _restarts=-1)
            alone.call_gold(call)
            alone.end()
            return None
        if "refused" in answer:
            raise self._blame_gold(call, answer["refused"])
        return str(answer["result"])

    def _make(self, side: Side, call: ToolCall) -> dict[str, Any]:
        request = {
            "do": "call",
            "side": side,
            "class": self.entry.owners[call.name],
            "name": call.name,
            "arguments": dict(call.arguments),
        }
        answer = self._ask(request)
        self._calls.append(request)
        return answer

    def list_differences(self) -> list[str]:
        """List the public attributes in which the model's APIs differ from the gold ones, such as `TicketAPI.queue`.

        One that takes too long to compare differs.
        """
        try:
            return list(self._ask({"do": "compare"})["differing"])
        except _Ended:
            return ["a state that took too much time or memory to compare"]

    def end(self) -> None:
        """Forget the APIs."""
        if self._restarts == self.simulator.restarts:
            with suppress(_Ended):
                self.simulator.ask(do="end", dialogue=self.number)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Put a request to the process that holds this dialogue.

        The memory may be that of other dialogues: a request that found none is put once more to an empty process.

        Raises:
            _Ended: the process ended of that.
        """
        self._load()
        try:
            return self.simulator.ask(**request, dialogue=self.number)
        except _Ended as ended:
            if ended.is_of_time:
                raise
        self._load()
        return self.simulator.ask(**request, dialogue=self.number)

    def _load(self) -> None:
        """Load what the process does not hold: the APIs, and the calls so far.

        Raises:
            UserError: a class refuses the entry's configuration.
            _Ended: an empty process ended of that too.
        """
        if self._restarts == self.simulator.restarts:
            return
        try:
            self._load_once()
        except _Ended:
            self._load_once()

    def _load_once(self) -> None:
        self.simulator.begin()
        loaded = self.simulator.ask(
            do="begin",
            dialogue=self.number,
            classes=sorted(set(self.entry.owners.values())),
            initial_config=self.entry.initial_config,
            long_context=self.entry.has_long_context,
        )
        if "problem" in loaded:
            raise self._blame_file(loaded["problem"])
        for call in self._calls:
            self.simulator.ask(**call, is_repeated=True, dialogue=self.number)
        self._restarts = self.simulator.restarts

    def _blame_file(self, reason: str) -> UserError:
        return UserError(
            f"{self.entry.place}: the APIs of {self.entry.id} cannot be loaded ({reason}): "
            "take the file from bfcl_eval again"
        )

    def _blame_gold(self, call: ToolCall, reason: str) -> UserError:
        return UserError(
            f"{self.entry.place}: the gold call {excerpt(call.name)} of {self.entry.id} cannot be made ({reason}): "
            "take the file from bfcl_eval again"
        )


def find_unsafe_argument(arguments: Any) -> str | None:
    """Say what keeps arguments from being handed to a method: anything but JSON values within the parser's bounds.

    >>> find_unsafe_argument({"a": [1, {"b": None}]})
    >>> find_unsafe_argument({"a": 10**400})
    'a number of more than 300 digits'
    >>> find_unsafe_argument({"a": print})
    'a value of type builtin_function_or_method'
    """
    characters = 0
    values = [(arguments, 0)]
    limit = 10**MAX_DIGITS
    while values:
        value, depth = values.pop()
        if depth > MAX_DEPTH + 1:
            return f"values nested more than {MAX_DEPTH} deep"
        if not any(type(value) in kinds for kinds in JSON_TYPES.values()):
            return f"a value of type {type(value).__name__}"
        if type(value) is int and abs(value) >= limit:
            return f"a number of more than {MAX_DIGITS} digits"
        if type(value) is float and not math.isfinite(value):
            return f"the number {value}, which JSON does not have"
        if type(value) is dict:
            if not all(type(key) is str for key in value):
                return "a key that is not a string"
            values += [(part, depth + 1) for part in value.values()]
            characters += sum(map(len, value))
        elif type(value) is list:
            values += [(part, depth + 1) for part in value]
        characters += len(value) if type(value) is str else 1
        if characters > MAX_ARGUMENT_CHARACTERS:
            return f"arguments of more than {MAX_ARGUMENT_CHARACTERS} characters"
    return None
