"""The command line: which verb, which options, which exit code.

0: nothing at or above `--fail-on`; 1: findings; 2: tektonlint could not do its work.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from tektonlint.errors import UserError

HELP = """\
usage: tektonlint [PATH ...] [options]      check files and folders (default: .)
       tektonlint explain ID                the page of a policy, with examples
       tektonlint policies                  list the policies
       tektonlint test [PATH]               run the examples of policies

  PATH                 a file, a folder, or - for standard input
  --select IDS         only these policies or areas (commas, or several times)
  --ignore IDS         not these policies or areas
  --fix                repair what can be repaired safely, report what is left
  --unsafe-fixes       repair also what changes behaviour or guesses
  --diff               print what --fix would change, and write nothing
  --changed [REV]      only what the change since REV touched or brought
                       (default: since this branch left its upstream)
  --base REV           report also the settings that were lost since REV
  --severity LEVEL     lowest shown: error, warning or note (default: warning)
  --fail-on LEVEL      lowest that makes the exit code 1 (default: warning)
  --format NAME[=FILE] text, concise, json, sarif, github, gitlab, junit, rdjson
                       or markdown (default: text); all but one need a FILE
  --output FILE        where the report without a FILE goes
  --statistics         count the findings of each policy
  --quiet              findings only, no closing line
  --exit-zero          exit code 0 even with findings
  --write-baseline FILE
                       record what is found, and report it no more
  --baseline FILE      report only what this file does not know
  --prune-baseline     take out of it what is not found any more
  --profile NAME       recommended, strict, openshift or security; what the
                       configuration says comes before it
  --config FILE        this configuration in place of the root's own
  --isolated           no configuration at all
  --root DIR           the folder that bounds the run (default: the nearest one
                       upward with .git or a configuration)
  --stdin-name NAME    the name of the file that standard input stands for
  --color WHEN         auto, always or never (NO_COLOR counts)
  --debug              tracebacks for tektonlint's own errors
  --version, --help

