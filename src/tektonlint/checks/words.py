"""Words of shell scripts: variables that nothing sets, and escapes that are none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tektonlint.finding import Finding
from tektonlint.model.definitions import name_of
from tektonlint.model.scripts import Script, script_at
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place
from tektonlint.tekton.selectors import select

if TYPE_CHECKING:
    from tree_sitter import Node


class _Use(NamedTuple):
    """A variable that is expanded: where, and whether that is in a function or a loop, where order says nothing."""

    name: str
    start: int
    end: int
    inside: bool


# Set by the shell itself (bash(1), Shell Variables), by the kubelet, by Tekton, or by most images.
_SET_ELSEWHERE = frozenset(
    (
        "_", "BASH", "BASHOPTS", "BASHPID", "BASH_ARGV", "BASH_COMMAND", "BASH_ENV", "BASH_LINENO",
        "BASH_REMATCH", "BASH_SOURCE", "BASH_SUBSHELL", "BASH_VERSINFO", "BASH_VERSION", "CHARSET", "COLUMNS",
        "COMP_WORDS", "DIRSTACK", "EDITOR", "EPOCHREALTIME", "EPOCHSECONDS", "EUID", "FUNCNAME", "GROUPS",
        "HISTFILE", "HOME", "HOSTNAME", "HOSTTYPE", "IFS", "LANG", "LANGUAGE", "LINENO", "LINES", "LOGNAME",
        "MACHTYPE", "MAIL", "MAPFILE", "OLDPWD", "OPTARG", "OPTERR", "OPTIND", "OSTYPE", "PATH", "PIPESTATUS",
        "PPID", "PS1", "PS2", "PS3", "PS4", "PWD", "RANDOM", "REPLY", "SECONDS", "SHELL", "SHELLOPTS", "SHLVL",
        "SRANDOM", "TERM", "TMP", "TMPDIR", "TEMP", "TZ", "UID", "USER", "USERNAME", "DISPLAY", "PAGER",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy",
        "all_proxy", "container",
    )
)  # fmt: skip
# Variables of images, by how they begin: languages, tools and their versions.
_OF_IMAGES = pattern(
    r"(?:LC|XDG|SSL|CURL|PYTHON|PIP|VIRTUAL_ENV|CONDA|NODE|NPM|YARN|JAVA|JDK|JRE|MAVEN|MVN|GRADLE|GO|CARGO|RUST|RUBY|GEM|"
    r"DOTNET|PHP|PERL|GIT|SSH|AWS|AZURE|GOOGLE|CLOUDSDK|KUBE|HELM|DOCKER|BUILDAH|CONTAINER|STORAGE|REGISTRY|TEKTON|OPENSHIFT|"
    r"CUDA|NVIDIA|LD|HF|APP|S2I|STI|SUMMARY|BUILD|SOURCE|CI)(?:_|\w*_?(?:HOME|VERSION|PATH|ROOT|DIR)$|$)|"
    r".*_(?:SERVICE_HOST|SERVICE_PORT|PORT|VERSION|HOME|ROOT)(?:_.*)?$"
)
# What sets variables that no reader can see: other scripts, generated code. Each begins with its word, which is quick
# to look for; what stands before it is asked afterwards.
_MAY_SET_ANYTHING = tuple(
    pattern(one)
    for one in (
        r"eval(?<![\w./-]eval)(?<!yq eval)\s",
        r"source(?<![\w./-]source)\s",
        r"set -(?<!\wset -)\w*a",
        r"allexport(?<!\wallexport)\b",
        r"declare -(?<!\wdeclare -)[gn]",
        r"local -n(?<!\wlocal -n)",
        *(
            rf"{word}(?<!\w{word})\s+(?:-\w+\s+)*\"?\$"
            for word in ("export", "declare", "readonly", "typeset", "local", "read", "printf -v")
        ),
    )
)
_DOT = pattern(r"\.\s")
_THEN = pattern(r"\b(?:then|do|else|if)$")
_NAMED = pattern(r"[A-Za-z_][A-Za-z0-9_]*")
_USED = pattern(r"\$\{?[A-Za-z_]")
# Operators that say what to do about a variable that is not set.
_OPTIONAL = frozenset((":-", "-", ":=", "=", ":+", "+", ":?", "?"))
_LOOPS = frozenset(("for_statement", "while_statement", "c_style_for_statement", "function_definition"))


def undefined_shell_variable(container: Place, ctx: Context) -> Iterator[Finding]:
    """Variables that the script expands and nothing sets.

    Left alone is what is tested, what has a default, and all of a script that reads other scripts or an unknown
    environment.
    """
    place = container.get("script")
    text = place.text if place is not None else None
    if place is None or not text or not _USED.search(text):
        return
    script = script_at(ctx.model, container)
    if script is None or not script.is_shell or script.inline or _has_unknown_environment(script):
        return
    known = set(script.environment)
    if not _may_lack(text, known) or _may_set_anything(text):
        return
    uses, set_at, optional = _read(text)
    left = [
        use
        for use in uses
        if use.name not in known
        and use.name not in optional
        and not _is_of_the_image(use.name)
        and not _is_set_before(use, set_at)
    ]
    if not left:
        return
    flow = script.analysis.flow
    for one in flow.assignments:
        set_at.setdefault(one.name, one.start)
    for command in flow.commands:
        known.update(name for name, _ in command.environment)
    if flow.broken:
        return
    by_runs = _from_pod_templates(ctx)
    seen: set[str] = set()
    for use in left:
        if use.name in seen or use.name in known or use.name in by_runs or _is_set_before(use, set_at):
            continue
        first = set_at.get(use.name)
        seen.add(use.name)
        stops = _stops(script, use)
        yield ctx.finding(
            place,
            _unset(script, use, first, known | set(set_at), stops=stops),
            at=script.location(use.start, use.end),
        )


def _is_set_before(use: _Use, set_at: dict[str, int]) -> bool:
    first = set_at.get(use.name)
    return first is not None and (use.inside or first <= use.start)


_EXPANDED = pattern(r"\$\{?[#!]?([A-Za-z_][A-Za-z0-9_]*)")
_SETS = pattern(r"(?:\[[^\]\n]*\])?\+?=")
_LOOPS_OVER = pattern(r"\bfor\s+$")


def _may_lack(text: str, known: set[str]) -> bool:
    """Whether a variable is used before anything that looks like setting it: the quick look, before a script is
    parsed."""
    set_at: dict[str, int] = {}
    for match in _EXPANDED.finditer(text):
        name = match[1]
        first = set_at.get(name)
        if first is None:
            is_known = name in known or _is_of_the_image(name)
            first = set_at[name] = -1 if is_known else _first_set(name, text)
        if first > match.start():
            return True
    return False


def _first_set(name: str, text: str) -> int:
    """Where something first looks like setting a variable; the end of the text where nothing does."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if not _is_word(text[at - 1 : at]):
            if _SETS.match(text, end):
                return at
            if not _is_word(text[end : end + 1]) and text[at - 1 : at].isspace():
                loop = _LOOPS_OVER.search(text[max(0, at - 40) : at])
                if loop is not None:
                    return at
        at = text.find(name, end)
    return len(text)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _may_set_anything(text: str) -> bool:
    return any(one.search(text) for one in _MAY_SET_ANYTHING) or any(
        _begins_command(text, match.start()) for match in _DOT.finditer(text)
    )


