"""Input that somebody made to break the linter, or that nobody meant to be read, through the command.

Whatever a file is, there is a finding about it or exit code 2 with one line that says why; there is no traceback,
nothing that a terminal would obey is printed, the other files of the folder are linted, and it takes seconds.
"""

from __future__ import annotations

import builtins
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from xml.etree import ElementTree

import pytest

from tektonlint import cli
from tektonlint.report import FORMATS

ROOT = Path(__file__).parent.parent.parent
SECONDS = 20

# Its finding, in every case: `mutable-image` at 8:14.
GOOD = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: neighbour
spec:
  steps:
    - name: compile
      image: golang
"""
NEIGHBOUR = ("neighbour.yaml", 8, 14, "mutable-image")
# Five lines; what follows stands in `spec`.
HEAD = b"apiVersion: tekton.dev/v1\nkind: Task\nmetadata:\n  name: hostile\nspec:\n"

Place = tuple[str, int, int, str]
Make = Callable[[Path], None]
CASES: dict[str, tuple[Make, list[Place]]] = {}


def case(*expected: Place) -> Callable[[Make], Make]:
    """Registers a function that puts something hostile into a folder, and the findings about that."""

    def register(make: Make) -> Make:
        CASES[make.__name__.replace("_", " ")] = (make, sorted(expected))
        return make

    return register


# Bytes that are no text


@case(("x.yaml", 1, 3, "unreadable-file"))
def binary(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(b"\x00\x01\xfftekton.dev/\x1b[31m\x9b")


@case(("x.yaml", 6, 6, "unreadable-file"))
def a_byte_that_is_not_utf_8(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(HEAD + b"  # b\xe4se\n")


@case(("x.yaml", 1, 1, "unreadable-file"))
def utf_16(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(GOOD.encode("utf-16"))


@case(("x.yaml", 1, 2, "yaml-syntax"))
def utf_16_without_a_mark(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(GOOD.encode("utf-16-le"))


@case(("x.yaml", 1, 1, "unreadable-file"))
def utf_32(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(GOOD.encode("utf-32"))


@case(("x.yaml", 6, 6, "yaml-syntax"))
def a_nul_byte(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(HEAD + b"  a: \x00\n")


@case(("x.yaml", 6, 5, "yaml-syntax"))
def an_escape_sequence_in_a_comment(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(HEAD + b"  # \x1b[31mred\x1b]0;title\x07\n")


@case(("x.yaml", 6, 3, "unknown-field"), ("x.yaml", 7, 3, "unknown-field"))
def escape_sequences_that_yaml_spells_out(folder: Path) -> None:
    text = rb'  "a\e[31m\x07\r\nb\u202e\x9b": 1' + b"\n" + rb'  "\x7f": 2' + b"\n"
    (folder / "x.yaml").write_bytes(HEAD + text)


# What is no file


@case(("x.yaml", 1, 1, "unreadable-file"))
def a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "x.yaml")


@case(("x.yaml", 1, 1, "unreadable-file"))
def a_socket(folder: Path) -> None:
    here = os.getcwd()
    with socket.socket(socket.AF_UNIX) as listening:
        # A socket's whole path has to be short.
        os.chdir(folder)
        try:
            listening.bind("x.yaml")
        finally:
            os.chdir(here)


@case()
def a_pipe_in_place_of_gitignore(folder: Path) -> None:
    os.mkfifo(folder / ".gitignore")


@case()
def an_endless_gitignore(folder: Path) -> None:
    (folder / ".gitignore").symlink_to("/dev/zero")


@case()
def a_pipe_in_place_of_pyproject(folder: Path) -> None:
    os.mkfifo(folder / "pyproject.toml")


@case()
def an_endless_pyproject(folder: Path) -> None:
    (folder / "pyproject.toml").symlink_to("/dev/zero")


@case(("kustomization.yaml", 1, 1, "unreadable-file"))
def a_pipe_in_place_of_a_kustomization(folder: Path) -> None:
    os.mkfifo(folder / "kustomization.yaml")


@case()
def a_gitignore_that_makes_no_sense(folder: Path) -> None:
    (folder / ".gitignore").write_bytes(b"!\n[\n\xff\n\x00\n\\\n" + b"a*" * 50 + b"b\n")


# Links


@case(("a.yaml", 1, 1, "unreadable-file"), ("b.yaml", 1, 1, "unreadable-file"))
def links_to_each_other(folder: Path) -> None:
    (folder / "a.yaml").symlink_to("b.yaml")
    (folder / "b.yaml").symlink_to("a.yaml")


@case()
def folders_that_hold_themselves(folder: Path) -> None:
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "up").symlink_to("..")
    (folder / "top").symlink_to(".")


@case(("file.yaml", 1, 1, "outside-root"), ("folder", 1, 1, "outside-root"))
def links_out_of_the_root(folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text(GOOD)
    (folder / "file.yaml").symlink_to(outside / "secret.yaml")
    (folder / "folder").symlink_to("../outside")


@case(("x.yaml", 1, 1, "unreadable-file"))
def a_link_that_leads_nowhere(folder: Path) -> None:
    (folder / "x.yaml").symlink_to("nowhere.yaml")


@case(("x.yaml", 1, 1, "outside-root"))
def a_link_to_a_device(folder: Path) -> None:
    (folder / "x.yaml").symlink_to("/dev/zero")


# Too deep, too many, too long


@case(("x.yaml", 6, 204, "yaml-syntax"))
def nested_brackets(folder: Path) -> None:
    """The document and `spec` are two levels, so that the 199th bracket is one too many."""
    (folder / "x.yaml").write_bytes(HEAD + b"  a: " + b"[" * 50_000 + b"]" * 50_000 + b"\n")


@case(("x.yaml", 6, 204, "yaml-syntax"))
def nested_brackets_that_are_never_closed(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(HEAD + b"  a: " + b"[" * 50_000)


@case(("x.yaml", 205, 202, "yaml-syntax"))
def nested_blocks(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(HEAD + b"".join(b" " * depth + b"k:\n" for depth in range(2, 1500)))


@case(("x.yaml", 7, 400, "yaml-syntax"))
def nested_lists(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(HEAD + b"  a:\n   " + b"- " * 20_000 + b"x\n")


@case(("x.yaml", 9, 28, "yaml-syntax"))
def billion_laughs(folder: Path) -> None:
    levels = [b"  a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)]
    (folder / "x.yaml").write_bytes(HEAD + b"  a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + b"".join(levels))


@case(("x.yaml", 6, 13, "yaml-syntax"))
def an_anchor_that_holds_itself(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(HEAD + b"  a: &a [b, *a]\n")


@case(("x.yaml", 8, 14, "mutable-image"))
def a_line_of_eight_million_characters(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(GOOD.encode() + b"      script: " + b"x" * 8_000_000 + b"\n")


@case(("x.yaml", 6, 5, "unknown-field"))
def a_key_of_a_hundred_thousand_characters(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(HEAD + b"  ? " + b"k" * 100_000 + b"\n  : 1\n")


@case(("x.yaml", 6, 6, "yaml-syntax"))
def a_quote_that_is_never_closed(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(HEAD + b'  a: "' + b"x\n" * 500_000)


@case(("x.yaml", 1, 1, "unreadable-file"))
def a_tekton_file_of_33_mib(folder: Path) -> None:
    with (folder / "x.yaml").open("wb") as file:
        file.write(HEAD)
        file.truncate(33 * 1024 * 1024)


@case(*(("x.yaml", line, 3, "unknown-field") for line in range(6, 8_006)))
def eight_thousand_unknown_fields(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(HEAD + b"".join(b"  k%d: 1\n" % number for number in range(8_000)))


@case(*(("x.yaml", line, 3, "duplicate-key") for line in range(6, 8_005)))
def eight_thousand_times_the_same_key(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(HEAD + b"  volumes: []\n" * 8_000)


@case(
    *(("x.yaml", line, 1, "suppression-unknown") for line in range(9, 5_009)),
    *(("x.yaml", line, 1, "suppression-reason") for line in range(9, 5_009)),
    ("x.yaml", 8, 14, "mutable-image"),
)
def five_thousand_comments(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(GOOD.encode() + b"# tektonlint: ignore[zzzz]\n" * 5_000)


@case(*(("x.yaml", line, 14, "mutable-image") for line in range(8, 18_000, 9)))
def two_thousand_documents(folder: Path) -> None:
    (folder / "x.yaml").write_bytes((GOOD + "---\n").encode() * 2_000)


@case(("x.yaml", 6, 1, "yaml-syntax"))
def braces_that_are_never_closed(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(HEAD + b"{{" * 20_000 + b"\n")


@case(("x.yaml", 6, 798, "yaml-syntax"))
def placeholders_that_are_never_closed(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(HEAD + b"  a: {{ " * 20_000 + b"\n")


@case(("x.yaml", 6, 1, "yaml-syntax"))
def template_comments_that_are_never_closed(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(HEAD + b"@{#{{/*" * 20_000 + b"\n")


@case(("x.yaml", 7, 6, "yaml-syntax"))
def numbers_that_are_none(folder: Path) -> None:
    """Python's own int() refuses more than 4300 digits."""
    numbers = b"  a: " + b"9" * 5_000 + b"\n  b: .inf\n  c: 0x" + b"f" * 5_000 + b"\n"
    (folder / "x.yaml").write_bytes(HEAD + numbers)


