"""Tool schemas: read from every dialect, written for a model, and checked against calls."""

from lit_toolcall.schema.check import find_call_problem
from lit_toolcall.schema.coverage import count_unchecked, list_unchecked
from lit_toolcall.schema.normalize import render_json, tool_from_dict
from lit_toolcall.schema.signature import render_signature
from lit_toolcall.schema.type_names import SchemaError

__all__ = [
    "SchemaError",
    "count_unchecked",
    "find_call_problem",
    "list_unchecked",
    "render_json",
    "render_signature",
    "tool_from_dict",
]
