"""A small package in the shape of bfcl_eval, whose APIs try what no API may, and entries over them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SHELF = """
import os
import socket
import subprocess
import time

CONSTANT = {"shared": ["book"]}


class GorillaFileSystem:
    def __init__(self):
        self.books = None
        self._notes = 0

    def _load_scenario(self, scenario, long_context=False):
        self.books = scenario.get("books", [])
        self.constant = CONSTANT["shared"]
        self.long_context = long_context

    def put(self, title, place=0):
        self.books.append(title)
        self._notes += 1

    def list_books(self):
        return {"books": self.books, "long": self.long_context}

    def shout(self, title):
        print(title, flush=True)
        os.write(1, b"{}")
        return title.upper()

    def repeat(self, title):
        return title

    def repeat_often(self, title, times):
        return title * times

    def change_constant(self):
        self.constant.append("changed")
        return self.constant

    def read_file(self, path):
        return open(path).read()

    def write_file(self, path):
        return open(path, "w").write("written")

    def make_folder(self, path):
        os.mkdir(path)

    def run(self, command):
        return subprocess.run(command, shell=True)

    def connect(self):
        return socket.socket()

    def list_environment(self):
        return dict(os.environ)

    def evaluate(self, text):
        return eval(text)

    def import_module(self):
        import wave

    def fork(self):
        os.fork()

    def spin(self):
        while True:
            pass

    def raise_to(self, base, exponent):
        return base**exponent > 0

    def fill_memory(self):
        return "x" * 2**34

    def put_into_itself(self):
        self.books.append(self.books)

    def leave(self):
        raise SystemExit

    def keep(self, megabytes):
        self._kept = bytes(megabytes * 2**20)

    def wait(self, seconds):
        time.sleep(seconds)

    def work(self, seconds):
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass

    def run_quietly(self, command):
        try:
            return subprocess.run(command, shell=True)
        except Exception:
            return "it failed"

    def _secret(self):
        return "secret"

    @staticmethod
    def not_bound():
        return "not bound"
"""
OTHERS = {
    "math_api": "MathAPI",
    "message_api": "MessageAPI",
    "posting_api": "TwitterAPI",
    "ticket_api": "TicketAPI",
    "trading_bot": "TradingBot",
    "travel_booking": "TravelAPI",
    "vehicle_control": "VehicleControlAPI",
}


def write_package(folder: Path) -> None:
    """Write the package; its folder is to be put on the path."""
    sources = folder / "bfcl_eval" / "eval_checker" / "multi_turn_eval" / "func_source_code"
    sources.mkdir(parents=True)
    for package in (sources, *list(sources.parents)[:3]):
        (package / "__init__.py").write_text("")
    (sources / "gorilla_file_system.py").write_text(SHELF)
    for module, name in OTHERS.items():
        (sources / f"{module}.py").write_text(f"class {name}: pass\n")


def tool(name: str, *parameters: str) -> dict[str, Any]:
    schemas = {parameter: {"type": "any"} for parameter in parameters}
    return {"name": name, "description": "", "parameters": {"type": "dict", "properties": schemas, "required": []}}


TOOLS = [
    tool("put", "title", "place"),
    tool("list_books"),
    tool("shout", "title"),
    tool("repeat", "title"),
    tool("repeat_often", "title", "times"),
    tool("change_constant"),
    tool("read_file", "path"),
    tool("write_file", "path"),
    tool("make_folder", "path"),
    tool("run", "command"),
    tool("connect"),
    tool("list_environment"),
    tool("evaluate", "text"),
    tool("import_module"),
    tool("fork"),
    tool("spin"),
    tool("raise_to", "base", "exponent"),
    tool("fill_memory"),
    tool("put_into_itself"),
    tool("leave"),
    tool("keep", "megabytes"),
    tool("wait", "seconds"),
    tool("work", "seconds"),
    tool("run_quietly", "command"),
    tool("_secret"),
    tool("not_bound"),
]


def say(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


ENTRY = {
    "id": "multi_turn_base_0",
    "question": [say("Put Emma on the shelf."), say("And what is there?"), say("Put Ulysses there.")],
    "initial_config": {"GorillaFileSystem": {"books": ["Faust"]}},
    "involved_classes": ["GorillaFileSystem"],
}
GOLD = {
    "id": "multi_turn_base_0",
    "ground_truth": [["put('Emma')"], ["list_books()"], ["put(title='Ulysses', place=1)", "shout(title='all')"]],
}


def write_lines(path: Path, rows: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_data(
    folder: Path, entries: list[Any], golds: list[Any], category: str = "multi_turn_base", tools: list[Any] = TOOLS
) -> Path:
    """Write a folder of data in BFCL's shape."""
    write_lines(folder / f"BFCL_v4_{category}.json", entries)
    write_lines(folder / "possible_answer" / f"BFCL_v4_{category}.json", golds)
    write_lines(folder / "multi_turn_func_doc" / "gorilla_file_system.json", tools)
    return folder
