"""`compare`: which of two or more folders of answers is better, and where they differ."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from lit_toolcall.cli.commands import COMMANDS
from lit_toolcall.cli.wording import escape_controls
from lit_toolcall.evaluation.answer_folders import AnswerFolder, describe_figure, list_types, read_answer_folder
from lit_toolcall.evaluation.comparison import (
    DIALOGUES,
    TITLES,
    Comparison,
    Paired,
    check_questions,
    compare_folders,
    keep_common,
    tabulate,
)
from lit_toolcall.evaluation.counted import list_counted, take_rates
from lit_toolcall.json_values import clip
from lit_toolcall.metrics import describe_metrics
from lit_toolcall.metrics.bfcl_figures import FIGURES
from lit_toolcall.paths import expand_path
from lit_toolcall.ranges import COMPARE_RANGES, check_number
from lit_toolcall.types import UserError

USAGE = "`lit_toolcall compare FOLDER FOLDER`, the baseline first"
MOST_SHOWN = 300
"""Characters of a text that are shown."""
MOST_FLOWS = 6
"""Changes from one problem to another that are shown."""
FEW = 20
"""A category of fewer questions says little."""
MOST_TOOLS = 8
"""Tools that are shown."""
FEWEST_ASKED = 2
"""Questions of a tool that is shown."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"compare: {message}: write {USAGE}; --help lists the options")


def _read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(
        "lit_toolcall compare", description=f"{COMMANDS['compare'].help.capitalize()}.", allow_abbrev=False
    )
    parser.add_argument(
        "folders", nargs="*", metavar="FOLDER", help="what `eval` or `test` wrote into; the first is the baseline"
    )
    parser.add_argument("--metric", choices=list(TITLES), default="correct", help="what counts as right")
    parser.add_argument("--common", action="store_true", help="compare the questions that all folders answer")
    parser.add_argument("--examples", type=int, default=3, help="how many gained and lost questions to show of each")
    parser.add_argument("--table", action="store_true", help="print one line per folder in Markdown, and nothing else")
    parser.add_argument("--json", metavar="FILE", help="write everything into this new file, for other programs")
    return parser.parse_intermixed_args(arguments)


def compare(arguments: Sequence[str]) -> None:
    """Compare folders of answers with the first one.

    Raises:
        UserError: fewer than two folders, a folder that cannot be read, or other questions.
    """
    options = _read_arguments(arguments[1:])
    check_number("--examples", options.examples, COMPARE_RANGES["examples"])
    if options.table and options.common:
        raise UserError("compare: --table shows rates over all questions of each folder: leave --common out")
    target = None if options.json is None else _check_new(Path(expand_path(options.json, "--json")))
    folders = asked = _read_folders(options.folders)
    if options.common:
        folders = keep_common(asked)
    else:
        check_questions(folders)
    left_out = {all_.name: len(all_.records) - len(kept.records) for all_, kept in zip(asked, folders, strict=True)}
    compared = compare_folders(folders, options.metric)
    if options.table:
        print(escape_controls(tabulate(folders, options.metric)))
    else:
        if options.common:
            print(describe_left_out(len(folders[0].records), left_out))
        print(escape_controls(describe(folders, compared, options.examples)))
    if target is not None:
        _write_json(target, folders, compared, left_out)


def _read_folders(names: Sequence[str]) -> list[AnswerFolder]:
    if len(names) < 2:
        raise UserError(f"compare takes two or more folders and got {len(names)}: write {USAGE}")
    paths = [Path(expand_path(name, "FOLDER")) for name in names]
    seen: dict[Path, str] = {}
    for path, name in zip(paths, names, strict=True):
        if path.resolve() in seen:
            raise UserError(f"compare: {name} is the same folder as {seen[path.resolve()]}: name another one")
        seen[path.resolve()] = name
    last = [path.resolve().name for path in paths]
    shown = last if len(set(last)) == len(last) else names
    return [read_answer_folder(path, name) for path, name in zip(paths, shown, strict=True)]


def _check_new(path: Path) -> Path:
    if path.exists():
        raise UserError(f"--json {path}: there is such a file already: name another one, or remove it")
    return path


