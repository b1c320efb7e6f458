"""API-Bank (arXiv:2304.08244): its rows, the transcripts in them, and the requests in these."""

from lit_toolcall.data.sources.api_bank.source import ApiBank

__all__ = ["ApiBank"]