# Names

HOSTILE_NAMES = [
    b"\x1b[31mred\x1b]0;title\x07.yaml",
    b"line\nend.yaml",
    b"carriage\rreturn.yaml",
    "‮right to left.yaml".encode(),
    b"\x9b1mbyte.yaml",
    b"not utf-8 \xff\xfe.yaml",
    b"fake.yaml:1:1: error: gotcha [unknown-field]\nx.yaml",
]


@case(*((os.fsdecode(name), 8, 14, "mutable-image") for name in HOSTILE_NAMES))
def names_that_a_terminal_would_obey(folder: Path) -> None:
    for name in HOSTILE_NAMES:
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(GOOD.encode())


@case(("\x1b[31m\n/x.yaml", 8, 14, "mutable-image"))
def a_folder_that_a_terminal_would_obey(folder: Path) -> None:
    (folder / "\x1b[31m\n").mkdir()
    (folder / "\x1b[31m\n" / "x.yaml").write_text(GOOD)


@case()
def a_folder_that_is_called_like_a_file(folder: Path) -> None:
    (folder / "x.yaml").mkdir()


def command(folder: Path, *argv: str) -> CompletedProcess[bytes]:
    """Runs tektonlint on a folder, with UTF-8 output wherever the tests run."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", "tektonlint", *argv],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )


def folder_with(make: Make, tmp_path: Path) -> Path:
    """A folder, which is a root, with a hostile part and a neighbour that has a finding."""
    folder = tmp_path / "root"
    (folder / ".git").mkdir(parents=True)
    (folder / "neighbour.yaml").write_text(GOOD)
    make(folder)
    return folder


def obeyed(output: bytes) -> list[str]:
    """What a terminal would obey, but for the line ends of our own; the output has to be UTF-8."""
    return re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", output.decode())


def rows(markdown: str) -> int:
    """How many findings there are rows for, or were left out since a summary has room for so much."""
    lines = markdown.splitlines()
    left_out = [line for line in lines if "left out" in line and not line.startswith("| ")]
    counts = re.findall(r"(\d+) (?:error|warning|note)", "".join(left_out))
    return sum(line.startswith("| ") for line in lines) - 1 + sum(map(int, counts))


@pytest.mark.parametrize("name", CASES)
def test_hostile_input_is_told_safely_and_hides_nothing(name: str, tmp_path: Path) -> None:
    make, expected = CASES[name]
    folder = folder_with(make, tmp_path)

    asked = [word for name in FORMATS for word in ("--format", f"{name}={tmp_path / name}")]
    run = command(folder, "--severity", "note", *asked)

    assert (1, b"", b"") == (run.returncode, run.stdout, run.stderr)
    reports = {name: (tmp_path / name).read_bytes() for name in FORMATS}
    assert [] == obeyed(b"".join(reports.values()))
    for lines in (reports[name].decode().split("\n") for name in ("text", "concise")):
        assert len(expected) + 1 == sum(1 for line in lines if re.search(r" \[[a-z-]+\]$", line))
        assert any(line.startswith("neighbour.yaml:8:14") for line in lines)
    found = [
        (finding["path"], finding["line"], finding["column"], finding["policy"])
        for finding in json.loads(reports["json"])["findings"]
    ]
    assert sorted([NEIGHBOUR, *expected]) == sorted(found)
    assert {len(found)} == {
        len(json.loads(reports["sarif"])["runs"][0]["results"]),
        len(json.loads(reports["gitlab"])),
        len(json.loads(reports["rdjson"])["diagnostics"]),
        len(list(ElementTree.fromstring(reports["junit"].decode()).iter("testcase"))),
        rows(reports["markdown"].decode()),
    }


# What ends the run


def config_of(text: bytes) -> Make:
    def make(folder: Path) -> None:
        (folder / ".tektonlint.yaml").write_bytes(text)

    return make


def policy_of(text: bytes, name: str = "p") -> Make:
    """A policy of the tree's own."""

    def make(folder: Path) -> None:
        (folder / "own").mkdir()
        (folder / "own" / f"{name}.yaml").write_bytes(text)
        (folder / ".tektonlint.yaml").write_text("policy-paths: [own]\n")

    return make


