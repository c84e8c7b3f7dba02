"""Secrets that are written into a manifest, and secrets that a script writes into the log."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from tektonlint.document import Scalar
from tektonlint.finding import Finding, Location, Severity
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place
from tektonlint.tekton.selectors import select

if TYPE_CHECKING:
    from tree_sitter import Node


def secret_exposure(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Passwords and tokens as literals, and what `set -x`, `echo` and results make of those that come from a Secret.

    What may be the name of a Secret, a path, an address or a sample is none. A value itself is never shown.
    """
    if whole.resource.group != "tekton.dev":
        return
    seen: set[int] = set()
    for place, at, what in _known(whole):
        seen.add(place.node.start)
        yield ctx.finding(place, f"{what} is written out here, {_IN_GIT}.", at=at)
    for name, value in _named(whole):
        if value.node.start not in seen and _looks_secret(name, value.known_text):
            yield ctx.finding(value, f"The value of `{name}` is written out here, {_IN_GIT}.")
    if "secretKeyRef" in whole.resource.source.text:
        for container in select(whole.resource, "steps-and-sidecars"):
            yield from _logged(container, ctx)


_IN_GIT = (
    "for whoever reads the repository or the run. Put it into a Secret, take it from there with "
    "`valueFrom.secretKeyRef` or a workspace, and replace it where it was used"
)


# In the manifest: what can be nothing but a secret, by its form.

_FORMS = {
    "A private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{64}",
    "An AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "A GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{50})",
    "A GitLab token": r"\bglpat-[A-Za-z0-9_-]{20}",
    "A Slack token": r"\bxox[abeoprs]-[0-9]{6,}-[0-9A-Za-z-]{10,}",
    "A Slack webhook": r"https://hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{20,}",
    "A Hugging Face token": r"\bhf_[A-Za-z0-9]{34}\b",
    "An npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "A Docker Hub token": r"\bdckr_pat_[A-Za-z0-9_-]{20,}",
    "A Google API key": r"\bAIza[0-9A-Za-z_-]{35}",
    "A Vault token": r"\bhvs\.[A-Za-z0-9_-]{24,}",
    "A signed token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
}
_KNOWN = pattern("|".join(f"({form})" for form in _FORMS.values()))
_IN_URL = pattern(r"://[^\s:/@$\"'<>{}]*:([^\s/@$\"'<>{}()]{6,})@[\w.-]+")
# One of these stands in everything above, and looking for them is quick; of those that share a rare character, for that
# first.
_HINTS = ("PRIVATE KEY-----", "glpat-", "xox", "hooks.slack.com/services/T", "hvs.", "eyJ")
_HINTS_TOGETHER = (pattern(r"A(?:KIA|SIA|Iza)"), pattern(r"_(?:(?<=gh[pousr]_|npm_|pat_)|(?<=hf_))"))


def _known(whole: Place) -> Iterator[tuple[Place, Location, str]]:
    """Everything that has the form of a secret, or is a password in an address."""
    root = whole.node
    text = whole.resource.source.text[root.start : root.end]
    if not any(hint in text for hint in _HINTS) and not any(one.search(text) for one in (*_HINTS_TOGETHER, _IN_URL)):
        return
    names = tuple(_FORMS)
    for place in _scalars(whole):
        value = place.known_text or ""
        for match in _KNOWN.finditer(value):
            if not _PLACEHOLDER.search(match[0]) and match.lastindex is not None:
                yield place, place.part(match.start(), match.end()), names[match.lastindex - 1]
        for match in _IN_URL.finditer(value):
            if not _PLACEHOLDER.search(match[1]):
                yield place, place.part(match.start(1), match.end(1)), "A password in an address"


def _scalars(place: Place) -> Iterator[Place]:
    waiting = [place]
    while waiting:
        one = waiting.pop()
        if isinstance(one.node, Scalar):
            if "description" not in one.path[-1:]:
                yield one
        else:
            waiting.extend(reversed([*one.entries(), *one.items()]))


# In the manifest: by the name it is given to.


