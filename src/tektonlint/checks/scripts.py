"""What stands in `script`, as text."""

from __future__ import annotations

from collections.abc import Iterator

from tektonlint.document import LITERAL, Scalar
from tektonlint.finding import Finding, Fix, Safety
from tektonlint.policy.context import Context
from tektonlint.tekton.resource import Place


def shebang_not_at_start(script: Place, ctx: Context) -> Iterator[Finding]:
    """White space before `#!`.

    Tekton looks for a shebang behind white space, and so adds no preamble of its own, but writes the script
    as it is (pkg/pod/script.go); the kernel then finds no interpreter.
    """
    text = script.text
    if text is None:
        return
    start = len(text) - len(text.lstrip())
    if start == 0 or not text.startswith("#!", start):
        return
    what = "a blank line" if "\n" in text[:start] else "a space"
    # On Windows Tekton itself takes the first line apart, and finds no interpreter in it.
    error = "" if text.startswith("#!win", start) else ' with "exec format error"'
    message = f"The script begins with {what} before `#!`, so the step fails{error}. Put `#!` at the very start."
    yield ctx.finding(script, message, at=script.part(start, start + 2), fix=_to_the_start(script, start, ctx))


def _to_the_start(script: Place, start: int, ctx: Context) -> Fix | None:
    """Deletes the white space before `#!`, which stands at `start`: blank lines as a whole, then blanks."""
    from tektonlint import edit

    def change() -> edit.Change:
        if not isinstance(script.node, Scalar) or script.node.style != LITERAL:
            return edit.replace_fragment(script, 0, start, "")
        before = script.node.text[:start]
        blank_lines = before.count("\n")
        removed = edit.remove_lines(script, 0, blank_lines)
        blanks = len(before) - (before.rfind("\n") + 1)
        return removed.with_(edit.replace_fragment(script, start - blanks, start, "")) if blanks else removed

    return ctx.fix("delete the white space before `#!`", change, Safety.SAFE)
