"""What a valid configuration stands for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tektonlint
from tektonlint.config import Config, load
from tektonlint.finding import Severity
from tektonlint.policy.catalog import Choice
from tektonlint.tekton.images import own_facts
from tektonlint.tekton.target import Target, newest, version_text

Loader = Callable[..., Config]


def defaults() -> Config:
    """What a file that says nothing, or none, stands for."""
    return Config(
        file=None,
        choice=Choice(severities={}, options={}),
        exclude=(),
        policy_paths=(),
        target=Target(tekton=newest()),
    )


def test_without_a_file_everything_has_its_default() -> None:
    assert defaults() == load(None)._replace(written=None)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "\n\n", "null\n", "{}\n", "\ufeff"])
def test_an_empty_file_says_nothing(loaded: Loader, text: str) -> None:
    assert defaults()._replace(file=".tektonlint.yaml") == loaded(text)._replace(written=None)


def test_select_and_ignore_keep_their_order(loaded: Loader) -> None:
    expected = Choice(select=("timeouts", "image-pinned"), ignore=("b", "a"), severities={}, options={})

    assert expected == loaded("select: [timeouts, image-pinned]\nignore: [b, a]\n").choice


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("error", Severity.ERROR),
        ("warning", Severity.WARNING),
        ("note", Severity.NOTE),
        ('"off"', None),
        ("off", None),
        ("false", None),
        ("no", None),
    ],
)
def test_the_short_form_of_a_policy_is_its_severity(loaded: Loader, written: str, expected: Severity | None) -> None:
    assert {"image-pinned": expected} == loaded(f"policies: {{image-pinned: {written}}}").choice.severities


@pytest.mark.parametrize("written", ["off", '"off"', "false"])
def test_the_long_form_switches_a_policy_off_too(loaded: Loader, written: str) -> None:
    expected = Choice(severities={"image-pinned": None}, options={})

    assert expected == loaded(f"policies:\n  image-pinned:\n    severity: {written}\n").choice


def test_options_alone_decide_nothing_about_the_severity(loaded: Loader) -> None:
    expected = Choice(severities={}, options={"image-pinned": {"allow": ["registry.local/"]}})

    assert expected == loaded("policies:\n  image-pinned:\n    options: {allow: [registry.local/]}\n").choice


def test_a_severity_alone_sets_no_options(loaded: Loader) -> None:
    expected = Choice(severities={"image-pinned": Severity.NOTE}, options={})

    assert expected == loaded("policies: {image-pinned: {severity: note}}").choice


def test_exclude_patterns_are_kept_as_they_are_written(loaded: Loader) -> None:
    expected = ("vendor/**", "!vendor/ours/", "*.tmpl.yaml")

    assert expected == loaded("exclude:\n  - vendor/**\n  - '!vendor/ours/'\n  - '*.tmpl.yaml'\n").exclude


@pytest.mark.parametrize("version", ["1.10", "1.10.3"])
def test_the_target_may_name_a_patch_release(loaded: Loader, version: str) -> None:
    target = loaded(f'target: {{tekton: "{version}"}}').target

    assert ((1, 10), frozenset(("tekton",))) == (target.tekton, target.decided)


def test_the_oldest_and_the_newest_tekton_are_targets(loaded: Loader) -> None:
    assert (0, 40) == loaded('target: {tekton: "0.40"}').target.tekton
    assert newest() == loaded(f'target: {{tekton: "{version_text(newest())}"}}').target.tekton


def test_everything_that_is_said_of_the_cluster_is_the_target(loaded: Loader) -> None:
    text = """\
target:
  tekton: "1.2"
  platform: openshift
  api-fields: alpha