def _named(whole: Place) -> Iterator[tuple[str, Place]]:
    """Names of secrets and the values given to them: in the environment, as params, and as defaults of params."""
    resource = whole.resource
    for container in select(resource, "containers"):
        yield from _pairs(container, "env", "value")
        yield from _pairs(container, "params", "value")
        if resource.kind == "StepAction":
            yield from _pairs(container, "params", "default")
    for spec in (*select(resource, "task-specs"), *select(resource, "pipeline-specs")):
        yield from _pairs(spec, "params", "default")
    for task in select(resource, "pipeline-tasks"):
        yield from _pairs(task, "params", "value")
    if resource.kind in ("PipelineRun", "TaskRun"):
        for spec in select(resource, "spec"):
            yield from _pairs(spec, "params", "value")


def _pairs(place: Place, key: str, value: str) -> Iterator[tuple[str, Place]]:
    for item in place.each(key):
        # Few are named like a secret: no place is made of what the others say.
        text = item.text_at("name")
        if text is None or not _is_secret_name(text):
            continue
        name, said = item.get("name"), item.get(value)
        if name is not None and name.known_text and said is not None and said.text:
            yield text, said


_WORDS = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PASSWORDS = frozenset(("password", "passwd", "passphrase", "passcode", "pass"))
_TOKENS = frozenset(("token", "secret", "apikey", "pat"))
_KEYS = frozenset(("access", "api", "auth", "encryption", "private", "secret", "signing"))


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name)]


# A catalogue has the same few names in every file.
@lru_cache(maxsize=1024)
def _is_secret_name(name: str) -> bool:
    words = _words(name)
    if not words:
        return False
    return words[-1] in _PASSWORDS | _TOKENS or (words[-1] == "key" and words[-2:-1] != [] and words[-2] in _KEYS)


# What people write where a value is still to come, or where none is meant.
_PLACEHOLDER = pattern(
    r"(?i)example|change|placeholder|dummy|sample|test|fake|your|todo|x{3}|foo|bar|redact|insert|replace|default|"
    r"secret|passw|token|admin|demo|none|null|[<>*{}$]|\.\.\.|12345|abcd"
)
_NAME_OF_AN_OBJECT = pattern(r"[a-z0-9]+(?:[-.][a-z0-9]+)+")
_FILE = pattern(r"^[/~.]|://|\.(?:json|ya?ml|txt|pem|key|crt|p12|jks|sh|py)$")
_HASH = pattern(r"[0-9a-f]{32,}")


def _looks_secret(name: str, value: str | None) -> bool:
    """Whether a value is more likely a secret than anything else."""
    if value is None or any(one.isspace() for one in value) or _PLACEHOLDER.search(value) or _FILE.search(value):
        return False
    if _NAME_OF_AN_OBJECT.fullmatch(value):
        return False
    is_password = _words(name)[-1] in _PASSWORDS
    kinds = (str.islower, str.isupper, str.isdigit, _is_sign)
    variety = sum(any(map(kind, value)) for kind in kinds)
    if is_password:
        return len(value) >= 6 and variety >= 2 and not value.isalpha()
    return len(value) >= 16 and (variety >= 3 or _HASH.fullmatch(value) is not None) and "/" not in value[:12]


def _is_sign(one: str) -> bool:
    return not one.isalnum()


# In scripts.

# What a Secret often holds beside the secret.
_HARMLESS = frozenset(
    (
        "account", "address", "bucket", "ca", "cert", "certificate", "channel", "cluster", "crt", "database", "domain",
        "email", "endpoint", "host", "hostname", "id", "login", "mail", "name", "namespace", "org", "organization",
        "path", "port", "project", "region", "registry", "repo", "repository", "room", "server", "space", "url", "uri",
        "user", "username", "version", "workspace",
    )
)


class _Variable(NamedTuple):
    """A variable that comes from a Secret."""

    name: str
    place: Place


def _variables(container: Place) -> dict[str, _Variable]:
    """The secrets in the environment of a step or sidecar, by name."""
    spec = container.parent.parent if container.path[-1] != "spec" and container.parent is not None else None
    template = spec.get("stepTemplate") if spec is not None and "steps" in container.path[-2:] else None
    found: dict[str, _Variable] = {}
    for one in (template, container):
        for variable in one.each("env") if one is not None else ():
            name, key = variable.get("name"), variable.get("valueFrom", "secretKeyRef", "key")
            if name is None or not name.text:
                continue
            found.pop(name.text, None)
            if key is not None and not _is_harmless(name.text) and not _is_harmless(key.text or ""):
                found[name.text] = _Variable(name.text, name)
    return found


