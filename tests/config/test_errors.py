"""What is said about a configuration that cannot be used: one line with file, line, what is wrong, what is right."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tektonlint.config import ConfigError, load
from tektonlint.errors import UserError
from tektonlint.tekton.target import newest, version_text

Errors = Callable[..., str]

SAID = {
    "a key with a slip": ("selct: [a]", "there is no key `selct`; did you mean `select`?"),
    "a key with an underscore": (
        "policy_paths: [a]",
        "there is no key `policy_paths`; did you mean `policy-paths`?",
    ),
    "a key that belongs deeper": ("tekton: '1.2'", "there is no key `tekton`; did you mean `target.tekton`?"),
    "a class of tasks one level too high": (
        "timeouts: {build: 2h}",
        "there is no key `timeouts.build`; did you mean `timeouts.suggest.build`?",
    ),
    "a key like no other": (
        "target: {cluster: prod}",
        "there is no key `target.cluster`; it is one of `tekton`, `platform`, `api-fields`",
    ),
    "a key of a policy with a slip": (
        "policies: {a: {severty: error}}",
        "there is no key `policies.a.severty`; did you mean `severity`?",
    ),
    "an option that is not under options": (
        "policies: {a: {allow: [x]}}",
        "there is no key `policies.a.allow`; it is one of `severity`, `options`",
    ),
    "a name that is no list": ("select: image-pinned", "`select` has to be a list: write `[image-pinned]`"),
    "an empty select": ("select: []", "`select` cannot be empty; leave it out instead"),
    "a number in a list of names": ("ignore: [a, 1]", "`ignore[1]` has to be text, not the number `1`"),
    "a boolean in a list of names": ("ignore: [yes]", "`ignore[0]` has to be text, not the boolean `yes`"),
    "a mapping in a list": ("ignore: [{a: b}]", "`ignore[0]` has to be text, not a mapping of keys to values"),
    "an empty key": ("policies:", "`policies` has to be a mapping of keys to values, but it is empty"),
    "a list of policies": ("policies: [a]", "`policies` has to be a mapping of keys to values, not a list"),
    "a severity with a slip": (
        "policies: {a: waring}",
        "`policies.a` cannot be `waring`; did you mean `warning`?",
    ),
    "a severity of the long form with a slip": (
        "policies: {a: {severity: eror}}",
        "`policies.a.severity` cannot be `eror`; did you mean `error`?",
    ),
    "a severity that is switched on": (
        "policies: {a: on}",
        "`policies.a` cannot be `on`; it is one of `error`, `warning`, `note`, `off`, `false`",
    ),
    "a policy that is a list": (
        "policies: {a: [error]}",
        '`policies.a` cannot be `["error"]`; write it like `off` or `{"severity": "error"}`',
    ),
    "a policy without a decision": (
        "policies: {a: }",
        '`policies.a` cannot be empty; write it like `off` or `{"severity": "error"}`',
    ),
    "a Tekton that YAML reads as another": (
        "target: {tekton: 1.10}",
        '`target.tekton` has to be quoted, since 1.10 is the number 1.1: write `"1.10"`',
    ),
    "a Tekton without a minor version": (
        "target: {tekton: 1}",
        '`target.tekton` has to be text, not the number `1`; write it like `"1.15"` or `"1.15.2"`',
    ),
    "a Tekton with a v": (
        "target: {tekton: v1.10}",
        "`target.tekton` cannot be `v1.10`; write it like `1.15` or `1.15.2`",
    ),
    "a Tekton with a line end": (
        'target: {tekton: "1.10\\n"}',
        "`target.tekton` cannot be `1.10\\n`; write it like `1.15` or `1.15.2`",
    ),
    "a Tekton that is too old": (
        "target: {tekton: '0.39'}",
        "`target.tekton` cannot be 0.39; the oldest that tektonlint knows is 0.40",
    ),
    "a Tekton that is not known yet": (
        "target: {tekton: '1.999'}",
        f"`target.tekton` cannot be 1.999; the newest that tektonlint knows is {version_text(newest())}",
    ),
    "a platform in other letters": (
        "target: {platform: OpenShift}",
        "`target.platform` cannot be `OpenShift`; did you mean `openshift`?",
    ),
    "a platform that is none": (
        "target: {platform: eks}",
        "`target.platform` cannot be `eks`; it is one of `kubernetes`, `openshift`",
    ),
    "a number of minutes below zero": (
        "default-timeout-minutes: -1",
        "`default-timeout-minutes` has to be at least 0, not `-1`",
    ),
    "more minutes than a Go duration holds": (
        "default-timeout-minutes: 153722868",
        "`default-timeout-minutes` has to be at most 153722867, not `153722868`",
    ),
    "minutes as a duration": (
        "default-timeout-minutes: 60m",
        "`default-timeout-minutes` has to be a whole number, not the text `60m`",
    ),
    "a number with 5000 digits": (
        f"default-timeout-minutes: {'9' * 5000}",
        f"`default-timeout-minutes` has to be a whole number, not the text `{'9' * 59}…`",
    ),
    "a duration without a unit": (
        "timeouts: {suggest: {build: 90}}",
        '`timeouts.suggest.build` has to be text, not the number `90`; write it like `"2h"` or `"1h30m"`',
    ),
    "a duration in words": (
        "timeouts: {suggest: {build: 2 hours}}",
        "`timeouts.suggest.build` cannot be `2 hours`; write it like `2h` or `1h30m`",
    ),
    "a class of tasks that is none": (
        "timeouts: {suggest: {deploy: 2h}}",
        "there is no key `timeouts.suggest.deploy`; it is one of `build`, `transfer`, `test`, `other`",
    ),
    "a fact of an image with a slip": (
        "images: {alpine: {presnt: [jq]}}",
        "there is no key `images.alpine.presnt`; did you mean `present`?",
    ),
    "a fact of an image that there is none of": (
        "images: {quay.io/acme/tools: {size: 3}}",
        'there is no key `images["quay.io/acme/tools"].size`; it is one of `absent`, `present`, `shell`, `user`',
    ),
    "a shell that is none": (
        "images: {alpine: {shell: zsh}}",
        "`images.alpine.shell` cannot be `zsh`; it is one of `bash`, `dash`, `ash`, `none`",
    ),
    "a user by name": (
        "images: {alpine: {user: root}}",
        "`images.alpine.user` has to be a whole number, not the text `root`",
    ),
    "a command with its folder": (
        "images: {alpine: {present: [/usr/bin/jq]}}",
        "`images.alpine.present[0]` cannot be `/usr/bin/jq`; write it like `jq`",
    ),
    "an image of which nothing is said": (
        "images: {alpine: {}}",
        "`images.alpine` cannot be empty; leave it out instead",
    ),
    "an image in capitals": (
        "images: {quay.io/Acme/tools: {user: 0}}",
        "`images` has `quay.io/Acme/tools`, which is no name of an image",
    ),
    "an image with a digest": (
        "images: {'alpine@sha256:0f': {user: 0}}",
        "`images` has `alpine@sha256:0f`, which names one build; leave the digest out",
    ),
    "an image that has a command and lacks it": (
        "images: {alpine: {present: [jq, curl], absent: [jq]}}",
        "`images` has `alpine`, which would have `jq` and lack it",
    ),
    "an image that has a shell and no shell": (
        "images: {alpine: {present: [sh], shell: none}}",
        "`images` has `alpine`, which would have `sh` and lack it",
    ),
    "a pattern that is a comment": (
        "exclude: ['#vendor']",
        "`exclude` has `#vendor`, which is no pattern of .gitignore that matches anything",
    ),
    "a pattern that is blank": (
        "exclude: [' ']",
        "`exclude` has ` `, which is no pattern of .gitignore that matches anything",
    ),
    "a pattern that is none": (
        "exclude: ['!']",
        "`exclude` has `!`, which is no pattern of .gitignore that matches anything",
    ),
    "an empty path": ("policy-paths: ['']", "`policy-paths[0]` cannot be empty; leave it out instead"),
    "a path with a NUL": ('policy-paths: ["a\\0b"]', "`policy-paths` has `a\\x00b`, which cannot be a path"),
    "a folder that is not there": (
        "policy-paths: [policeis]",
        "`policy-paths` has `policeis`, but there is no such folder",
    ),
    "a folder above": (
        "policy-paths: [../policies]",
        "`policy-paths` leads out of the folder of this file with `../policies`; only --config allows that",
    ),
    "a folder elsewhere": (
        "policy-paths: [/etc]",
        "`policy-paths` leads out of the folder of this file with `/etc`; only --config allows that",
    ),
    "a list": ("- select", "the configuration has to be a mapping of keys to values, not a list"),
    "a sentence": ("nothing", "the configuration has to be a mapping of keys to values, not the text `nothing`"),
    "broken YAML": ("[", "not YAML: a `,` or `]` is missing before this, in the list of line 1"),
    "a key that is a list": ("? [a]\n: 1", "not YAML: a mapping or a list is used as a key"),
    "an alias of nothing": (
        "select: *x",
        "not YAML: there is no anchor `&x` before this alias in the document",
    ),
    "brackets without end": ("[" * 5000, "not YAML: nested deeper than 200 levels; tektonlint reads no further"),
}


@pytest.mark.parametrize(("text", "said"), SAID.values(), ids=SAID)
def test_the_error_says_where_and_what_and_what_instead(error: Errors, text: str, said: str) -> None:
    assert f".tektonlint.yaml:1: {said}" == error(text)


def test_an_error_of_the_configuration_is_one_of_the_user() -> None:
    """The command line's exit code 2 without a traceback hangs on this."""
    assert issubclass(ConfigError, UserError)


