"""The file of a baseline: what it may say, and what it is compared by."""

from __future__ import annotations

import copy
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tektonlint import baseline
from tektonlint.baseline import Entry
from tektonlint.bundled import folder
from tektonlint.config import ConfigError
from tektonlint.finding import Finding, Location, Severity
from tektonlint.policy.catalog import Catalog
from tektonlint.policy.format import Emitted, Policy
from tektonlint.text import Source, Span

SCHEMA = json.loads((Path(folder("schemas")) / "baseline.schema.json").read_text(encoding="utf-8"))
ENTRY = {"path": "a.yaml", "policy": "p", "fingerprint": "0" * 32, "count": 2, "date": "2026-02-03"}
GOOD: dict[str, Any] = {"tool": "tektonlint", "version": 1, "findings": [ENTRY]}


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def said_of(text: str | bytes, path: Path) -> str | None:
    """The error of a file, without its name."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        baseline.read(str(path))
    except ConfigError as error:
        return str(error).partition("known.json:")[2].strip()
    return None


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    entries = [
        Entry("b.yaml", "p", "1" * 32, 1, "2026-02-03"),
        Entry("a\u202e\udce9.yaml", "q", "2" * 32, 3, "2026-02-04"),
    ]
    text = baseline.text_of(entries)
    path = tmp_path / "known.json"
    path.write_text(text, encoding="ascii")

    assert sorted(entries) == list(baseline.read(str(path)).entries.values())
    assert Draft202012Validator(SCHEMA).is_valid(json.loads(text))


WRONG: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "1: not JSON: expecting value"),
    "a cut file": ('{\n"tool":', "2: not JSON: expecting value"),
    "bytes that are no text": (b'{"tool": "\xff"}', "1: byte 0xff here is not UTF-8"),
    "UTF-16": ('{"tool": 1}'.encode("utf-16"), "1: the file is UTF-16"),
    "another program's file": (
        '{"version": 1}',
        "it is no baseline of tektonlint; `--write-baseline` with the name of a new file writes one",
    ),
    "a list": ("[]", "it is no baseline of tektonlint; `--write-baseline` with the name of a new file writes one"),
    "a later version": (
        '{"tool": "tektonlint", "version": 2, "findings": []}',
        "it is a baseline of version `2`, and this tektonlint reads version 1; write it anew",
    ),
    "no version": (
        '{"tool": "tektonlint", "findings": []}',
        "it is a baseline of version `null`, and this tektonlint reads version 1; write it anew",
    ),
    "a key twice": (
        '{"tool": "tektonlint", "version": 1, "version": 1, "findings": []}',
        "the key `version` stands twice in one object",
    ),
    "a fingerprint twice": (
        json.dumps({**GOOD, "findings": [ENTRY, {**ENTRY, "path": "b.yaml"}]}),
        f"the fingerprint `{'0' * 32}` has 2 entries; keep one",
    ),
    "no number at all": (json.dumps({**GOOD, "findings": [{**ENTRY, "count": float("nan")}]}), "`NaN` is not JSON"),
    "a number without end": (f'{{"tool": {"9" * 5000}}}', "a number has too many digits"),
    "nesting without end": ("[" * 100_000, "nested too deeply"),
    "a count of nothing": (
        json.dumps({**GOOD, "findings": [{**ENTRY, "count": 0}]}),
        "`findings[0].count` has to be a whole number, 1 or more, not `0`",
    ),
    "a count that is true": (
        json.dumps({**GOOD, "findings": [{**ENTRY, "count": True}]}),
        "`findings[0].count` has to be a whole number, 1 or more, not `true`",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_baseline_is_told_in_one_line(case: str, tmp_path: Path) -> None:
    text, said = WRONG[case]

    assert said == said_of(text, tmp_path / "known.json")


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    with open(path, "wb") as file:
        file.truncate(33 * 1024 * 1024)

    with pytest.raises(ConfigError, match="it is larger than 32 MiB"):
        baseline.read(str(path))


values = st.none() | st.booleans() | st.integers(-1, 2) | st.sampled_from(["", "a", "0" * 32, "2026-02-03", "x\n"])


@st.composite
def nearly(draw: st.DrawFn) -> Any:
    """A baseline with something changed, taken out or added in one place."""
    data = copy.deepcopy(GOOD)
    place = draw(st.sampled_from([data, data["findings"][0]]))
    name = draw(st.sampled_from([*place, "more"]))
    if name in place and draw(st.booleans()):
        del place[name]
    else:
        place[name] = draw(values | st.lists(values, max_size=2))
    return data


@settings(deadline=None, max_examples=300)
@given(data=nearly())
def test_the_reader_takes_what_the_schema_allows(data: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("read") / "known.json"

    assert Draft202012Validator(SCHEMA).is_valid(data) == (said_of(json.dumps(data), path) is None)


# Comparing


def finding(text: str, policy: str = "p") -> Finding:
    """A finding about a whole text."""
    return Finding(
        policy=policy,
        severity=Severity.WARNING,
        message="wrong",
        at=Location(Source("a.yaml", text), Span(0, len(text))),
    )


def of(*entries: Entry) -> baseline.Baseline:
    return baseline.Baseline(Source("known.json", ""), {entry.fingerprint: entry for entry in entries})


def entry(one: Finding, times: int) -> Entry:
    return Entry("a.yaml", one.policy, one.fingerprint, times, "2026-02-03")


def policy(name: str, formerly: tuple[str, ...] = ()) -> Policy:
    return Policy(
        id=name,
        area="area",
        title="A title",
        severity=Severity.WARNING,
        since="0.1",
        logic=Emitted(by="nobody"),
        rationale="",
        remediation="",
        formerly=formerly,
        options={},
        file="",
    )


texts = st.lists(st.sampled_from(["one", "two", "three"]), max_size=8)


@settings(deadline=None)
@given(before=texts, after=texts)
def test_what_is_new_and_what_is_gone_is_the_difference_of_multisets(before: list[str], after: list[str]) -> None:
    old = of(*(entry(finding(text), count) for text, count in Counter(before).items()))

    compared = baseline.compare(map(finding, after), old, Catalog({}))
    gone = {one.fingerprint: count for one, count in baseline.gone(old, compared.found, lambda _: True)}

    new = Counter(one.at.source.text for one in compared.new)
    assert Counter(after) - Counter(before) == new
    expected = Counter(before) - Counter(after)
    assert {finding(text).fingerprint: count for text, count in expected.items()} == gone


def test_a_policy_that_was_renamed_is_known_by_its_old_id() -> None:
    catalog = Catalog({"new": policy("new", formerly=("old",))})
    old = of(entry(finding("text", "old"), 1))

    assert () == baseline.compare([finding("text", "new")], old, catalog).new


def test_a_locked_policy_is_not_known() -> None:
    one = finding("text")

    assert (one,) == baseline.compare([one], of(entry(one, 1)), Catalog({}), locked={"p"}).new
    assert "[]" in baseline.recorded([one], [], lambda _: False, "2026-02-03", locked={"p"})


@pytest.mark.parametrize("name", sorted(baseline.NEVER))
def test_what_was_not_checked_or_decided_elsewhere_is_neither_known_nor_recorded(name: str) -> None:
    one = finding("text", name)

    assert (one,) == baseline.compare([one], of(entry(one, 1)), Catalog({})).new
    assert '"findings": []' in baseline.recorded([one], [], lambda _: False, "2026-02-03")
