"""Downloads and uploads that take what comes: without a certificate, with an error page for a file, or run unseen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dict
from typing import TYPE_CHECKING

from tektonlint.finding import Finding, Location
from tektonlint.model.definitions import name_of
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.shell.dialect import PLAIN_SHELLS
from tektonlint.tekton.image import parse_image
from tektonlint.tekton.resource import Place
from tektonlint.tekton.variables import variables

if TYPE_CHECKING:
    from tektonlint.shell.flow import Command, Flow

_CONTAINERS = ("--tls-verify=false", "--src-tls-verify=false", "--dest-tls-verify=false")
_KANIKO = ("--skip-tls-verify", "--skip-tls-verify-pull", "--insecure", "--insecure-pull")
_SKIP = ("--insecure-skip-tls-verify", "--insecure")
# The options with which each command takes any certificate, or none.
_OFF: Dict[str, tuple[str, ...]] = {
    "argocd": ("--insecure",),
    "aws": ("--no-verify-ssl",),
    "buildah": _CONTAINERS,
    "cosign": ("--allow-insecure-registry",),
    "crane": ("--insecure",),
    "curl": ("--insecure",),
    "executor": _KANIKO,
    "helm": ("--insecure-skip-tls-verify",),
    "kubectl": _SKIP[:1],
    "mc": ("--insecure",),
    "npm": ("--strict-ssl=false", "--no-strict-ssl"),
    "oc": _SKIP,
    "oras": ("--insecure", "--from-insecure", "--to-insecure"),
    "pip": ("--trusted-host",),
    "pip3": ("--trusted-host",),
    "podman": _CONTAINERS,
    "rclone": ("--no-check-certificate",),
    "roxctl": _SKIP,
    "s3cmd": ("--no-check-certificate",),
    "skopeo": _CONTAINERS,
    "wget": ("--no-check-certificate",),
}
# Variables that say the same, with the values that do.
_VARIABLES: Dict[str, tuple[str, ...]] = {
    "GIT_SSL_NO_VERIFY": ("1", "true", "True", "TRUE", "yes"),
    "NODE_TLS_REJECT_UNAUTHORIZED": ("0",),
    "PYTHONHTTPSVERIFY": ("0",),
}
# Commands of which something may be wrong: those that transfer, and those that run what they are given.
_TRANSFERS = frozenset(_OFF) | PLAIN_SHELLS | {"git", "eval", "source", "."}
_ENTRYPOINTS = {"kaniko-project/executor": "executor", "kaniko/executor": "executor", "skopeo/stable": "skopeo"}
# Without one of these nothing is fetched by what does not check it, and no check is turned off.
_MAY_VERIFY = (
    "curl", "wget", "tls-verify", "insecure", "no-check-certificate", "no-verify-ssl", "trusted-host", "strict-ssl",
    "sslVerify", "NO_VERIFY", "REJECT_UNAUTHORIZED", "PYTHONHTTPSVERIFY",
)  # fmt: skip


class _Flaw(NamedTuple):
    """What is wrong, with the span of a script it stands at."""

    message: str
    start: int
    end: int


def insecure_transfer(container: Place, ctx: Context) -> Iterator[Finding]:
    """Transfers that anyone on the way can answer, or whose failure looks like the file.

    Addresses in the pod and in the cluster are left alone, and so is what a param switches on or off, unless it is off
    by default.
    """
    yield from _in_environment(container, ctx)
    if container.path[-1] == "stepTemplate":
        return
    script = container.get("script")
    if script is None or not script.text:
        yield from _in_words(container, ctx)
    elif _may_verify(script.text) or any(map(_may_verify, _values(container))):
        yield from _in_script(container, script, _defaults(container), ctx)


def _may_verify(text: str) -> bool:
    return any(word in text for word in _MAY_VERIFY)


def _values(container: Place) -> Iterator[str]:
    return (text for values in _environment(container).values() for text in values)


def _owner(container: Place) -> Place | None:
    """The spec whose params reach a container."""
    if container.path[-1] == "spec":
        return container
    above = container.parent
    if above is None or container.path[-1] == "stepTemplate":
        return above
    return above.parent


def _defaults(container: Place) -> dict[str, Place]:
    """The defaults of params that are texts, by the names of the params."""
    owner = _owner(container)
    found: dict[str, Place] = {}
    for param in owner.each("params") if owner is not None else ():
        name, default = name_of(param), param.get("default")
        if name is not None and default is not None and default.known_text is not None:
            found[name] = default
    return found


class _Resolved(NamedTuple):
    """A text with the defaults of params in it; `by` is the last of them, None where there was none."""

    text: str
    by: Place | None


def _resolved(text: str, params: dict[str, Place]) -> _Resolved:
    by: Place | None = None
    for variable in reversed(variables(text)):
        default = params.get(variable.param or "")
        if default is not None and default.text is not None:
            text, by = text[: variable.start] + default.text + text[variable.end :], default
    return _Resolved(text, by)


def _in_environment(container: Place, ctx: Context) -> Iterator[Finding]:
    for variable in container.each("env"):
        name = name_of(variable)
        value = variable.get("value") if name in _VARIABLES else None
        if name is None or value is None or value.known_text is None:
            continue
        resolved = _resolved(value.known_text, _defaults(container))
        if resolved.text in _VARIABLES[name]:
            yield ctx.finding(
                resolved.by or value,
                _unverified(f"{name}={resolved.text}", resolved.by is not None),
                related=[(value.location, "used here")] if resolved.by is not None else (),
            )


def _unverified(option: str, by_default: bool = False) -> str:
    when = " by default" if by_default else ""
    instead = "Change the default" if by_default else "Delete it"
    return (
        f"`{option}` accepts any certificate{when}, so whoever stands between can read and change what is transferred. "
        f"{instead}, and give the step the certificate of the authority."
    )


# Commands that are written as a list.


def _in_words(container: Place, ctx: Context) -> Iterator[Finding]:
    places = [word for key in ("command", "args") for word in container.each(key) if word.known_text is not None]
    if not places:
        return
    params = _defaults(container)
    resolved = [_resolved(place.known_text or "", params) for place in places]
    texts = [one.text for one in resolved]
    name, first = texts[0].rpartition("/")[2], 1
    image = container.get("image")
    if container.get("command") is None:
        parsed = parse_image(_resolved((image.text or "") if image is not None else "", params).text)
        name, first = next((one for key, one in _ENTRYPOINTS.items() if parsed.is_one_of((key,))), ""), 0
    if name in PLAIN_SHELLS and "-c" in texts[:-1]:
        number = texts.index("-c") + 1
        yield from _in_script(container, places[number], params, ctx, shell=True)
        return
    found = _turned_off(name, texts[first:])
    if found is not None and not _is_internal(texts[first:]):
        one, place = resolved[first + found], places[first + found]
        related = [(place.location, "used here")] if one.by is not None else ()
        yield ctx.finding(one.by or place, _unverified(one.text, one.by is not None), related=related)


# Scripts.


def _in_script(
    container: Place, script: Place, params: dict[str, Place], ctx: Context, *, shell: bool = False
) -> Iterator[Finding]:
    from tektonlint.model.scripts import script_at
    from tektonlint.shell.walk import follow

    text = script.text or ""
    whole = script_at(ctx.model, container)
    if whole is not None and whole.place.path == script.path:
        # What other policies ask for too.
        flow = whole.analysis.flow
    else:
        flow = follow(text, tuple(_environment(container).items()), shell=shell)
    # What a script does many times in one way is told once; what a loop or a function does twice stands at one place.
    told: dict[tuple[str, Place | None], list[Location]] = {}
    for flaw, by in _all_flaws(flow, text, params):
        known = next((one for one in told if one[0] == flaw.message and _same(one[1], by)), (flaw.message, by))
        at = script.part(flaw.start, flaw.end)
        if at not in told.setdefault(known, []):
            told[known].append(at)
    for (message, default), where in told.items():
        if default is None:
            yield ctx.finding(script, message, at=where[0], related=[(at, "here too") for at in where[1:_MANY]])
        else:
            yield ctx.finding(default, message, related=[(at, "used here") for at in where[:_MANY]])


_MANY = 5


def _same(one: Place | None, other: Place | None) -> bool:
    return (one is None) is (other is None) and (one is None or other is None or one.node is other.node)


def _all_flaws(flow: Flow, text: str, params: dict[str, Place]) -> Iterator[tuple[_Flaw, Place | None]]:
    for command in flow.commands:
        if command.name in _TRANSFERS:
            yield from _flaws(command, flow, text, params)
    for one in flow.assignments:
        is_off = one.name in _VARIABLES and len(one.value) == 1 and one.value[0] in _VARIABLES[one.name]
        if is_off and one.end > one.start:
            yield _Flaw(_unverified(f"{one.name}={one.value[0]}"), one.start, one.end), None


def _environment(container: Place) -> dict[str, tuple[str, ...]]:
    """The variables of a container whose values are written out, those of its step template too."""
    owner = _owner(container)
    template = owner.get("stepTemplate") if owner is not None and "steps" in container.path[-2:] else None
    found: dict[str, tuple[str, ...]] = {}
    for one in (template, container):
        for variable in one.each("env") if one is not None else ():
            name, value = name_of(variable), variable.get("value")
            if name is not None:
                found.pop(name, None)
                if value is not None and value.known_text is not None:
                    found[name] = (value.known_text,)
    return found


def _flaws(
    command: Command, flow: Flow, text: str, params: dict[str, Place]
) -> Iterator[tuple[_Flaw, Place | None]]:
    """What is wrong with a command, the worst of it first and alone; with the param's default that makes it so.

    A probe that is repeated until a server answers transfers nothing.
    """
    if command.when.polled:
        return
    resolved = [_resolved(word.text, params) for word in command.words]
    texts = [one.text for one in resolved]
    run = _run_unseen(command, flow, text)
    if run is not None:
        yield run, None
        return
    found = _turned_off(command.name, texts)
    if found is not None and not _is_internal(texts):
        word, one = command.words[found], resolved[found]
        yield _Flaw(_unverified(_shown(one.text), one.by is not None), word.start, word.end), one.by
        return
    flaw = _error_page(command, texts, flow)
    if flaw is not None:
        yield flaw, None


def _shown(text: str) -> str:
    return text.replace("\0", "…").replace("`", "'")


def _turned_off(name: str, words: Sequence[str]) -> int | None:
    """The number of the word with which a command takes any certificate."""
    for number, word in enumerate(words):
        if name == "git" and word.lower().startswith("http.") and "sslverify" in word.lower():
            _, joined, value = word.partition("=")
            said = value if joined else (words[number + 1] if number + 1 < len(words) else "")
            if said.lower() in ("false", "0", "no", "off"):
                return number
        option, _, value = word.partition("=")
        for off in _OFF.get(name, ()):
            bare, _, wanted = off.partition("=")
            if option == bare and (value.lower() == wanted if wanted else value.lower() in ("", "true", "1")):
                return number
            if option == bare and off == "--trusted-host":
                return number
    if name == "curl":
        return next((number for number, flags in _curl_flags(words) if "k" in flags), None)
    return None


_HOST = pattern(r"^[a-z][a-z0-9+.-]*://(?:[^/@\s]*@)?(\[[^\]]*\]|[^/:?#\s]*)")
_BARE_HOST = pattern(r"^(?:docker://)?([A-Za-z0-9.-]+)(?::[0-9]+)?/")
_INTERNAL = pattern(
    r"^(?:localhost|127\.[0-9.]+|0\.0\.0\.0|\[::1\]|[^.]+|.*\.svc|.*\.svc\..*|.*\.(?:local|localhost))$"
)


def _is_internal(words: Sequence[str]) -> bool:
    """Whether every address among the words is one in the pod or in the cluster, and there is one."""
    hosts: list[str] = []
    for option in words:
        # `--destination=registry.example.com/model`
        word = option.partition("=")[2] if option.startswith("--") and "=" in option else option
        match = _HOST.match(word) or (_BARE_HOST.match(word) if "." in word or ":" in word else None)
        if match is not None and not word.startswith(("-", "/", ".")):
            hosts.append(match[1])
    known = [host for host in hosts if host and "$" not in host and "\0" not in host]
    return bool(hosts) and len(known) == len(hosts) and all(_INTERNAL.match(host) for host in known)


# curl.

# The letters of its options that take a value.
_VALUED = frozenset("AbcCdDeEFhHKmMoPQrtTuUwxXyYz")
_SENDS = ("--data", "--form", "--json", "--upload-file", "--url-query", "--request", "--config")
_FAILS = ("--fail", "--fail-with-body", "--fail-early")
_NAMES_ITSELF = ("--remote-name", "--remote-name-all", "--remote-header-name")


def _curl_flags(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The short options of curl, those of one word together, with the number of the word; not values of others."""
    skip = False
    for number, word in enumerate(words):
        if skip:
            skip = False
            continue
        if word.startswith("-") and not word.startswith("--") and len(word) > 1:
            valued = next((at for at, letter in enumerate(word[1:], 1) if letter in _VALUED), None)
            skip = valued is not None and valued == len(word) - 1
            yield number, word[1:] if valued is None else word[1 : valued + 1]


