"""`extends`: which files a configuration is made of, and what they decide together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tektonlint.config import Config, ConfigError, load
from tektonlint.finding import Severity
from tektonlint.policy.catalog import Choice
from tektonlint.tekton.target import Target, newest

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE


@pytest.fixture
def root(folder: Path) -> Path:
    """The root of a run, which is the working folder: a folder beside others."""
    (folder / "root").mkdir()
    return folder / "root"


@pytest.fixture
def of(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Config]:
    """Writes files below the folder that the root is in, and loads one of them: by default the root's own."""
    monkeypatch.chdir(root)

    def write_and_load(texts: dict[str, str], name: str = ".tektonlint.yaml", **how: Any) -> Config:
        for each, text in texts.items():
            (root / each).parent.mkdir(parents=True, exist_ok=True)
            (root / each).write_text(text, encoding="utf-8")
        return load(name, root=str(root), **how)

    return write_and_load


# What several files decide together


def test_lists_add_up_and_a_selection_replaces_the_one_before(of: Callable[..., Config]) -> None:
    config = of(
        {
            ".tektonlint.yaml": "extends: [a.yaml, b.yaml]\nignore: [z]\nexclude: ['!ours']\n",
            "a.yaml": "select: [a]\nignore: [x]\nexclude: [vendor]\n",
            "b.yaml": "select: [b]\nignore: [w, x]\n",
        }
    )

    assert Choice(select=("b",), ignore=("x", "w", "z"), severities={}, options={}) == config.choice
    assert ("vendor", "!ours") == config.exclude


def test_a_files_own_selection_wins(of: Callable[..., Config]) -> None:
    texts = {".tektonlint.yaml": "select: [own]\nextends: a.yaml\n", "a.yaml": "select: [a]\n"}

    assert ("own",) == of(texts).choice.select


def test_of_a_policy_each_key_and_each_option_is_the_last_that_is_said(of: Callable[..., Config]) -> None:
    config = of(
        {
            ".tektonlint.yaml": "extends: [a.yaml, b.yaml]\npolicies: {p: {options: {two: 3}}, q: off}\n",
            "a.yaml": "policies: {p: {severity: note, options: {one: 1, two: 1}}, q: error, r: note}\n",
            "b.yaml": "policies: {p: {severity: error, options: {two: 2}}}\n",
        }
    )

    assert {"p": E, "q": None, "r": N} == config.choice.severities
    assert {"p": {"one": 1, "two": 3}} == config.choice.options


def test_of_the_cluster_each_key_is_the_last_that_is_said(of: Callable[..., Config]) -> None:
    config = of(
        {
            ".tektonlint.yaml": "extends: a.yaml\ntarget: {platform: kubernetes}\ntimeouts: {suggest: {test: 5m}}\n",
            "a.yaml": 'target: {tekton: "1.2", platform: openshift}\ncoschedule: disabled\n'
            "default-timeout-minutes: 5\ntimeouts: {suggest: {test: 1m, build: 9h}}\n",
        }
    )

    expected = Target(tekton=(1, 2), platform="kubernetes", coschedule="disabled", default_timeout_minutes=5)
    decided = frozenset(("tekton", "platform", "coschedule", "default_timeout_minutes"))
    suggest = {"build": "9h", "transfer": "1h", "test": "5m", "other": "30m"}
    assert expected._replace(decided=decided, suggest=suggest) == config.target


def test_what_no_file_says_has_its_default(of: Callable[..., Config]) -> None:
    texts = {".tektonlint.yaml": "extends: [a.yaml, recommended]\n", "a.yaml": ""}

    assert Target(tekton=newest()) == of(texts).target


def test_of_an_image_the_last_file_speaks_first(of: Callable[..., Config]) -> None:
    config = of(
        {
            ".tektonlint.yaml": "extends: a.yaml\nimages: {'quay.io/*': {user: 1}, alpine: {user: 2}}\n",
            "a.yaml": "images: {alpine: {user: 3}, quay.io/x: {user: 4}}\n",
        }
    )

    facts = [(name, one.user) for name, one in config.target.images.items()]
    assert [("quay.io/*", 1), ("alpine", 2), ("quay.io/x", 4)] == facts


def test_what_is_extended_counts_before_what_extends_it_at_every_depth(of: Callable[..., Config]) -> None:
    texts = {
        ".tektonlint.yaml": "extends: a/a.yaml\n",
        "a/a.yaml": "extends: ../b.yaml\npolicies: {p: warning}\n",
        "b.yaml": "policies: {p: note, q: note}\n",
    }

    assert {"p": W, "q": N} == of(texts).choice.severities


