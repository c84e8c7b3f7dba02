"""The profiles that come with tektonlint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from tektonlint import engine, tree
from tektonlint.bundled import folder
from tektonlint.commands.programs import STARTS
from tektonlint.config import check, load
from tektonlint.config.extending import profiles
from tektonlint.finding import Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.policy.context import Enabled
from tektonlint.policy.format import Check

CATALOG = catalog.load()
ROOT = Path(folder("profiles")).parent
FILES = sorted((ROOT / "profiles").iterdir())
SCHEMA = json.loads((ROOT / "schemas" / "profile.schema.json").read_text(encoding="utf-8"))
STARTS_A_PROGRAM = {
    policy.id
    for policy in CATALOG.policies.values()
    if isinstance(policy.logic, Check) and policy.logic.function in STARTS
}
OPT_IN = {policy.id for policy in CATALOG.policies.values() if policy.opt_in}


def running(profile: str | None) -> dict[str, Severity]:
    """What the policies that run under a profile count as."""
    return {one.policy.id: one.severity for one in enabled(CATALOG, load(None, profile=profile).choice)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_profile_is_what_the_schema_allows(path: Path) -> None:
    assert [] == list(Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("name", profiles())
def test_a_profile_names_what_there_is(name: str) -> None:
    check(load(None, profile=name), CATALOG)


@pytest.mark.parametrize("name", profiles())
def test_a_profile_says_nothing_that_holds_anyway(name: str) -> None:
    said = load(None, profile=name).choice.severities
    usual = {one.policy.id: one.severity for one in enabled(CATALOG, Choice({}, {}))}

    assert {} == {policy: severity for policy, severity in said.items() if usual.get(policy) == severity}


@pytest.mark.parametrize("name", profiles())
def test_no_profile_starts_a_program(name: str) -> None:
    assert STARTS_A_PROGRAM
    assert set() == STARTS_A_PROGRAM & running(name).keys()


def test_recommended_is_what_runs_where_nothing_is_said() -> None:
    assert running(None) == running("recommended")


def test_strict_runs_everything_that_starts_no_program_and_lowers_nothing() -> None:
    strict, usual = running("strict"), running(None)

    assert set(CATALOG.policies) - STARTS_A_PROGRAM == set(strict)
    assert {} == {name: severity for name, severity in usual.items() if strict[name].rank < severity.rank}
    assert OPT_IN - STARTS_A_PROGRAM <= strict.keys()


def test_openshift_is_about_openshift_and_raises_only() -> None:
    openshift, usual = running("openshift"), running(None)

    assert "openshift" == load(None, profile="openshift").target.platform
    assert usual.keys() == openshift.keys()
    assert {} == {name: severity for name, severity in usual.items() if openshift[name].rank < severity.rank}


@pytest.mark.parametrize("name", sorted(load(None, profile="openshift").choice.severities))
def test_what_openshift_raises_is_found_on_openshift(name: str) -> None:
    """Some policies say nothing there, since the platform fills in what they ask for."""
    target = load(None, profile="openshift").target
    policy = CATALOG.policies[name]
    one = Enabled(policy=policy, severity=Severity.ERROR, options=policy.defaults)
    bad = [tree.of_texts(example.files) for example in catalog.examples(policy) if example.bad]

    found = [finding.severity for each in bad for finding in engine.run(each, [one], CATALOG, target).findings]

    assert Severity.ERROR in found


def test_security_is_about_security_pinning_injection_and_secrets() -> None:
    security = running("security")
    areas = {CATALOG.policies[name].area for name in security}

    assert {"security", "pinning", "tool", "script", "permissions", "structure"} == areas
    assert {name for name, policy in CATALOG.policies.items() if policy.area == "security"} <= security.keys()
    assert {"mutable-image": {"require": "digest"}} == load(None, profile="security").choice.options
    assert (Severity.ERROR, Severity.ERROR) == (security["secret-exposure"], security["param-injected-into-script"])
