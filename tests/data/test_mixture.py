"""Mixtures: fractions follow the weights, no row twice, the seed alone decides, and YAML can say them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lit_toolcall.cli.main import main
from lit_toolcall.data.fingerprint import describe_settings
from lit_toolcall.data.mixture import Mixture, MixturePart, allocate_rows, make_ids_differ
from lit_toolcall.data.sources import JsonLines, Ledger, Source
from lit_toolcall.types import Example, UserError


class Letters(Source):
    """Yields `count` rows named by a letter and a number, after `bad` rejected ones."""

    def __init__(self, letter: str, count: int, bad: int = 0) -> None:
        self.letter = letter
        self.count = count
        self.bad = bad

    def read(self, ledger: Ledger) -> Iterator[Example]:
        for number in range(self.bad):
            ledger.reject(f"{self.letter}:{number}", "bad")
        for number in range(self.count):
            ledger.kept += 1
            yield Example(f"{self.letter}{number}", (), (), None)


def ids_of(*parts: MixturePart, rows: int | None = None, seed: int = 0) -> list[str]:
    return [example.id for example in Mixture(list(parts), rows, seed).read(Ledger())]


def letters_of(ids: list[str]) -> Counter[str]:
    return Counter(id[0] for id in ids)


def test_shares_follow_the_weights() -> None:
    ids = ids_of(MixturePart(Letters("a", 100), 3.0), MixturePart(Letters("b", 100), 1.0), rows=40)
    assert letters_of(ids) == {"a": 30, "b": 10}  # 40 * 3 / 4, 40 * 1 / 4
    assert len(set(ids)) == 40


def test_a_part_that_runs_out_gives_its_share_to_the_others() -> None:
    parts = [MixturePart(Letters("a", 5), 2.0), MixturePart(Letters("b", 100), 2.0), MixturePart(Letters("c", 100))]
    # a has 5 of its 20; the other 35 go to b and c, 2 to 1
    assert letters_of(ids_of(*parts, rows=41)) == {"a": 5, "b": 24, "c": 12}


def test_all_rows_are_taken_without_a_total() -> None:
    assert letters_of(ids_of(MixturePart(Letters("a", 7)), MixturePart(Letters("b", 3)))) == {"a": 7, "b": 3}


def test_a_total_above_all_rows_takes_each_row_once() -> None:
    ids = ids_of(MixturePart(Letters("a", 7), 9.0), MixturePart(Letters("b", 3)), rows=1000)
    assert len(ids) == len(set(ids)) == 10


def test_a_limit_caps_a_part_and_a_weight_of_0_takes_none() -> None:
    parts = [MixturePart(Letters("a", 50), limit=4), MixturePart(Letters("b", 50)), MixturePart(Letters("c", 9), 0.0)]
    ids = ids_of(*parts)
    assert letters_of(ids) == {"a": 4, "b": 50}
    assert {id for id in ids if id[0] == "a"} != {"a0", "a1", "a2", "a3"}  # drawn, not the first


def test_the_seed_alone_decides_the_order() -> None:
    parts = [MixturePart(Letters("a", 30)), MixturePart(Letters("b", 30))]
    assert ids_of(*parts, rows=20, seed=1) == ids_of(*parts, rows=20, seed=1)
    assert ids_of(*parts, rows=20, seed=1) != ids_of(*parts, rows=20, seed=2)
    assert set(ids_of(*parts, rows=20, seed=1)) < set(ids_of(*parts, rows=30, seed=1))


def test_parts_are_interleaved() -> None:
    ids = ids_of(MixturePart(Letters("a", 90), 3.0), MixturePart(Letters("b", 30)), rows=80)
    for end in range(8, 80, 8):
        assert abs(letters_of(ids[:end])["b"] - end / 4) <= 1


def test_rejections_of_every_part_reach_the_ledger_and_the_account() -> None:
    ledger = Ledger()
    mixture = Mixture([MixturePart(Letters("a", 6, bad=2), 2.0), MixturePart(Letters("b", 8, bad=1))], rows=6, seed=3)
    assert len(list(mixture.read(ledger))) == 6
    assert len(ledger.rejected) == 3
    assert ledger.kept == 14  # read, though 6 are drawn: 3 of 17 rows are bad
    account = mixture.describe()
    assert json.loads(json.dumps(account)) == account
    assert (account["rows"], account["seed"], account["taken"]) == (6, 3, 6)
    first = account["parts"][0]
    assert first["class"].endswith(".Letters")
    assert first["settings"] == {"letter": "a", "count": 6, "bad": 2}
    counts = [(part["weight"], part["read"], part["rejected"], part["taken"]) for part in account["parts"]]
    assert counts == [(2.0, 6, 2, 4), (1.0, 8, 1, 2)]


def test_a_mixture_inside_another_is_described_in_full() -> None:
    inner = Mixture([MixturePart(Letters("a", 6)), MixturePart(Letters("b", 6))], rows=4)
    outer = Mixture([MixturePart(inner), MixturePart(Letters("c", 2))])
    assert letters_of([row.id for row in outer.read(Ledger())]) == {"a": 2, "b": 2, "c": 2}
    inner_account = outer.describe()["parts"][0]
    assert (inner_account["read"], inner_account["settings"]["taken"]) == (4, 4)


def test_reading_changes_no_setting() -> None:
    mixture = Mixture([MixturePart(Letters("a", 6))], rows=4)
    before = describe_settings(mixture)
    assert len(list(mixture.read(Ledger()))) == 4
    assert describe_settings(mixture) == before


def test_a_mixture_is_as_fixed_as_its_parts() -> None:
    fixed, moving = MixturePart(JsonLines("demo:train.jsonl")), MixturePart(JsonLines("owner/name"))
    assert Mixture([fixed]).is_fixed
    assert not Mixture([fixed, moving]).is_fixed
    assert not Mixture([fixed, MixturePart(Letters("a", 6))]).is_fixed  # nobody knows what a user's own code reads


def test_only_colliding_ids_are_prefixed() -> None:
    ids = ids_of(MixturePart(Letters("a", 3)), MixturePart(Letters("a", 2)))
    assert sorted(ids) == ["1:a0", "1:a1", "2:a0", "2:a1", "a2"]


def test_a_prefixed_id_that_exists_already_is_made_different_too() -> None:
    parts = [[Example(id, (), (), None) for id in ids] for ids in (["a"], ["a", "1:a"])]
    assert [[row.id for row in rows] for rows in make_ids_differ(parts)] == [["1:a"], ["2:a", "2:1:a"]]


def test_two_ids_of_one_part_stay_different() -> None:
    parts = [[Example(id, (), (), None) for id in ids] for ids in (["a", "1:a"], ["a"])]
    assert [[row.id for row in rows] for rows in make_ids_differ(parts)] == [["1:a", "1:1:a"], ["2:a"]]


@given(
    st.lists(st.tuples(st.floats(0.01, 100), st.integers(0, 50)), min_size=1, max_size=6),
    st.integers(1, 200),
)
def test_allocation_takes_all_it_may_and_is_fair(parts: list[tuple[float, int]], rows: int) -> None:
    weights, available = [weight for weight, _ in parts], [count for _, count in parts]
    taken = allocate_rows(weights, available, rows)
    assert sum(taken) == min(rows, sum(available))
    assert all(count <= has for count, has in zip(taken, available, strict=True))
    for part, count in enumerate(taken):
        if count < available[part]:  # nobody is ahead of a part that still has rows
            own = (count + 0.5) / weights[part]
            assert all(taken[other] <= own * weights[other] + 0.5 + 1e-9 for other in range(len(parts)))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Mixture([]), "without parts"),
        (lambda: Mixture([MixturePart(Letters("a", 1), 0.0)]), "all weights of a mixture are 0"),
        (lambda: MixturePart(Letters("a", 1), -1.0), "weight=-1.0 must be at least 0"),
        (lambda: MixturePart(Letters("a", 1), float("nan")), "weight=nan"),
        (lambda: MixturePart(Letters("a", 1), float("inf")), "weight=inf"),
        (lambda: MixturePart(Letters("a", 1), limit=0), "limit=0 must be at least 1"),
        (lambda: Mixture([MixturePart(Letters("a", 1))], rows=0), "rows=0 must be at least 1"),
        (
            lambda: Mixture([MixturePart(Letters("a", 1), 3.0), MixturePart(Letters("b", 1))]),
            "weights 3.0, 1.0 change nothing while all rows are taken: set its rows",
        ),
    ],
)
def test_a_wrong_mixture_is_refused_in_a_sentence(make: Callable[[], object], said: str) -> None:
    with pytest.raises(UserError, match=said.replace(".", r"\.")) as refused:
        make()
    assert "\n" not in str(refused.value)


def mixture_config(path: Path, weight: float = 1.0) -> list[dict[str, object]]:
    """A mixture as YAML says it: the tiny run's file, and the demonstration rows."""
    tiny = {"class_path": "JsonLines", "init_args": {"path": str(path)}}
    demo = {"class_path": "JsonLines", "init_args": {"path": "demo:train.jsonl", "tools_path": "demo:tools.jsonl"}}
    parts = [{"source": tiny, "weight": weight}, {"source": demo, "weight": 1.0, "limit": 6}]
    return [{"class_path": "lit_toolcall.data.mixture.Mixture", "init_args": {"parts": parts, "rows": 16, "seed": 5}}]


