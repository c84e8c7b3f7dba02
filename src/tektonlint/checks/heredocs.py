"""Here-documents whose delimiter is not quoted, and what the shell does with their text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tektonlint.finding import Finding, Fix, Safety, Severity
from tektonlint.model.scripts import Script, script_at
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.shell.dialect import PLAIN_SHELLS
from tektonlint.tekton.resource import Place
from tektonlint.tekton.variables import variables

if TYPE_CHECKING:
    from tree_sitter import Node

    from tektonlint import edit
    from tektonlint.shell.heredocs import Expansion, HereDoc

_SNIPPET = 60
_MANY = 5
# More changes than these nobody reads.
_MOST = 50
_HEREDOC = pattern(r"<<-?[ \t]*[A-Za-z_]")
# A word before `:` or `=`, at the end of what stands before a substitution.
_KEY = pattern(r"([A-Za-z_][A-Za-z0-9_-]*)[\"']?[ \t]*[:=][ \t]*[\"']?$")
_SCRIPT = pattern(r"\.(?:sh|bash|bats|zsh)[\"']?$")
_MARKDOWN = pattern(r"\.(?:md|markdown|rst|adoc)$")
_DOCKERFILE = pattern(r"(?i)(?:^|[/._-])(?:docker|container)file\b")
_SETS = pattern(r"(?m)(?:^|[;&|(]|\b(?:do|then|else|export|local|readonly|declare))[ \t]*([A-Za-z_][A-Za-z0-9_]*)\+?=")
_NAMES = pattern(r"\b(?:for|select|read(?:[ \t]+-[a-z]+)*)[ \t]+([A-Za-z_][A-Za-z0-9_]*)")
_ARGUMENT = pattern(r"(?m)^[ \t]*(?:ARG|ENV)[ \t]+([A-Za-z_][A-Za-z0-9_]*)")
_HANDED = pattern(r"\b([A-Za-z_][A-Za-z0-9_]*)=[\"']?\$\{?\1\b")
_POSITIONAL = frozenset("123456789@*#")
# Commands that hardly fail, and are meant to fill a text in.
_HARMLESS = frozenset(
    ("basename", "date", "declare", "dirname", "echo", "hostname", "id", "nproc", "printf", "pwd", "uname", "whoami")
)
_WRITES = frozenset(("chmod", "chown", "cp", "install", "mkdir", "mv", "rm", "tee", "touch", "truncate"))
# Where a statement can have another one before it.
_BLOCKS = frozenset(
    ("program", "compound_statement", "do_group", "if_statement", "elif_clause", "else_clause", "case_item", "subshell")
)


class _Problem(NamedTuple):
    """A substitution in a here-document, and what stands in it, for a person.

    `literal` says that the text is wanted as it is; else a value is wanted, and only its failure is the problem.
    """

    what: Expansion
    severity: Severity
    literal: bool
    snippet: str


class _Use(NamedTuple):
    """What a here-document is for: in words, the file that it is written into, and the program that reads it."""

    written: str
    target: str
    reader: str


def shell_in_heredoc(container: Place, ctx: Context) -> Iterator[Finding]:
    """What a shell runs or leaves out while it writes a here-document. One finding for each of these.

    A failure in it stops nothing, under `set -e` neither. `$(date)` and variables are mostly meant to be filled in.
    """
    from tektonlint.shell.heredocs import heredocs
    from tektonlint.shell.syntax import parse

    script = script_at(ctx.model, container)
    if script is None or not script.is_shell or not _HEREDOC.search(script.text):
        return
    if parse(script.text).root_node.has_error:
        return
    for heredoc in heredocs(script.text):
        if heredoc.quoted:
            continue
        use = _use(heredoc.redirect, script.text)
        problems = list(_problems(heredoc, use, script))
        if not problems:
            continue
        worst = max(problems, key=lambda one: one.severity.rank)
        same = [one for one in problems if one.literal is worst.literal]
        others = [one.what for one in same if one is not worst]
        related = [(script.location(one.start, one.end), "here too") for one in others[:_MANY]]
        fix = _fix(same, problems, heredoc, script, ctx) if ctx.shows(worst.severity) else None
        at = script.location(worst.what.start, worst.what.end)
        message = _message(worst, heredoc, use, script.text)
        yield ctx.finding(script.place, message, at=at, severity=worst.severity, related=related, fix=fix)


def _text(node: Node, text: str) -> str:
    return text[node.start_byte : node.end_byte]


def _use(redirect: Node, text: str) -> _Use:
    statement = redirect.parent
    around = statement.children if statement is not None else []
    for child in (*redirect.children, *around):
        if child.type == "file_redirect" and any(one.type in (">", ">>", ">|") for one in child.children):
            target = _text(child.named_children[-1], text).strip("\"'")
            if target != "/dev/null" and len(target) <= _SNIPPET:
                return _Use(f"writes `{target}`", target, "")
    following = next((child for child in redirect.children if child.type == "pipeline"), None)
    command = following.named_children[0] if following is not None else next(iter(around), None)
    words = [_text(child, text) for child in command.named_children] if command is not None else []
    if command is None or command.type != "command" or not words:
        return _Use("writes the text", "", "")
    reader = words[0].rpartition("/")[2]
    if reader == "tee" and len(words) > 1:
        return _Use(f"writes `{words[-1]}`", words[-1], "")
    if reader == "cat":
        return _Use("prints the text", "", "")
    return _Use(f"writes the input of `{reader}`", "", reader if len(words) == 1 or words[1:] == ["-s"] else "")


def _expansions(heredoc: HereDoc, text: str) -> list[Expansion]:
    """What the shell expands in a here-document, without what Tekton has replaced by then."""
    from tektonlint.shell.heredocs import expansions

    start = heredoc.body_start
    tekton = {start + one.start for one in variables(text[start : heredoc.body_end])}
    return [one for one in expansions(text, start, heredoc.body_end) if one.start not in tekton]


def _problems(heredoc: HereDoc, use: _Use, script: Script) -> Iterator[_Problem]:
    text = script.text
    inner = _inner_names(heredoc, use, script)
    found = _expansions(heredoc, text)
    # Who marks names with backticks once does so everywhere.
    ticks = any(_is_marked(one, use, text) for one in found)
    for one in found:
        if one.command is not None:
            is_literal = ticks and one.backticks
            problem = _literal(one, one.command) if is_literal else _of_command(one, one.command, text)
            if problem is not None:
                yield problem
        elif one.name in inner:
            yield _Problem(one, Severity.WARNING, True, text[one.start : one.end])


def _inner_names(heredoc: HereDoc, use: _Use, script: Script) -> frozenset[str]:
    """The variables that only the text of a here-document sets, where that is a program: a script's, a Dockerfile's."""
    text = script.text
    body = text[heredoc.body_start : heredoc.body_end]
    outside = text[: heredoc.body_start] + text[heredoc.body_end :]
    if _DOCKERFILE.search(use.target):
        names = set(_ARGUMENT.findall(body))
    elif _SCRIPT.search(use.target) or body.lstrip().startswith("#!/") or use.reader in PLAIN_SHELLS:
        first = body.lstrip().split("\n", 1)[0]
        if first.startswith("#!") and re.split(r"[/ \t]+", first.strip())[-1] not in PLAIN_SHELLS:
            return frozenset()
        from tektonlint.shell.syntax import stands_in

        names = {*_SETS.findall(body), *_NAMES.findall(body)}
        is_in_a_function = stands_in(heredoc.redirect, "function_definition")
        if script.container.get("args") is None and not is_in_a_function and "set --" not in outside:
            names |= _POSITIONAL
    else:
        return frozenset()
    known = {*_SETS.findall(outside), *_NAMES.findall(outside), *script.environment}
    # `export X="$X"` hands over what the outer script has from somewhere.
    return frozenset(names - known - set(_HANDED.findall(body)))


def _is_marked(what: Expansion, use: _Use, text: str) -> bool:
    """Whether backticks are there to be read, as in Markdown, and not to run a command."""
    from tektonlint.shell.programs import is_known

    if not what.backticks or what.command is None:
        return False
    programs, _ = _read(what.command)
    first = programs[0] if programs else ""
    if first in _HARMLESS:
        return False
    if _MARKDOWN.search(use.target):
        return True
    is_function = first and re.search(rf"(?m)^[ \t]*(?:function[ \t]+)?{re.escape(first)}[ \t]*\(\)", text)
    return not is_known(first) and not is_function


def _literal(what: Expansion, command: str) -> _Problem:
    return _Problem(what, Severity.WARNING, True, _shown(command))


def _of_command(what: Expansion, command: str, text: str) -> _Problem | None:
    """What is wrong with a command in a here-document, if anything is."""
    snippet = _shown(command)
    programs, writes = _read(command)
    in_quotes = text[what.start - 1] == '"' == text[what.end : what.end + 1]
    if writes or any(one in _WRITES for one in programs) or ('"' in command and in_quotes):
        return _Problem(what, Severity.WARNING, False, snippet)
    if programs and all(one in _HARMLESS for one in programs):
        return None
    return _Problem(what, Severity.NOTE, False, snippet)


def _shown(command: str) -> str:
    text = " ".join(command.split()).replace("`", "'")
    return text if len(text) <= _SNIPPET else text[: _SNIPPET - 1] + "…"


def _read(command: str) -> tuple[list[str], bool]:
    """The names of the programs in a command, and whether something in it is written to a file."""
    from tektonlint.shell.syntax import named_nodes, parse

    programs: list[str] = []
    writes = False
    for one in named_nodes(parse(command).root_node):
        if one.type == "command_name":
            programs.append(_text(one, command).rpartition("/")[2])
        elif one.type == "declaration_command":
            programs.append(_text(one.children[0], command))
        elif one.type == "file_redirect" and any(child.type in (">", ">>", ">|", "&>") for child in one.children):
            target = _text(one.named_children[-1], command) if one.named_children else ""
            writes = writes or not target.strip("\"'").startswith("/dev/")
    return programs, writes


def _message(problem: _Problem, heredoc: HereDoc, use: _Use, text: str) -> str:
    delimiter = heredoc.delimiter
    quoted = f"quote the delimiter (`<<'{delimiter}'`)"
    has_variables = variables(text[heredoc.body_start : heredoc.body_end])
    both = "; Tekton's variables are replaced in both cases" if has_variables else ""
    why = f"{use.written}, because `<<{delimiter}` is not quoted"
    if not problem.literal:
        return (
            f"The shell runs `{problem.snippet}` while it {why}; if that fails, the step goes on with nothing in its "
            f"place. Compute the value in a variable before, or {quoted} to write the text as it is{both}."
        )
    if problem.what.backticks:
        return (
            f"The shell runs `{problem.snippet}`, which stands in backticks, while it {why}. "
            f"Put a backslash before each backtick, or {quoted}{both}."
        )
    return (
        f"`{problem.snippet}` is expanded while the script {why}, and nothing has set it by then. "
        f"Write `\\{problem.snippet}`, or {quoted}{both}."
    )


# The fix


def _fix(same: list[_Problem], problems: list[_Problem], heredoc: HereDoc, script: Script, ctx: Context) -> Fix | None:
    from tektonlint import edit

    if len(problems) > _MOST:
        return None
    if not same[0].literal:
        return _computed_before(same, heredoc, script, ctx)
    literal = [one.what for one in problems if one.literal]
    is_all = len(_expansions(heredoc, script.text)) == len(literal)
    if is_all and "\\" not in script.text[heredoc.body_start : heredoc.body_end]:

        def quote() -> edit.Change:
            return edit.replace_fragment(script.place, heredoc.start, heredoc.end, f"'{heredoc.delimiter}'")

        return ctx.fix("quote the delimiter, so that the text is written as it is", quote, Safety.UNSAFE)

    def escape() -> edit.Change:
        made: edit.Change | None = None
        for what in literal:
            for at in (what.start, what.end - 1) if what.backticks else (what.start,):
                one = edit.replace_fragment(script.place, at, at + 1, "\\" + script.text[at])
                made = one if made is None else made.with_(one)
        assert made is not None
        return made

    return ctx.fix("put a backslash before what is not to be expanded", escape, Safety.UNSAFE)


def _computed_before(same: list[_Problem], heredoc: HereDoc, script: Script, ctx: Context) -> Fix | None:
    """Computes values in variables before the command, where a failure stops the script."""
    from tektonlint import edit

    text, statement = script.text, heredoc.redirect.parent
    if statement is None or statement.parent is None or statement.parent.type not in _BLOCKS:
        return None
    body = statement.child_by_field_name("body")
    if body is None or body.type != "command":
        # Of `a && cat <<EOF` the second may not be run at all.
        return None
    begin = text.rfind("\n", 0, statement.start_byte) + 1
    indent = text[begin : statement.start_byte]
    commands = [text[one.what.start : one.what.end] for one in same]
    if indent.strip() or any("\n" in one for one in commands):
        return None
    names: list[str] = []
    for one in same:
        names.append(_new_name(one.what, script, names))

    def change() -> edit.Change:
        lines = tuple(f"{indent}{name}={command}" for name, command in zip(names, commands, strict=True))
        made = edit.insert_lines(script.place, text.count("\n", 0, begin), lines)
        for name, one in zip(names, same, strict=True):
            made = made.with_(edit.replace_fragment(script.place, one.what.start, one.what.end, f"${{{name}}}"))
        return made

    shown = " and ".join(f"`{name}`" for name in names)
    return ctx.fix(f"compute {shown} before the here-document", change, Safety.UNSAFE)


def _new_name(what: Expansion, script: Script, taken: list[str]) -> str:
    """A variable's name that nothing in a script has: after the key before it, or the command."""
    text = script.text
    line = text[text.rfind("\n", 0, what.start) + 1 : what.start]
    key = _KEY.search(line)
    programs, _ = _read(what.command or "")
    first = key[1] if key is not None else f"{programs[0] if programs else 'command'}_output"
    first = re.sub(r"[^A-Za-z0-9]+", "_", first).strip("_").lower()
    first = first if first and not first[0].isdigit() else f"value_{first}"
    name, number = first, 2
    while name in taken or name in script.environment or re.search(rf"\$\{{?{name}\b|(?<![\w-]){name}=", text):
        name, number = f"{first}_{number}", number + 1
    return name
