"""Commands that fail without anybody noticing: no `set -e`, the left side of a pipe, `|| true`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tektonlint.finding import Finding, Fix, Severity
from tektonlint.model.scripts import Script, script_at
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.policy.looks import names_one, says
from tektonlint.shell.dialect import SHELLS, shebang
from tektonlint.tekton.images import facts_of
from tektonlint.tekton.resource import Place

if TYPE_CHECKING:
    from tree_sitter import Node

    from tektonlint.shell.flow import Assignment, Command, Flow, Pipeline

# Commands after which a script may well go on: they only show or clean something, or a failure is an answer.
_HARMLESS = frozenset(
    (
        "", "[", "[[", ":", "alias", "break", "cat", "clear", "cmp", "column", "command", "continue", "cut", "date",
        "df", "diff", "du", "echo", "env", "exit", "export", "false", "free", "grep", "hash", "head", "hostname", "id",
        "kill", "local", "ls", "lsblk", "mkdir", "mkfifo", "mount", "nproc", "printenv", "printf", "ps", "pwd", "read",
        "retry", "return", "rm", "rmdir", "set", "shift", "shopt", "sleep", "sort", "stat", "sudo", "tail", "tee",
        "test", "time", "timeout", "tr", "trap", "tree", "true", "type", "ulimit", "umask", "umount", "uname", "uniq",
        "unset", "wait", "which", "whoami",
    )
)  # fmt: skip
_ONLY_ASKS = frozenset(("--version", "-version", "version", "--help", "-h", "help"))
# Those of the harmless ones that run what stands behind them.
_RUNS_ANOTHER = frozenset(("command", "env", "retry", "sudo", "time", "timeout", "trap"))
# What only tidies up.
_TIDIES = frozenset(("clean", "delete", "destroy", "down", "logout", "prune", "stop", "teardown", "uninstall"))
_ANSWERS = ("$?", "${?", "PIPESTATUS")
_ON_ERROR = pattern(r"ERR(?<!\wERR)\b")
# Below the line of the shebang.
_SETS_ERREXIT = pattern(r"\n[ \t]*set[ \t][^\n]*?(?:[-+]\w*e|errexit)")

# Commands whose failure must not be lost, though only another one's status counts.
_CRITICAL = frozenset(
    (
        "aws", "buildah", "cargo", "cosign", "crane", "curl", "docker", "git", "go", "gradle", "gradlew", "gsutil",
        "helm", "hf", "huggingface-cli", "kubectl", "kustomize", "make", "mc", "mvn", "mvnw", "npm", "oc", "oras",
        "pip", "pip3", "podman", "rclone", "regctl", "skopeo", "tar", "terraform", "wget", "yarn",
    )
)  # fmt: skip
# What they do when they only tell something.
_TELLS = frozenset(
    (
        "config", "describe", "diff", "get", "history", "images", "info", "inspect", "list", "log", "logs", "ls", "ps",
        "search", "show", "status", "tree",
    )
)  # fmt: skip
# Programs that are content with no input at all; grep, tar, gunzip, `kubectl apply -f -` and the like are not.
_SHOWS = frozenset(("awk", "cat", "column", "cut", "fold", "head", "nl", "sed", "sort", "tac", "tail", "tr", "uniq"))
_CONTENT = _SHOWS | frozenset(
    (
        "base64", "bzip2", "envsubst", "gzip", "jq", "logger", "md5sum", "od", "paste", "pigz", "sha1sum", "sha256sum",
        "sha512sum", "tee", "ts", "wc", "while", "xxd", "xz", "yq", "zstd",
    )
)  # fmt: skip
# With these options some of them are not: what they undo or check has to be there.
_WANTS_INPUT = frozenset(
    ("-d", "-dc", "-cd", "--decompress", "-c", "--check", "-e", "--exit-status", "-er", "-re", "-ec", "-ce", "-ejr")
)
_MINDS_INPUT = frozenset(
    ("bzip2", "gzip", "jq", "md5sum", "pigz", "sha1sum", "sha256sum", "sha512sum", "xz", "yq", "zstd")
)
# Those of them whose own status nobody asks for: who does, means the other's.
_PASSES_ON = (_SHOWS | {"tee", "ts"}) - {"awk", "sed"}
_LISTS = frozenset(("-t", "-tf", "-tvf", "-tzf", "t", "tf", "tvf", "tzf"))
_PIPE = pattern(r"\|(?<!\|\|)(?!\|)")
_SETS_PIPEFAIL = pattern(r"set[ \t]+(?:-[a-z]+[ \t]+)*-[a-z]*o[ \t]+pipefail[ \t]*(?:[\n;]|$)")
# Readers that stop before the end: under pipefail the writer's SIGPIPE would count.
_STOPS_EARLY = frozenset(("grep", "egrep", "fgrep", "head", "read", "diff", "cmp"))


def shebang_without_errexit(container: Place, ctx: Context) -> Iterator[Finding]:
    """A shebang, and nothing that stops the script where a command fails.

    Tekton puts `set -e` only before a script that has no shebang (pkg/pod/script.go, defaultScriptPreamble). What a
    sidecar does decides nothing.
    """
    place = container.get("script")
    text = place.text if place is not None else None
    if not text or not text.lstrip().startswith("#!") or _looks_at_failures(text) or _SETS_ERREXIT.search(text):
        return
    line = shebang(text)
    script = _own_script(container, ctx)
    if script is None or script.is_sidecar or line is None or line.interpreter not in SHELLS:
        return
    facts = facts_of(script.image, ctx.target.images)
    if facts is not None and line.interpreter in facts.absent:
        # It cannot even start, which another policy says.
        return
    if _is_harmless(text):
        return
    flow = script.analysis.flow
    for command in flow.commands:
        if "errexit" in command.options or (command.name == "set" and _turns_off(command)):
            return
    lost = _first_lost(script, flow)
    if lost is None:
        return
    start = len(script.text) - len(script.text.lstrip())
    shown = _shown(lost)
    number = script.location(lost.start, lost.end)
    on = number.source.line_column(number.span.start)[0]
    wanted = "set -euo pipefail" if line.interpreter == "bash" else "set -e"
    message = (
        f"With `{line.line}` Tekton adds no `set -e`, so the step goes on when `{shown}` on line {on} fails. "
        f"Add `{wanted}` below it."
    )
    yield ctx.finding(
        script.place,
        message,
        at=script.location(start, start + len(line.line)),
        severity=Severity.NOTE if _continues(container) else None,
        related=[(number, "when this fails, the script goes on")],
        fix=_with_errexit(script, ctx) if start == 0 else None,
    )


def _looks_at_failures(text: str) -> bool:
    """Whether a script asks for a status, or has a trap for errors."""
    return any(one in text for one in _ANSWERS) or _ON_ERROR.search(text) is not None


def _own_script(container: Place, ctx: Context) -> Script | None:
    """What a container runs by its `script`, if a shell reads it."""
    place = container.get("script")
    if place is None or not place.text:
        return None
    script = script_at(ctx.model, container)
    return script if script is not None and not script.inline and not script.words and script.is_shell else None


def _turns_off(command: Command) -> bool:
    """Whether somebody wrote `set +e` on purpose."""
    texts = [word.text for word in command.words]
    return any(text.startswith("+") and ("e" in text or text == "+o") for text in texts)


def _is_harmless(text: str) -> bool:
    """Whether all commands that stand in a script are harmless: the quick look, before it is followed."""
    from tektonlint.shell.syntax import named_nodes, parse

    for node in named_nodes(parse(text).root_node):
        if node.type == "command":
            name = node.child_by_field_name("name")
            word = text[name.start_byte : name.end_byte] if name is not None else None
            if word not in _HARMLESS or word in _RUNS_ANOTHER:
                return False
    return True


def _first_lost(script: Script, flow: Flow) -> Command | None:
    """The first command whose failure nothing notices, neither a test nor as what the script ends with; of those the
    first that others rely on, if there is one."""
    ends: set[int] | None = None
    lost: Command | None = None
    for number, command in enumerate(flow.commands):
        when = command.when
        if command.name in _HARMLESS or command.name in flow.functions or when.tested or when.otherwise:
            continue
        if when.captured or when.background or (when.pipeline is not None and when.pipeline[1] < when.pipeline[2] - 1):
            continue
        if any(word.text in _ONLY_ASKS or word.text in _TIDIES for word in command.words[:2]):
            continue
        following = flow.commands[number + 1] if number + 1 < len(flow.commands) else None
        if following is not None and following.name == "exit" and following.words and following.words[0].text != "0":
            # The step fails anyway.
            continue
        if ends is None:
            ends = _last_ones(script.text)
        if when.looped or command.end not in ends:
            if command.name in _CRITICAL:
                return command
            lost = lost or command
    return lost


def _last_ones(text: str) -> set[int]:
    """Where the commands end whose status may become that of the script."""
    from tektonlint.shell.syntax import parse

    root = parse(text).root_node
    functions: dict[str, Node] = {}
    for node in root.named_children:
        name = node.child_by_field_name("name") if node.type == "function_definition" else None
        if name is not None:
            functions[text[name.start_byte : name.end_byte]] = node
    found: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        kind = node.type
        inner = [one for one in node.named_children if one.type not in ("comment", "file_redirect", "heredoc_redirect")]
        if kind == "command":
            found.add(node.end_byte)
            function = functions.pop(text[node.start_byte : node.end_byte].split(None, 1)[0], None)
            body = function.child_by_field_name("body") if function is not None else None
            waiting += [body] if body is not None else []
        elif kind in ("if_statement", "elif_clause"):
            at = next((number for number, one in enumerate(node.children) if one.type == "then"), 0)
            behind = [one for one in node.children[at + 1 :] if one.is_named and one.type != "comment"]
            branches = [one for one in behind if one.type in ("elif_clause", "else_clause")]
            own = [one for one in behind if one not in branches]
            waiting += [*own[-1:], *branches]
        elif kind == "case_statement":
            waiting += [one for one in inner if one.type == "case_item"]
        elif kind == "list":
            waiting += inner
        elif kind == "redirected_statement":
            waiting += inner[:1]
        elif kind in ("program", "compound_statement", "subshell", "else_clause", "case_item", "pipeline"):
            waiting += inner[-1:]
    return found


def _shown(command: Command) -> str:
    """A command's name, with the word that says what it does: `buildah push`."""
    first = command.words[0].text if command.words else ""
    plain = first.isascii() and first.replace("-", "").isalnum() and not first.startswith("-") and len(first) < 20
    return f"{command.name} {first}" if plain and command.name in _CRITICAL | {"python", "python3"} else command.name