coschedule: isolate-pipelinerun
default-timeout-minutes: 0
"""

    expected = Target(
        tekton=(1, 2),
        platform="openshift",
        api_fields="alpha",
        coschedule="isolate-pipelinerun",
        default_timeout_minutes=0,
        decided=frozenset(("tekton", "platform", "api_fields", "coschedule", "default_timeout_minutes")),
    )

    assert expected == loaded(text).target


def test_the_platform_alone_leaves_the_newest_tekton(loaded: Loader) -> None:
    expected = Target(tekton=newest(), platform="kubernetes", decided=frozenset(("platform",)))

    assert expected == loaded("target: {platform: kubernetes}").target


def test_one_suggested_timeout_leaves_the_others_as_they_are(loaded: Loader) -> None:
    expected = {"build": "3h30m", "transfer": "1h", "test": "1h", "other": "30m"}

    assert expected == loaded("timeouts: {suggest: {build: 3h30m}}").target.suggest


def test_what_is_said_of_images_is_in_the_target_in_its_order(loaded: Loader) -> None:
    text = "images: {quay.io/acme/tools: {present: [jq], shell: dash, user: 0}, 'quay.io/acme/*': {absent: [sh]}}"
    expected = {
        "quay.io/acme/tools": own_facts("quay.io/acme/tools", present=["jq"], shell="dash", user=0),
        "quay.io/acme/*": own_facts("quay.io/acme/*", absent=["sh"]),
    }

    images = loaded(text).target.images
    assert list(expected.items()) == list(images.items())


def test_a_file_does_not_change_the_defaults_of_the_next_one(loaded: Loader) -> None:
    loaded("timeouts: {suggest: {build: 3h}}\ntarget: {platform: openshift}\nimages: {alpine: {user: 1}}\n")

    assert defaults() == load(None)._replace(written=None)


def test_merge_keys_and_aliases_count_as_everywhere_in_yaml(loaded: Loader) -> None:
    text = """\
policies:
  a: &strict {severity: error}
  b:
    <<: *strict
    options: {x: 1}
"""
    expected = Choice(severities={"a": Severity.ERROR, "b": Severity.ERROR}, options={"b": {"x": 1}})

    assert expected == loaded(text).choice


def test_policy_paths_are_absolute_and_relative_to_the_file(folder: Path) -> None:
    (folder / "team" / "policies").mkdir(parents=True)
    (folder / "team" / ".tektonlint.yaml").write_text("policy-paths: [policies]\n")

    config = load("team/.tektonlint.yaml")

    assert (str(folder / "team" / "policies"),) == config.policy_paths


def test_a_file_that_was_named_may_use_policies_from_elsewhere(folder: Path, loaded: Loader) -> None:
    outside = folder.parent / f"{folder.name}-policies"
    outside.mkdir()

    assert (str(outside),) == loaded(f"policy-paths: [../{outside.name}]", given=True).policy_paths


def test_a_file_that_was_named_may_have_any_name(loaded: Loader) -> None:
    choice = loaded("ignore: [a]", "organisation.yaml", given=True).choice

    assert Choice(ignore=("a",), severities={}, options={}) == choice


def test_a_file_that_was_named_may_be_a_link_out_of_its_folder(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "config.yaml").write_text("ignore: [a]\n")
    (folder / "here").mkdir()
    (folder / "here" / ".tektonlint.yaml").symlink_to("../elsewhere/config.yaml")

    assert Choice(ignore=("a",), severities={}, options={}) == load("here/.tektonlint.yaml", given=True).choice


def test_a_link_inside_the_folder_is_followed(folder: Path) -> None:
    (folder / "config.yaml").write_text("ignore: [a]\n")
    (folder / ".tektonlint.yaml").symlink_to("config.yaml")

    assert Choice(ignore=("a",), severities={}, options={}) == load(".tektonlint.yaml").choice


@pytest.mark.parametrize("name", ["jsonschema", "tomllib", "tomli", "pathspec"])
def test_a_yaml_file_without_patterns_does_not_import(folder: Path, name: str) -> None:
    """Each of them costs what a run over one file cannot spare."""
    (folder / ".tektonlint.yaml").write_text("target: {tekton: '1.2'}\npolicies: {a: {options: {b: 1}}}\n")
    program = "import sys; from tektonlint import config; config.load('.tektonlint.yaml'); print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(tektonlint.__file__).parent.parent)}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    assert "tektonlint.config" in ran.stdout.split()
    assert name not in ran.stdout.split()
