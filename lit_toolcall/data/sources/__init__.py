"""Sources of examples and preferences: each reads one kind of file and keeps account of the rows that it rejects."""

from lit_toolcall.data.sources.api_bank import ApiBank
from lit_toolcall.data.sources.bfcl import Bfcl
from lit_toolcall.data.sources.glaive import Glaive
from lit_toolcall.data.sources.hermes_rows import HermesRows
from lit_toolcall.data.sources.jsonl import JsonLines
from lit_toolcall.data.sources.ledger import Ledger, Rejection, write_rejections
from lit_toolcall.data.sources.pairs import Pairs
from lit_toolcall.data.sources.reading.files import Row
from lit_toolcall.data.sources.reading.values import RowError
from lit_toolcall.data.sources.seal_tools import SealTools
from lit_toolcall.data.sources.share_gpt import ShareGpt
from lit_toolcall.data.sources.source import PreferenceSource, RowSource, Source
from lit_toolcall.data.sources.toolace import ToolACE
from lit_toolcall.data.sources.toolrl import ToolRL
from lit_toolcall.data.sources.when2call import When2Call
from lit_toolcall.data.sources.xlam import XLam

__all__ = [
    "ApiBank",
    "Bfcl",
    "Glaive",
    "HermesRows",
    "JsonLines",
    "Ledger",
    "Pairs",
    "PreferenceSource",
    "Rejection",
    "Row",
    "RowError",
    "RowSource",
    "SealTools",
    "ShareGpt",
    "Source",
    "ToolACE",
    "ToolRL",
    "When2Call",
    "XLam",
    "write_rejections",
]
