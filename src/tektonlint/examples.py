"""The examples of a policy hold, or it says which do not: for `tektonlint test` and for our own tests alike."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from tektonlint import engine, fixing, suppress, tree
from tektonlint.finding import Finding, Severity
from tektonlint.near import did_you_mean
from tektonlint.policy.catalog import Catalog, Choice, enabled, examples
from tektonlint.policy.context import Enabled
from tektonlint.policy.format import Emitted, Example, Policy
from tektonlint.records import NamedTuple
from tektonlint.tekton.target import Target, newest, parse_version

# What the revision that an example is compared with is called in messages.
_REVISION = "0a1b2c3d4"


class Outcome(NamedTuple):
    """One example, and what is wrong with it: lines for a person, none where it holds."""

    example: str
    problems: tuple[str, ...]


def outcomes(policy: Policy, catalog: Catalog) -> Iterator[Outcome]:
    """What came of each example, and of the demand that there are bad and good ones."""
    shown = examples(policy)
    for example in shown:
        yield Outcome(example=example.name, problems=tuple(_problems(policy, example, catalog)))
    if not any(example.tested_by for example in shown):
        for wanted, there in (
            ("bad", any(example.bad for example in shown)),
            ("good", any(not example.bad for example in shown)),
        ):
            if not there:
                yield Outcome(example=f"at least one `{wanted}` example", problems=("there is none",))


def findings_in(example: Example, policy: Policy, catalog: Catalog) -> tuple[Finding, ...]:
    """What the policy says about an example."""
    return _judged(policy, example, catalog)[0]


def _problems(policy: Policy, example: Example, catalog: Catalog) -> Iterator[str]:
    if example.tested_by is not None:
        return
    unknown = set(example.options) - set(policy.options)
    if unknown:
        name = min(unknown)
        yield f"the policy has no option `{name}`{did_you_mean(name, policy.options)}"
        return
    if example.bad and not example.marked:
        yield "no line is marked with `# <-`, so nothing is expected"
    findings, reached = _judged(policy, example, catalog)
    yield from _differences(example, findings)
    yield from _fix_problems(policy, example, findings, catalog)
    if not example.bad:
        if not reached:
            yield "the policy looked at nothing in it, so it proves nothing"
        yield from _mistakes_it_teaches(policy, example, catalog)


def _judged(policy: Policy, example: Example, catalog: Catalog) -> tuple[tuple[Finding, ...], int]:
    """What the policy finds in an example, and at how many places it looked.

    """
    report = _report(policy, example, _tree(example), catalog)
    own = tuple(finding for finding in report.findings if finding.policy in (policy.id, engine.CRASH))
    return own, report.reached.get(policy.id, 0)


def _fix_problems(
    policy: Policy, example: Example, findings: tuple[Finding, ...], catalog: Catalog
) -> Iterator[str]:
    """What is wrong with the fixes that are offered for an example: it has to show what they make of it."""
    offered = any(finding.fix is not None for finding in findings)
    if offered and example.fixed is None:
        yield "a fix is offered, so the example needs a `fixed` text"
    if offered and policy.fix_safety is None:
        yield "a fix is offered, so the policy needs a `fix-safety`"
    if not offered and example.fixed is not None:
        yield "there is a `fixed` text, but no fix is offered"
    if not offered or example.fixed is None:
        return
    outcome = fixing.fix(
        _tree(example),
        lambda changed: _report(policy, example, changed, catalog).findings,
        lambda finding: finding.policy == policy.id,
    )
    for refused in outcome.refused:
        yield f"a fix was refused: {refused.reason}"
    texts = {file.source.name: file.source.text for file in outcome.tree.files}
    for name, wanted in example.fixed.items():
        if texts.get(name) != wanted:
            yield f"{name} is not fixed as `fixed` says:"
            yield from unified_diff(wanted.split("\n"), texts.get(name, "").split("\n"), "fixed", "got", lineterm="")


def _differences(example: Example, findings: tuple[Finding, ...]) -> Iterator[str]:
    by_line: dict[tuple[str, int], list[str]] = {}
    for finding in findings:
        source, span = finding.at
        by_line.setdefault((source.name, source.line_column(span.start)[0]), []).append(
            finding.message if finding.policy != engine.CRASH else f"a crash: {finding.message}"
        )
    for place in sorted(example.marked - by_line.keys()):
        yield f"{_at(example, place)}expected a finding, got none"
    for place in sorted(by_line.keys() - example.marked):
        for message in by_line[place]:
            yield f"{_at(example, place)}expected no finding, got: {message}"


def _mistakes_it_teaches(policy: Policy, example: Example, catalog: Catalog) -> Iterator[str]:
    """A good example is copied, so no other policy may find more than a note in it."""
    for finding in _run(example, _all(policy, example, catalog), catalog).findings:
        if finding.severity is not Severity.NOTE and finding.policy != policy.id:
            source, span = finding.at
            place = (source.name, source.line_column(span.start)[0])
            yield f"{_at(example, place)}`{finding.policy}` finds fault with this good example: {finding.message}"


def _report(policy: Policy, example: Example, files: tree.Tree, catalog: Catalog) -> engine.Report:
    """The policy over the files of an example.

    It runs alone, but for one that speaks of comments: what they silence, only the other policies can say.
    """
    alone = policy.logic != Emitted(by=suppress.__name__)
    policies = (_alone(policy, example),) if alone else _all(policy, example, catalog)
    return engine.run(files, policies, catalog, _target(example))


def _run(example: Example, policies: tuple[Enabled, ...], catalog: Catalog) -> engine.Report:
    return engine.run(_tree(example), policies, catalog, _target(example))


def _tree(example: Example) -> tree.Tree:
    files = tree.of_texts(example.files)
    if example.base is None:
        return files
    return files.with_base(tree.Base(tree.of_texts(example.base), _REVISION, {}))


def _all(policy: Policy, example: Example, catalog: Catalog) -> tuple[Enabled, ...]:
    return enabled(catalog, Choice(severities={}, options={policy.id: example.options}))


def _alone(policy: Policy, example: Example) -> Enabled:
    return Enabled(policy=policy, severity=policy.severity, options={**policy.defaults, **example.options})


def _target(example: Example) -> Target:
    said = {name.replace("-", "_"): value for name, value in example.target.items()}
    tekton = parse_version(said.pop("tekton")) if "tekton" in said else newest()
    return Target(tekton=tekton, **said, decided=frozenset(example.target))


def _at(example: Example, place: tuple[str, int]) -> str:
    name, line = place
    return f"line {line}: " if len(example.files) == 1 else f"{name}, line {line}: "
