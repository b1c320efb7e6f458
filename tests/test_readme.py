"""The commands, configs and links of the README and the pages under docs/ work as they stand there."""

from __future__ import annotations

import json
import re
import shlex
import textwrap
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import CITIES, TOOL, make_row

import lit_toolcall
from lit_toolcall.cli.commands import COMMANDS
from lit_toolcall.cli.config_files import shipped_configs
from lit_toolcall.cli.evaluate import parse as parse_eval
from lit_toolcall.cli.main import main
from lit_toolcall.data.sources import JsonLines, Ledger, Pairs
from lit_toolcall.formats import CallSyntaxError, find_call_format
from lit_toolcall.formats.call_format import MAX_CHARACTERS
from lit_toolcall.metrics import RATES, score_prediction
from lit_toolcall.metrics.near_misses import name_near_miss
from lit_toolcall.schema.references import root_place
from lit_toolcall.types import Example, Message, Prediction, Problem, Tool, ToolCall

ROOT = Path(__file__).parents[1]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
}
README = PAGES["README.md"]
STUDIES = "docs/studies/"
"""Records of what was run at an earlier commit: their commands are not today's."""


def without_fences(text: str) -> str:
    """Leave out fenced blocks, which tests of their own run."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def list_blocks(text: str) -> list[str]:
    """List a page's indented blocks, blank lines inside them included."""
    found = re.findall(r"(?:^ {4,}\S.*\n(?:[ ]*\n(?= {4}))*)+", without_fences(text), flags=re.MULTILINE)
    return [textwrap.dedent(block).strip() + "\n" for block in found]


def block_with(words: str, page: str = "README.md") -> str:
    """Return the block of a page that holds some words."""
    return next(block for block in list_blocks(PAGES[page]) if words in block)


def list_commands(text: str) -> list[list[str]]:
    """List a page's command lines, those in running text too, as words after `lit_toolcall`."""
    lines = [line for block in list_blocks(text) for line in block.splitlines()]
    prose = "\n".join(line for line in without_fences(text).splitlines() if not line.startswith("    "))
    lines += re.findall(r"`([^`]+)`", prose)
    mine = re.search(r'mine="(.+)"', text)
    found = []
    for line in lines:
        if mine:
            line = line.replace("$mine", mine[1])
        if loop := re.match(r"for (\w+) in (\w+).*; do (.*); done", line):
            line = loop[3].replace(f"${loop[1]}", loop[2])
        words = shlex.split(line, comments=True) if line.startswith("lit_toolcall ") else []
        if len(words) > 1 and words[1] in (*COMMANDS, "--help"):
            found.append(words[1:])
    return found


COMMAND_LINES = sorted(
    {tuple(words) for page, text in PAGES.items() if not page.startswith(STUDIES) for words in list_commands(text)}
)
ADDITIONS = re.findall(r"^\| [^|]+ \| `(--[^`]+)` \|$", README, flags=re.MULTILINE)
"""The last column of the README's recipes."""
CONFIG_BLOCKS = [
    (page, number, block)
    for page, text in PAGES.items()
    for number, block in enumerate(list_blocks(text))
    if re.match(r"(# \S+\.yaml\n)?(base_model|data|model|trainer):", block)
]
LAID_OVER = {
    "# my_pairs.yaml": ("pairs", "--config", "quickstart_pairs.yaml"),
    "# my_dpo.yaml": ("fit", "--config", "quickstart_dpo.yaml"),
    "# one_gpu.yaml": ("fit",),
}
"""The command and the config that a block is for, by its first line; the quickstart's `fit`, where it is not here."""


def parse(*arguments: str) -> dict[str, Any]:
    """Return the settings that a command would run with."""
    with (
        redirect_stdout(StringIO()) as written,
        redirect_stderr(StringIO()) as said,
        pytest.raises(SystemExit) as stopped,
    ):
        main([*arguments, "--print_config"])
    assert not stopped.value.code, said.getvalue()
    settings: dict[str, Any] = yaml.safe_load(written.getvalue())
    return settings


@pytest.fixture(scope="module")
def quickstart() -> dict[str, Any]:
    """The quickstart's settings."""
    return parse("fit", "--config", "quickstart.yaml")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory with the configs and modules that pages show, where Python finds them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(block_with("# mine.yaml"))
    for name, page in (
        ("data", "docs/data.md"),
        ("one_gpu", "docs/configuration.md"),
        ("my_pairs", "docs/preferences.md"),
        ("my_dpo", "docs/preferences.md"),
    ):
        (tmp_path / f"{name}.yaml").write_text(block_with(f"# {name}.yaml", page))
    (tmp_path / "my_ranks.py").write_text(block_with("# my_ranks.py", "docs/preferences.md"))
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) < 200