def test_a_file_that_is_reached_twice_counts_where_it_is_reached_first(of: Callable[..., Config]) -> None:
    texts = {
        ".tektonlint.yaml": "extends: [a.yaml, b.yaml, base.yaml]\n",
        "a.yaml": "extends: base.yaml\npolicies: {p: warning}\n",
        "b.yaml": "extends: ./base.yaml\n",
        "base.yaml": "policies: {p: note}\nignore: [x]\n",
    }

    config = of(texts)

    assert ({"p": W}, ("x",)) == (config.choice.severities, config.choice.ignore)
    assert 4 == len(config.layers)


def test_folders_of_policies_add_up(of: Callable[..., Config], root: Path) -> None:
    for name in ("own", "a/policies", "team"):
        (root / name).mkdir(parents=True)
    texts = {
        ".tektonlint.yaml": "extends: [a/a.yaml, ./team, own]\npolicy-paths: [own]\n",
        "a/a.yaml": "policy-paths: [policies, ../own]\n",
    }

    assert ("a/policies", "own", "team") == tuple(
        str(Path(path).relative_to(root)) for path in of(texts).policy_paths
    )


def test_the_last_baseline_counts_relative_to_the_root(of: Callable[..., Config], root: Path) -> None:
    texts = {".tektonlint.yaml": "extends: a/a.yaml\n", "a/a.yaml": "baseline: known.json\n"}

    assert str(root / "known.json") == of(texts).baseline


def test_pyproject_extends_and_is_extended(of: Callable[..., Config]) -> None:
    texts = {
        "pyproject.toml": '[tool.tektonlint]\nextends = ["a/pyproject.toml", "strict"]\nignore = ["own"]\n',
        "a/pyproject.toml": '[tool.tektonlint]\nextends = "../b.yaml"\nignore = ["a"]\n',
        "b.yaml": "ignore: [b]\n",
    }

    config = of(texts, "pyproject.toml")

    assert ("b", "a", "own") == config.choice.ignore
    assert W == config.choice.severities["timeout-disabled"]


def test_a_profile_named_on_the_command_line_is_beneath_everything(of: Callable[..., Config]) -> None:
    texts = {".tektonlint.yaml": "extends: a.yaml\n", "a.yaml": "policies: {timeout-disabled: note}\n"}

    severities = of(texts, profile="strict").choice.severities

    assert (N, W) == (severities["timeout-disabled"], severities["unused-volume"])


def test_a_profile_needs_no_file() -> None:
    assert "openshift" == load(None, profile="openshift").target.platform


# What cannot be

