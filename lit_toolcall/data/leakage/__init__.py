"""Whether training rows repeat what a benchmark asks: its tools' names and its questions."""

from lit_toolcall.data.leakage.index import (
    QUERY_KINDS,
    Leak,
    LeakageIndex,
    LeakKind,
    benchmark_sources,
    count_leaked_rows,
    find_leaks,
)
from lit_toolcall.data.leakage.words import split_words

__all__ = [
    "QUERY_KINDS",
    "Leak",
    "LeakKind",
    "LeakageIndex",
    "benchmark_sources",
    "count_leaked_rows",
    "find_leaks",
    "split_words",
]
