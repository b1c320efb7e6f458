"""The report on training data: right counts, and a page that hostile rows cannot break."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lit_toolcall.data.leakage import LeakageIndex, find_leaks
from lit_toolcall.data.sources import JsonLines, Ledger, Rejection
from lit_toolcall.report import DataReport, make_data_report
from lit_toolcall.report.charts import MAX_BARS, Bar, count_bars, histogram
from lit_toolcall.report.rendering import group_reason
from lit_toolcall.types import Example, Message, Tool, ToolCall

VOID = {"meta", "br", "rect"}
CALL = ToolCall("get_weather", {"city": "Oslo", "days": 2, "hourly": True, "limits": [1.5], "unit": None})


def row(query: str, *calls: ToolCall, number: int = 1, tools: int = 1, file: str = "a.jsonl") -> Example:
    offered = tuple(Tool(f"tool_{index}", "", {}) for index in range(tools))
    answer = Message("assistant", "" if calls else "No tool fits.", calls)
    return Example(f"row-{number}", offered, (Message("user", query),), answer, place=f"{file}:{number}")


def chart(report: DataReport, title: str) -> list[tuple[str, int]]:
    (found,) = [chart for chart in report.charts if chart.title.startswith(title)]
    return [(bar.label, bar.count) for bar in found.bars]


class Page(HTMLParser):
    """Collects a page's tags and text, and fails where a tag is not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_rows_are_counted_by_source() -> None:
    kept = [row("one?"), row("two?", number=2), row("three?", file="b.json", number=9)]
    rejected = [Rejection("b.json:row 3", "no `tools`"), Rejection("c.jsonl:1", "not JSON")]
    report = make_data_report(kept, rejected=rejected)
    counts = {rows.source: (rows.kept, rows.rejected) for rows in report.sources}
    assert counts == {"a.jsonl": (2, 0), "b.json": (1, 1), "c.jsonl": (0, 1)}
    assert (report.rows, report.rejected_rows) == (3, 2)


def test_reasons_are_grouped_by_what_they_have_in_common() -> None:
    reason = "call {!r} is not among this example's tools: {}"
    rejected = [
        Rejection("a.jsonl:4", reason.format("get_wether", "get_weather")),
        Rejection("a.jsonl:5", reason.format("it's", "a, b, c")),
        Rejection("a.jsonl:6", "not JSON (Expecting value at character 17): '{'"),
        Rejection("b.jsonl:1", reason.format("f", "g")),
    ]
    groups = [(group.source, group.rows, group.reason) for group in make_data_report([], rejected=rejected).rejected]
    unknown = "call '...' is not among this example's tools: ..."
    assert groups == [
        ("a.jsonl", 2, unknown),
        ("a.jsonl", 1, "not JSON (Expecting value at character N): '...'"),
        ("b.jsonl", 1, unknown),
    ]


def test_calls_tools_and_types_are_counted() -> None:
    report = make_data_report([row("one?", CALL, CALL, tools=3), row("two?", number=2)])
    assert chart(report, "Calls per answer") == [("0", 1), ("1", 0), ("2", 1)]
    assert chart(report, "Available tools") == [("1", 1), ("2", 0), ("3", 1)]
    assert chart(report, "Arguments per call") == [("5", 2)]
    types = ["array", "boolean", "integer", "null", "string"]
    assert chart(report, "Types of arguments") == [(name, 2) for name in types]
    assert not [chart for chart in report.charts if chart.title.startswith("Tokens")]


def test_token_lengths_become_a_histogram() -> None:
    report = make_data_report([row("one?")], token_counts=[130, 177, 2048])
    bars = chart(report, "Tokens per row")
    assert bars[0] == ("100-199", 2)
    assert bars[-1] == ("2,000-2,099", 1)


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_a_histogram_keeps_every_value(values: list[int]) -> None:
    bars = histogram(values)
    assert sum(bar.count for bar in bars) == len(values)
    assert len(bars) <= MAX_BARS


def test_repeated_queries_are_those_with_the_same_turns_before() -> None:
    after_greeting = Example(
        "d", (), (Message("user", "Hi"), Message("user", "Weather in Oslo?")), None, place="a.jsonl:9"
    )
    rows = [
        row("Weather in Oslo?", CALL),
        row("weather in oslo", number=2),
        row("Weather in Oslo?!", CALL, number=3),
        row("Weather in Rome?", number=4),
        after_greeting,
    ]
    report = make_data_report(rows)
    (repeated,) = report.repeated
    assert (repeated.query, repeated.rows, repeated.answers) == ("Weather in Oslo?", 3, 2)
    assert repeated.places == ("a.jsonl:1", "a.jsonl:2", "a.jsonl:3")
    assert report.repeated_rows == 2


