"""The page of a policy and the index of all of them, as Markdown, from what the policy files say."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict

from tektonlint.bundled import folder
from tektonlint.policy.context import Enabled
from tektonlint.policy.format import MARK, Emitted, Example, Policy

REPOSITORY_PAGES = "docs/policies"
REPOSITORY = "https://github.com/tektonlint/tektonlint"
RECOMMENDED = "recommended"


def page(policy: Policy, examples: Iterable[Example]) -> str:
    """Everything a person has to know about one policy."""
    return "\n".join(_page(policy, tuple(examples))) + "\n"


def url(policy: Policy) -> str | None:
    """Where the page of a policy can be read; None for users' own policies, which have none."""
    if not is_bundled(policy):
        return None
    return f"{REPOSITORY}/blob/main/{REPOSITORY_PAGES}/{policy.id}.md"


def is_bundled(policy: Policy) -> bool:
    """Whether a policy came with tektonlint, and not perhaps from the tree that is linted."""
    return policy.file.startswith(folder("policies") + os.sep)


def row(policy: Policy) -> str:
    """The policy's row in the index."""
    severity = f"{policy.severity.value}, opt-in" if policy.opt_in else policy.severity.value
    return f"| [`{policy.id}`](../{REPOSITORY_PAGES}/{policy.id}.md) | {severity} | {policy.title} |"


def index(policies: Iterable[Policy]) -> str:
    """All policies by area."""
    by_area: dict[str, list[Policy]] = {}
    for policy in sorted(policies, key=lambda policy: policy.id):
        by_area.setdefault(policy.area, []).append(policy)
    lines = [
        "# Policies",
        "",
        "One file is one policy: its reason, its message, its options and its examples, which are its tests.",
        "This page is generated from the files (`python tools/generate.py`).",
    ]
    for area in sorted(by_area):
        lines += ["", f"## {area}", "", "| policy | severity | rule |", "|---|---|---|"]
        lines += [row(policy) for policy in by_area[area]]
    return "\n".join(lines) + "\n"


def profiles_page(
    policies: Iterable[Policy], profiles: Dict[str, tuple[str, str]], running: Dict[str, Iterable[Enabled]]
) -> str:
    """What each profile makes of each policy.

    `profiles` are titles and descriptions by name, and `running` says by name which policies run, and how.
    """
    counting = {name: {one.policy.id: _counts_as(one) for one in some} for name, some in running.items()}
    lines = [
        "# Profiles",
        "",
        "A profile is a set of decisions under a name: `--profile strict` on the command line, or `extends: strict` in",
        "the configuration, which may then decide otherwise; [configuration.md](configuration.md#what-a-file-extends)",
        "says how. This page is generated from `profiles/` (`python tools/generate.py`).",
    ]
    for name, (title, description) in profiles.items():
        lines += ["", f"## {name}", "", f"{title}.", "", description.rstrip()]
    lines += ["", "## Every policy", "", f"What is bold differs from `{RECOMMENDED}`; `off` does not run."]
    lines += ["", f"| policy | {' | '.join(profiles)} |", f"|---{'|---' * len(profiles)}|"]
    for policy in sorted(policies, key=lambda policy: (policy.area, policy.id)):
        cells = [_cell(policy.id, counting[name], counting[RECOMMENDED]) for name in profiles]
        lines.append(f"| [`{policy.id}`](policies/{policy.id}.md) | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(policy: str, own: Dict[str, str], usual: Dict[str, str]) -> str:
    said = own.get(policy, "off")
    return said if said == usual.get(policy, "off") else f"**{said}**"


def _counts_as(one: Enabled) -> str:
    """The severity, and the options that are not what they are by default."""
    defaults = one.policy.defaults
    options = [f"`{name}: {_yaml(value)}`" for name, value in one.options.items() if value != defaults[name]]
    return f"{one.severity.value}, {', '.join(options)}" if options else one.severity.value


def _page(policy: Policy, examples: tuple[Example, ...]) -> Iterator[str]:
    yield f"# {policy.id}"
    yield ""
    yield f"{policy.title}."
    yield ""
    yield " · ".join(_facts(policy))
    yield from _section("What happens otherwise", policy.rationale)
    yield from _section("What to write", policy.remediation)
    if policy.fix_safety is not None:
        yield from _section("The fix", policy.fix_safety)
    if policy.options:
        yield from ("", "## Options", "", "| option | default | what it does |", "|---|---|---|")
        for name, schema in policy.options.items():
            yield f"| `{name}` | `{_yaml(schema['default'])}` | {schema['description']} |"
    shown = [example for example in examples if example.files]
    if shown:
        yield from ("", "## Examples")
    for example in shown:
        yield from _example(example)
    if policy.references:
        yield from ("", "## References", "")
        for reference in policy.references:
            yield f"- <{reference}>" if reference.startswith("http") else f"- {reference}"


def _facts(policy: Policy) -> Iterator[str]:
    yield f"Severity: **{policy.severity.value}**"
    if policy.opt_in:
        yield "runs only where it is asked for: `policies: {" + f"{policy.id}: {policy.severity.value}" + "}`"
    yield f"area: `{policy.area}`"
    if policy.applies_to:
        yield f"kinds: {', '.join(sorted(policy.applies_to))}"
    if policy.versions:
        yield f"versions: {', '.join(sorted(policy.versions))}"
    if isinstance(policy.logic, Emitted):
        yield "found by tektonlint while it works"
    if policy.needs_base:
        yield "runs with `--base` and `--changed`"
    yield f"since {policy.since}"


def _section(title: str, text: str) -> Iterator[str]:
    yield from ("", f"## {title}", "", text.rstrip())


def _example(example: Example) -> Iterator[str]:
    kind = "Wrong" if example.bad else "Right"
    yield from ("", f"### {kind}: {example.name}")
    settings = [f"option `{name}: {_yaml(value)}`" for name, value in example.options.items()]
    settings += [f"target `{name}: {_yaml(value)}`" for name, value in example.target.items()]
    if settings:
        yield from ("", f"With {', '.join(settings)}:")
    for name, text in (example.base or {}).items():
        yield from ("", f"In the base revision, `{name}`:" if len(example.files) > 1 else "In the base revision:")
        yield from ("", "```yaml", *text.rstrip("\n").split("\n"), "```")
    if example.base is not None and len(example.files) == 1:
        yield from ("", "Now:")
    for name, text in example.files.items():
        if len(example.files) > 1:
            yield from ("", f"`{name}`")
        yield from ("", "```yaml", *_marked(name, text, example), "```")
    fixed = {name: text for name, text in (example.fixed or {}).items() if text != example.files[name]}
    for name, text in fixed.items():
        yield from ("", f"After the fix, `{name}`:" if len(example.files) > 1 else "After the fix:")
        yield from ("", "```yaml", *text.rstrip("\n").split("\n"), "```")


def _marked(name: str, text: str, example: Example) -> Iterator[str]:
    for number, line in enumerate(text.rstrip("\n").split("\n"), start=1):
        yield f"{line}  {MARK}" if (name, number) in example.marked else line


def _yaml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_yaml(item) for item in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and not value.strip("0123456789."):
        return f'"{value}"'
    return str(value)
