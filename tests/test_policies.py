"""Every bundled policy does what its page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tektonlint import engine
from tektonlint.examples import findings_in, outcomes
from tektonlint.policy import catalog
from tektonlint.policy.format import Check, Policy

ROOT = Path(__file__).parent.parent
CATALOG = catalog.load()
POLICIES = [pytest.param(policy, id=policy.id) for policy in CATALOG.policies.values()]
# The end of a sentence inside a message, outside backticks.
SENTENCE_END = re.compile(r"[.!?](?=\s+[A-Z`])")


@pytest.mark.parametrize("policy", POLICIES)
def test_the_examples_of_a_policy_hold(policy: Policy) -> None:
    problems = {outcome.example: outcome.problems for outcome in outcomes(policy, CATALOG) if outcome.problems}

    assert {} == problems


@pytest.mark.parametrize("policy", POLICIES)
def test_a_message_is_at_most_two_sentences_and_ends_like_one(policy: Policy) -> None:
    for example in catalog.examples(policy):
        for finding in findings_in(example, policy, CATALOG):
            text = re.sub(r"`[^`]*`", "x", finding.message)
            assert len(SENTENCE_END.findall(text)) <= 1, finding.message
            assert text[-1] in ".?", finding.message
            assert finding.message[0] == "`" or finding.message[0].isupper(), finding.message


@pytest.mark.parametrize("policy", POLICIES)
def test_an_example_that_no_text_can_show_names_a_test_that_exists(policy: Policy) -> None:
    for example in catalog.examples(policy):
        if example.tested_by is not None:
            path, _, name = example.tested_by.partition("::")
            assert f"def {name}(" in (ROOT / path).read_text(), example.tested_by


@pytest.mark.parametrize("policy", POLICIES)
def test_the_check_of_a_policy_can_be_called(policy: Policy) -> None:
    if isinstance(policy.logic, Check):
        assert callable(engine.resolve(policy.logic.function))


def test_no_check_is_orphaned() -> None:
    public = {
        f"tektonlint.checks.{path.stem}:{name}"
        for path in (ROOT / "src/tektonlint/checks").glob("*.py")
        for name in re.findall(r"^def ([a-z][a-z_]*)\(", path.read_text(), re.MULTILINE)
    }
    named = {policy.logic.function for policy in CATALOG.policies.values() if isinstance(policy.logic, Check)}

    assert public == named
