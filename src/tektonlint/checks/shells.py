"""What a script needs of its image: the interpreter, the shell's dialect, the commands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from typing import TYPE_CHECKING

from tektonlint.finding import Finding, Fix, Location, Safety, Severity
from tektonlint.model.definitions import name_of
from tektonlint.model.scripts import Script, script_at
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.shell.dialect import SHELLS, Shebang, shebang
from tektonlint.tekton.images import ImageFacts, facts_of
from tektonlint.tekton.resource import Place
from tektonlint.tekton.variables import variables

if TYPE_CHECKING:
    from tree_sitter import Node

    from tektonlint.shell.flow import Command, Flow, Word


class _Image(NamedTuple):
    """The image a container runs: its name with the defaults of params, where it is written, and what is known of it.

    `fixed` says that nothing else can take its place: it is written out, and no patch of a kustomization is there.
    """

    name: str
    place: Place
    fixed: bool
    facts: ImageFacts

    @property
    def shown(self) -> str:
        return self.name.partition("@sha256:")[0]


def _image(script: Script, ctx: Context) -> _Image | None:
    # Several policies ask for it.
    known: dict[int, _Image | None] = ctx.model.memo.setdefault("images of scripts", {})
    key = id(script)
    if key not in known:
        known[key] = _image_of(script, ctx)
    return known[key]


def _image_of(script: Script, ctx: Context) -> _Image | None:
    container = script.container
    place = container.get("image")
    if place is None and script.template is not None:
        place = script.template.get("image")
    text = place.known_text if place is not None else None
    if place is None or not text:
        return None
    name = script.image if script.task is not None else _with_defaults(text, container)
    facts = facts_of(name, ctx.target.images)
    if name is None or facts is None:
        return None
    fixed = "$(" not in text and not ctx.model.is_patched(container.resource)
    return _Image(name, place, fixed, facts)


def _with_defaults(text: str, action: Place) -> str | None:
    """The image of a StepAction."""
    for variable in reversed(variables(text)):
        param = next((one for one in action.each("params") if name_of(one) == variable.param), None)
        default = param.get("default") if param is not None else None
        value = default.known_text if default is not None else None
        if value is None:
            return None
        text = text[: variable.start] + value + text[variable.end :]
    return None if "$(" in text else text


def _evidence(facts: ImageFacts, name: str) -> str:
    """Where it was read, short enough for a message."""
    text = _COMMIT.sub("", facts.evidence_of(name)).partition("; ")[0].partition(": ")[0].partition(", ")[0]
    return f" ({text})" if text and len(text) <= 90 else ""


_COMMIT = pattern(r" \([0-9a-f]{6,40}\)")


# The interpreter.


def shebang_interpreter_missing(container: Place, ctx: Context) -> Iterator[Finding]:
    """Scripts that ask for a program their image does not have; without a shebang that is /bin/sh."""
    place = container.get("script")
    if place is None or not place.text:
        return
    script = script_at(ctx.model, container)
    if script is None:
        return
    image = _image(script, ctx)
    if image is None:
        return
    line = shebang(script.text)
    missing = _missing(image, line)
    lies_elsewhere = line is not None and _BASH_BY_FOLDER.match(line.line) and image.facts.pattern == _BASH_IMAGE
    if missing is None and not lies_elsewhere:
        return
    which = f"`{image.shown}`" if image.fixed else f"the default image `{image.shown}`"
    fix = None
    if line is None:
        at = place.key_location
        evidence = _evidence(image.facts, "sh")
        message = f"A script needs a shell, and {which} has none{evidence}, so the step cannot start. "
        message += _instead(image, "sh")
    else:
        start = len(script.text) - len(script.text.lstrip())
        at = script.location(start, start + len(line.line))
        if missing is None:
            message = (
                f"`{line.line}` cannot start: {which} has bash in /usr/local/bin (docker-library/docs "
                "bash/content.md). Write `#!/usr/bin/env bash`."
            )
            fix = _by_env(script, line, start, ctx)
        else:
            message = f"`{line.line}` cannot start: {which} has no `{missing}`{_evidence(image.facts, missing)}. "
            message += _instead(image, missing)
    yield ctx.finding(
        place,
        message,
        at=at,
        severity=None if image.fixed else Severity.WARNING,
        related=[(image.place.location, "the image")],
        fix=fix,
    )


# Its bash is not where people look for it (docker-library/docs, bash/content.md).
_BASH_IMAGE = "docker.io/library/bash"
_BASH_BY_FOLDER = pattern(r"#![ \t]*(?:/usr)?/bin/bash(?![\w.-])")


def _by_env(script: Script, line: Shebang, start: int, ctx: Context) -> Fix | None:
    """Lets env look for bash; options of a shebang would be part of the name that it looks for."""
    from tektonlint import edit

    if line.options:
        return None
    end = start + len(line.line)
    return ctx.fix(
        "let env look for bash",
        lambda: edit.replace_fragment(script.place, start, end, "#!/usr/bin/env bash"),
        Safety.SAFE,
    )


def _missing(image: _Image, line: Shebang | None) -> str | None:
    """The interpreter that is not there."""
    name = "sh" if line is None else line.interpreter
    return name if name in image.facts.absent else None


def _instead(image: _Image, missing: str) -> str:
    facts = image.facts
    if facts.shell == "none":
        debug = image.name.partition("@")[0]
        known = any(part in debug for part in ("kaniko-project/executor", "gcr.io/distroless/"))
        tag = ", such as its `debug` tag" if known else ""
        return f"Use an image with a shell{tag}, or `command` and `args` in place of `script`."
    if missing == "bash":
        return "Write `#!/bin/sh` and `set -e` if the script is plain sh, or use an image with bash."
    return f"Use an image that has `{missing}`."


# The dialect.

# What may be the beginning of something that only bash knows; most scripts have none of it, and are not walked through.
_MAY_BE_BASH = pattern(
    r"\[\[|\(\(|[<>]\(|<<<|\$\{!|\$\{\w+(?:\^|,|/|\[|:[ ]?-?\d|:\$)|\bfunction\b|(?<![\w.])source(?![\w./-])|"
    r"\bdeclare\b|\btypeset\b|\bmapfile\b|\breadarray\b|\bshopt\b|pipefail|&>|\|&|==|\$'|\w=\(|\w\+=|\w\[[^\]\n]*\]=|"
    r"\{\d*\.\.\d*\}|\bread\b[^\n]* -\w*a|\bexport -f|\bERR\b|\blet\b|;;?&"
)
# One of these stands in each of them; looking for them first takes a tenth of the time.
_SIGNS = (
    "[[", "((", "<(", ">(", "<<<", "${", "function", "source", "declare", "typeset", "mapfile", "readarray", "shopt",
    "pipefail", "&>", "|&", "==", "$'", "=(", "+=", "]=", "..", "read", "export -f", "ERR", "let", ";&", ";;&",
)  # fmt: skip
_BASH_COMMANDS = ("declare", "typeset", "mapfile", "readarray", "shopt")
# What busybox' ash has of bash's (BusyBox 1.35, tried), as it is built for alpine and the busybox image.
_ASH_KNOWS = frozenset(
    ("[[ … ]]", "<(…)", "${x:1:2}", "${x/a/b}", "set -o pipefail", "function f {", "source", "&>", "==", "$'…'", "let",
     "trap … ERR")
)  # fmt: skip


class _Bashism(NamedTuple):
    """Something that plain sh does not have, as people write it, and where it stands."""

    what: str
    start: int
    end: int


def bash_syntax_under_default_sh(container: Place, ctx: Context) -> Iterator[Finding]:
    """Bash's syntax in a script that the image's /bin/sh reads.

    Of dash and busybox' ash it is known what they lack (dash 0.5.12 and BusyBox 1.35, tried).
    """
    place = container.get("script")
    text = place.text if place is not None else None
    if place is None or not text:
        return
    line = shebang(text)
    if line is not None and line.interpreter not in ("sh", "dash", "ash"):
        return
    if not any(one in text for one in _SIGNS) or "BASH_VERSION" in text or not _MAY_BE_BASH.search(text):
        return
    script = script_at(ctx.model, container)
    if script is None:
        return
    image = _image(script, ctx)
    shell = line.interpreter if line is not None and line.interpreter != "sh" else None
    shell = shell or (image.facts.shell if image is not None else None)
    if shell == "none":
        return
    found = [one for one in _bashisms(text) if shell != "ash" or one.what not in _ASH_KNOWS]
    if not found:
        return
    # What few shells know says more.
    first = next((one for one in found if one.what not in _ASH_KNOWS), found[0]) if shell is None else found[0]
    severity, message = _about(first.what, image, shell, line)
    yield ctx.finding(
        place,
        message,
        at=script.location(first.start, first.end),
        severity=severity,
        related=[(script.location(one.start, one.end), "this too") for one in found if one is not first][:3],
        fix=_under_bash(script, image, line, ctx),
    )


def _about(what: str, image: _Image | None, shell: str | None, line: Shebang | None) -> tuple[Severity | None, str]:
    begin = "Begin the script with `#!/usr/bin/env bash` and `set -e`"
    runs = "without a shebang this script runs under /bin/sh" if line is None else f"`{line.line}` asks for plain sh"
    if image is not None and shell == "bash":
        return (
            Severity.NOTE,
            f"`{what}` works here only because /bin/sh of `{image.shown}` is bash. {begin} to say so.",
        )
    bash = image is not None and "bash" in image.facts.absent
    elsewhere = f"{begin}, in an image that has bash, or write it in plain sh." if bash else f"{begin}."
    if shell is None:
        # Of the shells that /bin/sh usually is, only dash lacks these.
        severity = Severity.NOTE if what in _ASH_KNOWS else None
        return severity, f"`{what}` needs bash, but {runs}, which in many images is another shell. {elsewhere}"
    where = f", which is {shell} in `{image.shown}`" if image is not None and line is None else f", here {shell}"
    if line is not None and line.interpreter != "sh":
        where = ""
    fails = "so it is no more than text" if what == "{1..3}" else "so the script fails there"
    return None, f"`{what}` needs bash, but {runs}{where}, {fails}. {elsewhere}"


def _under_bash(script: Script, image: _Image | None, line: Shebang | None, ctx: Context) -> Fix | None:
    """Asks for bash, where the image is known to have it, and keeps the `set -e` that Tekton adds."""
    from tektonlint import edit

    if image is None or "bash" not in image.facts.present or "bash" in image.facts.absent:
        return None
    if line is None:
        return ctx.fix(
            "begin with `#!/usr/bin/env bash` and `set -e`",
            lambda: edit.insert_lines(script.place, 0, ("#!/usr/bin/env bash", "set -e")),
        )
    if line.options or not script.text.startswith("#!"):
        return None
    end = len(line.line)
    return ctx.fix(
        "ask for bash in the shebang",
        lambda: edit.replace_fragment(script.place, 0, end, "#!/usr/bin/env bash"),
        follow={"pipe-hides-failure"},
    )


def _bashisms(text: str) -> list[_Bashism]:
    """What needs bash, in the order it stands, the first of each kind."""
    from tektonlint.shell.syntax import parse

    found: dict[str, _Bashism] = {}
    waiting = [parse(text).root_node]
    while waiting:
        node = waiting.pop()
        kind = node.type
        what = _bashism(kind, node, text) if kind in _MAY_TELL else None
        if what is not None and what not in found:
            owner = node.parent if what == "x=(…)" and node.parent is not None else node
            start, end = _span(owner, text)
            end = min(end, start + text[start:].find("\n")) if "\n" in text[start:end] else end
            found[what] = _Bashism(what, start, end)
        if kind != "ERROR":
            waiting.extend(reversed(node.children))
    return sorted(found.values(), key=lambda one: one.start)


def _span(node: Node, text: str) -> tuple[int, int]:
    """Where a node stands, without the white space that some begin with."""
    raw = text[node.start_byte : node.end_byte]
    return node.start_byte + len(raw) - len(raw.lstrip()), node.end_byte


def _bashism(kind: str, node: Node, text: str) -> str | None:
    simple = _BY_TYPE.get(kind)
    if simple is not None:
        return simple
    if kind == "test_command":
        return "[[ … ]]" if node.children and node.children[0].type == "[[" else None
    if kind == "==":
        test = node.parent.parent if node.parent is not None else None
        while test is not None and test.type not in ("test_command", "command", "program"):
            test = test.parent
        is_plain = test is not None and test.type == "test_command" and test.children[0].type == "["
        return "==" if is_plain else None
    if kind == "compound_statement":
        return "((…))" if node.children and node.children[0].type == "((" else None
    if kind == "function_definition":
        return "function f {" if node.children and node.children[0].type == "function" else None
    if kind == "subscript":
        return "x[1]" if node.parent is not None and node.parent.type in ("variable_assignment", "expansion") else None
    if kind == "expansion":
        return _of_expansion(node, text)
    if kind == "declaration_command":
        first = node.children[0].type if node.children else ""
        if first in ("declare", "typeset"):
            return first
        words = [text[one.start_byte : one.end_byte].strip() for one in node.named_children if one.type == "word"]
        return "export -f" if first == "export" and "-f" in words else None
    if kind == "command":
        return _of_command(node, text)
    return None


_BY_TYPE: Dict[str, str] = {
    "array": "x=(…)",
    "+=": "x+=…",
    "c_style_for_statement": "for ((…))",
    "herestring_redirect": "<<<",
    "process_substitution": "<(…)",
    "ansi_c_string": "$'…'",
    "brace_expression": "{1..3}",
    "&>": "&>",
    "&>>": "&>>",
    "|&": "|&",
    ";;&": ";;&",
    ";&": ";&",
}
# The kinds of nodes of which one may need bash.
_MAY_TELL = frozenset(
    (
        "test_command", "==", "compound_statement", "function_definition", "subscript", "expansion",
        "declaration_command", "command", *_BY_TYPE,
    )
)  # fmt: skip


def _of_expansion(node: Node, text: str) -> str | None:
    if not text[node.start_byte : node.end_byte].lstrip().startswith("${"):
        # One of Tekton's variables.
        return None
    kinds = [child.type for child in node.children]
    if len(kinds) > 2 and kinds[1] == "!":
        return "${!x}"
    operator = kinds[2] if len(kinds) > 3 else ""
    if operator in ("^", "^^", ",", ",,"):
        return "${x^^}"
    if operator in ("/", "//", "/#", "/%"):
        return "${x/a/b}"
    return "${x:1:2}" if operator == ":" else None


def _of_command(node: Node, text: str) -> str | None:
    words = [text[one.start_byte : one.end_byte].strip() for one in node.named_children]
    if not words:
        return None
    name = words[0]
    if name in _BASH_COMMANDS or name in ("source", "let"):
        return name
    if name == "set" and "pipefail" in words:
        # `(set -o pipefail)` asks whether there is such an option.
        from tektonlint.shell.syntax import stands_in

        return None if stands_in(node, "subshell") else "set -o pipefail"
    if name == "read" and any(word.startswith("-") and "a" in word[1:] for word in words[1:]):
        return "read -a"
    return "trap … ERR" if name == "trap" and words[-1] == "ERR" else None


# The commands.

_STANDARD = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_PACKAGES = frozenset(("apk", "apt", "apt-get", "dnf", "microdnf", "tdnf", "yum", "zypper"))
_INSTALLERS = _PACKAGES | frozenset(
    ("brew", "cargo", "conda", "dpkg", "gem", "go", "mamba", "npm", "pip", "pip2", "pip3", "pipx", "poetry", "rpm",
     "uv", "yarn", "pnpm", "asdf", "micromamba")
)  # fmt: skip
_INSTALLS = frozenset(
    ("add", "ci", "in", "install", "reinstall", "sync", "update", "upgrade", "-i", "-ivh", "-U", "-Uvh")
)
# Packages that bring the command of their own name, and no other one of the table's.
_ONLY_THEMSELVES = frozenset(
    (
        "bash", "ca-certificates", "coreutils", "curl", "grep", "gzip", "jq", "make", "rsync", "sed", "tar", "unzip",
        "wget", "zip",
    )
)  # fmt: skip
_LOOKS_UP = frozenset(("command", "which", "type", "hash", "alias"))
_ONLY_ASKS = frozenset(("--version", "-version", "version", "--help", "-h", "help", "-V"))
# What does without a command that people miss: by what else the script runs.
_WITHOUT_JQ: Dict[str, str] = {
    "skopeo": "`skopeo inspect --format`",
    "podman": "`podman inspect --format`",
    "buildah": "`buildah inspect --format`",
    "kubectl": "`kubectl get -o jsonpath`",
    "oc": "`oc get -o jsonpath`",
}


def command_not_in_image(container: Place, ctx: Context) -> Iterator[Finding]:
    """Commands that are certainly not in the image, by the table of images and the configuration.

    What the script installs, downloads, looks for or defines is left alone, and so is a script that cannot even start.
    """
    script = script_at(ctx.model, container)
    if script is None or not script.is_shell:
        return
    image = _image(script, ctx)
    if image is None or not image.facts.absent:
        return
    shell = _without_shell(script, image, ctx) if script.inline else None
    if shell is not None:
        yield shell
        return
    if not script.words and not script.inline and _missing(image, shebang(script.text)) is not None:
        return
    absent = image.facts.absent
    if script.text and not any(name in script.text for name in absent):
        return
    flow = script.analysis.flow
    if not any(command.name in absent for command in flow.commands) or _extends_path(script, flow):
        return
    best: dict[str, _Miss] = {}
    for number, command in enumerate(flow.commands):
        name = command.name
        if name not in absent or name in flow.functions or not _is_looked_up_in_path(command):
            continue
        known = best.get(name)
        if known is not None and (known.severity is None or known.severity.rank >= Severity.ERROR.rank):
            continue
        if known is None and _is_there_after_all(name, number, script, flow):
            continue
        severity = _severity(command, number, image, flow)
        if known is None or (severity is None and known.severity is not None):
            best[name] = _Miss(command, severity)
    for name, miss in best.items():
        yield ctx.finding(
            script.place,
            _missed(name, miss.command, script, image, flow),
            at=_location(script, miss.command),
            severity=miss.severity,
            related=[(image.place.location, "the image")],
        )


class _Miss(NamedTuple):
    command: Command
    severity: Severity | None


def _without_shell(script: Script, image: _Image, ctx: Context) -> Finding | None:
    """`command: [bash, -c, …]` in an image without that shell."""
    command = script.container.get("command") or (script.template.get("command") if script.template else None)
    word = next(command.items(), None) if command is not None else None
    text = word.known_text if word is not None else None
    if word is None or text is None or ("/" in text and os.path.dirname(text) not in _STANDARD):
        return None
    name = os.path.basename(text)
    if name not in SHELLS or name not in image.facts.absent:
        return None
    which = f"`{image.shown}`" if image.fixed else f"the default image `{image.shown}`"
    without = image.facts.shell == "none"
    instead = _instead(image, name) if without else f"Use `sh` there, or an image that has `{name}`."
    return ctx.finding(
        word,
        f"`{text}` is not in {which}{_evidence(image.facts, name)}, so the step cannot start. {instead}",
        severity=None if image.fixed else Severity.WARNING,
        related=[(image.place.location, "the image")],
    )


def _is_looked_up_in_path(command: Command) -> bool:
    """Whether the command is the one of the image: named alone, or by its usual folder."""
    return "/" not in command.program or os.path.dirname(command.program) in _STANDARD


def _extends_path(script: Script, flow: Flow) -> bool:
    """Whether commands may come from elsewhere: from another PATH, another script, another root, a volume."""
    if "PATH" in script.environment or any(one.name == "PATH" for one in flow.assignments):
        return True
    if any(name == "PATH" for command in flow.commands for name, _ in command.environment):
        return True
    if any(command.name in ("chroot", "nsenter") for command in flow.commands):
        return True
    for owner in (script.container, script.template):
        for mount in owner.each("volumeMounts") if owner is not None else ():
            path = mount.get("mountPath")
            text = path.text if path is not None else None
            if text is None or "$" in text or text.rstrip("/") in ("", "/usr", "/usr/local"):
                return True
            if os.path.dirname(text.rstrip("/")) in _STANDARD or text.rstrip("/") in _STANDARD:
                return True
    return False


def _is_there_after_all(name: str, number: int, script: Script, flow: Flow) -> bool:
    """Whether the script sees to it that a command is there: installs it, brings it, or asks for it."""
    for at, command in enumerate(flow.commands):
        if command.name in _LOOKS_UP:
            if any(name in word.values or word.text.startswith(f"{name}=") for word in command.words):
                return True
        elif command.name == name and command.when.asked and _only_asks(command):
            return True
        if at >= number:
            continue
        if command.name in _INSTALLERS and any(word.text in _INSTALLS for word in command.words):
            brought = _installed(command)
            if brought is None or name in brought:
                return True
        elif command.name != name and any(_brings(word, name) for word in (*command.words, *_targets(command))):
            return True
    return False


def _only_asks(command: Command) -> bool:
    """`jq --version`, to see whether it is there."""
    return all(word.text in _ONLY_ASKS for word in command.words)


def _installed(command: Command) -> frozenset[str] | None:
    """The commands that come with what is installed; None where that is not known."""
    if command.name not in _PACKAGES:
        return None
    words = [word.text for word in command.words]
    at = next((number for number, word in enumerate(words) if word in ("add", "install")), None)
    if at is None:
        return frozenset() if "update" in words or "upgrade" in words else None
    packages = [word for word in words[at + 1 :] if not word.startswith("-")]
    return frozenset(packages) if all(one in _ONLY_THEMSELVES for one in packages) else None


def _targets(command: Command) -> Iterator[Word]:
    return (one.word for one in command.redirects if one.word is not None)


def _brings(word: Word, name: str) -> bool:
    """Whether a word names a file called like a command, or a folder of commands."""
    for text in word.values:
        head, slash, last = text.rstrip("/").rpartition("/")
        if slash and (last in (name, "bin", "sbin") or ("\0" in last and head.endswith(("bin", "sbin")))):
            return True
    return False


def _severity(command: Command, number: int, image: _Image, flow: Flow) -> Severity | None:
    """None, the policy's own, only where the command certainly runs and is certainly missed."""
    when = command.when
    if not image.fixed or not when.certain or flow.broken or when.otherwise in ("true", ":", "echo", "printf"):
        return Severity.WARNING
    for one in flow.commands[:number]:
        if one.name in (".", "source") or one.name in _INSTALLERS:
            return Severity.WARNING
        if one.name in ("exit", "return", "exec") and not (one.words and one.words[0].text not in ("0", "\0")):
            return Severity.WARNING
    return None