WRONG: dict[str, tuple[dict[str, str], str]] = {
    "a profile with a slip": (
        {".tektonlint.yaml": "ignore: []\nextends: stric"},
        ".tektonlint.yaml:2: `extends` has `stric`, but there is no such profile or folder; did you mean `strict`?",
    ),
    "a profile like no other": (
        {".tektonlint.yaml": "extends:\n  - x"},
        ".tektonlint.yaml:2: `extends` has `x`, but there is no such profile or folder; it is one of "
        "`openshift`, `recommended`, `security`, `strict`",
    ),
    "a folder that is not there": (
        {".tektonlint.yaml": "extends: ./strict"},
        ".tektonlint.yaml:1: `extends` has `./strict`, but there is no such folder",
    ),
    "a file that is not there": (
        {".tektonlint.yaml": "extends: [recommended, a.yaml]"},
        ".tektonlint.yaml:1: `extends` has `a.yaml`, but there is no such file",
    ),
    "a file that is not there, in a file": (
        {".tektonlint.yaml": "extends: a/a.yaml", "a/a.yaml": "\nextends: b.yaml"},
        "a/a.yaml:2: `extends` has `b.yaml`, but there is no such file",
    ),
    "a folder with the name of a file": (
        {".tektonlint.yaml": "extends: a.yaml", "a.yaml/b": ""},
        "a.yaml: it is a folder",
    ),
    "a mistake in a file": (
        {".tektonlint.yaml": "extends: a.yaml", "a.yaml": "ignores: []"},
        "a.yaml:1: there is no key `ignores`; did you mean `ignore`?",
    ),
    "itself": (
        {".tektonlint.yaml": "extends: .tektonlint.yaml"},
        ".tektonlint.yaml:1: `extends` leads back to where it began: .tektonlint.yaml → .tektonlint.yaml",
    ),
    "a circle": (
        {".tektonlint.yaml": "extends: a.yaml", "a.yaml": "extends: [b/b.yaml]", "b/b.yaml": "extends: ../a.yaml"},
        "b/b.yaml:1: `extends` leads back to where it began: a.yaml → b/b.yaml → a.yaml",
    ),
    "too deep": (
        {".tektonlint.yaml": "extends: 0.yaml", **{f"{n}.yaml": f"extends: {n + 1}.yaml" for n in range(20)}},
        "9.yaml:1: `extends` goes more than 10 files deep with `10.yaml`",
    ),
    "too much": (
        {".tektonlint.yaml": f"extends: [{'strict, ' * 100}\n  openshift]"},
        ".tektonlint.yaml:2: `extends` goes on with `openshift`, which makes more than 100 in all",
    ),
    "a file outside the root": (
        {".tektonlint.yaml": "extends: ../org.yaml", "../org.yaml": ""},
        ".tektonlint.yaml:1: `extends` leads out of the root with `../org.yaml`; only --config allows that",
    ),
    "a file outside the root that is not there": (
        {".tektonlint.yaml": "extends: ../none.yaml"},
        ".tektonlint.yaml:1: `extends` leads out of the root with `../none.yaml`; only --config allows that",
    ),
    "a folder outside the root": (
        {".tektonlint.yaml": "extends: [..]"},
        ".tektonlint.yaml:1: `extends` leads out of the root with `..`; only --config allows that",
    ),
    "policies outside the root, named in a file": (
        {".tektonlint.yaml": "extends: a/a.yaml", "a/a.yaml": "policy-paths: [../..]"},
        "a/a.yaml:1: `policy-paths` leads out of the root with `../..`; only --config allows that",
    ),
    "a path that cannot be": (
        {".tektonlint.yaml": 'extends: "a\\0.yaml"'},
        ".tektonlint.yaml:1: `extends` has `a\\x00.yaml`, which cannot be a path",
    ),
    "neither a text nor a list": (
        {".tektonlint.yaml": "extends: {a: b}"},
        '.tektonlint.yaml:1: `extends` cannot be `{"a": "b"}`; write it like `strict` or '
        '`["recommended", "team/tektonlint.yaml"]`',
    ),
    "an empty name": (
        {".tektonlint.yaml": "extends: ['']"},
        ".tektonlint.yaml:1: `extends[0]` cannot be empty; leave it out instead",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_extended_is_told_with_its_file_and_line(case: str, of: Callable[..., Config]) -> None:
    texts, said = WRONG[case]

    with pytest.raises(ConfigError) as raised:
        of(texts)
    assert said == str(raised.value)


def test_a_link_out_of_the_root_is_not_followed(of: Callable[..., Config], root: Path) -> None:
    (root.parent / "org.yaml").write_text("ignore: [x]\n")
    (root / "a.yaml").symlink_to(root.parent / "org.yaml")

    with pytest.raises(ConfigError, match="leads out of the root"):
        of({".tektonlint.yaml": "extends: a.yaml\n"})


def test_an_unknown_profile_of_the_command_line_is_told() -> None:
    with pytest.raises(ConfigError) as raised:
        load(None, profile="strikt")
    assert "there is no profile `strikt`; did you mean `strict`?" == str(raised.value)


# Whom is trusted


def test_the_operators_file_may_extend_what_is_outside_of_the_root(of: Callable[..., Config], root: Path) -> None:
    (root.parent / "shared").mkdir()
    texts = {"../org/org.yaml": "extends: [../base.yaml, ../shared]\n", "../base.yaml": "ignore: [x]\n"}

    config = of(texts, "../org/org.yaml", given=True)

    assert (("x",), (str(root.parent / "shared"),)) == (config.choice.ignore, config.policy_paths)
    assert [True, True, True] == [layer.trusted for layer in config.layers]


def test_what_the_operators_file_extends_in_the_tree_is_the_trees(of: Callable[..., Config], root: Path) -> None:
    texts = {"../org.yaml": "extends: root/.tektonlint.yaml\n", ".tektonlint.yaml": "extends: ../base.yaml\n"}
    texts["../base.yaml"] = ""

    with pytest.raises(ConfigError) as raised:
        of(texts, "../org.yaml", given=True)
    said = ".tektonlint.yaml:1: `extends` leads out of the root with `../base.yaml`; only --config allows that"
    assert said == str(raised.value)
