"""Params that Tekton pastes into scripts as text, and how to pass them through the environment instead."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tektonlint.document import Mapping, Sequence
from tektonlint.finding import Finding, Fix, Safety
from tektonlint.model.definitions import Param, Task, is_null, name_of
from tektonlint.model.scripts import Script, script_at
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.shell.dialect import PLAIN_SHELLS
from tektonlint.tekton.resource import Place
from tektonlint.tekton.variables import Variable, variables

if TYPE_CHECKING:
    from tree_sitter import Node

    from tektonlint import edit
    from tektonlint.model.graph import Model
    from tektonlint.model.pipelines import Pipeline, PipelineTask
    from tektonlint.model.runs import PipelineRun, TaskRun
    from tektonlint.shell.heredocs import HereDoc

# What may stand in place of a use: in quotes of its own, bare inside quotes or a here-document, or bare so that the
# shell still makes several words of it.
_QUOTED, _INSIDE, _SPLIT = "quoted", "inside", "split"
# Why nothing may, as the end of the advice.
_IN_QUOTES = ", outside of the single quotes, where the shell expands nothing"
_IN_HEREDOC = ", outside of the quoted here-document, where the shell expands nothing"
_AS_CODE = ", and hand it to the inner command as an argument or in its environment"
_ELSE = ""
# What a param is that is the whole of a command: code on purpose.
_ON_PURPOSE = "on purpose"

_MANY = 5
# More replacements than these nobody reads.
_MOST = 300
_FOR_SHOW = frozenset(("test", "tests", "sample", "samples", "example", "examples"))
_NOT_A_NAME = pattern(r"[^A-Za-z0-9]+")
# Params that hold several words, by their names.
_SEVERAL = pattern(r"(?i)(?:^|[-_.])(?:arg|opt|extra|parameters)$|^extra[-_]|(?:args|arguments|flags|opts|options)$")
# What runs its arguments, or its input, as code.
_SHELLS = PLAIN_SHELLS | {"su"}
_LANGUAGES = frozenset(("python", "python3", "python2", "perl", "ruby", "node", "deno", "php", "lua"))
_RUNS_ARGUMENTS = frozenset(("eval", "trap", "ssh"))
_TAKES_CODE = pattern(r"-[A-Za-z]*[ce]|--eval|--command")
_PATTERNS = frozenset(("=", "==", "!=", "=~"))


class _Use(NamedTuple):
    """One use of a param in a script: the variable, what may stand in its place, or why nothing may."""

    variable: Variable
    form: str

    @property
    def is_replaceable(self) -> bool:
        return self.form in (_QUOTED, _INSIDE, _SPLIT)


class _Injected(NamedTuple):
    """A param in a script: its uses, and the variable that is to hold it; `is_set` says that the step sets it."""

    text: str
    uses: tuple[_Use, ...]
    variable: str
    is_set: bool


def pasted_param(container: Place, ctx: Context) -> Iterator[Finding]:
    """Params in scripts, one finding for each. Tekton does not escape what it pastes (docs/variables.md).

    What somebody chose from a list (`enum`) or wrote out in every run of the tree is left alone, and so is a param that
    is a command by itself: it is code on purpose. Admission takes no param in a StepAction's script.
    """
    if container.resource.kind == "StepAction":
        return
    script = script_at(ctx.model, container)
    if script is None or script.words or script.task is None or "$(" not in script.text:
        return
    found = _injected(script, ctx.model)
    fix = _through_environment(script, [one for one in found if _can_be_replaced(one)], ctx) if found else None
    for one in found:
        first = one.uses[0].variable
        related = [(script.location(*use.variable[:2]), "used here too") for use in one.uses[1 : _MANY + 1]]
        at = script.location(first.start, first.end)
        what = "so a value with quotes, a line break or `$()` becomes code"
        message = f"`{one.text}` is pasted into the script as text, {what}. {_advice(one, script)}"
        yield ctx.finding(script.place, message, at=at, related=related, fix=fix if _can_be_replaced(one) else None)


def _advice(one: _Injected, script: Script) -> str:
    if not script.is_shell:
        if one.is_set:
            return f"Read `{one.variable}` from the environment, where `env` puts it already."
        return f"Pass it through `env` as `{one.variable}`, and read that from the environment."
    reason = next((use.form for use in one.uses if not use.is_replaceable), "")
    written = f'"${{{one.variable}}}"' if reason or one.uses[0].form != _SPLIT else f"${{{one.variable}}}"
    if one.is_set:
        return f"Use `{written}`, which `env` sets already{reason}."
    return f"Pass it through `env` and use `{written}`{reason}."


def _can_be_replaced(one: _Injected) -> bool:
    return all(use.is_replaceable for use in one.uses)


# Which params


def _injected(script: Script, model: Model) -> list[_Injected]:
    task = script.task
    assert task is not None
    by_text: dict[str, list[Variable]] = {}
    for variable in variables(script.text):
        key = _key(variable)
        if key is not None:
            by_text.setdefault(key, []).append(variable)
    kept: list[tuple[str, tuple[_Use, ...]]] = []
    for key, some in by_text.items():
        if not _is_settled(model, task, some[0]):
            told = ((variable, _form(script, variable, task)) for variable in some)
            forms = tuple(_Use(variable, form) for variable, form in told if form is not None)
            if forms and not any(use.form == _ON_PURPOSE for use in forms):
                kept.append((key, forms))
    found: list[_Injected] = []
    taken: set[str] = set()
    for key, forms in sorted(kept, key=lambda one: one[1][0].variable.start):
        known = _set_already(script, key)
        name = known or _new_name(script, key, taken)
        taken.add(name)
        first = forms[0].variable
        found.append(_Injected(script.text[first.start : first.end], forms, name, known is not None))
    return found


def _key(variable: Variable) -> str | None:
    """What a variable stands for: two ways of writing one param are one key; None for what is no param."""
    names = variable.names
    if variable.root == "inputs" and names[:1] == ("params",):
        names = names[1:]
    elif variable.root != "params":
        return None
    if not names or variable.subscript == "*":
        return None
    return ".".join(names) + (f"[{variable.subscript}]" if variable.subscript else "")


def _names(variable: Variable) -> tuple[str, ...]:
    """The names that a param may have: `a.b`, or `a` with a property."""
    names = variable.names[1:] if variable.root == "inputs" else variable.names
    return ".".join(names), names[0]


def _declared(params: dict[str, Param], names: tuple[str, ...]) -> Param | None:
    return next((params[name] for name in names if name in params), None)


def _is_settled(model: Model, task: Task, variable: Variable) -> bool:
    """Whether nobody but who writes the manifests of the tree says what a param is."""
    names = _names(variable)
    param = _declared(task.params, names)
    if param is not None and _has_enum(param):
        return True
    known: dict[tuple[int, str], bool] = model.memo.setdefault("settled params", {})
    key = (id(task), param.name if param is not None else names[0])
    if key not in known:
        known[key] = _is_written_out(model, task, param, names)
    return known[key]


def _has_enum(param: Param) -> bool:
    enum = param.place.get("enum")
    return enum is not None and isinstance(enum.node, Sequence) and bool(enum.node.items)


def _is_written_out(model: Model, task: Task, param: Param | None, names: tuple[str, ...]) -> bool:
    """Whether everything in the tree that runs a task writes a param out, or leaves it at such a default."""
    if task.resource.partial or model.is_patched(task.resource):
        return False
    users: list[PipelineTask | TaskRun] = []
    if task.inline:
        around = task.place.parent
        if around is None:
            return False
        is_run = task.resource.kind == "TaskRun"
        users = [model.task_run(task.resource) if is_run else model.pipeline_task(around)]
    else:
        # A catalogue's tests and samples write everything out; whom the task is for does not.
        tried = _folders(task.place) & _FOR_SHOW
        users = [user for user in model.users_of(task) if _folders(user.place) & _FOR_SHOW == tried]
    return bool(users) and all(_writes_out(model, user, task, param, names) for user in users)


def _folders(place: Place) -> set[str]:
    return set(place.resource.source.name.split("/")[:-1])


def _writes_out(
    model: Model, user: PipelineTask | TaskRun, task: Task, param: Param | None, names: tuple[str, ...]
) -> bool:
    from tektonlint.model.runs import TaskRun

    given = next((user.params[name] for name in names if name in user.params), None)
    if isinstance(user, TaskRun):
        if model.is_patched(user.resource) or not user.params_are_known:
            return False
        return _is_plain(given.get("value"), None, model) if given is not None else _has_plain_default(param)
    if user.place.get("matrix", "include") is not None:
        return False
    if given is not None:
        return _is_plain(given.get("value"), user.pipeline, model)
    # What is not passed to an inline spec comes from the pipeline, if that has a param of the name.
    around = _declared(user.pipeline.params, names) if task.inline else None
    if around is not None or (task.inline and param is None):
        return _is_settled_in(model, user.pipeline, names)
    return _has_plain_default(param) and not (task.inline and _passed_by_a_run(model, user.pipeline, names))


def _passed_by_a_run(model: Model, pipeline: Pipeline, names: tuple[str, ...]) -> bool:
    runs = model.runs_of(pipeline)
    return not runs or any(name in run.params for run in runs for name in names)


def _has_plain_default(param: Param | None) -> bool:
    return param is not None and param.has_default and _is_plain(param.default, None, None)


def _is_settled_in(model: Model, pipeline: Pipeline, names: tuple[str, ...]) -> bool:
    """Whether every run of a pipeline in the tree, of which there is one, writes a param out."""
    param = _declared(pipeline.params, names)
    if param is not None and _has_enum(param):
        return True
    if model.is_patched(pipeline.resource):
        return False
    runs = model.runs_of(pipeline)
    return bool(runs) and all(_run_writes_out(model, run, param, names) for run in runs)


def _run_writes_out(model: Model, run: PipelineRun, param: Param | None, names: tuple[str, ...]) -> bool:
    if model.is_patched(run.resource) or not run.params_are_known:
        return False
    given = next((run.params[name] for name in names if name in run.params), None)
    return _is_plain(given.get("value"), None, model) if given is not None else _has_plain_default(param)


def _is_plain(value: Place | None, pipeline: Pipeline | None, model: Model | None) -> bool:
    """Whether a value is written out, but for names of objects, states, and params of which that holds."""
    if value is None:
        return False
    if isinstance(value.node, Sequence):
        return all(_is_plain(item, pipeline, model) for item in value.items())
    if isinstance(value.node, Mapping):
        return all(_is_plain(entry, pipeline, model) for entry in value.entries())
    text = value.known_text
    if text is None:
        # A number is refused, or another policy's.
        return is_null(value)
    rest = text
    for variable in reversed(variables(text)):
        if variable.root == "params":
            if pipeline is None or model is None or not _is_settled_in(model, pipeline, _names(variable)):
                return False
        elif variable.root != "context" and not (variable.root == "tasks" and variable.names[-1:] == ("status",)):
            return False
        rest = rest[: variable.start] + rest[variable.end :]
    return "$(" not in rest


# Where a use stands


def _form(script: Script, variable: Variable, task: Task) -> str | None:
    """What may stand in place of a use, or why nothing may; None for one that does nothing, in a comment."""
    text = script.text
    if not script.is_shell:
        line = text[text.rfind("\n", 0, variable.start) + 1 : variable.start].lstrip()
        return None if line.startswith(("#", "//")) else _ELSE
    from tektonlint.shell.heredocs import heredocs
    from tektonlint.shell.syntax import parse

    root = parse(text).root_node
    node = root.descendant_for_byte_range(variable.start, variable.end)
    if node is None:
        return _ELSE
    # Where something is not understood, so are the quotes behind it.
    if root.has_error:
        return None if node.type == "comment" else _ELSE
    heredoc = next((one for one in heredocs(text) if one.body_start <= variable.start < one.body_end), None)
    if heredoc is not None:
        return _in_heredoc(heredoc, node, text, variable, task)
    if node.type == "comment":
        return None
    if node.type in ("raw_string", "ansi_c_string"):
        return _IN_QUOTES if _inner(node, text) is None else _AS_CODE
    if (node.start_byte, node.end_byte) != (variable.start, variable.end):
        return _ELSE
    return _of_expansion(node, text, variable, task)


def _in_heredoc(heredoc: HereDoc, node: Node, text: str, variable: Variable, task: Task) -> str:
    from tektonlint.shell.heredocs import expansions

    is_code = _reader(heredoc.redirect, text) is not None
    if heredoc.quoted:
        start, end = text.rfind("\n", 0, variable.start) + 1, text.find("\n", variable.end)
        if text[start:end].strip() == text[variable.start : variable.end]:
            # A file that is passed as a param; the quotes are there for it.
            return _ON_PURPOSE
        return _AS_CODE if is_code else _IN_HEREDOC
    found = expansions(text, heredoc.body_start, heredoc.body_end)
    number = bisect_left(found, variable.start, key=lambda one: one.start) - 1
    if number >= 0 and variable.start < found[number].end and found[number].command is not None:
        # In a command inside of it, which the parser does not always see.
        is_seen = (node.start_byte, node.end_byte) == (variable.start, variable.end) and node.type == "expansion"
        return _of_expansion(node, text, variable, task) if is_seen and _is_in_a_command(node) else _ELSE
    return _AS_CODE if is_code else _INSIDE


def _is_in_a_command(node: Node) -> bool:
    current: Node | None = node
    while current is not None and current.type != "heredoc_body":
        if current.type == "command_substitution":
            return current.parent is not None and current.parent.type != "program"
        current = current.parent
    return False


def _of_expansion(node: Node, text: str, variable: Variable, task: Task) -> str:
    around = node.parent
    kind = around.type if around is not None else ""
    if around is None or kind in ("ERROR", "program"):
        return _ELSE
    if kind == "heredoc_body":
        return _INSIDE
    if kind == "string":
        inner = _inner(around, text)
        if inner is not None:
            alone = around.end_byte - around.start_byte == node.end_byte - node.start_byte + 2
            return _ON_PURPOSE if alone and inner not in _LANGUAGES else _AS_CODE
        # A pattern in quotes is text, as is what a variable holds there.
        return _INSIDE
    if kind in ("expansion", "regex") or _is_in(node, "expansion"):
        return _INSIDE
    if kind == "concatenation":
        return _of_word(around, text, whole=False, several=False)
    several = _is_several(variable, task)
    if kind == "command_name":
        return _of_command_name(around, variable, task)
    return _of_word(node, text, whole=True, several=several)


def _of_command_name(name: Node, variable: Variable, task: Task) -> str:
    command = name.parent
    if command is not None and len(command.children) > 1:
        return _SPLIT
    param = _declared(task.params, _names(variable))
    default = param.default.text if param is not None and param.default is not None else None
    return _QUOTED if default in ("true", "false") else _ON_PURPOSE


def _of_word(word: Node, text: str, *, whole: bool, several: bool) -> str:
    """What may stand in a bare word; `whole` where the use is all of it, `several` where it may hold several words."""
    around = word.parent
    kind = around.type if around is not None else ""
    if around is None:
        return _ELSE
    if kind == "command_name":
        command = around.parent
        # `$(params.name)=value` is no assignment once a variable stands there.
        return _ELSE if command is None or "=" in text[word.start_byte : word.end_byte] else _QUOTED
    if kind == "command":
        if _inner(word, text) is not None:
            return _AS_CODE
        return _SPLIT if whole and several else _QUOTED
    if kind in ("for_statement", "array"):
        return _SPLIT if whole else _QUOTED
    if kind in ("variable_assignment", "file_redirect", "herestring_redirect"):
        return _QUOTED
    if kind == "case_statement":
        return _QUOTED
    if kind in ("binary_expression", "unary_expression"):
        if _is_in(word, "arithmetic_expansion") or not _is_in(word, "test_command"):
            return _ELSE
        operator = next((child.type for child in around.children if not child.is_named), "")
        is_right = around.children[-1].id == word.id
        double = _test(word, text).startswith("[[")
        return _ELSE if is_right and double and operator in _PATTERNS else _QUOTED
    if kind == "test_command":
        return _QUOTED
    return _ELSE


def _test(node: Node, text: str) -> str:
    current: Node | None = node
    while current is not None and current.type != "test_command":
        current = current.parent
    return text[current.start_byte : current.end_byte] if current is not None else ""


def _is_in(node: Node, kind: str) -> bool:
    """Whether a node stands in one of a type, in the same command."""
    current = node.parent
    while current is not None and current.type not in ("command", "program", "command_substitution"):
        if current.type == kind:
            return True
        current = current.parent
    return False


def _inner(node: Node, text: str) -> str | None:
    """The program that runs a text as code, as `sh -c` does with its argument."""
    word = node
    while word.parent is not None and word.parent.type not in ("command", "heredoc_redirect", "program"):
        if word.parent.type in ("command_substitution", "variable_assignment", "file_redirect"):
            return None
        word = word.parent
    command = word.parent
    if command is None or command.type != "command":
        return None
    words = _words(command, text, until=word.start_byte)
    if not words:
        return None
    if words[0] in _RUNS_ARGUMENTS:
        return words[0] if words[0] != "ssh" or len(words) > 1 else None
    for number, one in enumerate(words):
        if one in _SHELLS | _LANGUAGES and number + 1 < len(words):
            return one if _TAKES_CODE.fullmatch(words[-1]) else None
    return None


def _reader(redirect: Node, text: str) -> str | None:
    """What runs a here-document as code: `bash <<EOF`, but not `bash script <<EOF`."""
    statement = redirect.parent
    body = statement.child_by_field_name("body") if statement is not None else None
    words = _words(body, text) if body is not None and body.type == "command" else []
    if not words or words[0] not in _SHELLS | _LANGUAGES | _RUNS_ARGUMENTS:
        return None
    return words[0] if words[0] == "ssh" or all(one.startswith("-") for one in words[1:]) else None


def _words(command: Node, text: str, until: int | None = None) -> list[str]:
    """The words of a command as they are written, its name without a folder; those before `until`."""
    found = [
        text[child.start_byte : child.end_byte]
        for child in command.children
        if child.is_named
        and child.type not in ("variable_assignment", "file_redirect", "herestring_redirect", "heredoc_redirect")
        and (until is None or child.start_byte < until)
    ]
    return [found[0].rpartition("/")[2], *found[1:]] if found else []


def _is_several(variable: Variable, task: Task) -> bool:
    """Whether a param that stands alone as a word may be several words, or none."""
    names = _names(variable)
    param = _declared(task.params, names)
    if _SEVERAL.search(names[0]):
        return True
    if param is None or param.default is None:
        return False
    default = param.default.text
    return default is not None and (not default or len(default.split()) > 1)


# The fix


def _new_name(script: Script, key: str, taken: set[str]) -> str:
    """The name of a new variable: `PARAM_IMAGE` of `image`. It is not taken by the step, its template or the script."""
    name = first = f"PARAM_{_NOT_A_NAME.sub('_', key).strip('_').upper()}"
    number = 2
    while name in taken or name in script.environment or _is_named(name, script.text):
        name = f"{first}_{number}"
        number += 1
    return name


def _is_named(name: str, text: str) -> bool:
    return name in text and re.search(rf"\b{name}\b", text) is not None


def _set_already(script: Script, key: str) -> str | None:
    """The variable that holds a param already, and that the script does not change."""
    found: dict[str, str | None] = {}
    places = [script.template] if script.template is not None else []
    for container in (*places, script.container):
        for entry in container.each("env"):
            name, value = name_of(entry), entry.get("value")
            if name is not None:
                found[name] = value.text if value is not None else None
    for name, text in found.items():
        inside = variables(text or "")
        whole = len(inside) == 1 and (inside[0].start, inside[0].end) == (0, len(text or ""))
        if whole and _key(inside[0]) == key and not _changes(script.text, name):
            return name
    return None


def _changes(text: str, name: str) -> bool:
    """Whether a script sets a variable itself."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return True
    words = r"(?:read|unset|local|declare|typeset|mapfile|readarray|getopts|for)"
    return re.search(rf"(?<![\w$])(?:{name}\+?=|{words}\b[^\n;]*\b{name}\b)|\$\{{{name}:?=", text) is not None