PLACES = {
    "of an unknown key": ("select: [a]\n\ntargets:\n  tekton: '1.2'\n", 3),
    "of a value": ("target:\n  platform: openshift\n  tekton: 1.10\n", 3),
    "of a value below its key": ("target:\n  platform:\n    eks\n", 3),
    "of an item": ("ignore:\n  - a\n  # why\n  - 1\n", 4),
    "of a pattern": ("exclude:\n  - vendor/\n  - '#'\n", 3),
    "of a folder": ("policy-paths:\n\n  - nope\n", 3),
    "of a version out of range": ("target:\n  platform: openshift\n  tekton: '9.9'\n", 3),
    "of the first of several": ("target: {platform: eks}\nselct: [a]\nignore: a\n", 1),
    "of broken YAML": ("select: [a]\nignore: [a\n", 3),
    "after a byte-order mark and CRLF": ("\ufeffselect: [a]\r\nignore: [1]\r\n", 2),
    "of a key that a severity was forgotten under": ("policies:\n  a:\n    severity: note\n    optoins: {}\n", 4),
}


@pytest.mark.parametrize(("text", "line"), PLACES.values(), ids=PLACES)
def test_the_line_is_the_one(error: Errors, text: str, line: int) -> None:
    assert str(line) == error(text).split(":")[1]