def _location(script: Script, command: Command) -> Location:
    if script.words:
        return script.location(command.start, command.end)
    start = command.name_end - len(command.program)
    if script.text[start : command.name_end] == command.program:
        return script.location(start, command.name_end)
    return script.location(command.start, command.end)


def _missed(name: str, command: Command, script: Script, image: _Image, flow: Flow) -> str:
    evidence = _evidence(image.facts, name)
    if image.fixed:
        what = f"`{name}` is not in `{image.shown}`{evidence}"
    else:
        what = f"If the default image is used, `{name}` is missing: `{image.shown}` does not have it{evidence}"
    others = {one.name for one in flow.commands}
    without = next((way for other, way in _WITHOUT_JQ.items() if other in others), None) if name == "jq" else None
    instead = f"Use an image that has it, or {without}." if without is not None else "Use an image that has it."
    return f"{what}, {_consequence(name, command, script, flow)}. {instead}"


def _consequence(name: str, command: Command, script: Script, flow: Flow) -> str:
    when = command.when
    if script.words:
        return "so the step cannot start"
    word, denied = _asked_by(command, script, flow)
    if when.asked and word == "until" and not denied:
        return "so the `until` loop never ends"
    if when.asked and word in ("if", "elif") and denied:
        return f"and `{word} ! {_first_of(command, script, flow)}` takes that for a failed check"
    if when.asked:
        what = f"`{word} {_first_of(command, script, flow)}`" if word and not denied else "the test"
        return f"and {what} takes that for {'a failed check' if denied else 'a no'}"
    if when.otherwise in ("true", ":"):
        return f"and `|| {when.otherwise}` takes that for success"
    if when.otherwise:
        return f"and `|| {when.otherwise}` takes that for a failed `{name}`"
    if when.pipeline is not None and when.pipeline[1] < when.pipeline[2] - 1 and "pipefail" not in command.options:
        return "and the pipe takes that for empty output"
    if when.tested:
        return "and `&&` takes that for a no"
    if when.captured and not _is_assigned(command, script, flow):
        return "and nothing is put in its place"
    if "errexit" in command.options:
        return "so the step ends there with status 127"
    return "and the step goes on without it"