def _through_environment(script: Script, found: list[_Injected], ctx: Context) -> Fix | None:
    """One fix for all params of a script that can be replaced: two of them would both add to the same `env`."""
    if not found or sum(len(one.uses) for one in found) > _MOST:
        return None
    from tektonlint import edit

    def change() -> edit.Change:
        made = _set(script, [one for one in found if not one.is_set])
        for one in found:
            for use in one.uses:
                text = f'"${{{one.variable}}}"' if use.form == _QUOTED else f"${{{one.variable}}}"
                start, end = use.variable.start, use.variable.end
                replaced = edit.replace_fragment(script.place, start, end, text)
                made = replaced if made is None else made.with_(replaced)
        assert made is not None
        return made

    names = ", ".join(f"`{one.text}`" for one in found[:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return ctx.fix(f"pass {names}{more} through `env`", change, Safety.UNSAFE)


def _set(script: Script, found: list[_Injected]) -> edit.Change | None:
    """Sets variables in the `env` of a step."""
    from tektonlint import edit

    if not found:
        return None
    wanted: list[edit.Data] = [{"name": one.variable, "value": one.text} for one in found]
    present = script.container.get("env")
    if present is None:
        after = "image" if script.container.get("image") is not None else "name"
        return edit.insert_key(script.container, "env", wanted, after=after)
    if not isinstance(present.node, Sequence):
        raise edit.Refusal("`env` is no list")
    made: edit.Change | None = None
    for number, item in enumerate(wanted):
        one = edit.append_item(present, item)
        one = one._replace(touches=frozenset(((*present.path, len(present.node.items) + number),)))
        made = one if made is None else made.with_(one)
    return made