def test_leaks_are_summed_by_kind() -> None:
    benchmark = [row("Book a table for four people in Rome tonight", tools=2, file="bfcl.json")]
    rows = [
        row("book a table for four people in rome tonight"),
        row("Please book a table for nine people in Rome tonight", number=2),
        row("Something else", number=3, tools=0),
    ]
    report = make_data_report(rows, leaks=find_leaks(rows, LeakageIndex(benchmark)), evaluation_rows=1)
    assert report.leakage is not None
    assert [(str(kind), count) for kind, count in report.leakage.rows] == [
        ("query", 1), ("near query", 1), ("tool name", 2),
    ]  # fmt: skip
    (name,) = report.leakage.names
    assert (name.name, name.original, name.rows) == ("tool_0", "tool_0", 2)
    text = report.to_text()
    assert "compared with 1 evaluation rows" in text
    assert "   1     33.3%  a near query" in text
    page = Page(report.to_html())
    assert "Please book a table for nine people in Rome tonight" in page.text


def test_a_check_that_was_not_made_is_said_so() -> None:
    report = make_data_report([row("one?")])
    assert "Leakage: not checked" in report.to_text()
    assert "Not checked." in Page(report.to_html()).text


def test_no_rows_at_all_can_be_shown() -> None:
    report = make_data_report([], leaks=[])
    assert "0 kept, 0 rejected" in report.to_text()
    assert "0 rows kept, 0 rejected" in Page(report.to_html()).text


HOSTILE = [
    "<script>alert(1)</script>",
    "</td></table><img src=x onerror=alert(1)>",
    "{{ 77777 * 7 }}{% include 'x' %}",
    "\x1b[2J\x1b]0;title\x07",
    "\u202egnirts",
    "\ud800 half",
    "a" * 100_000,
]


def hostile_report(text: str) -> DataReport:
    call = ToolCall(text, {text: text})
    example = Example(text, (Tool(text, text, {}),), (Message("user", text),), Message("assistant", "", (call,)))
    rows = [example, example]
    leaks = find_leaks(rows, LeakageIndex(rows))
    rejected = [Rejection(f"{text}:1", f"{text} '{text}"), Rejection(text, text)]
    return make_data_report(rows, [3, 10**9], rejected, leaks, evaluation_rows=2)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_rows_stay_text(text: str) -> None:
    report = hostile_report(text)
    html, lines = report.to_html(), report.to_text()
    page, plain = Page(html), Page(hostile_report("a harmless text of some words").to_html())
    assert page.tags <= plain.tags
    assert page.attributes <= plain.attributes
    assert "544439" not in page.text
    for shown in (html, lines):
        shown.encode("utf-8")
        assert not set(shown) & set("\x1b\x07\u202e")
    assert len(html) < 20_000


@pytest.mark.slow
@settings(max_examples=50)
@given(st.text())
def test_any_text_can_be_reported(text: str) -> None:
    report = hostile_report(text)
    Page(report.to_html())
    report.to_text().encode("utf-8")
    assert len(group_reason(text)) <= 3 * len(text) + 3


def test_the_page_needs_no_other_file() -> None:
    html = hostile_report("a harmless text of some words").to_html()
    assert html.startswith("<!DOCTYPE html>")
    assert not {"src", "href", "onload", "onclick"} & Page(html).attributes
    assert "http:" not in html.replace("http-equiv", "")
    assert "https:" not in html


def test_long_tables_are_cut_and_say_so() -> None:
    rejected = [Rejection(f"file-{chr(97 + index // 26)}{chr(97 + index % 26)}:1", "bad") for index in range(300)]
    report = make_data_report([], rejected=rejected)
    assert "and 280 more" in report.to_text()
    assert "and 100 more" in Page(report.to_html()).text


def test_the_demonstration_data_can_be_reported() -> None:
    ledger = Ledger()
    examples = list(JsonLines("demo:validation.jsonl", tools_path="demo:tools.jsonl").read(ledger))
    report = make_data_report(examples, rejected=ledger.rejected)
    assert "Rows: 172 kept, 0 rejected" in report.to_text()
    calls = sum(len(example.answer.calls) for example in examples if example.answer is not None)
    assert sum(count for _, count in chart(report, "Arguments per call")) == calls


def test_keys_that_nothing_reads_are_listed() -> None:
    report = make_data_report([row("Oslo?")], unread_keys=[("a.jsonl", "<b>\x1b[2J", 1_200), ("b.jsonl", "lang", 3)])
    text = report.to_text()
    assert "Keys that nothing reads" in text
    assert "1,200" in text
    assert "\x1b" not in text
    assert "<b>" in Page(report.to_html()).text


def test_what_calls_are_not_checked_against_is_listed() -> None:
    report = make_data_report([row("Oslo?")], unchecked=[("format 'date'", 1_200), ("<b>\x1b[2J", 1)])
    assert "1,200  format 'date'" in report.to_text()
    assert "\x1b" not in report.to_text()
    assert "format 'date'" in Page(report.to_html()).text
    assert "<b>" in Page(report.to_html()).text
    assert "not checked" not in make_data_report([row("Oslo?")], leaks=[]).to_text()


def test_of_many_names_the_rarest_are_one_bar() -> None:
    bars = count_bars([str(number) for number in range(MAX_BARS + 5)] + ["0"])
    assert len(bars) == MAX_BARS
    assert (bars[0], bars[-1]) == (Bar("0", 2), Bar("(others)", 6))  # 25 names, of which 19 have a bar of their own