def test_a_key_that_stands_twice_is_an_error_that_names_both_lines(error: Errors) -> None:
    """Kubernetes keeps the last without a word; a decision that is silently lost is not one."""
    expected = ".tektonlint.yaml:3: `select` stands on line 1 already"

    assert expected == error("select: [a]\n# ...\nselect: [b]\n")


def test_a_policy_that_stands_twice_is_an_error(error: Errors) -> None:
    expected = ".tektonlint.yaml:4: `a` stands on line 2 already"

    assert expected == error("policies:\n  a: off\n  b: off\n  a: note\n")


def test_a_second_document_is_an_error(error: Errors) -> None:
    expected = ".tektonlint.yaml:3: a second document begins here; a configuration is one"

    assert expected == error("select: [a]\n---\nignore: [b]\n")


def test_what_stands_after_the_end_of_the_document_is_an_error(error: Errors) -> None:
    assert error("select: [a]\n...\nignore: [b]\n").startswith(".tektonlint.yaml:3: not YAML: ")


def test_an_error_is_one_line_whatever_the_file_says(error: Errors) -> None:
    """Nor does a file of somebody else's write to the terminal."""
    said = error('"a\\n\\e[31mb": 1')

    assert said.isprintable()
    assert said.startswith('.tektonlint.yaml:1: there is no key `["a\\n\\x1b[31mb"]`; it is one of ')


def test_a_long_value_is_cut(error: Errors) -> None:
    assert f"`{'x' * 59}…`" in error(f"coschedule: {'x' * 100_000}")


def test_a_file_that_is_not_there_is_an_error(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"^nope\.yaml: no such file or directory$"):
        load("nope.yaml", given=True)


