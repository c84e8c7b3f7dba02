"""`tektonlint [PATH ...]`: read, judge, tell."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from tektonlint import engine, report, tree
from tektonlint.commands import programs
from tektonlint.commands.loading import configured, is_configured
from tektonlint.finding import Severity
from tektonlint.policy.catalog import Catalog, Choice, enabled
from tektonlint.report import Style
from tektonlint.report.view import view, with_policies
from tektonlint.tree import UsageError

if TYPE_CHECKING:
    from tektonlint.commands.baselining import Plan
    from tektonlint.commands.outputs import Output
    from tektonlint.config import Config
    from tektonlint.decisions import Decisions
    from tektonlint.finding import Finding
    from tektonlint.policy.context import Enabled

STDIN = "-"

# The tree of the last run, which nobody waits for to be taken apart: the process is about to end.
_last: list[tree.Tree] = []


def run(options: argparse.Namespace) -> int:
    """Prints the report and returns the exit code."""
    if options.loose is not None:
        from tektonlint.commands import changes

        changes.settle(options)
    paths = [path for path in options.paths or [os.curdir] if path != STDIN]
    from_stdin = STDIN in options.paths
    if options.stdin_name is not None and not from_stdin:
        raise UsageError("--stdin-name is for standard input, but the paths do not hold `-`")
    asked = _outputs(options, paths)
    root = _root(paths, options, from_stdin=from_stdin)
    settings, catalog = configured(root, options.config, isolated=options.isolated, profile=options.profile)
    compares = options.changed is not None or options.base is not None
    policies = _policies(settings, catalog, options, compares=compares)
    decisions = _decisions(settings)
    plan = _plan(options, settings, catalog)
    stdin = (options.stdin_name or "stdin.yaml", _stdin()) if from_stdin else None
    read = tree.read(paths, root, exclude=settings.exclude, stdin=stdin)
    changed = None
    if compares:
        from tektonlint.commands import changes

        read = changes.with_base(read, root, settings.exclude, options)
        if options.changed is not None:
            changed = changes.Changed(read, policies, catalog, settings.target, decisions)
    fixed = 0
    if options.fix or options.diff:
        from tektonlint.commands import repair

        def may_mend(finding: Finding) -> bool:
            is_known = plan is not None and plan.knows(finding)
            return not is_known and (changed is None or changed.may_mend(finding))

        repaired = repair.run(read, policies, catalog, settings.target, options, decisions, may_mend)
        if options.diff:
            return repaired.exit_code
        read, fixed = repaired.tree, repaired.fixed
    _last[:] = [read]
    result = engine.run(read, policies, catalog, settings.target, Severity(options.severity), decisions)
    if decisions is not None:
        from tektonlint.decisions import complaints

        about = complaints(decisions, result.waivers, read, policies, catalog, whole=root.marked)
        result = result.with_findings(about)
    if options.debug and result.crashes:
        import traceback

        for crash in result.crashes:
            traceback.print_exception(crash)
    known = pruned = 0
    if plan is not None:
        from tektonlint.commands import baselining

        named = [*paths, *([stdin[0]] if stdin is not None else [])]
        result, known, pruned = plan.applied(result, baselining.Run(read, policies, catalog, named))
    if changed is not None:
        result = changed.only_mended(result) if options.fix else changed.only(result)
    if options.fix and repaired.failures:
        result = result.with_findings(repaired.failures)
    shown = view(result, Severity(options.severity))._replace(fixed=fixed, baselined=known, pruned=pruned)
    code = _exit_code(result, Severity(options.fail_on), exit_zero=options.exit_zero)
    if options.fix and repaired.failures:
        code = 2
    style = Style(color=_colored(options.color), quiet=options.quiet, statistics=options.statistics)
    if asked is None:
        sys.stdout.write(report.render("text", shown, style))
    else:
        from tektonlint.commands import outputs

        shown = with_policies(shown, policies, catalog)._replace(
            exit_code=code, prefix=outputs.place_in_repository(root.folder)
        )
        outputs.write(asked, shown, style, paint_files=options.color == "always")
    return code


def _decisions(settings: Config) -> Decisions | None:
    """What the configuration decided about findings, as of today."""
    if settings.decisions is None:
        return None
    from tektonlint.clock import today

    return settings.decisions.on(today)


def _plan(options: argparse.Namespace, settings: Config, catalog: Catalog) -> Plan | None:
    """What is to be done with baselines, if anything says so."""
    named = (settings.baseline, options.baseline, options.write_baseline)
    if not options.prune_baseline and all(name is None for name in named):
        return None
    from tektonlint.commands import baselining

    return baselining.planned(options, settings, catalog)


def _policies(
    settings: Config, catalog: Catalog, options: argparse.Namespace, *, compares: bool
) -> tuple[Enabled, ...]:
    """The policies that are to run; those that compare with an earlier revision only where there is one."""
    selected = _selected(options.select)
    choice = Choice(
        select=selected or settings.choice.select,
        ignore=(*settings.choice.ignore, *_names(options.ignore)),
        severities=settings.choice.severities,
        options=settings.choice.options,
    )
    if not compares:
        _refuse_without_base(selected, catalog)
    running = programs.permitted(enabled(catalog, choice), catalog, selected, settings)
    return running if compares else tuple(one for one in running if not one.policy.needs_base)


def _outputs(options: argparse.Namespace, paths: list[str]) -> tuple[Output, ...] | None:
    """Where reports go, if anybody said so."""
    if not options.format and options.output is None:
        return None
    from tektonlint.commands import outputs

    return outputs.outputs(options.format, options.output, paths)


def _root(paths: list[str], options: argparse.Namespace, *, from_stdin: bool) -> tree.Root:
    """Standard input without a name, and nothing else, belongs to no tree."""
    if from_stdin and options.stdin_name is not None:
        paths = [*paths, options.stdin_name]
    if from_stdin and not paths and options.root is None:
        return tree.Root(folder=os.path.realpath(os.curdir), marked=False)
    return tree.find_root(paths, options.root, is_configured(isolated=options.isolated))


def _stdin() -> bytes:
    if sys.stdin is None:
        raise UsageError("standard input is closed")
    return sys.stdin.buffer.read()


def _selected(values: list[str]) -> tuple[str, ...]:
    """An empty variable in a caller's script must not mean every policy."""
    names = _names(values)
    if values and not names:
        raise UsageError("--select names no policy and no area")
    return names


def _refuse_without_base(selected: tuple[str, ...], catalog: Catalog) -> None:
    """Who asks for nothing but a comparison must not take its silence for a clean tree."""
    for name in selected:
        if all(catalog.policies[one].needs_base for one in catalog.ids(name)):
            raise UsageError(f"`{name}` compares with an earlier revision; give --base=REV or --changed=REV with it")


def _names(values: list[str]) -> tuple[str, ...]:
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _colored(when: str) -> bool:
    """https://no-color.org: any value that is not empty switches colour off."""
    if when == "auto":
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return when == "always"


def _exit_code(result: engine.Report, fail_on: Severity, *, exit_zero: bool) -> int:
    """Findings count towards the exit code whether they are shown or not."""
    if result.crashes:
        return 2
    failing = any(finding.severity.rank >= fail_on.rank for finding in result.findings)
    return 1 if failing and not exit_zero else 0
