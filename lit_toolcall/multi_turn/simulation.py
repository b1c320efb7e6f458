"""BFCL's simulated APIs, run in a process of their own without BFCL's `eval`.

A call is a name and arguments that were read already; the process looks the method up and calls it. `worker.py` bounds
its time and memory. A call that breaks a bound is an error result, as a call of an unknown tool is.
"""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Self

from lit_toolcall.json_values import JSON_TYPES, MAX_DEPTH, MAX_DIGITS, excerpt
from lit_toolcall.multi_turn.entries import Entry
from lit_toolcall.types import ToolCall, UserError

Side = Literal["model", "gold"]
SECONDS_OF_CALL = 2.0
"""CPU time that one call may take, or the comparison of one attribute: ordinary ones take less than 0.01."""
SECONDS_OF_DIALOGUE = 60.0
"""Time that all calls of a dialogue may take; those after it are not made."""
BYTES = 2**30
"""Memory of the process, which takes a twentieth of it by itself."""
MAX_ARGUMENT_CHARACTERS = 100_000
"""Longest JSON text of a call's arguments: five times the longest answer that is parsed."""
WORKER = Path(__file__).with_name("worker.py")


class _Ended(Exception):
    """The process ended before it answered."""


class Simulator:
    """The process that runs the APIs of many dialogues; it is begun when it is first needed, and ended by `close`.

    Args:
        seconds: CPU time that one call may take.
        bytes: memory of the process.

    Attributes:
        generation: how many processes have ended; what one held is lost with it.
    """

    def __init__(self, seconds: float = SECONDS_OF_CALL, bytes: int = BYTES) -> None:
        self.seconds = seconds
        self.bytes = bytes
        self.generation = 0
        self._process: subprocess.Popen[str] | None = None
        self._numbers = count()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def load(self, entry: Entry) -> Simulation:
        """Load the APIs of an entry, apart from those of all others.

        Raises:
            UserError: the package `bfcl_eval` or `mpmath` is not there, or a class cannot load the entry.
        """
        return Simulation(self, entry, next(self._numbers))

    def ask(self, **request: Any) -> dict[str, Any]:
        """Put a request to the process.

        Raises:
            _Ended: it ended before it answered.
        """
        process = self.begin()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            return self._read_answer(process)
        except (BrokenPipeError, _Ended) as error:
            self.close()
            raise _Ended from error

    def begin(self) -> subprocess.Popen[str]:
        """Return the process, begun where there is none.

        Raises:
            UserError: it cannot import the APIs.
        """
        if self._process is not None:
            return self._process
        if importlib.util.find_spec("bfcl_eval") is None:
            raise UserError(
                "the simulated APIs of BFCL's multi-turn categories are in the package bfcl_eval, which is not "
                "installed: pip install --no-deps bfcl-eval==2026.3.23 mpmath"
            )
        process = subprocess.Popen(
            [sys.executable, "-B", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            env={"PYTHONHASHSEED": "0", "TZ": "UTC"},
        )
        settings = {"path": [part for part in sys.path if part], "seconds": self.seconds, "bytes": self.bytes}
        assert process.stdin is not None
        self._process = process
        process.stdin.write(json.dumps(settings) + "\n")
        process.stdin.flush()
        begun = self._read_answer(process)
        if "problem" in begun:
            self.close()
            raise UserError(
                f"BFCL's simulated APIs cannot be imported ({begun['problem']}): "
                "pip install --no-deps bfcl-eval==2026.3.23 mpmath"
            )
        return process

    def _read_answer(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        answers: IO[str] | None = process.stdout
        assert answers is not None
        line = answers.readline()
        if not line.endswith("\n"):
            raise _Ended
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process; the next request begins another."""
        if self._process is None:
            return
        process, self._process = self._process, None
        self.generation += 1
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
        seconds: that its calls took so far.
    """

    simulator: Simulator
    entry: Entry
    number: int
    seconds: float = 0.0
    _calls: list[dict[str, Any]] = field(default_factory=list)
    _generation: int = -1

    def __post_init__(self) -> None:
        self._begin()

    def call(self, side: Side, call: ToolCall, on_offer: Collection[str]) -> str:
        """Make a call, and return its result as the text that BFCL makes of it.

        Args:
            side: whose APIs.
            call: as a parser read it.
            on_offer: names of the tools that may be called.

        Returns:
            The result, or a sentence that begins with "Error during execution:".
        """
        if call.name not in on_offer or call.name not in self.entry.owners:
            return f"Error during execution: name {excerpt(str(call.name))} is not defined"
        refused = find_unsafe_argument(call.arguments)
        if refused is not None:
            return f"Error during execution: {refused}"
        if self.seconds > SECONDS_OF_DIALOGUE:
            return f"Error during execution: the calls of this dialogue took over {SECONDS_OF_DIALOGUE:g} seconds"
        request = {
            "do": "call",
            "side": side,
            "class": self.entry.owners[call.name],
            "name": call.name,
            "arguments": dict(call.arguments),
        }
        answer = self._ask(request)
        if answer is None:
            return "Error during execution: the call took too much time or memory"
        self._calls.append(request)
        return str(answer["result"])

    def list_differences(self) -> list[str]:
        """List the public attributes in which the model's APIs differ from the gold ones, such as `TicketAPI.queue`.

        One that takes too long to compare differs.
        """
        answer = self._ask({"do": "compare"})
        return ["a state that took too long to compare"] if answer is None else list(answer["differing"])

    def end(self) -> None:
        """Forget the APIs."""
        if self._generation == self.simulator.generation:
            self._ask({"do": "end"})

    def _ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """Put a request to the process that holds this dialogue; None where it ended of that."""
        begun = time.perf_counter()
        try:
            if self._generation != self.simulator.generation:
                self._begin()
            return self.simulator.ask(**request, dialogue=self.number)
        except _Ended:
            return None
        finally:
            self.seconds += time.perf_counter() - begun

    def _begin(self) -> None:
        """Load the APIs into the process, and make again what calls were made already."""
        self.simulator.begin()
        self._generation = self.simulator.generation
        try:
            self.simulator.ask(
                do="begin",
                dialogue=self.number,
                classes=sorted(set(self.entry.owners.values())),
                initial_config=self.entry.initial_config,
                long_context=self.entry.has_long_context,
            )
        except _Ended as error:
            raise UserError(
                f"{self.entry.place}: the APIs of {self.entry.id} cannot be loaded: take the file from bfcl_eval again"
            ) from error
        for call in self._calls:
            self.simulator.ask(**call, dialogue=self.number)


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