def _continues(container: Place) -> bool:
    """Whether the task goes on whatever the step's status is."""
    how = container.get("onError")
    return how is not None and how.text in ("continue", "stopAndFail: false")


def _with_errexit(script: Script, ctx: Context) -> Fix | None:
    from tektonlint import edit

    return ctx.fix(
        "add `set -e` below the shebang",
        lambda: edit.insert_lines(script.place, 1, ("set -e",)),
        follow={"pipe-hides-failure", "critical-command-failure-ignored"},
    )


def pipe_hides_failure(container: Place, ctx: Context) -> Iterator[Finding]:
    """`curl … | jq …` without pipefail, where only the last one's status counts.

    Left alone is what needs input to succeed: grep, tar, `kubectl apply -f -`; so an empty pipe is noticed there.
    """
    place = container.get("script")
    text = place.text if place is not None else None
    if not text or not _PIPE.search(text) or "PIPESTATUS" in text or not any(one in text for one in _CRITICAL):
        return
    script = _own_script(container, ctx)
    if script is None or _has_pipefail(script):
        return
    flow = script.analysis.flow
    fixed = False
    seen: set[int] = set()
    for number, pipe in enumerate(flow.pipelines):
        if pipe.pipefail or pipe.start in seen:
            continue
        hidden = _hidden(script, flow, number, pipe)
        if hidden is None:
            continue
        seen.add(pipe.start)
        command, right, severity = hidden
        fix = None
        if not fixed:
            fix = _with_pipefail(script, flow, ctx)
            fixed = fix is not None
        yield ctx.finding(
            script.place,
            _said(script, flow, command, right, pipe),
            at=script.location(pipe.start, pipe.end),
            severity=severity,
            fix=fix,
        )