_TAKES_FILES = frozenset(("bsdtar", "cpio", "gunzip", "gzip", "tar", "unxz", "unzip", "zcat", "zstd"))


def _error_page(command: Command, texts: list[str], flow: Flow) -> _Flaw | None:
    """curl that keeps whatever the server answers: without `--fail` it does so, and succeeds (curl's manual)."""
    if command.name != "curl" or _is_internal(texts):
        return None
    if any(word.text.startswith("\0") and not word.quoted for word in command.words):
        return None
    if any(_may_be_options(word.text) and not word.quoted for word in command.words):
        return None
    flags = "".join(letters for _, letters in _curl_flags(texts))
    longs = [word.partition("=")[0] for word in texts if word.startswith("--")]
    if set(flags) & set("fIdFTKX") or any(one in _FAILS or one == "--head" for one in longs):
        return None
    if any(one.startswith(sends) for one in longs for sends in _SENDS):
        return None
    if any("http_code" in word or "response_code" in word for word in texts):
        return None
    saved = _saved_as(command, texts, flags, longs)
    if saved is None:
        saved = _piped_to(command, flow)
    if saved is None:
        return None
    message = (
        f"Without `--fail`, curl takes an error page of the server for the file{saved}, and the step goes on. "
        "Add `--fail`."
    )
    return _Flaw(message, command.start, command.name_end)


