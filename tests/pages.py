"""The blocks of code on a page."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def read_blocks(page: str, language: str) -> list[str]:
    """Return a page's blocks of a language, in their order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def write_blocks(page: str, language: str, folder: Path) -> None:
    """Write each block into the file that its first line names in a comment."""
    for block in read_blocks(page, language):
        name = block.partition("\n")[0].removeprefix("# ")
        (folder / name).write_text(block, encoding="utf-8")