def _write_json(
    path: Path, folders: Sequence[AnswerFolder], compared: Sequence[Comparison], left_out: Mapping[str, int]
) -> None:
    content = {
        "metric": compared[0].metric,
        "left_out": dict(left_out),
        "rates": {folder.name: take_rates(folder)["all"] for folder in folders},
        "comparisons": [each.to_json() for each in compared],
    }
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=1) + "\n")
    except OSError as error:
        raise UserError(f"--json {path}: {error.strerror or error}: give a file that can be written") from None


def describe_left_out(common: int, left_out: Mapping[str, int]) -> str:
    """Say how many questions are compared, and how many of each folder are not.

    >>> print(describe_left_out(50, {"A": 10, "B": 30}))
    50 questions in common; left out: 10 of 60 in A, 30 of 80 in B
    <BLANKLINE>
    """
    parts = [f"{count:,} of {common + count:,} in {one_line(name)}" for name, count in left_out.items()]
    return f"{common:,} questions in common; left out: {', '.join(parts)}\n"


def describe(folders: Sequence[AnswerFolder], compared: Sequence[Comparison], examples: int) -> str:
    """Write the verdicts, the rates side by side, and each comparison in detail.

    Args:
        folders: the baseline and the others.
        compared: each of the others with the baseline.
        examples: how many gained and lost questions to show of each.
    """
    lines = [describe_verdict(each, len(compared)) for each in compared]
    rates = {one_line(folder.name): take_rates(folder)["all"] for folder in folders}
    if any(summary["total"] for summary in rates.values()):
        lines += ["", describe_metrics(rates), *_list_figures(folders)]
    for each, folder in zip(compared, folders[1:], strict=True):
        if len(compared) > 1:
            lines += ["", f"== {one_line(each.second)} compared with {one_line(each.first)} =="]
        lines += [*_list_categories(each), *_list_problems(each), *_list_types(folders[0], folder), *_list_tools(each)]
        lines += _list_hand_over(each)
        lines += _list_examples(each, folders[0], folder, examples)
    counted = set(list_counted(folders[0]))
    forms = [
        record
        for name, record in folders[0].records.items()
        if name not in counted and record.get("variant_of") is not None
    ]
    if forms:
        lines += [
            "",
            f"Changed forms of questions: {len(forms):,}. The verdict counts each question once; the forms stand by "
            "category.",
        ]
    return "\n".join(lines)


def describe_verdict(compared: Comparison, tests: int = 1) -> str:
    """Say in words which of two models is better, and how sure that is.

    Args:
        compared: the comparison.
        tests: how many models are compared with the same baseline.

    >>> from lit_toolcall.evaluation.comparison import Paired
    >>> gained, lost = tuple(f"g{n}" for n in range(20)), tuple(f"l{n}" for n in range(8))
    >>> paired = Paired(both=60, neither=12, gained=gained, lost=lost)
    >>> print(describe_verdict(Comparison("A", "B", "correct", paired, {}, (), (), {}, paired.p)))
    B is better than A: exact match +12.0 points, 95% between 1.6 and 22.1; 20 questions gained, 8 lost, p = 0.036
    """
    first, second = one_line(compared.first), one_line(compared.second)
    overall = compared.overall
    words = f"{second} is {compared.verdict} than {first}"
    if compared.verdict == "no difference shown":
        words = f"no difference shown between {first} and {second}"
    p = show_p(overall.p)
    if tests > 1:
        p += f" ({show_p(compared.p)} adjusted for {tests} comparisons)"
    unit = "dialogues" if compared.are_dialogues else "questions"
    lines = [f"{words}: {_describe_difference(compared.title, overall, unit)}, {p}"]
    if compared.dialogues is not None:
        dialogues = _describe_difference(DIALOGUES, compared.dialogues, "dialogues")
        lines.append(f"apart from these, {dialogues}, {show_p(compared.dialogues.p)}")
    if compared.not_asked:
        lines.append(f"not compared: {compared.not_asked:,} dialogues that are too long for one of the models")
    return "\n".join(lines)


