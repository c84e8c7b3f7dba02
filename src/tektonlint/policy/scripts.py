"""What fixes do to shell scripts: commands behind commands, a umask at the top, paths as they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tektonlint.finding import Fix
from tektonlint.model.scripts import Script
from tektonlint.policy.context import Context

if TYPE_CHECKING:
    from tektonlint.shell.effects import Effect
    from tektonlint.shell.flow import Word


def with_umask(script: Script, ctx: Context) -> Fix | None:
    """`umask 0002` behind the shebang, comments and `set` at the top."""
    from tektonlint import edit

    if script.is_in_action or script.words:
        return None
    behind: int | None = None
    start = 0
    for line in script.text.splitlines(keepends=True):
        text = line.strip()
        if text.startswith(("#!", "set ")) and not text.endswith("\\"):
            behind = start
        elif text and not text.startswith("#"):
            break
        start += len(line)
    return ctx.fix("begin the script with `umask 0002`", lambda: edit.insert_line(script.place, behind, "umask 0002"))


def with_command(script: Script, effect: Effect, command: str, ctx: Context) -> Fix | None:
    """A command behind a write, where that has certainly been done when the command comes: on a line of its own, or
    with `&&` where the write stands behind one."""
    from tektonlint import edit
    from tektonlint.shell.lines import end_of_last, gap_behind

    at = effect.command
    if script.is_in_action or script.words or at.when.captured or at.when.background or effect.optional:
        return None
    gap = gap_behind(script.text, at.start)
    if gap is not None and gap.certain:
        return ctx.fix(f"add `{command}`", lambda: edit.insert_line(script.place, at.start, command))
    end = end_of_last(script.text, at.start) if gap is not None else None
    if end is None:
        return None
    return ctx.fix(f"add `{command}`", lambda: edit.replace_fragment(script.place, end, end, f" && {command}"))


def written_path(script: Script, effect: Effect) -> str | None:
    """A path as a script writes it, with its quotes, or its whole; None where neither can be written again."""
    from tektonlint.shell.values import joined

    word = word_of(effect)
    text = script.text[effect.start : effect.end]
    here = effect.command.folders[0]
    # All of `sh -c '…'` stands where the one word stands.
    inner = effect.start <= effect.command.start and effect.command.end <= effect.end
    plain = word is not None and not inner and any(joined(here, value) == effect.text for value in word.values)
    # What is worked out anew may be something else the second time.
    if plain and "\n" not in text and "`" not in text and "$RANDOM" not in text and not _calls(text):
        return text
    if "*" in effect.path or effect.path.endswith(")") or not effect.path.startswith(("/", "$(workspaces.")):
        return None
    return f'"{effect.path}"'


def word_of(effect: Effect) -> Word | None:
    """The word of a command that an effect comes from."""
    command = effect.command
    words = [*command.words, *(one.word for one in command.redirects if one.word is not None)]
    return next((word for word in words if word.start == effect.start and word.end == effect.end), None)


def _calls(text: str) -> bool:
    """Whether a word holds a command substitution."""
    from tektonlint.shell.dialect import masked

    return "$(" in masked(text)
