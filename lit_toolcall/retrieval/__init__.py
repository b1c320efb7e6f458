"""What is looked up before a question is asked: tools of a pool of many, and solved examples."""

from lit_toolcall.retrieval.shots import ShotIndex, add_shots
from lit_toolcall.retrieval.tools import ToolIndex, collect_tools, retrieve_tools

__all__ = ["ShotIndex", "ToolIndex", "add_shots", "collect_tools", "retrieve_tools"]
