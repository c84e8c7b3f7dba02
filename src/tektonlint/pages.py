"""The page of a policy and the index of all of them, as Markdown, from what the policy files say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tektonlint.policy.format import MARK, Emitted, Example, Policy

REPOSITORY_PAGES = "docs/policies"


def page(policy: Policy, examples: Iterable[Example]) -> str:
    """Everything a person has to know about one policy."""
    return "\n".join(_page(policy, tuple(examples))) + "\n"


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