@pytest.mark.slow
def test_a_mixture_comes_from_yaml(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_config(data={"train": mixture_config(tmp_path / "rows.jsonl"), "validation_fraction": 0.1})
    main(["inspect", "--config", str(config), "--rows", "16"])
    shown = capsys.readouterr().out
    assert shown.count("prompt tokens, ") == 14  # 16 without the 0.1 that is held back
    assert "demo:train.jsonl:" in shown
    assert f"{tmp_path / 'rows.jsonl'}:" in shown


def test_wrong_weights_in_yaml_are_one_sentence(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_config(data={"train": mixture_config(tmp_path / "rows.jsonl", weight=-2.0)})
    with pytest.raises(SystemExit) as stopped:
        main(["inspect", "--config", str(config)])
    assert stopped.value.code == 2
    assert "error: MixturePart: weight=-2.0 must be at least 0" in capsys.readouterr().err


@pytest.mark.slow
def test_the_demonstration_rows_mix_alike_each_time() -> None:
    def draw() -> list[Example]:
        parts = [
            MixturePart(JsonLines(f"demo:{name}.jsonl", "demo:tools.jsonl"), weight)
            for name, weight in (("train", 2.0), ("validation", 1.0))
        ]
        return list(Mixture(parts, rows=60).read(Ledger()))

    assert draw() == draw()
    assert len({row.place for row in draw()}) == 60