def pipe_for_a_policy(folder: Path) -> None:
    (folder / "own").mkdir()
    os.mkfifo(folder / "own" / "p.yaml")
    (folder / ".tektonlint.yaml").write_text("policy-paths: [own]\n")


def policies_outside(folder: Path) -> None:
    (folder.parent / "outside").mkdir()
    (folder / ".tektonlint.yaml").write_text("policy-paths: [../outside]\n")


def valid_policy(**changes: str) -> bytes:
    lines = {
        "id": "p",
        "title": "Something holds",
        "severity": "note",
        "since": '"1"',
        "rationale": "It matters.",
        "remediation": "Mend it.",
        "logic": "{select: images, assert: {pattern: x}, message: No x.}",
        "examples": "[]",
    } | changes
    return "".join(f"{key}: {value}\n" for key, value in lines.items()).encode()


BOMB = b"a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)
)
ENDINGS: dict[str, tuple[Make, str]] = {
    "a pipe in place of the configuration": (
        lambda folder: os.mkfifo(folder / ".tektonlint.yaml"),
        ".tektonlint.yaml: it is not a regular file",
    ),
    "an endless configuration": (
        lambda folder: (folder / ".tektonlint.yaml").symlink_to("/dev/zero"),
        ".tektonlint.yaml: it is a link to /dev/zero, outside its folder; only --config allows that",
    ),
    "an alias bomb in the configuration": (
        config_of(BOMB),
        ".tektonlint.yaml:4: not YAML: the document's aliases expand to too many values",
    ),
    "a configuration with a key that a terminal would obey": (
        config_of(b'"\\e[31m\\n": 1\n'),
        r'.tektonlint.yaml:1: there is no key `["\x1b[31m\n"]`',
    ),
    "a configuration that is not UTF-8": (config_of(b"# \xff\n"), ".tektonlint.yaml:1: byte 0xff here is not UTF-8"),
    "a policy that is not YAML": (policy_of(b"id: [\n"), "own/p.yaml:2: not YAML: "),
    "a policy that is binary": (policy_of(b"\x00\xff"), "own/p.yaml: byte 0xff here is not UTF-8"),
    "a policy without anything": (policy_of(b""), "own/p.yaml: expected one mapping of keys to values"),
    "a policy with an unknown key": (
        policy_of(valid_policy(titel="x")),
        "own/p.yaml:9: there is no key `titel`; did you mean `title`?",
    ),
    "a policy of another name than its file": (
        policy_of(valid_policy(id="q")),
        "own/p.yaml: the file is called `p`, but its id is `q`",
    ),
    "a policy that is there already": (
        policy_of(valid_policy(id="mutable-image"), "mutable-image"),
        "own/mutable-image.yaml: there is already a policy `mutable-image`",
    ),
    "a policy with an unknown selector": (
        policy_of(valid_policy(logic="{select: image, assert: {}, message: x}")),
        "there is no selector `image`; did you mean `images`?",
    ),
    "a policy whose pattern is no pattern": (
        policy_of(valid_policy(logic="{select: images, assert: {pattern: '('}, message: x}")),
        "own/p.yaml:7: ",
    ),
    "a policy with a reference to somewhere else": (
        policy_of(valid_policy(logic="{select: images, assert: {$ref: 'http://localhost:9/x'}, message: x}")),
        "own/p.yaml:7: ",
    ),
    "a policy whose schema leads to itself": (
        policy_of(
            valid_policy(
                logic="{select: images, assert: {$ref: '#/$defs/a', $defs: {a: {$ref: '#/$defs/a'}}}, message: x}"
            )
        ),
        "own/p.yaml:7: ",
    ),
    "a policy whose schema is none": (
        policy_of(valid_policy(logic="{select: images, assert: {minLength: many}, message: x}")),
        "own/p.yaml:7: ",
    ),
    "a policy with Python from the tree": (
        policy_of(valid_policy(logic="{select: images, check: 'own.code:run'}")),
        "own/p.yaml:7: `logic.check` cannot be `own.code:run`",
    ),
    "a pipe in place of a policy": (
        pipe_for_a_policy,
        "own/p.yaml: it is not a regular file",
    ),
    "policies outside of the tree": (
        policies_outside,
        ".tektonlint.yaml:1: `policy-paths` leads out of the folder of this file with `../outside`",
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_what_makes_the_run_impossible_is_told_in_one_line(name: str, tmp_path: Path) -> None:
    make, message = ENDINGS[name]

    run = command(folder_with(make, tmp_path))

    assert (2, b"") == (run.returncode, run.stdout)
    assert [] == obeyed(run.stderr)
    assert run.stderr.startswith(b"tektonlint: ")
    assert (1, b"\n") == (run.stderr.count(b"\n"), run.stderr[-1:])
    assert message in run.stderr.decode()


def test_a_message_of_a_policy_of_the_tree_is_only_text(tmp_path: Path) -> None:
    """Python's format strings would reach into objects."""
    message = "No {value.__class__} {0} {} {value!r} {value} {key} {field"
    policy = valid_policy(severity="error", logic=f"{{select: images, assert: {{pattern: x}}, message: '{message}'}}")

    run = command(folder_with(policy_of(policy), tmp_path), "--select", "p", "--format", "concise")

    told = b"neighbour.yaml:8:14: error: No {value.__class__} {0} {} {value!r} golang  {field [p]\n"
    assert (1, told, b"") == (run.returncode, run.stdout, run.stderr)


@pytest.mark.parametrize("name", ["\x1b[31m\n.yaml", os.fsdecode(b"\xff.yaml"), "x" * 5000, "a" + "/b" * 3000])
def test_a_path_that_is_not_there_is_told_safely(name: str, tmp_path: Path) -> None:
    run = command(tmp_path, name)

    assert (2, b"") == (run.returncode, run.stdout)
    assert [] == obeyed(run.stderr)
    assert run.stderr.endswith(b": there is no such file or folder\n")


def test_a_binary_on_standard_input_is_a_finding(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tektonlint", "-", "--format", "concise"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        input=b"\x7fELF\x00\xff\x1b[31m",
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )

    assert (1, b"") == (run.returncode, run.stderr)
    assert run.stdout.startswith(b"stdin.yaml:1:6: error: ")
    assert [] == obeyed(run.stdout)


# Failures of the file system, which cannot be made in every environment (root may read everything)


@pytest.fixture
def concise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[], Any]:
    """Runs tektonlint in this process on a folder with `x.yaml` and the neighbour; exit code, places and policies."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "neighbour.yaml").write_text(GOOD)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/x.yaml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)

    def run() -> tuple[int, list[tuple[str, str]], str]:
        code = cli.main(["--format", "concise"])
        out, err = capsys.readouterr()
        return code, [(line.split(": ")[0], line.rpartition("[")[2][:-1]) for line in out.splitlines()], err

    return run


def refuse(monkeypatch: pytest.MonkeyPatch, module: object, name: str, path: str, error: OSError) -> None:
    """Makes one function of the standard library fail for one path."""
    real = getattr(module, name)

    def refusing(given: Any, *args: Any, **options: Any) -> Any:
        if isinstance(given, str | os.PathLike) and os.path.abspath(os.fspath(given)) == os.path.abspath(path):
            raise error
        return real(given, *args, **options)

    monkeypatch.setattr(module, name, refusing)


@pytest.mark.parametrize(
    "error",
    [PermissionError(13, "Permission denied"), FileNotFoundError(2, "No such file or directory"), OSError(5, "I/O")],
    ids=["not allowed", "gone in between", "broken disk"],
)
def test_a_file_that_cannot_be_opened_is_a_finding(
    error: OSError, concise: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, builtins, "open", "sub/x.yaml", error)

    expected = [("neighbour.yaml:8:14", "mutable-image"), ("sub/x.yaml:1:1", "unreadable-file")]
    assert (1, expected, "") == concise()


def test_a_file_that_is_gone_before_it_is_looked_at_is_a_finding(
    concise: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, os, "stat", "sub/x.yaml", FileNotFoundError(2, "No such file or directory"))
    refuse(monkeypatch, builtins, "open", "sub/x.yaml", FileNotFoundError(2, "No such file or directory"))

    expected = [("neighbour.yaml:8:14", "mutable-image"), ("sub/x.yaml:1:1", "unreadable-file")]
    assert (1, expected, "") == concise()


def test_a_folder_that_cannot_be_listed_is_a_finding(
    concise: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, os, "scandir", "sub", PermissionError(13, "Permission denied"))

    expected = [("neighbour.yaml:8:14", "mutable-image"), ("sub:1:1", "unreadable-file")]
    assert (1, expected, "") == concise()


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_a_finding(concise: Callable[[], Any], tmp_path: Path) -> None:
    (tmp_path / "sub/x.yaml").chmod(0)

    expected = [("neighbour.yaml:8:14", "mutable-image"), ("sub/x.yaml:1:1", "unreadable-file")]
    assert (1, expected, "") == concise()


@pytest.mark.parametrize("argv", [[], ["--select", "mutable-image"], ["--severity", "error"]], ids=" ".join)
def test_what_could_not_be_read_fails_whatever_is_selected(
    argv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A gate that selects some policies must not take a file that was not read for one without findings."""
    (tmp_path / "x.yaml").write_bytes(HEAD + b"\xff")
    monkeypatch.chdir(tmp_path)

    assert 1 == cli.main(argv)
    assert "unreadable-file" in capsys.readouterr().out