def _has_pipefail(script: Script) -> bool:
    """Whether a script turns pipefail on before all else, and nothing turns it off: the quick look, before it is
    followed."""
    from tektonlint.shell.syntax import parse

    text = script.text
    if text.count("pipefail") != 1 or any("pipefail" in one for value in script.environment.values() for one in value):
        return False
    root = parse(text).root_node
    if root.has_error:
        # What the parser does not understand is not followed.
        return False
    for node in root.named_children:
        if node.type == "command" and text.startswith("set", node.start_byte):
            if _SETS_PIPEFAIL.match(text, node.start_byte):
                return True
        elif node.type != "comment":
            return False
    return False


def _hidden(script: Script, flow: Flow, number: int, pipe: Pipeline) -> tuple[Command, str, Severity | None] | None:
    """The command in a pipeline whose failure is lost, the program whose status counts instead, and a severity."""
    count = len(pipe.parts)
    right = _last_of(script.text, pipe)
    when = pipe.when
    if right is None or when.otherwise in ("true", ":") or when.background:
        return None
    if when.asked and (right not in _PASSES_ON or when.polled):
        return None
    mine = [one for one in flow.commands if one.when.pipeline is not None and one.when.pipeline[0] == number]
    left = next(
        (
            one
            for one in mine
            if one.when.pipeline is not None
            and one.when.pipeline[1] < count - 1
            and pipe.parts[one.when.pipeline[1]][0] <= one.start < pipe.parts[one.when.pipeline[1]][1]
            and one.name in _CRITICAL
            and one.name not in flow.functions
            and one.when.tested == when.tested
            and one.when.otherwise is None
            and not any(word.text in _ONLY_ASKS for word in one.words[:2])
        ),
        None,
    )
    if left is None or (left.name == "tar" and any(word.text in _LISTS for word in left.words[:1])):
        return None
    if when.captured:
        variable = _assigned(flow.assignments, pipe)
        if variable is None or _is_looked_at(script.text, variable):
            return None
    elif not (when.tested or "errexit" in left.options or pipe.parts[-1][1] in _last_ones(script.text)):
        # Nothing stops at any failure there: that is another policy's.
        return None
    told = any(word.text in _TELLS for word in left.words[:3])
    writes = ">" in script.text[pipe.parts[-1][0] : _end_of_line(script.text, pipe.end)]
    only_shown = not (when.captured or when.tested or writes) and right in _SHOWS | {"jq", "yq", "wc"}
    return left, right, Severity.NOTE if told and only_shown else None