def test_a_folder_is_no_configuration(folder: Path) -> None:
    (folder / ".tektonlint.yaml").mkdir()

    with pytest.raises(ConfigError, match=r"^\.tektonlint\.yaml: it is a folder$"):
        load(".tektonlint.yaml")


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / ".tektonlint.yaml")

    with pytest.raises(ConfigError, match=r"^\.tektonlint\.yaml: it is not a regular file$"):
        load(".tektonlint.yaml")


def test_a_file_that_may_not_be_read_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".tektonlint.yaml").write_text("select: [a]\n")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    # A test that runs as root can read everything.
    monkeypatch.setattr("builtins.open", refuse)

    with pytest.raises(ConfigError, match=r"^\.tektonlint\.yaml: permission denied$"):
        load(".tektonlint.yaml")


def test_a_file_without_end_is_not_read_to_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tektonlint.config.SIZE_LIMIT", 1024 * 1024)
    (folder / ".tektonlint.yaml").write_bytes(b"#" * (1024 * 1024 + 1))

    with pytest.raises(ConfigError, match=r"^\.tektonlint\.yaml: it is larger than 1 MiB$"):
        load(".tektonlint.yaml")


def test_a_link_out_of_the_folder_is_refused_where_nobody_named_it(folder: Path) -> None:
    (folder / "secret.yaml").write_text("select: [a]\n")
    (folder / "here").mkdir()
    (folder / "here" / ".tektonlint.yaml").symlink_to("../secret.yaml")

    with pytest.raises(ConfigError) as raised:
        load("here/.tektonlint.yaml")

    said = f"it is a link to {folder}/secret.yaml, outside its folder; only --config allows that"
    assert f"here/.tektonlint.yaml: {said}" == str(raised.value)


def test_a_link_to_nothing_is_an_error(folder: Path) -> None:
    (folder / ".tektonlint.yaml").symlink_to("gone.yaml")

    with pytest.raises(ConfigError, match=r"^\.tektonlint\.yaml: no such file or directory$"):
        load(".tektonlint.yaml")


def test_a_folder_of_policies_that_is_a_link_out_is_refused(folder: Path, error: Errors) -> None:
    (folder / "policies").symlink_to("/etc")

    assert "leads out of the folder" in error("policy-paths: [policies]")


def test_a_folder_beside_with_the_same_beginning_is_outside(folder: Path) -> None:
    (folder / "team").mkdir()
    (folder / "team-policies").mkdir()
    (folder / "team" / ".tektonlint.yaml").write_text("policy-paths: [../team-policies]\n")

    with pytest.raises(ConfigError, match="leads out of the folder"):
        load("team/.tektonlint.yaml")


def test_bytes_that_are_not_utf8_are_an_error_with_their_line(error: Errors) -> None:
    expected = ".tektonlint.yaml:2: byte 0xe9 here is not UTF-8"

    assert expected == error(b"select: [a]\n# caf\xe9\n")


def test_utf16_is_called_by_its_name(error: Errors) -> None:
    expected = ".tektonlint.yaml:1: the file is UTF-16"

    assert expected == error("select: [a]".encode("utf-16"))


def test_a_file_below_the_working_folder_is_shown_relative_to_it(folder: Path) -> None:
    (folder / "team").mkdir()
    (folder / "team" / ".tektonlint.yml").write_text("\nselct: [a]\n")

    with pytest.raises(ConfigError, match=r"^team/\.tektonlint\.yml:2: "):
        load(str(folder / "team" / ".tektonlint.yml"))


PIECES = [
    *("select", "policies", "target", "tekton", "exclude", "a", "1.10", "~", "---", "...", "\n", "\n  ", " ", ": "),
    *(" = ", ".", ",", "[", "]", "{", "}", "- ", "? ", "&a ", "*a", "!!int ", "<<: ", "'", '"', '"""', "|", "#", "\\"),
    *("[tool.tektonlint]\n", "[[", "]]", "true", "2h", "\ufeff", "\0", "\x1b", "é"),
]


@pytest.mark.parametrize("name", [".tektonlint.yaml", "pyproject.toml"])
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example("select: [a]")
@example("[tool.tektonlint]\n")
def test_no_text_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, name: str, text: str) -> None:
    path = tmp_path_factory.mktemp("text") / name
    path.write_text(text, encoding="utf-8")
    try:
        load(str(path))
    except ConfigError as error:
        said = str(error)
    else:
        said = f"{name} is fine"

    assert said.isprintable()
    assert name in said
