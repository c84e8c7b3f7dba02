"""Results: what is written into them, too much of it, or nothing at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from tektonlint.document import Scalar, walk
from tektonlint.finding import Finding, Fix, Location, Safety, Severity
from tektonlint.model.definitions import Task, name_of
from tektonlint.model.scripts import Script, opaque_steps, script_at
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.policy.looks import names_one, says
from tektonlint.tekton.resource import Place
from tektonlint.tekton.selectors import select
from tektonlint.tekton.variables import uses, variables

if TYPE_CHECKING:
    from tektonlint import edit
    from tektonlint.model.graph import Model
    from tektonlint.model.pipelines import PipelineTask
    from tektonlint.shell.effects import Effect
    from tektonlint.shell.flow import Command

# Where the value of a result is written: by its variable, or by the folder that this stands for.
_PATH = pattern(
    r"""\$\((?:step\.)?results(?:\.([A-Za-z0-9_-]+)|\[["']([^"']+)["']\])\.path\)|/tekton/results/([\w.-]+)"""
)
_IN_FOLDER = pattern(r"/tekton/results(?:/([\w.-]+))?")
# `> file`, which `2>&1` and `> /dev/null` are not.
_REDIRECTS = pattern(r">(?<!>>)\|?(?:[ \t]|\\\n)*(?![ \t>&(]|\\\n|/dev/(?:null|std))")
_SNIPPET = 60
# One line of one of these ends with a line end, as `echo` does.
_PRINT_A_LINE = {
    "date": (), "basename": (), "dirname": (), "hostname": (), "whoami": (), "uname": (), "realpath": (),
    "git": ("rev-parse", "describe"),
}  # fmt: skip
_BARE = pattern(r"[A-Za-z0-9_./:@%+=,-]+|\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})")


# Trailing newlines


def trailing_newline(container: Place, ctx: Context) -> Iterator[Finding]:
    """`echo` into a result, whose value then ends with a line end (docs/tasks.md, emitting results).

    Worse where a `when` compares it, which then never holds. Of no account in JSON, and where it is known that nobody
    uses the result.
    """
    for script, effect, name in _written(container, ctx, _REDIRECTS.search):
        command = effect.command
        if not _ends_a_line(command) or not _redirects_to(command, effect):
            continue
        declared = _declared(container, script)
        if name not in declared or _is_structured(declared[name]) or _is_json(command):
            continue
        compared, unused = _compared(ctx.model, script.task, name) if script.task is not None else (None, False)
        if unused:
            continue
        severity = None if compared is not None else Severity.NOTE
        shown = _shown(script, command)
        fate = "an image reference or a comparison made of it is wrong"
        related = []
        if compared is not None:
            fate = "a `when` compares it with texts that have none, so it never matches"
            related.append((compared, "compared here"))
        message = (
            f"`{shown}` ends the result `{name}` with a line end, which Tekton keeps; {fate}. Write "
            f"`printf '%s' …` instead."
        )
        at = script.location(command.start, command.name_end)
        fix = _with_printf(script, command, ctx) if ctx.shows(severity) else None
        yield ctx.finding(script.place, message, at=at, severity=severity, related=related, fix=fix)


def _written(container: Place, ctx: Context, what: Callable[[str], object]) -> Iterator[tuple[Script, Effect, str]]:
    """What a step writes into results, each place once: the script, what is done, and the name of the result.

    Nothing where the script does not say `what`, without which that is of no interest.
    """
    script = script_at(ctx.model, container)
    if script is None or not script.is_shell or not _may_write(script) or not says(script, what):
        return
    seen: set[tuple[int, int]] = set()
    for effect in script.analysis.effects.effects:
        match = _PATH.fullmatch(effect.path) if effect.what in ("write", "update") else None
        if match is None or (effect.start, effect.command.start) in seen:
            continue
        seen.add((effect.start, effect.command.start))
        yield script, effect, match[1] or match[2] or match[3]


def _may_write(script: Script) -> bool:
    """Whether a script speaks of results at all, itself or by its environment."""
    if "results" in script.text or script.words:
        return True
    return any("results" in text for value in script.environment.values() for text in value)


def _redirects_to(command: Command, effect: Effect) -> bool:
    """Whether the effect is that of `> file`, and not that of a word of the command."""
    return any(
        one.operator in (">", ">|") and one.descriptor in ("", "1") and one.word is not None
        and (one.word.start, one.word.end) == (effect.start, effect.end)
        for one in command.redirects
    )  # fmt: skip


def _ends_a_line(command: Command) -> bool:
    texts = [word.text for word in command.words]
    if command.when.looped or command.when.pipeline is not None:
        # Of a pipe only what stands last writes, and what that prints is its input's.
        return False
    if command.name == "echo":
        options = [text for text in texts[:1] if re.fullmatch(r"-[neE]+", text)]
        return not any("n" in one for one in options) and not any(text.endswith("\\c") for text in texts)
    if command.name == "printf":
        return len(texts) > 0 and texts[0].endswith("\\n") and not texts[0].startswith("-")
    more = _PRINT_A_LINE.get(command.name)
    return more is not None and (not more or any(text in more for text in texts[:1])) and "-z" not in texts


def _is_json(command: Command) -> bool:
    return any(word.text.lstrip().startswith(("{", "[")) for word in command.words)


def _is_structured(result: Place) -> bool:
    declared = result.get("type")
    return declared is not None and declared.text in ("array", "object")


def _declared(container: Place, script: Script) -> dict[str, Place]:
    if script.task is not None:
        return script.task.results
    return {name: one for one in container.each("results") if (name := name_of(one)) is not None}


def _compared(model: Model, task: Task, name: str) -> tuple[Location | None, bool]:
    """Where a `when` compares a result of a task, and whether it is known that nothing at all uses it."""
    users = _pipeline_tasks(model, task)
    if not users:
        return None, False
    used = False
    for user in users:
        for use in uses(user.pipeline.place):
            if use.variable.result_of != (user.name, name):
                continue
            used = True
            path = use.place.path
            if "when" in path and path[-1] == "input" and len(use.text) == _length(use.place):
                return use.location, False
    return None, not used


def _length(place: Place) -> int:
    return len(place.node.text) if isinstance(place.node, Scalar) else 0


def _pipeline_tasks(model: Model, task: Task) -> tuple[PipelineTask, ...]:
    """What runs a task in the pipelines of the tree."""
    from tektonlint.model.pipelines import PipelineTask

    if task.inline:
        around = task.place.parent
        return (model.pipeline_task(around),) if around is not None and task.resource.kind != "TaskRun" else ()
    return tuple(user for user in model.users_of(task) if isinstance(user, PipelineTask))


def _shown(script: Script, command: Command) -> str:
    """A command as it is written, on one line and not too long."""
    words = script.words[command.start : command.end] if script.words else ()
    text = " ".join(word.text or "" for word in words) or script.text[command.start : command.end]
    text = " ".join(text.split()).replace("`", "'")
    return text if len(text) <= _SNIPPET else text[: _SNIPPET - 1] + "…"


def _with_printf(script: Script, command: Command, ctx: Context) -> Fix | None:
    """`printf '%s' "…"` for `echo "…"`, and a `printf` without its line end."""
    from tektonlint import edit

    text = script.text
    if script.words or not command.words or text[command.start : command.name_end] not in ("echo", "printf"):
        return None
    word = command.words[0]
    written = text[word.start : word.end]
    if command.name == "printf":
        # A format is used again for more words than it takes.
        takes = word.text.replace("%%", "").count("%")
        if len(command.words) - 1 > takes or not written.endswith(("\\n'", '\\n"')):
            return None

        def shortened() -> edit.Change:
            return edit.replace_fragment(script.place, word.end - 3, word.end - 1, "")

        return ctx.fix("leave the line end out", shortened, Safety.UNSAFE)
    quoted = _in_quotes(written)
    if len(command.words) > 1 or "\\" in written or quoted is None:
        return None

    def printed() -> edit.Change:
        return edit.replace_fragment(script.place, command.start, word.end, f"printf '%s' {quoted}")

    return ctx.fix("write it with `printf`", printed, Safety.UNSAFE)


def _in_quotes(written: str) -> str | None:
    """A word that stays one word; None where what quotes would make of it is not certain."""
    if written[0] in "\"'" and written[0] == written[-1] and (written[0] == "'" or _is_one_string(written)):
        return written
    found = variables(written)
    if len(found) == 1 and (found[0].start, found[0].end) == (0, len(written)):
        return f'"{written}"'
    if _BARE.fullmatch(written):
        return f'"{written}"' if "$" in written else written
    if written.startswith("$(") and written.endswith(")") and '"' not in written and written.count("$(") == 1:
        return f'"{written}"'
    return None


def _is_one_string(written: str) -> bool:
    """Whether a text is one string in double quotes, rather than `"a"b"c"`."""
    from tektonlint.shell.syntax import parse

    node = parse(f"x {written}").root_node.descendant_for_byte_range(2, 2 + len(written))
    return node is not None and node.type == "string"


# Too much

# What prints as much as there is: for each program one of these words, and none of those.
_PRINTS_ALL: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "syft": ((), ("--file",)),
    "trivy": ((), ("--output", "-o", "--quiet-exit")),
    "grype": ((), ("--file",)),
    "git": (("log", "diff", "show"), ("-n", "-s", "--max-count", "--shortstat", "--name-only", "--format", "--pretty")),
    "kubectl": (("logs", "describe"), ("--tail",)),
    "oc": (("logs", "describe"), ("--tail",)),
    "helm": (("template",), ()),
    "kustomize": (("build",), ()),
    "skopeo": (("inspect",), ("--format", "-f", "--raw", "--config")),
    "pip": (("freeze", "list"), ()),
    "rpm": (("-qa",), ()),
}
_KUBE = ("kubectl", "oc")
_WHOLE = pattern(r"(?:-o|--output)=?(?:yaml|json)")
_COUNT = pattern(r"-[0-9]+")
# Files that are rarely small, by the last part of their name.
_LARGE = pattern(
    r"(?i)\.(?:log|sarif|tar|tgz|gz|zip|html|patch|diff|spdx|cdx|cyclonedx)$|sbom|(?:^|[-_])report\.(?:json|xml)$"
)
# Without one of these words there is nothing large: the programs above, and what the names of files may end with.
_TELL = frozenset(
    (
        *_PRINTS_ALL, *_KUBE, "log", "sarif", "tar", "tgz", "gz", "zip", "html", "patch", "diff", "spdx", "cdx",
        "cyclonedx",
    )
)  # fmt: skip


def _may_be_large(text: str) -> bool:
    lower = text.lower()
    return "sbom" in lower or "report" in lower or names_one(lower, _TELL)


def too_large(container: Place, ctx: Context) -> Iterator[Finding]:
    """What has no limit is written into a result, which has one (docs/tasks.md, "larger results").

    The termination message of a container holds 4096 bytes, Tekton's own data too, and all containers of a pod
    together 12288. With `results-from: sidecar-logs`, results are read in another way.
    """
    if ctx.options["results-from"] == "sidecar-logs" or _in_logs(ctx):
        return
    told: set[int] = set()
    for script, effect, name in _written(container, ctx, _may_be_large):
        command = _source(effect, script)
        what = _unlimited(command)
        if what is None or command.start in told:
            continue
        told.add(command.start)
        shown = _shown(script, command)
        message = (
            f"`{shown}` {what} into the result `{name}`, and more than about 4 KB of results fail the step. "
            f"Write it to a file on a workspace, and put its path or digest into the result."
        )
        yield ctx.finding(script.place, message, at=script.location(command.start, command.end))


def _in_logs(ctx: Context) -> bool:
    return ctx.model.cluster.settings.get("results-from") == "sidecar-logs"


def _source(effect: Effect, script: Script) -> Command:
    """The command whose output is written: that before `tee` where it is one."""
    command = effect.command
    if command.name == "tee" and command.when.pipeline is not None:
        number, place, _ = command.when.pipeline
        for one in script.analysis.flow.commands:
            if one.when.pipeline is not None and one.when.pipeline[:2] == (number, place - 1):
                return one
    return command


def _unlimited(command: Command) -> str | None:
    """What a command does that has no limit, as the beginning of a sentence; None where that is not known."""
    texts = [word.text for word in command.words]
    if command.name in ("cat", "cp", "mv"):
        files = [text for text in texts if not text.startswith("-")]
        files = files[:-1] if command.name != "cat" else files
        if any(_LARGE.search(one.rpartition("/")[2]) for one in files):
            return "puts a whole file"
        return None
    if command.name in _KUBE and "get" in texts:
        pairs = [*texts, *(f"{one}{other}" for one, other in pairwise(texts))]
        return "prints whole objects" if any(map(_WHOLE.fullmatch, pairs)) else None
    words, limits = _PRINTS_ALL.get(command.name, (None, ()))
    if words is None or (words and not any(text in words for text in texts)):
        return None
    if any(text.split("=", 1)[0] in limits or _COUNT.fullmatch(text) for text in texts):
        return None
    return "prints as much as there is"


# Nothing at all


def never_written(whole: Place, ctx: Context) -> Iterator[Finding]:
    """A declared result whose path stands nowhere in the steps; what uses it then fails (InvalidTaskResultReference).

    A value that is said with the result, or comes from a step's result, is one. A program that is not looked into may
    know the folder of the results: then it is a note.
    """
    resource = whole.resource
    if resource.kind == "StepAction":
        spec = whole.get("spec")
        if spec is not None:
            yield from _unwritten(spec, ctx)
        return
    for spec in select(resource, "task-specs"):
        yield from _unwritten(spec, ctx)


# What a task or a StepAction says of its containers.
_SPEAK_OF_RESULTS = ("steps", "sidecars", "stepTemplate", "volumes", "script", "args", "command", "env")


def _unwritten(spec: Place, ctx: Context) -> Iterator[Finding]:
    declared = [one for one in spec.each("results") if one.get("value") is None]
    results = [(name, one) for one in declared if (name := name_of(one)) is not None]
    if not results or spec.resource.partial or ctx.model.is_patched(spec.resource):
        return
    is_action = spec.resource.kind == "StepAction"
    mentioned = _mentioned(spec, {name for name, _ in results})
    missing = [(name, one) for name, one in results if mentioned is not None and name not in mentioned]
    if not missing:
        return
    task = None if is_action else ctx.model.task(spec)
    opaque = _is_opaque(spec, task, ctx.model)
    if opaque is None:
        return
    for name, one in missing:
        at = one.get("name")
        variable = f"$({'step.' if is_action else ''}results.{name}.path)"
        used = _used(ctx.model, task, name) if task is not None else None
        fate = f"`{used[0]}`, which uses it, fails, and with it the run" if used is not None else "what uses it fails"
        message = f"No step writes the result `{name}`, so {fate}. Write its value to `{variable}`, or remove it."
        related = [(used[1], "used here")] if used is not None else []
        severity = Severity.NOTE if opaque else None
        yield ctx.finding(at or one, message, severity=severity, related=related)


def _mentioned(spec: Place, wanted: set[str]) -> set[str] | None:
    """The results whose paths stand in the steps; None where something there may be the path of any.

    Once all that are wanted are found, nobody looks any further.
    """
    found: set[str] = set()
    places = [place for key in _SPEAK_OF_RESULTS if (place := spec.get(key)) is not None]
    for place in places:
        for use in uses(place):
            names = use.variable.names
            names = names[1:] if use.variable.root == "step" and names[:1] == ("results",) else names
            if names and use.variable.root in ("results", "step"):
                found.add(names[0])
    for place in places:
        if wanted <= found:
            break
        for node in walk(place.node):
            if not isinstance(node, Scalar) or "results" not in node.text:
                continue
            for match in _IN_FOLDER.finditer(node.text):
                if match[1] is None or node.text[match.end() :][:1] in ("$", "{", "*", "%"):
                    # A name that is put together when it is run.
                    return None
                found.add(match[1])
    return found


def _is_opaque(spec: Place, task: Task | None, model: Model) -> bool | None:
    """Whether programs run that are not looked into; None where the steps themselves are not known."""
    if task is None:
        script = script_at(model, spec)
        return script is None or not script.is_shell or _runs_unknown(script)
    if not task.steps:
        return None
    for step in task.steps:
        ref = step.get("ref")
        if ref is not None and model.step_action_of(step).found is None:
            # What it does with the params that it is given is not known.
            return None
    scripts = [script for step in task.steps if (script := script_at(model, step)) is not None]
    commands = [command for script in scripts for command in script.analysis.flow.commands]
    if any(command.program.startswith("$(params.") for command in commands):
        # Whoever passes the script may write the result in it.
        return None
    return bool(opaque_steps(model, task)) or any(map(_runs_unknown, scripts))


def _runs_unknown(script: Script) -> bool:
    """Whether a script runs another one, or sources it."""
    for command in script.analysis.flow.commands:
        if command.name in (".", "source", "eval") or command.program.startswith(("./", "/", "$(workspaces.")):
            return True
        if command.name in ("python", "python3", "node", "perl", "ruby", "java", "go", "npm", "make") and command.words:
            return True
        if not command.name and command.program:
            return True
    return False


def _used(model: Model, task: Task, name: str) -> tuple[str, Location] | None:
    """The task that uses a result in a pipeline of the tree, and where."""
    for user in _pipeline_tasks(model, task):
        for other in user.pipeline.all_tasks:
            for use in other.result_uses:
                if use.variable.result_of == (user.name, name):
                    return other.title, use.location
    return None