def test_commands_are_found() -> None:
    assert len(COMMAND_LINES) > 15
    assert len(ADDITIONS) == 10
    assert len(CONFIG_BLOCKS) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("words", COMMAND_LINES, ids=" ".join)
def test_a_command_is_understood(words: tuple[str, ...], folder: Path) -> None:  # noqa: ARG001 (where configs are)
    if words[0] in ("configs", "--help"):
        main(list(words))
    elif words[0] == "eval" and "--help" not in words:
        parse_eval(words)
    elif words[0] == "compare":  # there are no such runs here
        with redirect_stderr(StringIO()) as said, pytest.raises(SystemExit):
            main(list(words))
        assert "no such folder" in said.getvalue()
    elif any("help" in word for word in words):
        with pytest.raises(SystemExit) as stopped:
            main(list(words))
        assert not stopped.value.code
    else:
        parse(*(word for word in words if word != "--print_config"))


@pytest.mark.slow
@pytest.mark.parametrize("added", ADDITIONS)
def test_a_recipe_is_understood(added: str, quickstart: dict[str, Any]) -> None:
    assert parse("fit", "--config", "quickstart.yaml", *shlex.split(added)) != quickstart


@pytest.mark.parametrize(("page", "number", "block"), CONFIG_BLOCKS, ids=lambda value: str(value)[:20])
def test_a_config_is_understood(
    page: str,  # noqa: ARG001 (an id)
    number: int,  # noqa: ARG001
    block: str,
    tmp_path: Path,
) -> None:
    path = tmp_path / "shown.yaml"
    path.write_text(block)
    command = LAID_OVER.get(block.partition("\n")[0], ("fit", "--config", "quickstart.yaml"))
    parse(*command, "--config", str(path))


def test_scripts_packages_and_tests_that_pages_name_are_there() -> None:
    for page, text in PAGES.items():
        for name in re.findall(r"(?<![\w/])((?:scripts|tests|lit_toolcall)/[\w/]+\.(?:sh|py))", text):
            assert (ROOT / name).is_file(), f"{page}: {name}"
    for name in re.findall(r"^    (scripts/\S+\.sh)", README, flags=re.MULTILINE):
        assert (ROOT / name).stat().st_mode & 0o100, f"{name} cannot be executed"


def test_installation_lines_name_what_there_is() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (extras,) = re.findall(r"pip install '\.\[([\w,]+)\]'", README)
    assert set(extras.split(",")) == set(project["optional-dependencies"])
    assert f"dist/{project['name']}-{lit_toolcall.__version__}-py3-none-any.whl" in README
    (pin,) = re.findall(r"bfcl-eval==\S+", README)
    assert pin in (ROOT / "scripts" / "setup_venv.sh").read_text(), "the quickstart installs the same"


def name_anchor(heading: str) -> str:
    """Name a heading's anchor as GitHub does."""
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-")


def list_anchors(text: str) -> set[str]:
    return {name_anchor(heading) for heading in re.findall(r"^#+ (.+)$", without_fences(text), flags=re.MULTILINE)}


def list_links(text: str) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", without_fences(text)):
        if not target.startswith(("https://", "http://", "mailto:")):
            yield target


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for link in list_links(PAGES[page]):
        name, _, anchor = link.partition("#")
        target = (ROOT / page).parent / name if name else ROOT / page
        assert target.is_file(), f"{page}: {link}"
        if anchor:
            assert anchor in list_anchors(target.read_text(encoding="utf-8")), f"{page}: {link}"


def test_every_page_is_linked_from_another() -> None:
    linked = {
        ((ROOT / page).parent / link.partition("#")[0]).resolve()
        for page, text in PAGES.items()
        for link in list_links(text)
    }
    assert not [page for page in PAGES if page != "README.md" and (ROOT / page).resolve() not in linked]


def test_every_problem_and_rate_is_explained() -> None:
    names = {problem.value for problem in Problem}
    for text in (README.partition("## Scores and problem names")[2], PAGES["docs/metrics.md"]):
        assert names <= set(re.findall(r"`(\w+)`", text))
    assert set(RATES) <= set(re.findall(r"`(\w+)`", PAGES["docs/metrics.md"]))


PROBLEM_EXAMPLES = re.findall(
    r"^\| `(\w+)` \| `\w+` \| [^|]+ \| (.+) \|$",
    PAGES["docs/metrics.md"].partition("## Problem names")[2],
    flags=re.MULTILINE,
)