A folder that is called like a verb: `tektonlint ./test`.
Exit code: 0 nothing to report, 1 findings, 2 tektonlint could not do its work.
"""


class WrongUsage(UserError):
    """The command line makes no sense; the text is one line for a person."""


class Parser(argparse.ArgumentParser):
    """argparse, but for one clear line in place of the whole usage, and the nearest option.

    The width is given because argparse imports a fifth of what one file costs to ask the terminal for it.
    """

    def __init__(self, prog: str, *, add_help: bool = True) -> None:
        super().__init__(
            prog=prog,
            add_help=add_help,
            allow_abbrev=False,
            formatter_class=lambda prog: argparse.HelpFormatter(prog, width=80),
        )

    def error(self, message: str) -> NoReturn:
        """Raises `WrongUsage`."""
        from tektonlint.near import did_you_mean

        unknown = message.partition("unrecognized arguments: ")[2].split()
        if unknown:
            name = unknown[0].partition("=")[0]
            if not name.startswith("-"):
                raise WrongUsage(f"`{name}` is one argument too many")
            raise WrongUsage(f"there is no option `{name}`{did_you_mean(name, self._option_string_actions)}")
        choice = re.fullmatch(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", message)
        if choice:
            names = re.findall(r"[a-z]+", choice[3])
            hint = did_you_mean(choice[2], names) or f"; it is one of {', '.join(names)}"
            raise WrongUsage(f"{choice[1]} cannot be `{choice[2]}`{hint}")
        raise WrongUsage(message)


def entry() -> NoReturn:
    """The installed command. The collector is off: the trees live until the end, and hold no cycles.

    Nothing is taken apart at the end: for a large tree that would take a sixth of the whole run.
    """
    import gc

    gc.disable()
    code = main()
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        # Nobody reads it any more.
        code = code or 1
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    _prepare_streams()
    try:
        verb = words[0] if words and words[0] in VERBS else "check"
        code = VERBS[verb](words[1:] if words and words[0] in VERBS else words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        _give_up_stdout()
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        code = _failed(error, debug="--debug" in words)
        try:
            sys.stdout.flush()
        except OSError:
            _give_up_stdout()
        return code


def _prepare_streams() -> None:
    """What is printed may hold any character, and the terminal's encoding need not have it.

    A stream that the caller closed is None; then the exit code has to do.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _give_up_stdout() -> None:
    """Python would complain, and change the exit code, when it flushes the stream once more at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(error: Exception, *, debug: bool) -> int:
    """One line on standard error, and exit code 2."""
    from tektonlint.report.terminal import escape

    if not isinstance(error, UserError):
        if debug:
            import traceback

            traceback.print_exception(error)
        line = f"internal error: {type(error).__name__}: {error} (`--debug` prints the traceback; please report it)"
    else:
        line = str(error)
    print(f"tektonlint: {escape(' '.join(line.split()))}", file=sys.stderr)
    return 2


def check_parser() -> Parser:
    """The options that `HELP` describes."""
    parser = Parser("tektonlint", add_help=False)
    levels = ("error", "warning", "note")
    parser.add_argument("--select", action="append", default=[])
    parser.add_argument("--ignore", action="append", default=[])
    parser.add_argument("--fix", action="store_true")
    parser.add_argument("--unsafe-fixes", action="store_true")
    parser.add_argument("--diff", action="store_true")
    parser.add_argument("--changed", nargs="?", const="")
    parser.add_argument("--base")
    parser.add_argument("--severity", choices=levels, default="warning")
    parser.add_argument("--fail-on", choices=levels, default="warning")
    parser.add_argument("--format", action="append", default=[])
    parser.add_argument("--output")
    parser.add_argument("--statistics", action="store_true")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--exit-zero", action="store_true")
    parser.add_argument("--profile")
    parser.add_argument("--baseline")
    parser.add_argument("--write-baseline")
    parser.add_argument("--prune-baseline", action="store_true")
    parser.add_argument("--config")
    parser.add_argument("--isolated", action="store_true")
    parser.add_argument("--root")
    parser.add_argument("--stdin-name")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    parser.add_argument("--debug", action="store_true")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("--help", "-h", action="store_true")
    return parser


def _check(words: list[str]) -> int:
    # What is no option is a path, wherever it stands; what follows `--` is one whatever it looks like.
    # parse_intermixed_args would do it too, but formats the whole usage first.
    end = words.index("--") if "--" in words else len(words)
    parser = check_parser()
    options, rest = parser.parse_known_args(words[:end])
    unknown = [word for word in rest if word.startswith("-") and word != "-"]
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    options.paths = [*rest, *words[end + 1 :]]
    if options.help:
        print(HELP, end="")
        return 0
    if options.version:
        from tektonlint import __version__

        print(f"tektonlint {__version__}")
        return 0
    _check_revisions(options, words[:end])
    if options.isolated and options.config is not None:
        raise WrongUsage("--isolated and --config exclude each other")
    if options.fix and options.diff:
        raise WrongUsage("--fix and --diff exclude each other")
    if options.unsafe_fixes and not (options.fix or options.diff):
        raise WrongUsage("--unsafe-fixes goes with --fix or --diff")
    if options.fix and "-" in options.paths:
        raise WrongUsage("--fix cannot write to standard input; --diff prints what it would change")
    if options.diff and (options.output is not None or any("=" in value for value in options.format)):
        raise WrongUsage("--diff prints a patch and makes no report for a file; leave --output and `=FILE` away")
    from tektonlint.commands import check

    return check.run(options)


def _check_revisions(options: argparse.Namespace, words: list[str]) -> None:
    """Sets `options.loose` to the word behind `--changed`, which may be a path. Raises `WrongUsage`."""
    options.loose = options.changed if f"--changed={options.changed}" not in words else None
    if options.changed is not None and options.base is not None:
        raise WrongUsage("--changed and --base exclude each other; --changed=REV compares with REV, too")
    for option, given in (("--write-baseline", options.write_baseline), ("--prune-baseline", options.prune_baseline)):
        if options.changed is not None and given:
            raise WrongUsage(f"--changed and {option} exclude each other: a baseline is of all findings")
    for option, revision in (("--changed", options.changed), ("--base", options.base)):
        # An empty variable in a caller's script must not mean another revision.
        if revision == "" and options.loose is None:
            raise WrongUsage(f"{option} names no revision; write it as {option}=origin/main")


def _explain(words: list[str]) -> int:
    parser = _verb_parser("explain")
    parser.add_argument("id", metavar="ID", help="the policy's id")
    options = parser.parse_args(words)
    from tektonlint.commands import explain

    return explain.run(options.id, _settings(options))


def _policies(words: list[str]) -> int:
    parser = _verb_parser("policies")
    parser.add_argument("--format", choices=("text", "json", "markdown"), default="text")
    parser.add_argument("--profile", metavar="NAME", help="what runs under this profile, beneath the configuration")
    options = parser.parse_args(words)
    from tektonlint.commands import policies

    return policies.run(options.format, _settings(options), options.profile)


def _test(words: list[str]) -> int:
    parser = _verb_parser("test")
    parser.add_argument("path", nargs="?", metavar="PATH", help="a policy file, or a folder of them")
    options = parser.parse_args(words)
    from tektonlint.commands import test

    return test.run(options.path, _settings(options))


def _verb_parser(verb: str) -> Parser:
    """What the smaller verbs have in common: where users' own policies are configured."""
    parser = Parser(f"tektonlint {verb}")
    parser.add_argument("--config", metavar="FILE", help="a configuration with policy-paths")
    parser.add_argument("--isolated", action="store_true", help="no configuration at all")
    parser.add_argument("--debug", action="store_true", help=argparse.SUPPRESS)
    return parser


def _settings(options: argparse.Namespace) -> tuple[str | None, bool]:
    return options.config, options.isolated


VERBS: dict[str, Callable[[list[str]], int]] = {
    "check": _check,
    "explain": _explain,
    "policies": _policies,
    "test": _test,
}