def _describe_difference(title: str, pair: Paired, unit: str) -> str:
    low, high = pair.interval
    assert low is not None
    assert high is not None
    return (
        f"{title} {100 * pair.difference:+.1f} points, 95% between {100 * low:.1f} and {100 * high:.1f}; "
        f"{len(pair.gained):,} {unit} gained, {len(pair.lost):,} lost"
    )


def show_p(p: float) -> str:
    """Write a p-value.

    >>> show_p(0.0004), show_p(0.0312), show_p(0.5)
    ('p < 0.001', 'p = 0.031', 'p = 0.50')
    """
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def one_line(text: str, characters: int = MOST_SHOWN) -> str:
    r"""Write a text on one line, shortened: an answer must not look like a line of the comparison.

    >>> print(one_line("one\ntwo\ttabs"))
    one\ntwo\ttabs
    """
    return clip(escape_controls(text).replace("\n", "\\n").replace("\t", "\\t"), characters)


def _list_figures(folders: Sequence[AnswerFolder]) -> Iterator[str]:
    """Write BFCL's official figures that all folders have, side by side."""
    figures = [folder.metrics.get("bfcl", {}) for folder in folders]
    names = [name for name in FIGURES if all(name in each for each in figures)]
    if not names:
        return
    yield from ("", "BFCL's figures, estimated where not all of its questions were asked")
    rows = [[FIGURES[name].title, *(describe_figure(each[name]) for each in figures)] for name in names]
    yield from _align(["figure", *(one_line(folder.name, 40) for folder in folders)], rows)


def _list_categories(compared: Comparison) -> Iterator[str]:
    if len(compared.categories) < 2 and not compared.are_dialogues:
        return
    adjusted = compared.adjusted
    yield from ("", f"By category, {compared.title}")
    rows = [
        [
            one_line(name, 60) or "(none)",
            f"{pair.total:,}",
            f"{pair.first / pair.total:.1%}",
            f"{pair.second / pair.total:.1%}",
            f"{len(pair.gained):,}",
            f"{len(pair.lost):,}",
            show_p(pair.p)[2:].removeprefix("= "),
            show_p(adjusted[name])[2:].removeprefix("= "),
        ]
        for name, pair in compared.categories.items()
    ]
    heads = ["category", "questions", one_line(compared.first, 40), one_line(compared.second, 40)]
    yield from _align([*heads, "gained", "lost", "p", "adjusted"], rows)
    if len(rows) == 1:
        return
    yield (
        f"{len(rows)} tests at once: go by the adjusted p (Holm). A category that shows no difference may still have "
        "one, most of all one of few questions."
    )
    few = [row[0] for row, pair in zip(rows, compared.categories.values(), strict=True) if pair.total < FEW]
    if few and len(few) == len(rows):
        yield f"All have fewer than {FEW} questions."
    elif few:
        yield f"Fewer than {FEW} questions: {', '.join(few)}."


def _list_problems(compared: Comparison) -> Iterator[str]:
    if not compared.problems:
        return
    yield from ("", "By problem")
    rows = [
        [one_line(each.name, 60), f"{each.first:,}", f"{each.second:,}", f"{each.fixed:,}", f"{each.new:,}"]
        for each in compared.problems
    ]
    heads = ["problem", one_line(compared.first, 40), one_line(compared.second, 40)]
    yield from _align([*heads, "fixed", "new"], rows)
    others = [flow for flow in compared.flows if flow[0] is not None and flow[1] is not None]
    if others:
        shown = [f"{one_line(before or '')} to {one_line(after or '')} {count:,}" for before, after, count in others]
        more = f", and {len(others) - MOST_FLOWS:,} more" if len(others) > MOST_FLOWS else ""
        yield f"One problem became another: {', '.join(shown[:MOST_FLOWS])}{more}."


def _list_types(first: AnswerFolder, second: AnswerFolder) -> Iterator[str]:
    """Write which expected arguments are right, by type, where both runs say it."""
    before, after = (list_types(take_rates(folder)["all"]) for folder in (first, second))
    if not before or not after:
        return
    yield from ("", "By type of argument, right of those expected")
    rows = [
        [one_line(kind, 60), *(_show_fraction(types.get(kind, {})) for types in (before, after))]
        for kind in dict.fromkeys([*before, *after])
    ]
    yield from _align(["type", one_line(first.name, 40), one_line(second.name, 40)], rows)