@pytest.mark.parametrize(("problem", "example"), PROBLEM_EXAMPLES)
def test_an_example_of_a_problem_has_it(problem: str, example: str) -> None:
    named = {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}, "unit": {"enum": ["C", "F"]}}
    tools = (
        Tool("get_weather", "", {"type": "object", "properties": named, "required": ["city"]}),
        Tool("get_time", "", {"type": "object", "properties": {"city": {"type": "string"}}}),
    )
    expected = ToolCall("get_weather", {"city": "Oslo", "days": 2})
    answer = Message("assistant", calls=() if problem == "unwanted_call" else (expected,))
    question = Example("1", tools, (Message("user", "Weather?"),), answer)
    for written in re.findall(r"`(.+?)`", example):
        if "(" not in written:
            continue
        text = f"[{written}]"
        is_cut = problem == "cut_off"
        if problem in ("syntax", "cut_off"):
            text = text.removesuffix("]")
        if problem == "extra_call":
            text = f'[get_weather(city="Oslo", days=2), {written}]'
        try:
            prediction = Prediction(text, find_call_format("pythonic").parse(text))
        except CallSyntaxError as error:
            prediction = Prediction(text, None, error.problem, is_cut=is_cut)
        assert score_prediction(prediction, question).problem == problem, written


def test_an_example_of_a_near_miss_is_one() -> None:
    near = {name: re.findall(r"`(.+?)`", example) for name, example in PROBLEM_EXAMPLES if name.startswith("value_")}
    assert [len(written) for written in near.values()] == [2, 4, 4, 2]
    for problem, written in near.items():
        for value, expected in zip(written[::2], written[1::2], strict=True):
            assert name_near_miss(json.loads(value), json.loads(expected), root_place({})) == problem


def test_problems_without_a_call_in_their_example_are_these() -> None:
    assert [name for name, example in PROBLEM_EXAMPLES if "`get" not in example] == [
        "repetition",
        "too_long",
        "empty",
        "missing_call",
        "value_case",
        "value_unit",
        "value_format",
        "value_rounding",
    ]
    assert [name for name, _ in PROBLEM_EXAMPLES] == [*dict.fromkeys(name for name, _ in PROBLEM_EXAMPLES)]
    assert {name for name, _ in PROBLEM_EXAMPLES} == {problem.value for problem in Problem}
    with pytest.raises(CallSyntaxError) as passed:
        find_call_format("pythonic").parse(f'[get_weather(city="{"x" * MAX_CHARACTERS}")]')
    assert passed.value.problem is Problem.TOO_LONG
    assert f"{MAX_CHARACTERS + 1:,} characters" in PAGES["docs/metrics.md"]


def test_every_shipped_config_is_listed() -> None:
    listed = set(re.findall(r"`(\w+\.yaml)`", PAGES["docs/configuration.md"].partition("## Files laid over")[0]))
    assert listed == {name for name in shipped_configs() if "/" not in name}


def test_configs_that_speak_of_the_paper_name_it() -> None:
    title = "Surpassing LLMs for Tool Calling with Small Language Models through Parameter-Efficient"
    assert title in PAGES["docs/paper.md"]
    for path in (ROOT / "configs").rglob("*.yaml"):
        text = path.read_text()
        assert title in text or not re.search(r"\bthe paper\b", text, flags=re.IGNORECASE), path.name


def test_a_config_laid_over_a_shipped_one_brings_its_own_sources_only(folder: Path) -> None:
    settings = parse("fit", "--config", "quickstart.yaml", "--config", str(folder / "mine.yaml"))["data"]["init_args"]
    [train], [test] = settings["train"], settings["test"]
    assert train["init_args"].items() >= {"path": "rows.jsonl", "tools_path": None, "limit": None, "skip": 0}.items()
    assert test["init_args"]["path"] == "questions.jsonl"
    assert settings["validation"] == []
    assert settings["global_batch_size"] == 4, "what it does not name stays"


@pytest.mark.parametrize(("page", "count"), [("README.md", 1), ("docs/data.md", 2)])
def test_rows_as_shown_are_kept(page: str, count: int, tmp_path: Path) -> None:
    lines = re.findall(r'^ +(\{"(?:query|messages)".+\})$', PAGES[page], flags=re.MULTILINE)
    assert len(lines) == count
    (tmp_path / "rows.jsonl").write_text("\n".join(lines) + "\n")
    examples = list(JsonLines(str(tmp_path / "rows.jsonl")).read(ledger := Ledger()))
    assert not ledger.rejected
    assert [example.tools[0].name for example in examples] == [TOOL["name"]] * count