def _begins_command(text: str, at: int) -> bool:
    """Whether what stands at an offset may be the first word of a command."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    before = line.rstrip()
    return not before or before[-1] in ";&|({" or (before != line and _THEN.search(before) is not None)


def _has_unknown_environment(script: Script) -> bool:
    for owner in (script.container, script.template):
        if owner is None:
            continue
        if owner.get("envFrom") is not None:
            return True
        env = owner.get("env")
        # A list that a template renders, or an entry whose name is only known later.
        if env is not None and any(name_of(entry) is None for entry in env.items()):
            return True
        if env is not None and env.text is not None:
            return True
    return False


def _read(text: str) -> tuple[list[_Use], dict[str, int], set[str]]:
    """The variables a script uses, where it first sets each, and those that it does not rely on."""
    from tektonlint.shell.syntax import parse

    uses: list[_Use] = []
    set_at: dict[str, int] = {}
    optional: set[str] = set()
    waiting: list[tuple[Node, bool, bool]] = [(parse(text).root_node, False, False)]
    while waiting:
        node, inside, tested = waiting.pop()
        kind = node.type
        inside = inside or kind in _LOOPS
        tested = tested or kind == "test_command"
        if kind == "simple_expansion":
            _use(node, node.named_children, text, uses, inside, optional if tested else None)
        elif kind == "expansion" and text[node.start_byte : node.end_byte].lstrip().startswith("${"):
            kinds = [child.type for child in node.children]
            guards = not _OPTIONAL.isdisjoint(kinds) or "!" in kinds[:2]
            _use(node, node.children, text, uses, inside, optional if guards or tested else None)
        elif kind == "variable_assignment":
            _sets(node.child_by_field_name("name"), node.start_byte, text, set_at)
        elif kind in ("for_statement", "select_statement"):
            _sets(node.child_by_field_name("variable"), node.start_byte, text, set_at)
        elif kind in ("declaration_command", "unset_command"):
            for child in node.named_children:
                if child.type == "variable_name":
                    # `export X` of what is not set yet, `local x`.
                    _sets(child, node.start_byte, text, set_at)
        elif kind == "command":
            _of_command(node, text, set_at, optional)
        elif kind in ("arithmetic_expansion", "c_style_for_statement") or (
            kind == "compound_statement" and node.children and node.children[0].type == "(("
        ):
            # In arithmetic what is not set is 0, and `=` sets.
            for name in _NAMED.findall(text[node.start_byte : node.end_byte]):
                set_at.setdefault(name, node.start_byte)
        waiting.extend((child, inside, tested) for child in reversed(node.named_children))
    return uses, set_at, optional


def _use(
    node: Node, children: list[Node], text: str, uses: list[_Use], inside: bool, optional: set[str] | None
) -> None:
    name = next((one for one in children if one.type in ("variable_name", "subscript")), None)
    if name is not None and name.type == "subscript":
        name = name.named_children[0] if name.named_children else None
    if name is None or name.type != "variable_name":
        return
    found = text[name.start_byte : name.end_byte].strip()
    if not _NAMED.fullmatch(found):
        return
    if optional is not None:
        optional.add(found)
        return
    raw = text[node.start_byte : node.end_byte]
    start = node.start_byte + len(raw) - len(raw.lstrip())
    uses.append(_Use(found, start, node.end_byte, inside))


def _sets(name: Node | None, start: int, text: str, set_at: dict[str, int]) -> None:
    if name is not None and name.type == "subscript" and name.named_children:
        name = name.named_children[0]
    if name is not None:
        set_at.setdefault(text[name.start_byte : name.end_byte].strip(), start)


def _of_command(node: Node, text: str, set_at: dict[str, int], optional: set[str]) -> None:
    """What `read`, `getopts`, `printf -v`, `mapfile` and their like set, and what `test` asks about."""
    words = [text[one.start_byte : one.end_byte].strip().strip("'\"") for one in node.named_children]
    if not words:
        return
    if words[0] in ("read", "getopts", "printf", "mapfile", "readarray", "let", "wait", "export", "unset", "trap"):
        for word in words[1:]:
            for name in _NAMED.findall(word):
                set_at.setdefault(name, node.start_byte)
    elif words[0] in ("[", "test", "envsubst"):
        for word in words[1:]:
            optional.update(_NAMED.findall(word))


def _is_of_the_image(name: str) -> bool:
    return name in _SET_ELSEWHERE or (name.isupper() and _OF_IMAGES.match(name) is not None)


def _from_pod_templates(ctx: Context) -> frozenset[str]:
    """The variables that some run's pod template gives to every container."""
    memo = ctx.model.memo
    if "pod environment" not in memo:
        memo["pod environment"] = frozenset(
            name
            for run in ctx.tree.resources
            for template in select(run, "pod-templates")
            for entry in template.each("env")
            if (name := name_of(entry)) is not None
        )
    found: frozenset[str] = memo["pod environment"]
    return found


