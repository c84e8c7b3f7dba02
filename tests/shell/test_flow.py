"""Scripts followed from top to bottom: what is known where a command runs, and under which circumstances it does."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint.shell.dialect import masked, parsable, shebang
from tektonlint.shell.effects import analysed
from tektonlint.shell.flow import Circumstances, Command, Fact, Flow
from tektonlint.shell.values import UNKNOWN
from tektonlint.shell.walk import follow

SRC = "$(workspaces.src.path)"


def flow_of(script: str) -> Flow:
    return follow(script, (), (SRC,))


def command(script: str, name: str = "jq") -> Command:
    """The first command of a name."""
    return next(one for one in flow_of(script).commands if one.name == name)


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("cat a; jq . b", ["cat", "jq"]),
        ("/usr/bin/jq . a", ["jq"]),
        ("x=$(cat a)", ["cat"]),
        ("echo `cat a`", ["cat", "echo"]),
        ("sudo -u x timeout -k 1 5 jq .", ["sudo", "timeout", "jq"]),
        ("env A=b C=d jq .", ["env", "jq"]),
        ("f() { jq .; }; f; f", ["f", "jq", "f", "jq"]),
        ("f() { jq .; }", ["jq"]),
        ("f() { jq .; }; trap f EXIT", ["trap", "jq"]),
        ("f() { f; }; f", ["f", "f"]),
        ("sh -c 'jq . && cat a'", ["sh", "jq", "cat"]),
        ("eval 'jq .'", ["eval", "jq"]),
        ("trap 'rm a' EXIT", ["trap", "rm"]),
        ("find . -exec jq . {} +", ["find", "jq"]),
        ("$TOOL a", [""]),
        ("> a", [""]),
        ("[ -f a ] && [[ -f b ]]", ["[", "["]),
        ("#!/usr/bin/python3\njq", []),
        ("", []),
        ("# jq .", []),
        ("cat <<EOF\njq . $(cat a)\nEOF", ["cat", "cat"]),
        ("cat <<'EOF'\n$(jq .)\nEOF", ["cat"]),
    ],
)
def test_the_commands_that_are_run_in_their_order(script: str, names: list[str]) -> None:
    assert names == [one.name for one in flow_of(script).commands]


@pytest.mark.parametrize(
    ("script", "options"),
    [
        ("jq .", {"errexit"}),
        ("#!/bin/sh\njq .", set()),
        ("#!/bin/sh -e\njq .", {"errexit"}),
        ("#!/usr/bin/env -S bash -eu\njq .", {"errexit", "nounset"}),
        ("#!/bin/bash -eo pipefail\njq .", {"errexit", "pipefail"}),
        ("#!/bin/bash\nset -euxo pipefail\njq .", {"errexit", "nounset", "xtrace", "pipefail"}),
        ("set +e\njq .", set()),
        ("set -x; set +x; jq .", {"errexit"}),
        ("#!/bin/bash\nset -o errexit\nset -o pipefail\njq .", {"errexit", "pipefail"}),
        ("#!/bin/bash\nset -e -u\njq .", {"errexit", "nounset"}),
        ("#!/bin/bash\nset -- -e\njq .", set()),
        ("(set +e; true); jq .", {"errexit"}),
        ("f() { set +e; }; f; jq .", set()),
        ("if true; then set +e; fi; jq .", set()),
        ("#!/bin/bash\nset -e\nbash -c 'jq .'", set()),
        ("#!/bin/bash\nbash -ec 'jq .'", {"errexit"}),
    ],
)
def test_the_options_that_are_on_at_a_command(script: str, options: set[str]) -> None:
    assert options == command(script).options


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("jq .", Circumstances()),
        ("jq . || true", Circumstances(tested=True, otherwise="true")),
        ("jq . || { echo x; exit 1; }", Circumstances(tested=True, otherwise="exit")),
        ("jq . && cat a", Circumstances(tested=True)),
        ("cat a && jq .", Circumstances(certain=False)),
        ("if jq .; then :; fi", Circumstances(tested=True, asked=True)),
        ("! jq .", Circumstances(tested=True, asked=True)),
        ("if true; then jq .; fi", Circumstances(certain=False)),
        ("case x in *) jq . ;; esac", Circumstances(certain=False)),
        ("for x in a; do jq .; done", Circumstances(certain=False, looped=True)),
        ("while true; do jq .; done", Circumstances(certain=False, looped=True)),
        ("until jq .; do sleep 1; done", Circumstances(tested=True, asked=True, polled=True, looped=True)),
        ("cat a | jq . | tee b", Circumstances(pipeline=(0, 1, 3))),
        ("cat a | jq . || true", Circumstances(tested=True, otherwise="true", pipeline=(0, 1, 2))),
        ("jq . | cat || true", Circumstances(tested=True, pipeline=(0, 0, 2))),
        ("jq . & wait", Circumstances(background=True)),
        ("x=$(jq .)", Circumstances(captured=True)),
        ("{ jq .; cat a; } || true", Circumstances(tested=True)),
        ("(jq .)", Circumstances()),
        ("f() { jq .; }; f", Circumstances(function="f")),
        ("f() { jq .; }", Circumstances(function="f", certain=False)),
        ("exit 0; jq .", Circumstances(certain=False)),
        ("cat <<EOF | jq .\nx\nEOF", Circumstances(pipeline=(0, 1, 2))),
    ],
)
def test_the_circumstances_of_a_command(script: str, expected: Circumstances) -> None:
    assert expected == command(script).when


THERE, MISSING = Fact("there", f"{SRC}/a"), Fact("missing", f"{SRC}/a")


@pytest.mark.parametrize(
    ("script", "facts"),
    [
        ("jq .", set()),
        ("[ -f a ] && jq .", {THERE}),
        ("[ -f a ] || jq .", {MISSING}),
        ("if [ -e a ]; then jq .; fi", {THERE}),
        ("if [ -e a ]; then :; else jq .; fi", {MISSING}),
        ("if [ -e a ]; then :; fi; jq .", set()),
        ("if ! test -s a; then jq .; fi", {MISSING}),
        ("[ -f a ] || exit 0; jq .", {THERE}),
        ("if [ ! -f a ]; then exit 1; fi; jq .", {THERE}),
        ("[ -f a ] && [ -f b ] && jq .", {THERE, Fact("there", f"{SRC}/b")}),
        ("[ -f a -o -f b ] && jq .", set()),
        ("[ -f a -o -f b ] || jq .", {MISSING, Fact("missing", f"{SRC}/b")}),
        ("cd d; [ -f a ] && jq .", {Fact("there", f"{SRC}/d/a")}),
        ("until [ -f a ]; do sleep 1; done; jq .", {THERE}),
        ("while [ ! -f a ]; do sleep 1; done; jq .", {THERE}),
        ('[ "$(params.x)" = y ] && jq .', {Fact("equal", "$(params.x)", "y")}),
        ('[ "$(params.x)" != y ] && jq .', {Fact("differs", "$(params.x)", "y")}),
        ('[[ "$(params.x)" == y ]] && jq .', {Fact("equal", "$(params.x)", "y")}),
        ('[ -n "$(params.x)" ] && jq .', {Fact("differs", "$(params.x)")}),
        ('[ -z "$(params.x)" ] && jq .', {Fact("equal", "$(params.x)")}),
        ("command -v jq && jq .", {Fact("present", "jq")}),
        ("if ! command -v jq; then exit 1; fi; jq .", {Fact("present", "jq")}),
        ("which jq || exit 1; jq .", {Fact("present", "jq")}),
        ("command -v jq || jq .", {Fact("absent", "jq")}),
        ("[ 1 -gt 2 ] && jq .", set()),
        ("(cd d && [ -f a ]) || jq .", set()),
    ],
)
def test_what_is_known_where_a_command_runs(script: str, facts: set[Fact]) -> None:
    assert facts == command(script).facts


@pytest.mark.parametrize(
    ("script", "values"),
    [
        ("X=a; jq $X", ("a",)),
        ("jq $X", (UNKNOWN,)),
        ("jq a$X.b", (f"a{UNKNOWN}.b",)),
        ('jq "a b"', ("a b",)),
        ("jq 'a$X'", ("a$X",)),
        ("jq $'a\\tb'", ("a\tb",)),
        ("jq a\\ b", ("a b",)),
        ('jq "a\\"b"', ('a"b',)),
        ("jq $(params.x)", ("$(params.x)",)),
        ("jq \"$(params['x.y'])/z\"", ("$(params['x.y'])/z",)),
        ("X=$(params.x); jq ${X}-y", ("$(params.x)-y",)),
        ("if c; then X=a; else X=b; fi; jq $X", ("a", "b")),
        ("X=é; jq $X-ä", ("é-ä",)),
        ("jq ${X:-$(params.x)}", ("$(params.x)",)),
        ("A=a; B=b; C=c; jq x$C/y$A$B/c", ("xc/yab/c",)),
        ("A=a; B=b; echo x$A/b\njq $A/$B/c", ("a/b/c",)),
        ('A=(a b); jq "${A[*]}"', ("a",)),
        ('X=a; jq "$X${X}"', ("aa",)),
        ('jq "a\\\\b `date`"', (f"a\\b {UNKNOWN}",)),
    ],
)
def test_what_a_word_may_be(script: str, values: tuple[str, ...]) -> None:
    assert values == command(script).words[0].values


def test_a_word_and_a_name_stand_where_they_are_written() -> None:
    script = 'echo ä\n  jq "$(params.x)" é.json > b'
    found = command(script)

    assert ["jq", '"$(params.x)"', "é.json"] == [
        script[found.start : found.name_end],
        *(script[word.start : word.end] for word in found.words),
    ]


def test_what_stands_in_an_inner_script_stands_where_the_command_does() -> None:
    script = "true; sh -c 'cat a; jq .'"
    found = command(script)

    assert "sh -c 'cat a; jq .'" == script[found.start : found.end]


@pytest.mark.parametrize(
    ("script", "pipefail"),
    [
        ("cat a | jq .", False),
        ("set -o pipefail; cat a | jq .", True),
        ("#!/bin/bash -euo pipefail\ncat a | jq .", True),
        ("set -o pipefail; set +o pipefail; cat a | jq .", False),
        ("cat <<EOF | jq .\nx\nEOF", False),
    ],
)
def test_a_pipeline_knows_its_parts(script: str, pipefail: bool) -> None:
    (pipeline,) = flow_of(script).pipelines

    assert (2, pipefail) == (len(pipeline.parts), pipeline.pipefail)
    assert "jq ." == script[slice(*pipeline.parts[1])].rstrip("\n")


def test_a_here_document_knows_its_delimiter_and_body() -> None:
    script = "cat > f <<-'END'\n\tx: $HOME\n\tEND\n"
    (document,) = [one.heredoc for one in command(script, "cat").redirects if one.heredoc is not None]

    assert ("END", True) == (document.delimiter, document.quoted)
    assert "x: $HOME" == script[document.body_start : document.body_end].strip()


@pytest.mark.parametrize(
    "script",
    [
        "if true; then cat a", "cat 'a", "(((((", "cat a | | b", "for do done", "X=(a", "{ cat a",
        "cat <<A > a; cat <<B\nA\nB",
    ],
)
def test_what_is_broken_is_said(script: str) -> None:
    assert flow_of(script).broken


@pytest.mark.parametrize(
    "script", ["cat a", "cat a \\\n", "( cat a )\n", "cat <<A\n'\nA\n", "((x++)) || true", "echo ${X@Q}"]
)
def test_what_a_shell_reads_is_not_called_broken(script: str) -> None:
    assert not flow_of(script).broken


def test_what_stands_around_a_broken_part_is_followed() -> None:
    flow = flow_of("cat a\nX=(\ncat b\n")

    assert flow.broken
    assert "cat" == flow.commands[0].name


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("#!/bin/bash", ("bash", ())),
        ("#!/bin/bash -e", ("bash", ("-e",))),
        ("#! /usr/bin/env  sh", ("sh", ())),
        ("#!/usr/bin/env -S X=1 bash -eu", ("bash", ("-eu",))),
        ("\n\n  #!/bin/ash", ("ash", ())),
    ],
)
def test_a_shebang(line: str, expected: tuple[str, tuple[str, ...]]) -> None:
    found = shebang(f"{line}\ntrue")

    assert found is not None
    assert expected == (found.interpreter, found.options)


MANY = 3000
HOSTILE = {
    "brackets": "(" * 10_000,
    "closed brackets": "(" * MANY + "cat a" + ")" * MANY,
    "substitutions": "$(" * MANY + "cat a" + ")" * MANY,
    "quoted substitutions": '"$(' * MANY + "a" + ')"' * MANY,
    "conditions": "if true; then " * MANY + "cat a;" + " fi;" * MANY,
    "elifs": "if a; then b;" + " elif a; then b;" * MANY + " fi",
    "negations": "! " * MANY + "cat a",
    "defaults": "cat " + "${X:-" * MANY + "a" + "}" * MANY,
    "arithmetic": "echo $((" + "(" * MANY + "1" + ")" * MANY + "))",
    "tests": "[ " + "! " * MANY + "-f a ]",
    "a list": " && ".join(["cat a"] * 5000),
    "a pipeline": " | ".join(["cat a"] * 5000),
    "wrappers": "env " * 5000 + "cat a",
    "finds": "find a -exec " * MANY,
    "evals": "eval " * MANY + "cat a",
    "a huge word": "cat " + "a" * 1_000_000,
    "quotes": "'" * 99_999,
    "backslashes": "\\" * 100_000,
    "dollars": "$" * 50_000,
    "many words": "cat " + "a b " * 25_000,
    "chained variables": "cat " + "$A/" * 5000,
    "loops": "for x in a b; do cat $x; done\n" * 3300,
    "nested loops": "for x in a b; do " * 60 + "cat $x;" + " done;" * 60,
    "words that double": "X0=a\n" + "".join(f"X{n}=$X{n - 1}$X{n - 1}\n" for n in range(1, 60)) + "cat $X59",
    "values that double": "".join(f"if x; then X=$X{n}; else X={n}$X; fi\n" for n in range(500)) + "cat $X",
    "itself": "f() { f; f; }; f",
    "each other": "".join(f"f{n}() {{ f{n + 1}; f{n + 1}; f{n + 1}; }}\n" for n in range(40)) + "f0",
    "a trap for itself": "f() { trap f EXIT; f; }; f",
    "here-documents": "cat <<A\n" * 2000,
    "facts": "".join(f"[ -f f{n} ] || exit 1\n" for n in range(2500)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_script_ends_soon(name: str) -> None:
    start = time.process_time()

    found = analysed(HOSTILE[name], (), (SRC,))

    assert len(found.flow.commands) <= 5000
    assert time.process_time() - start < 20


def test_what_is_not_followed_to_its_end_is_said() -> None:
    assert flow_of("cat a\n" * 6000).left_out
    assert flow_of(HOSTILE["closed brackets"]).left_out
    assert not flow_of("cat a\n" * 100).left_out


PARTS = st.sampled_from(
    ["if ", "then ", "else ", "fi; ", "for x in ", "do ", "done; ", "case ", "esac ", "in ", "f() ", "{ ", "}; ", "( ",
     ") ", "$(", "`", "'", '"', "${X:-", "}", "$X", "$(params.x)", "$(workspaces.w.path)/", "<<EOF\n", "EOF\n",
     "> a ", "< b ", "| ", "&& ", "|| ", "; ", "\n", "&", "!", "[ -f a ] ", "[[ ", "]] ", "cat ", "tar xf ", "cd ",
     "X=", "a b ", "local ", "find . -exec ", "xargs ", "sh -c ", "eval ", "trap ", "set -- ", "$@", "${A[@]}", "A=(",
     "é", "\t", "\\", "{a,b}", "*", "~", "\r\n", "#", "mktemp ", "cp -t ", "-", "--x=", "umask ", "chmod g+w ",
     "skopeo copy oci:"]
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(st.lists(PARTS, max_size=25).map("".join))
def test_no_script_is_too_broken_to_be_followed(script: str) -> None:
    for effect in analysed(script, (), (SRC,)).effects.effects:
        assert UNKNOWN not in effect.path
        assert effect.path.startswith(("/", "$("))
        assert 0 <= effect.start <= effect.end <= len(script)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.booleans())
def test_no_text_at_all_breaks_the_analysis(text: str, shell: bool) -> None:
    for one in analysed(text, (("X", ("a", "b")),), (SRC,), (("1",),), shell=shell).flow.commands:
        assert 0 <= one.start <= one.end <= len(text)


@settings(max_examples=250, deadline=None)
@given(st.lists(st.one_of(PARTS, st.characters()), max_size=30).map("".join))
def test_masking_keeps_every_offset_and_everything_that_is_no_variable(script: str) -> None:
    for shown in (masked(script), parsable(script)):
        assert len(script) == len(shown)
        assert script.count("\n") == shown.count("\n")
    assert parsable(script).isascii()
    # Where they differ, the script has one of Tekton's variables, whole.
    at = 0
    hidden = masked(script)
    while at < len(script):
        if script.startswith("$(", at) and hidden.startswith("${", at):
            at = hidden.index("}", at) + 1
            assert ")" == script[at - 1]
        else:
            assert script[at] == hidden[at]
            at += 1