def _last_of(text: str, pipe: Pipeline) -> str | None:
    """The program at the end of a pipeline, if it is content with no input."""
    words = text[slice(*pipe.parts[-1])].split()
    name = words[0].rpartition("/")[2] if words else ""
    if name not in _CONTENT or (name in _MINDS_INPUT and not _WANTS_INPUT.isdisjoint(words)):
        return None
    return name


def _assigned(assignments: tuple[Assignment, ...], pipe: Pipeline) -> str | None:
    """The variable that gets what a pipeline prints."""
    return next((one.name for one in assignments if one.start < pipe.start and pipe.end < one.end), None)


def _is_looked_at(text: str, variable: str) -> bool:
    """Whether a script tests a variable, which is empty when the command has failed."""
    import re

    name = re.escape(variable)
    return re.search(rf"\[[^\n]*\$\{{?{name}\b|case\s+\"?\$\{{?{name}\b|\$\{{{name}:?[?]", text) is not None


def _said(script: Script, flow: Flow, command: Command, right: str, pipe: Pipeline) -> str:
    shown = _shown(command)
    what = f"When `{shown}` fails, nobody notices: only `{right}` behind the pipe counts"
    if pipe.when.otherwise is not None:
        what = f"What stands behind `||` never runs when `{shown}` fails: only `{right}` behind the pipe counts"
    elif pipe.when.asked:
        what = f"This asks whether `{right}` succeeds, not whether `{shown}` does"
    elif pipe.when.captured:
        variable = _assigned(flow.assignments, pipe)
        what = f"When `{shown}` fails, `{variable}` is empty and the step goes on: only `{right}` counts"
    if _is_bash(script) and right != "head":
        return f"{what}. Write `set -o pipefail` above it."
    return f"{what}. Write to a file first, and read that in a command of its own."


def _is_bash(script: Script) -> bool:
    return script.interpreter == "bash"


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _with_pipefail(script: Script, flow: Flow, ctx: Context) -> Fix | None:
    """Adds `set -o pipefail`, where no pipe of the script would newly fail: by a grep without a match, by SIGPIPE."""
    from tektonlint import edit

    if not _is_bash(script):
        return None
    for pipe in flow.pipelines:
        for number, part in enumerate(pipe.parts):
            words = script.text[slice(*part)].split()
            last = number == len(pipe.parts) - 1
            name = words[0] if words else ""
            if name in _STOPS_EARLY and (not last or name in ("head", "read") or {"-q", "-m1", "-m", "-qE"} & {*words}):
                return None
    line = shebang(script.text)
    behind = next((one for one in flow.commands if one.name == "set" and "errexit" in _turned_on(one)), None)
    if behind is None and line is None:
        return None

    def change() -> edit.Change:
        if behind is not None:
            return edit.insert_line(script.place, behind.start, "set -o pipefail")
        return edit.insert_lines(script.place, 1, ("set -o pipefail",))

    return ctx.fix("add `set -o pipefail`", change)