def _stops(script: Script, use: _Use) -> bool:
    """Whether `set -u` is on where a variable is used."""
    before = [one for one in script.analysis.flow.commands if one.start <= use.start]
    return bool(before) and "nounset" in before[-1].options


def _unset(script: Script, use: _Use, first: int | None, known: set[str], *, stops: bool) -> str:
    from tektonlint.near import did_you_mean

    shown = f"${use.name}"
    end = "; with `set -u` the step stops here" if stops else ", so nothing stands in its place"
    if first is not None:
        location = script.location(first, first + 1)
        line = location.source.line_column(location.span.start)[0]
        return f"`{shown}` is set only further down, on line {line}{end}. Move that line up."
    nearest = did_you_mean(use.name, [one for one in known if one.isupper() == use.name.isupper()])
    where = "Nothing sets"
    hint = nearest.removeprefix("; ").removeprefix(", ") if nearest else ""
    if hint:
        return f"{where} `{shown}`, neither the script nor the step's `env`{end}; {hint}"
    return f"{where} `{shown}`, neither the script nor the step's `env`{end}. Set it, or delete what is left of it."


_DOUBLED = pattern(r"(?<![\\$])\$\$(?=[({A-Za-z])")


def double_dollar_in_script(container: Place, ctx: Context) -> Iterator[Finding]:
    """`$$(x)`, `$${x}` and `$$x` in a shell script, as Kubernetes' `args` and make ask for.

    Kubernetes never sees a script: Tekton carries it encoded (pkg/pod/script.go). `/tmp/log.$$` is the process id
    and meant; single quotes and quoted here-documents keep both dollars, and so does another language.
    """
    place = container.get("script")
    text = place.text if place is not None else None
    if place is None or not text or "$$" not in text:
        return
    matches = list(_DOUBLED.finditer(text))
    script = script_at(ctx.model, container) if matches else None
    if script is None or script.inline or not script.is_shell:
        return
    from tektonlint.shell.syntax import parse

    root = parse(text).root_node
    for match in matches:
        if _is_literal(root, match.start(), text):
            continue
        yield ctx.finding(
            place,
            "`$$` is no escape in a script, where the shell puts its process id in its place. Write a single `$`.",
            at=script.location(match.start(), match.end()),
        )


def _is_literal(root: Node, at: int, text: str) -> bool:
    """Whether a character stands in a comment, in single quotes or in a quoted here-document."""
    node: Node | None = root
    while node is not None:
        if node.type in ("comment", "raw_string", "ansi_c_string"):
            return True
        if node.type == "heredoc_redirect":
            start = next((one for one in node.children if one.type == "heredoc_start"), None)
            if start is not None and any(one in text[start.start_byte : start.end_byte] for one in "'\"\\"):
                return True
        node = next((one for one in node.children if one.start_byte <= at < one.end_byte), None)
    return False
