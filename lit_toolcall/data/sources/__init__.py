"""Where examples come from: each source reads one kind of file and keeps account of what it rejects."""

from lit_toolcall.data.sources.api_bank import ApiBank
from lit_toolcall.data.sources.base import Ledger, Rejection, Source, write_rejections
from lit_toolcall.data.sources.bfcl import Bfcl
from lit_toolcall.data.sources.jsonl import JsonLines

__all__ = ["ApiBank", "Bfcl", "JsonLines", "Ledger", "Rejection", "Source", "write_rejections"]