def _is_harmless(name: str) -> bool:
    return _words(name)[-1:] != [] and _words(name)[-1] in _HARMLESS


def _logged(container: Place, ctx: Context) -> Iterator[Finding]:
    script = container.get("script")
    if script is None or not script.text:
        return
    from tektonlint.shell.dialect import SHELLS, interpreter

    variables = _variables(container)
    text = script.text
    if not variables or interpreter(text) not in SHELLS:
        return
    if not any(name in text for name in variables) and "env" not in text:
        return
    told: set[str] = set()
    for exposure in _exposures(text, variables):
        if exposure.name in told:
            continue
        told.add(exposure.name)
        variable = variables.get(exposure.name)
        related = [(variable.place.location, "taken from a Secret")] if variable is not None else []
        if exposure.because is not None:
            related.append((script.part(*exposure.because), "from here on every command is printed"))
        severity = Severity.NOTE if exposure.maybe else None
        yield ctx.finding(script, exposure.message, at=script.part(*exposure.at), severity=severity, related=related)


class _Exposure(NamedTuple):
    """What a script gives away, and where; `because` is the `set -x` that does."""

    name: str
    message: str
    at: tuple[int, int]
    because: tuple[int, int] | None = None
    maybe: bool = False


class _Trace(NamedTuple):
    """The part of a script in which commands are printed; `maybe` where that depends on something."""

    start: int
    end: int
    at: tuple[int, int]
    maybe: bool


def _exposures(text: str, variables: dict[str, _Variable]) -> Iterator[_Exposure]:
    from tektonlint.shell.syntax import named_nodes, parse

    root = parse(text).root_node
    nodes = list(named_nodes(root))
    traces = list(_traces(text, nodes))
    for node in nodes:
        if node.type in ("simple_expansion", "expansion"):
            name = _expanded(node, text)
            if name not in variables:
                continue
            yield from _printed(node, name, text)
            trace = next((one for one in traces if one.start <= node.start_byte < one.end), None)
            if trace is not None and _is_traced(node):
                message = (
                    f"`set -x` prints commands with their values, and this line puts the secret `${name}` into the "
                    "log. Write `set +x` before it."
                )
                yield _Exposure(name, message, _span(node, text), trace.at, trace.maybe)
        elif _shows_all(node, text) and _goes_to_the_log(node):
            names = ", ".join(f"`{name}`" for name in sorted(variables)[:3])
            message = f"This prints the whole environment into the log, with the secrets in it ({names}). Delete it."
            yield _Exposure("", message, (node.start_byte, node.end_byte))


def _shows_all(node: Node, text: str) -> bool:
    return node.type == "command" and len(node.named_children) == 1 and _command(node, text) in ("env", "printenv")


def _text(node: Node, text: str) -> str:
    return text[node.start_byte : node.end_byte]


def _command(node: Node, text: str) -> str:
    name = node.child_by_field_name("name")
    return _text(name, text).rpartition("/")[2] if name is not None else ""


def _span(node: Node, text: str) -> tuple[int, int]:
    """Where a node stands; inside quotes the parser counts the blanks before an expansion to it."""
    return max(text.find("$", node.start_byte, node.end_byte), node.start_byte), node.end_byte


_SAFE_FORMS = pattern(r"\$\{(?:#|[A-Za-z0-9_]+:?\+)")


def _expanded(node: Node, text: str) -> str:
    """The variable whose value comes in place of an expansion; nothing for `${#X}` and `${X:+set}`."""
    if _SAFE_FORMS.match(text, _span(node, text)[0]):
        return ""
    name = next((child for child in node.named_children if child.type == "variable_name"), None)
    return _text(name, text) if name is not None else ""


def _is_traced(node: Node) -> bool:
    """Whether an expansion is part of a command that is printed: what a here-document holds is not."""
    above = node.parent
    while above is not None:
        if above.type in ("heredoc_body", "herestring_redirect", "heredoc_redirect", "function_definition"):
            return False
        above = above.parent
    return True


