"""The table of commands, which every list and start of a command reads. Adding a command is one entry."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """One command.

    Args:
        help: what it does, in one line.
        function: what runs it, as `module:name`, imported when the command is called; it takes the arguments of the
            command line, the command's name first.
    """

    help: str
    function: str


OF_TRAINER = "lit_toolcall.cli.lightning_cli:run"
"""Runs the command as a method of the trainer."""
COMMANDS = {
    "fit": Command("train adapters, or resume a run by --ckpt_path", OF_TRAINER),
    "validate": Command("compute the loss on the validation rows", OF_TRAINER),
    "test": Command("answer the questions of data.test and score the answers", OF_TRAINER),
    "predict": Command("answer the questions of data.test without scores", OF_TRAINER),
    "pairs": Command("sample a model's own answers and make preference pairs of them", OF_TRAINER),
    "eval": Command("let a finished model answer a suite, and score its answers", "lit_toolcall.cli.evaluate:run"),
    "compare": Command("compare two models' answers to the same questions", "lit_toolcall.cli.compare:compare"),
    "inspect": Command("show rows as the model sees them, trained tokens coloured", "lit_toolcall.cli.inspect:inspect"),
    "configs": Command("list the shipped configs", "lit_toolcall.cli.config_files:list_configs"),
}


def describe_commands() -> str:
    """Write the help on all commands."""
    width = max(map(len, COMMANDS))
    return "\n".join(
        [
            "usage: lit_toolcall COMMAND [--config CONFIG] [--SETTING VALUE ...]",
            "",
            "Fine-tune small language models to call tools.",
            "",
            "commands:",
            *(f"  {name:{width}}  {command.help}" for name, command in COMMANDS.items()),
            "",
            "`lit_toolcall COMMAND --help` lists the settings of a command, `lit_toolcall --version` the version.",
        ]
    )
