"""BFCL's dialogues of several turns: read, held with a model over simulated APIs, and checked turn by turn."""

from lit_toolcall.multi_turn.checks import DialogueProblem
from lit_toolcall.multi_turn.dialogue import remember_calls, remember_text
from lit_toolcall.multi_turn.entries import CATEGORIES, Entry, read_entries
from lit_toolcall.multi_turn.loop import Ask, Fits, run_dialogues
from lit_toolcall.multi_turn.results import DialogueResult, summarize_dialogues
from lit_toolcall.multi_turn.simulation import Simulation, Simulator

__all__ = [
    "CATEGORIES",
    "Ask",
    "DialogueProblem",
    "DialogueResult",
    "Entry",
    "Fits",
    "Simulation",
    "Simulator",
    "read_entries",
    "remember_calls",
    "remember_text",
    "run_dialogues",
    "summarize_dialogues",
]