_DEPENDS = frozenset(("if_statement", "case_statement", "list", "function_definition", "elif_clause", "else_clause"))


def _traces(text: str, nodes: list[Node]) -> Iterator[_Trace]:
    """Where `set -x` counts, or `-x` behind the interpreter."""
    from tektonlint.shell.dialect import shebang

    start: int | None = None
    at, maybe = (0, 0), False
    line = shebang(text)
    if line is not None and any(_turns(word, "-") for word in line.options):
        first = text.index("#!")
        start, at = first, (first, first + len(line.line))
    for node in nodes:
        if node.type != "command" or _command(node, text) != "set":
            continue
        words = [_text(child, text) for child in node.named_children[1:]]
        pairs = list(zip(words, [*words[1:], ""], strict=True))
        on = any(_turns(word, "-") or (word == "-o" and after == "xtrace") for word, after in pairs)
        off = any(_turns(word, "+") or (word == "+o" and after == "xtrace") for word, after in pairs)
        if on and start is None:
            start, at = node.end_byte, (node.start_byte, node.end_byte)
            maybe = _depends(node)
        elif off and start is not None:
            yield _Trace(start, node.start_byte, at, maybe)
            start = None
    if start is not None:
        yield _Trace(start, len(text), at, maybe)


def _turns(word: str, sign: str) -> bool:
    return word.startswith(sign) and word[1:].isalpha() and "x" in word and not word.startswith(("--", "++"))


def _depends(node: Node) -> bool:
    above = node.parent
    while above is not None:
        if above.type in _DEPENDS:
            return True
        above = above.parent
    return False


_ARGUMENTS = frozenset(("string", "concatenation", "command_name"))


def _printed(node: Node, name: str, text: str) -> Iterator[_Exposure]:
    """An expansion that `echo` or `printf` writes into the log, or into a result."""
    above = node.parent
    while above is not None and above.type in _ARGUMENTS:
        above = above.parent
    if above is None or above.type != "command" or _command(above, text) not in ("echo", "printf"):
        return
    result = _result_of(above, text)
    if result is not None:
        message = (
            f"This writes the secret `${name}` into a result, which everybody reads in the status of the run. "
            "Let the task that needs it take it from the Secret."
        )
        yield _Exposure(name, message, _span(node, text))
    elif _goes_to_the_log(above):
        message = f"This prints the secret `${name}` into the log, which is kept and read by others. Delete it."
        yield _Exposure(name, message, _span(node, text))


def _redirections(node: Node) -> list[Node]:
    """The redirections of a command's output into files."""
    statement = node.parent
    if statement is None or statement.type != "redirected_statement":
        return []
    return [child for child in statement.named_children if child.type == "file_redirect"]


def _result_of(command: Node, text: str) -> str | None:
    for redirection in _redirections(command):
        target = _text(redirection, text)
        if "$(results." in target or "$(step.results." in target:
            return target
    return None


_PASSING = frozenset(("program", "list", "if_statement", "elif_clause", "else_clause", "case_statement", "case_item"))
_BLOCKS = frozenset(("compound_statement", "do_group", "while_statement", "for_statement", "negated_command"))


def _goes_to_the_log(command: Node) -> bool:
    """Whether a command's output is the step's: neither piped, nor redirected, nor taken by something around it.

    `>&2` is the log too. What a function prints goes where its caller sends it, which is not followed.
    """
    node, above = command, command.parent
    while above is not None:
        if above.type == "redirected_statement":
            if any(child.type != "file_redirect" or not _is_standard(child) for child in above.named_children[1:]):
                return False
        elif above.type == "pipeline":
            if above.named_children[-1] != node:
                return False
        elif above.type not in _PASSING and above.type not in _BLOCKS:
            return False
        node, above = above, above.parent
    return True


def _is_standard(redirection: Node) -> bool:
    raw = (redirection.text or b"").replace(b" ", b"")
    return raw in (b">&2", b"1>&2", b"2>&1", b">/dev/stderr", b">/dev/stdout", b"&>/dev/stderr")