def _may_be_options(text: str) -> bool:
    """Whether a word is a variable of Tekton's that may hold several words."""
    found = variables(text)
    whole = len(found) == 1 and (found[0].start, found[0].end) == (0, len(text))
    return whole and ("opt" in text.lower() or "arg" in text.lower() or found[0].subscript == "*")


def _saved_as(command: Command, texts: list[str], flags: str, longs: list[str]) -> str | None:
    """The file that it writes, for a sentence; None where it writes none that counts."""
    if "O" in flags or any(one in _NAMES_ITSELF for one in longs):
        return ""
    for number, word in enumerate(texts):
        following = texts[number + 1] if number + 1 < len(texts) else ""
        is_short = word.startswith("-") and not word.startswith("--") and "o" in word[1:]
        if word == "--output" or (is_short and word.endswith("o")):
            return _file(following)
        if word.startswith("--output="):
            return _file(word.partition("=")[2])
        if is_short and word.startswith("-o"):
            return _file(word[2:])
    for redirect in command.redirects:
        if redirect.operator in (">", ">>") and redirect.descriptor in ("", "1") and redirect.word is not None:
            return _file(redirect.word.text)
    return None


def _file(path: str) -> str | None:
    if path in ("-", "") or path.startswith("/dev/"):
        return None
    return "" if "\0" in path or "\x01" in path or len(path) > 40 else f" `{_shown(path)}`"


