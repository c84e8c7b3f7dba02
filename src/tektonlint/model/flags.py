"""Options of Buildah that a step's script had in the base of the tree, and has not now."""

from __future__ import annotations

from collections.abc import Iterator

from tektonlint.model.definitions import Task
from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place

# Options that decide where layers are, how Buildah isolates and how it meets a registry (buildah(1) and the pages of
# its commands). The global ones stand before the sub-command; some take no value; for some a variable does the same.
_GLOBAL = ("--root", "--runroot", "--storage-driver", "--storage-opt")
_OF_COMMANDS = (
    *("--cap-add", "--cap-drop", "--security-opt", "--network", "--userns", "--memory", "--shm-size", "--ulimit"),
    *("--isolation", "--layers", "--format", "--squash", "--no-cache", "--pull", "--jobs", "--timestamp"),
    *("--retry", "--retry-delay", "--authfile", "--cert-dir", "--compression-format"),
)
_FLAGS = frozenset((*_GLOBAL, *_OF_COMMANDS))
_WITHOUT_VALUE = frozenset(("--squash", "--no-cache", "--layers", "--pull"))
_VARIABLES = {
    "--storage-driver": "STORAGE_DRIVER",
    "--isolation": "BUILDAH_ISOLATION",
    "--layers": "BUILDAH_LAYERS",
    "--format": "BUILDAH_FORMAT",
    "--authfile": "REGISTRY_AUTH_FILE",
}
_BUILDS = ("bud", "build-using-dockerfile")
_WORD = pattern(r"[ \t]+([a-z-]+)(?![^\s])")


class LostFlag(NamedTuple):
    """An option of a sub-command: as it was written, and where in the script it can be written again, if anywhere."""

    command: str
    flag: str
    written: str
    at: int | None

    @property
    def value(self) -> str:
        """Its value, `true` for one that takes none."""
        return self.written.removeprefix(self.flag).lstrip("= ") or "true"


class _Calls(NamedTuple):
    """The calls of one sub-command: their options as written, where the name and the sub-command of the first end
    (None where options stand between them), and how many there are."""

    options: dict[str, str]
    name_end: int
    end: int | None
    number: int


def lost_flags(step: Place, was: Place, task: Task) -> Iterator[LostFlag]:
    """Options that calls of a sub-command had, and that nothing in the step speaks of any more."""
    script, old = step.get("script"), was.get("script")
    if script is None or old is None or not script.text or not old.text or "buildah" not in script.text:
        return
    beside = _words_beside(step, task)
    now = _calls(script.text)
    for name, then in _calls(old.text).items():
        calls = now.get(name)
        if calls is None:
            continue
        for flag, written in then.options.items():
            variable = _VARIABLES.get(flag)
            if flag in script.text or any(flag in word for word in beside):
                continue
            if variable is not None and (variable in script.text or variable in beside):
                continue
            at = calls.name_end if flag in _GLOBAL else calls.end
            yield LostFlag(name, flag, written, at if calls.number == 1 and "\n" not in written else None)


def _words_beside(step: Place, task: Task) -> list[str]:
    """What else may hold an option: arguments, the names and values of the environment, and defaults of params."""
    found: list[str | None] = []
    for owner in (step, task.template) if task.template is not None else (step,):
        for key in ("args", "command"):
            found.extend(one.text for one in owner.each(key))
        for one in owner.each("env"):
            found.extend(place.text for place in one.entries())
    for param in task.params.values():
        if param.default is not None:
            found.extend((param.default.text, *(one.text for one in param.default.items())))
    return [word for word in found if word]


def _calls(script: str) -> dict[str, _Calls]:
    from tektonlint.shell.commands import commands

    found: dict[str, _Calls] = {}
    for command in commands(script):
        name, options = _taken_apart(command.words) if command.name == "buildah" else ("", {})
        if not name:
            continue
        known = found.get(name)
        if known is not None:
            found[name] = known._replace(options={**options, **known.options}, number=known.number + 1)
            continue
        behind = _WORD.match(script, command.end)
        end = behind.end() if behind is not None and _one_name(behind[1]) == name else None
        found[name] = _Calls(options, command.end, end, 1)
    return found


def _taken_apart(words: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """The sub-command, and the options that count with their values."""
    name = ""
    options: dict[str, str] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        flag, has_value, _ = word.partition("=")
        if flag in _FLAGS:
            takes_next = not has_value and flag not in _WITHOUT_VALUE and waiting
            options[flag] = f"{word} {waiting.pop(0)}" if takes_next else word
        elif not name and not word.startswith("-"):
            name = _one_name(word)
    return name, options


def _one_name(name: str) -> str:
    return "build" if name in _BUILDS else name
