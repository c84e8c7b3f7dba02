"""The table of programs: its rows hold together, and words are read by them as the programs read theirs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tektonlint.shell import programs
from tektonlint.shell.flow import Word
from tektonlint.shell.programs import is_known, last_part, path_in, read, transport_of
from tektonlint.shell.values import UNKNOWN

ROOT = Path(__file__).parents[2]
TABLE: dict[str, Any] = json.loads((ROOT / "tables/programs.json").read_text(encoding="utf-8"))
ROLE_NAMES = (
    "read write append update edit folder remove move mode tree-read tree-write into into-anew tree-into named packed "
    "unpacked image-read image-write typed-read at-read keyed-read format-write context-read read-or-remote prefix "
    "downloaded cloned mount folder-for-the-rest expression read-expression value value2 value-read reference program "
    "flag"
)
KEY_NAMES = (
    "names arguments options variants commands opaque writes-here otherwise first assignments equals skip words "
    "absolute remote mode"
)
ROLES, KEYS = frozenset(ROLE_NAMES.split()), frozenset(KEY_NAMES.split())


def rows(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield row
    yield from row.get("variants", ())
    for inner in row.get("commands", {}).values():
        yield from rows(inner)


EVERY = [(program["names"], row) for program in TABLE["programs"] for row in rows(program)]


@pytest.mark.parametrize(("names", "row"), EVERY)
def test_a_row_says_only_what_is_understood(names: str, row: dict[str, Any]) -> None:
    options = {**row.get("options", {}), **row.get("assignments", {}), **row.get("equals", {})}
    options.pop("*", None)
    arguments = row.get("arguments", "").split()

    assert set() == set(row) - KEYS - {"with"}
    assert set() == set(options.values()) - ROLES
    assert set() == {role.removesuffix("*") for role in arguments} - ROLES
    assert sum(role.endswith("*") for role in arguments) <= 1


def test_no_program_stands_in_two_rows() -> None:
    counted = Counter(name for program in TABLE["programs"] for name in program["names"].split())

    assert [] == [name for name, number in counted.items() if number > 1]


@pytest.mark.parametrize("name", TABLE["options"])
def test_a_set_of_options_says_only_what_is_understood(name: str) -> None:
    options = TABLE["options"][name]

    assert options.get("*", "images") in TABLE["options"]
    assert set() == {role for option, role in options.items() if option != "*"} - ROLES


def test_every_role_is_explained() -> None:
    text = (ROOT / "docs/scripts.md").read_text(encoding="utf-8")

    assert [] == [role for role in sorted(ROLES) if f"`{role}`" not in text]
    assert [] == [key for key in sorted(KEYS) if f"`{key}`" not in text]
    assert all(f"`{role}`" in (programs.__doc__ or "") for role in ("read", "packed", "unpacked", "named", "into"))


def roles(line: str) -> list[str]:
    """The roles of the words of a command, as `role word`."""
    name, *texts = line.split()
    words = [Word((text,), 0, 0) for text in texts]
    return [f"{one.role} {one.word.text[one.skip:]}" for one in read(name, words).roles]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cat a b", ["read a", "read b"]),
        ("cat -n a", ["read a"]),
        ("cat -- -a", ["read -a"]),
        ("sort -o b a", ["write b", "read a"]),
        ("sort -ob a", ["write b", "read a"]),
        ("sort --output=b a", ["write b", "read a"]),
        ("sort --output b a", ["write b", "read a"]),
        ("grep -rn x d", ["tree-read d"]),
        ("sed -i.bak s/a/b/ f", ["edit f"]),
        ("tar xzf a", ["read a"]),
        ("tar -xzvf a", ["read a"]),
        ("curl -sSLo a u", ["write a"]),
        ("jq --arg a b . f", ["read f"]),
        ("dd if=a of=b", ["read a", "write b"]),
        ("openssl x509 -in a -out b -noout", ["read a", "write b"]),
        ("cp a b c d", ["read a", "read b", "read c", "into d"]),
        ("skopeo --tmpdir t copy a b", ["tree-write t", "image-read a", "image-write b"]),
        ("rsync host:a b", ["tree-write b"]),
        ("rsync a/b:c d", ["tree-write d"]),
        ("rsync ./b:c d", ["tree-read ./b:c", "tree-write d"]),
        ("nothing a", []),
    ],
)
def test_the_words_of_a_command(line: str, expected: list[str]) -> None:
    assert expected == roles(line)


def test_the_sub_command_is_known() -> None:
    words = [Word((text,), 0, 0) for text in ("s3", "cp", "a", "b")]

    assert "s3 cp" == read("aws", words).command


def test_an_unknown_program_is_opaque() -> None:
    found = read("nothing", [])

    assert (False, True) == (found.known, found.opaque)
    assert (True, False) == (is_known("skopeo"), is_known("nothing"))


@pytest.mark.parametrize(
    ("role", "text", "path"),
    [
        ("read", "a", "a"),
        ("read", "-", None),
        ("read", "", None),
        ("read", "https://x/y", None),
        ("read", "/dev/stdin", None),
        ("image-read", "oci-archive:a.tar", "a.tar"),
        ("image-read", "oci-archive:/a.tar:x/y:1", "/a.tar"),
        ("image-read", "oci:d:tag", "d"),
        ("image-read", "dir:a:b", "a:b"),
        ("image-read", "docker://x", None),
        ("image-read", "x/y:1", None),
        ("image-read", "containers-storage:x", None),
        ("at-read", "@a", "a"),
        ("at-read", "k=@a", "a"),
        ("at-read", "a@b", None),
        ("keyed-read", "k=a", "a"),
        ("keyed-read", "a", "a"),
        ("format-write", "json=a", "a"),
        ("format-write", "json", None),
        ("typed-read", "a:application/x", "a"),
        ("typed-read", "a", "a"),
        ("typed-read", "$(workspaces.w.path)/a:application/x", "$(workspaces.w.path)/a"),
        ("context-read", "dir://d", "d"),
        ("context-read", "git://d", None),
        ("mount", "/a:/b:z", "/a"),
        ("mount", "name:/b", None),
    ],
)
def test_the_path_in_a_word(role: str, text: str, path: str | None) -> None:
    assert path == path_in(role, text)


@pytest.mark.parametrize(
    ("text", "transport"),
    [("oci-archive:a", "oci-archive"), ("docker-archive:a", "docker-archive"), ("oci:a", "oci"), ("dir:a", "dir"),
     ("docker://a", ""), ("a", "")],
)  # fmt: skip
def test_the_transport_of_an_image(text: str, transport: str) -> None:
    assert transport == transport_of(text)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://x/y.git", "y"),
        ("git@x:z/y.git", "y"),
        ("https://x/y.tgz?token=1", "y.tgz"),
        ("https://x/y/", "y"),
        (f"https://x/{UNKNOWN}", UNKNOWN),
        ("https://x/$(params.y)", UNKNOWN),
    ],
)
def test_the_name_of_what_is_fetched(address: str, name: str) -> None:
    assert name == last_part(address)