def _is_assigned(command: Command, script: Script, flow: Flow) -> bool:
    """Whether a command in `$(…)` gives its status to an assignment: `x=$(jq …)`, but not `export x=$(jq …)`."""
    for one in flow.assignments:
        if one.start < command.start and command.end < one.end:
            words = script.text[: one.start].rsplit("\n", 1)[-1].split()
            return not words or words[0] not in ("export", "local", "declare", "readonly", "typeset")
    return False


def _begin(command: Command, flow: Flow) -> int:
    """Where a command begins, or the pipeline it is part of."""
    if command.when.pipeline is None:
        return command.start
    return next((one.start for one in flow.pipelines if one.start <= command.start < one.end), command.start)


def _asked_by(command: Command, script: Script, flow: Flow) -> tuple[str, bool]:
    """The `if`, `until` and so on before a command, if it stands right there, and whether a `!` is between them."""
    begin = _begin(command, flow)
    before = script.text[:begin].rstrip()
    # The `!` of a pipeline is read as part of its first command.
    denied = before.endswith("!") or script.text.startswith("!", begin)
    words = before.rstrip("! \t").rsplit(None, 1)
    word = words[-1] if words else ""
    return (word if word in ("if", "elif", "while", "until") else ""), denied


def _first_of(command: Command, script: Script, flow: Flow) -> str:
    """The command, or what stands first in its pipeline: `skopeo … | jq`."""
    begin = _begin(command, flow)
    if begin == command.start:
        return command.name
    words = script.text[begin:].lstrip("! ").split(None, 1)
    return f"{words[0]} … | {command.name}" if words and words[0].isalnum() else command.name
