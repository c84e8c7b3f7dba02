"""Here-documents are found with their text, and what a shell expands in it, where the parser misreads them too."""

from __future__ import annotations

import pytest

from tektonlint.shell.heredocs import expansions, heredocs


def _bodies(script: str) -> list[tuple[str, bool, str]]:
    return [(one.delimiter, one.quoted, script[one.body_start : one.body_end]) for one in heredocs(script)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("cat <<EOF\na\nb\nEOF\nls\n", [("EOF", False, "a\nb\n")]),
        ("cat <<'EOF' > f\n$x\nEOF\n", [("EOF", True, "$x\n")]),
        ('cat << "EOF"\nx\nEOF\n', [("EOF", True, "x\n")]),
        ("cat <<-EOF\n\tx\n\tEOF\n", [("EOF", False, "\tx\n")]),
        ("cat <<EOF\n\\`x\\` $y `z`\nEOF\n", [("EOF", False, "\\`x\\` $y `z`\n")]),
        ("cat <<A && cat <<B\n1\nA\n2\nB\n", [("A", False, "1\n"), ("B", False, "2\n")]),
        ("cat <<EOF; ls\n1\nEOF\n", [("EOF", False, "1\n")]),
        ("x=$(cat <<EOF\n1\nEOF\n)\n", [("EOF", False, "1\n")]),
        ("cat <<EOF\nnever closed", [("EOF", False, "never closed")]),
        ("cat <<< word\n", []),
        ("echo '<<EOF'\n", []),
        ("ls\n", []),
    ],
)
def test_a_here_document_is_found_with_its_delimiter_and_its_text(
    script: str, expected: list[tuple[str, bool, str]]
) -> None:
    assert expected == _bodies(script)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a $x ${y:-z} $1 $@", [("$x", "x", None), ("${y:-z}", "y", None), ("$1", "1", None), ("$@", "@", None)]),
        ("$(date) `ls -l`", [("$(date)", None, "date"), ("`ls -l`", None, "ls -l")]),
        ("\\$x \\`y\\` $", []),
        ('$(a "$(b ")")" \')\') c', [('$(a "$(b ")")" \')\')', None, 'a "$(b ")")" \')\'')]),
        ("$((1 + $x)) d", [("$((1 + $x))", None, None)]),
        ("${#list} ${!name}", [("${#list}", "list", None), ("${!name}", "name", None)]),
        ("$(never closed", [("$(never closed", None, "never closed")]),
        ("`never closed", [("`never closed", None, "never closed")]),
        ("costs 5$", []),
    ],
)
def test_what_a_shell_expands_is_found_from_left_to_right(
    text: str, expected: list[tuple[str, str | None, str | None]]
) -> None:
    found = [(text[one.start : one.end], one.name, one.command) for one in expansions(text, 0, len(text))]

    assert expected == found


def test_only_a_part_of_a_text_is_looked_at() -> None:
    assert [4] == [one.start for one in expansions("$a  $b  $c", 2, 7)]


def test_nesting_without_an_end_is_not_followed_for_ever() -> None:
    text = '"$(' * 20_000

    assert [(1, len(text))] == [(one.start, one.end) for one in expansions(text, 0, len(text))]