def _show_fraction(counts: Mapping[str, int]) -> str:
    return f"{counts['right'] / counts['expected']:.1%} of {counts['expected']:,}" if counts.get("expected") else "-"


def _list_tools(compared: Comparison) -> Iterator[str]:
    """Write the tools whose questions the second model has most often wrong."""
    tools = {
        tool: pair for tool, pair in compared.tools.items() if pair.total >= FEWEST_ASKED and pair.second < pair.total
    }
    if not tools:
        return
    yield from ("", f"By tool, the most often wrong in {one_line(compared.second, 40)} first, {compared.title}")
    rows = [
        [
            one_line(tool, 60),
            f"{pair.total:,}",
            f"{pair.first:,}",
            f"{pair.second:,}",
            f"{len(pair.gained):,}",
            f"{len(pair.lost):,}",
        ]
        for tool, pair in list(tools.items())[:MOST_TOOLS]
    ]
    heads = ["tool", "questions", one_line(compared.first, 40), one_line(compared.second, 40), "gained", "lost"]
    yield from _align(heads, rows)
    if len(tools) > MOST_TOOLS:
        yield f"{len(tools) - MOST_TOOLS:,} more tools are in what --json writes."


def _list_hand_over(compared: Comparison) -> Iterator[str]:
    """Write what is right of all where the better model answers what the baseline is least certain of."""
    if not compared.hand_over or compared.overall.difference <= 0:
        return
    first, second = one_line(compared.first, 40), one_line(compared.second, 40)
    yield from (
        "",
        f"{compared.title} of all where {second} answers what {first} is least certain of",
    )
    heads = ["handed over", *(f"{line['percent']}%" for line in compared.hand_over["mean"])]
    rows = [
        [f"by {measure}", *(f"{line['correct'] / compared.overall.total:.1%}" for line in lines)]
        for measure, lines in compared.hand_over.items()
    ]
    yield from _align(heads, rows)


def _list_examples(compared: Comparison, first: AnswerFolder, second: AnswerFolder, examples: int) -> Iterator[str]:
    pairs = [compared.overall, *([] if compared.dialogues is None else [compared.dialogues])]
    gained = [name for pair in pairs for name in pair.gained]
    lost = [name for pair in pairs for name in pair.lost]
    for title, ids in (("Gained", gained), ("Lost", lost)):
        if not ids or not examples:
            continue
        shown = ids[:examples]
        yield from (
            "",
            f"{title}: {len(ids):,}" + (f", the first {len(shown):,} of them" if len(ids) > examples else ""),
        )
        for name in shown:
            yield f"  {one_line(name)}"
            parts = {
                "question": _show_question(first.records[name]),
                "expected": _show_calls(first.records[name].get("expected")),
                one_line(first.name, 40): _show_answer(first.records[name]),
                one_line(second.name, 40): _show_answer(second.records[name]),
            }
            width = max(map(len, parts))
            yield from (f"    {part:<{width}}  {text}" for part, text in parts.items() if text)


def _show_question(record: Mapping[str, Any]) -> str:
    """Write the last turn that is not the model's."""
    turns = [turn for turn in record.get("question", ()) if isinstance(turn, dict) and turn.get("role") != "assistant"]
    return one_line(str(turns[-1].get("content", ""))) if turns else ""


def _show_calls(calls: Any) -> str:
    """Write calls as JSON; nothing where they are not known."""
    if calls is None:
        return ""
    return one_line("; ".join(json.dumps(call, ensure_ascii=False) for call in calls) or "no call")


def _show_answer(record: Mapping[str, Any]) -> str:
    problem = record["problem"]
    return one_line(record["text"]) + (f"  [{one_line(problem, 60)}]" if problem else "")


def _align(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Write columns, the first to the left and the others to the right."""
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    for row in (heads, *rows):
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        yield f"  {'  '.join([row[0].ljust(widths[0]), *cells[1:]])}".rstrip()