@pytest.mark.parametrize(("page", "count"), [("docs/preferences.md", 1)])
def test_pairs_as_shown_are_kept(page: str, count: int, tmp_path: Path) -> None:
    lines = re.findall(r'^ +(\{.*"chosen": .+\})$', PAGES[page], flags=re.MULTILINE)
    assert len(lines) == count
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines) + "\n")
    pairs = list(Pairs(str(tmp_path / "pairs.jsonl")).read_preferences(ledger := Ledger()))
    assert not ledger.rejected
    assert [len(pair.chosen[0].calls) for pair in pairs] == [1] * count


def test_the_config_for_one_gpu_runs_with_a_tiny_model_on_a_cpu(folder: Path, tiny_folder: Path) -> None:
    rows = [json.dumps(make_row(city, days)) + "\n" for city in CITIES for days in range(1, 9)]
    (folder / "rows.jsonl").write_text("".join(rows))
    (folder / "questions.jsonl").write_text("".join(make_questions()))
    tiny = ["--base_model", str(tiny_folder), "--data.init_args.cache_dir", str(folder / "cache")]
    tiny += ["--trainer.accelerator", "cpu", "--data.init_args.max_tokens", "512"]
    commands = list_commands(
        textwrap.indent(block_with("inspect --config one_gpu.yaml", "docs/configuration.md"), "    ")
    )
    assert [words[0] for words in commands] == ["inspect", "test", "fit", "test", "compare"]
    for words in commands:
        main([*words, *(tiny if words[0] != "compare" else [])])
    for run in ("one_gpu_base", "one_gpu"):
        assert json.loads((folder / "runs" / run / "metrics.json").read_text())["all"]["total"] == 3


def make_questions() -> list[str]:
    """Write questions that repeat none of the training rows, as lines."""
    return [
        json.dumps({**make_row(city, 2), "query": f"How will the sky over {city} look, two days on?"}) + "\n"
        for city in CITIES[:3]
    ]


@pytest.mark.slow
def test_a_users_first_hour(folder: Path, tiny_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The block of the README on one's own data, the recipe for samples, what a run leaves, and resuming."""
    rows = [json.dumps(make_row(city, days)) + "\n" for city in CITIES for days in (1, 2, 3)]
    (folder / "rows.jsonl").write_text(
        "".join(rows) + '{"query": "?", "tools": [], "expected_output": {"function": "f"}}\n'
    )
    (folder / "questions.jsonl").write_text("".join(make_questions()))
    tiny = ["--base_model", str(tiny_folder), "--data.init_args.cache_dir", str(folder / "cache")]
    (samples,) = [shlex.split(added) for added in ADDITIONS if "SampleCalls" in added]
    inspect, test_base, fit, test, compare = (
        words for words in list_commands(textwrap.indent(block_with("lit_toolcall fit $mine"), " " * 4))
    )
    (resume,) = (
        list(words) for words in COMMAND_LINES if "mine.yaml" in words and words[0] == "fit" and "--ckpt_path" in words
    )

    main([*inspect, *tiny])
    assert "get_weather(**" in capsys.readouterr().out
    main([*test_base, *tiny])
    main([*fit, *tiny, *samples])
    main([*test, *tiny])
    assert "valid call rate" in capsys.readouterr().out
    main(compare)
    assert "no difference shown between mine_base and mine: exact match +0.0 points" in capsys.readouterr().out
    for line in block_with("runs/mine/config.yaml").splitlines():
        assert list(folder.glob(line.split()[0])), line
    main([*resume, *tiny, *samples, "--trainer.max_epochs", "2"])
    steps = [json.loads(line)["step"] for line in (folder / "runs/mine/metrics.jsonl").read_text().splitlines()]
    assert steps[-1] == 11, "two epochs of six steps, counted from 0"

    more = [json.dumps(make_row(city, days)) + "\n" for city in CITIES for days in range(4, 10)]
    (folder / "more.jsonl").write_text("".join(more))
    steps_of_dpo = list_commands(textwrap.indent(block_with("--config my_dpo.yaml", "docs/preferences.md"), " " * 4))
    assert [words[0] for words in steps_of_dpo] == ["pairs", "inspect", "fit", "test", "compare"]
    for words in steps_of_dpo:
        main([*words, *(tiny if words[0] != "compare" else [])])
    assert list(folder.glob("runs/my_dpo/checkpoints/step=*-exact_match=*.ckpt"))
    assert (folder / "runs/my_dpo/metrics.json").is_file()