def _piped_to(command: Command, flow: Flow) -> str | None:
    following = _behind(command, flow)
    return f", and `{following.name}` gets it" if following is not None and following.name in _TAKES_FILES else None


def _behind(command: Command, flow: Flow) -> Command | None:
    """The next command of a pipeline; of `sudo bash` and the like the one that is run."""
    pipeline = command.when.pipeline
    if pipeline is None:
        return None
    wanted = (pipeline[0], pipeline[1] + 1, pipeline[2])
    behind = [one for one in flow.commands if one.when.pipeline == wanted and one.start > command.start]
    return behind[-1] if behind and all(one.end == behind[0].end for one in behind) else None


# What is run as it comes.

_RUNS_IT = pattern(
    r"""(?:(?:ba|da|z|k)?sh|eval|source|\.)\b(?:\s+-[a-z]+)*\s+(?:<\(|["']?\$\()\s*(?:curl|wget)\b([^)]*)\)"""
)


def _run_unseen(command: Command, flow: Flow, text: str) -> _Flaw | None:
    """`curl … | sh`, `bash <(curl …)` and `sh -c "$(curl …)"`."""
    if command.name in ("curl", "wget"):
        following = _behind(command, flow)
        if following is None or not _reads_a_script(following):
            return None
        words, by, end = [word.text for word in command.words], following.name, following.end
    elif command.name in PLAIN_SHELLS or command.name in ("eval", "source", "."):
        match = _RUNS_IT.match(text, command.start)
        if match is None:
            return None
        words, by, end = [word.strip("\"'") for word in match[1].split()], command.name, match.end()
    else:
        return None
    if _is_internal(words):
        return None
    message = (
        f"`{by}` runs whatever the server sends, unseen: who controls the server controls this step and its secrets. "
        "Put the tool into the image, or download a fixed version and compare its checksum first."
    )
    return _Flaw(message, command.start, end)


def _reads_a_script(command: Command) -> bool:
    """Whether an interpreter takes its script from what is piped to it."""
    words = [word.text for word in command.words]
    if command.name in PLAIN_SHELLS:
        options = [word for word in words if word.startswith("-") and not word.startswith("--")]
        plain = [word for word in words if not word.startswith("-")]
        return any("s" in word for word in options) or "-" in words or not (plain or any("c" in one for one in options))
    return command.name in ("python", "python3", "perl", "ruby", "node") and words in ([], ["-"])