def _turned_on(command: Command) -> set[str]:
    texts = [word.text for word in command.words]
    short = any(text.startswith("-") and not text.startswith("--") and "e" in text[1:] for text in texts)
    return {"errexit"} if short or "errexit" in texts else set()


# What produces something that others rely on: by command, the words that say so; all where there are none.
_MAKES: dict[str, frozenset[str]] = {
    "aws": frozenset(("cp", "mv", "sync")),
    "buildah": frozenset(("bud", "build", "build-using-dockerfile", "commit", "push")),
    "chgrp": frozenset(),
    "chmod": frozenset(),
    "chown": frozenset(),
    "cosign": frozenset(("attach", "attest", "copy", "sign")),
    "cp": frozenset(),
    "crane": frozenset(("append", "copy", "cp", "pull", "push", "tag")),
    "docker": frozenset(("build", "commit", "pull", "push", "save")),
    "git": frozenset(("clone", "push")),
    "go": frozenset(("build", "install")),
    "gsutil": frozenset(("cp", "mv", "rsync")),
    "helm": frozenset(("install", "package", "push", "upgrade")),
    "hf": frozenset(("download", "upload")),
    "huggingface-cli": frozenset(("download", "upload")),
    "kubectl": frozenset(("apply",)),
    "make": frozenset(),
    "mc": frozenset(("cp", "mirror", "mv", "put")),
    "mv": frozenset(),
    "mvn": frozenset(),
    "npm": frozenset(("ci", "publish")),
    "oc": frozenset(("apply",)),
    "oras": frozenset(("attach", "copy", "cp", "pull", "push")),
    "podman": frozenset(("build", "commit", "pull", "push", "save")),
    "rclone": frozenset(("copy", "copyto", "move", "sync")),
    "rsync": frozenset(),
    "skopeo": frozenset(("copy", "sync")),
    "tar": frozenset(),
    "unzip": frozenset(),
    "wget": frozenset(),
}
_MAKERS = frozenset((*_MAKES, "curl"))
_OR_TRUE = pattern(r"\|\|(?:[ \t\n]|\\\n)*(?:true|:)")
_THROWN_AWAY = pattern(r"(?:\\\n|[^\n|;#])*?(\|\|(?:[ \t\n]|\\\n)*(?:true|:))(?=[\s;)}&\"'`]|$)")


def critical_command_failure_ignored(container: Place, ctx: Context) -> Iterator[Finding]:
    """`|| true` behind a command that makes what the step is there for.

    A copy of what may not be there, told by its errors being thrown away, is left alone, and so is a loop that tries
    again.
    """
    place = container.get("script")
    if place is None or not place.text or not _OR_TRUE.search(place.text):
        return
    script = _own_script(container, ctx)
    if script is None or script.is_sidecar or not says(script, _may_make_something):
        return
    flow = script.analysis.flow
    seen: set[int] = set()
    for command in flow.commands:
        when = command.when
        if when.otherwise not in ("true", ":") or when.captured or when.looped or command.name in flow.functions:
            continue
        if when.asked or (when.pipeline is not None and when.pipeline[1] < when.pipeline[2] - 1):
            continue
        if not _makes_something(command):
            continue
        match = _THROWN_AWAY.match(script.text, command.end)
        if match is None or match.start(1) in seen:
            continue
        seen.add(match.start(1))
        operator = " ".join(match[1].replace("\\", " ").split())
        message = (
            f"`{operator}` throws away whether `{_made(command)}` succeeded, so the step is green even when it fails. "
            "Delete it, or say in a message what goes on without it."
        )
        yield ctx.finding(script.place, message, at=script.location(match.start(1), match.end(1)))


def _may_make_something(text: str) -> bool:
    return names_one(text, _MAKERS)


def _makes_something(command: Command) -> bool:
    words = [word.text for word in command.words]
    wanted = _MAKES.get(command.name)
    if command.name == "curl":
        # To a file: what only notifies somebody may fail.
        writes = any(one.operator in (">", ">>") and one.descriptor in ("", "1") for one in command.redirects)
        return any(word in ("-o", "-O", "--output", "--remote-name", "-T") for word in words) or writes
    if wanted is None or not _TIDIES.isdisjoint(words):
        return False
    if command.name in ("cp", "mv", "tar", "unzip") and (command.silenced or not command.when.certain):
        return False
    return not wanted or any(word in wanted for word in words[:4])


def _made(command: Command) -> str:
    wanted = _MAKES.get(command.name) or frozenset()
    word = next((word.text for word in command.words[:4] if word.text in wanted), None)
    return f"{command.name} {word}" if word else command.name
