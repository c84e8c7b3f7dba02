"""What ShellCheck says about the scripts of steps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tektonlint.finding import Finding, Fix, Safety, Severity
from tektonlint.policy.context import Context
from tektonlint.shell.shellcheck import ANY_NAME, DEFAULT, KNOWN, Input, Program, Remark, remarks
from tektonlint.tekton.selectors import select
from tektonlint.tree import Tree

if TYPE_CHECKING:
    from tektonlint import edit
    from tektonlint.model.scripts import Script


def shellcheck(tree: Tree, ctx: Context) -> Iterator[Finding]:
    """Everything that ShellCheck finds, in one batch over the scripts of the files that are reported on.

    It starts a program, so it does nothing without leave, which only the command line gives (`commands/programs.py`):
    neither a configuration nor a policy file of the tree that is linted can hold a `Program`.
    """
    program = ctx.options.get("program")
    if not isinstance(program, Program):
        return
    scripts = list(_scripts(tree, ctx))
    inputs = list(dict.fromkeys(_input(script) for script in scripts))
    if not inputs:
        return
    found = dict(zip(inputs, remarks(program, inputs, ctx.options["minimum"]), strict=True))
    for script in scripts:
        for remark in found[_input(script)]:
            yield _finding(script, remark, ctx)


def _scripts(tree: Tree, ctx: Context) -> Iterator[Script]:
    from tektonlint.model.scripts import script_at

    for file in tree.files:
        for resource in file.resources if file.reported else ():
            for container in select(resource, "steps-and-sidecars"):
                script = script_at(ctx.model, container)
                if script is not None and script.text and script.is_shell and script.interpreter in KNOWN:
                    yield script


def _input(script: Script) -> Input:
    first = DEFAULT
    if script.inline:
        command = next(script.container.each("command"), None)
        name = os.path.basename((command.text if command is not None else None) or "sh")
        first = f"#!/bin/{name if name in KNOWN else 'sh'}"
    containers = [one for one in (script.container, script.template) if one is not None]
    is_open = any(one.get("envFrom") is not None for one in containers)
    return Input(script.text, first, frozenset((*script.environment, *([ANY_NAME] if is_open else ()))))


def _finding(script: Script, remark: Remark, ctx: Context) -> Finding:
    text = remark.text.rstrip(".! ")
    if not (text[:1].isupper() or text.startswith("`")):
        text = f"ShellCheck: {text}"
    severity = None if remark.level in ("error", "warning") else Severity.NOTE
    end = max(remark.end, min(remark.start + 1, len(script.text)))
    fix = _fix(script, remark, ctx) if remark.replacements and ctx.shows(severity) else None
    message = f"{text} (SC{remark.code})."
    return ctx.finding(script.place, message, at=script.location(remark.start, end), severity=severity, fix=fix)


def _fix(script: Script, remark: Remark, ctx: Context) -> Fix | None:
    """ShellCheck's own correction, in the script as it stands in the file."""

    def change() -> edit.Change:
        from tektonlint import edit

        made: edit.Change | None = None
        for one in remark.replacements:
            part = edit.replace_fragment(script.place, one.start, one.end, one.text)
            made = part if made is None else made.with_(part)
        assert made is not None
        return made

    return ctx.fix(f"do as ShellCheck says (SC{remark.code})", change, Safety.UNSAFE)
