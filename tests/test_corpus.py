"""Real manifests: no crash, every place is right, and what is refused is what Tekton refuses.

`TEKTONLINT_CORPUS` is a folder of manifests, `TEKTONLINT_VERDICTS` one with `corpus.jsonl`, which says of each of their
documents whether Tekton takes it. Without them only the example tree is read.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples" / "gitops"
Finding = dict[str, Any]


def report(folder: Path) -> list[Finding]:
    """The findings of a folder, notes too."""
    run = subprocess.run(
        [sys.executable, "-m", "tektonlint", ".", "--format", "json", "--severity", "note"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert (1, b"") == (run.returncode, run.stderr)
    found: list[Finding] = json.loads(run.stdout)["findings"]
    return found


def folder_of(variable: str) -> Path:
    if variable not in os.environ:
        pytest.skip(f"{variable} is not set")
    return Path(os.environ[variable])


@pytest.fixture(scope="module")
def corpus() -> Path:
    return folder_of("TEKTONLINT_CORPUS")


@pytest.fixture(scope="module")
def findings(corpus: Path) -> list[Finding]:
    return report(corpus)


@pytest.fixture(scope="module")
def verdicts() -> dict[tuple[str, int], dict[str, Any]]:
    """What Tekton says of each document, by file and position in it."""
    lines = (folder_of("TEKTONLINT_VERDICTS") / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return {(row["file"], row["doc"]): row for row in rows}


@pytest.fixture(scope="module", params=["examples", "corpus"])
def tree(request: pytest.FixtureRequest) -> tuple[Path, list[Finding]]:
    """A folder and its findings."""
    if request.param == "examples":
        return EXAMPLES, report(EXAMPLES)
    return request.getfixturevalue("corpus"), request.getfixturevalue("findings")


def text_at(folder: Path, place: Finding) -> str:
    """What stands at a place, read with nothing but the report: the end is the first position behind it."""
    text = (folder / place["path"]).read_bytes().decode("utf-8").removeprefix("\ufeff")
    lines = re.split(r"\r\n|\n|\r", text)[place["line"] - 1 : place["end_line"]]
    lines[-1] = lines[-1][: place["end_column"] - 1]
    lines[0] = lines[0][place["column"] - 1 :]
    return "\n".join(lines)


def is_first_word(before: str, behind: str) -> Callable[[str, str], bool]:
    """The message begins with the text, in backticks, between these words."""
    return lambda text, message: message.startswith(f"{before}`{text}`{behind}")


def ends_the_first_path(text: str, message: str) -> bool:
    """The message begins with a path whose last key is the text."""
    return message.startswith("`") and message.split("`")[1].endswith(f".{text}")


def second(text: str) -> str:
    """Of a variable or a path, the name behind the first dot."""
    return text.partition(".")[2].partition(".")[0]


def begins_the_command(text: str, message: str) -> bool:
    """The message begins with a command of which the text is the first word."""
    return message.startswith(f"`{text} ")


def is_variable(text: str) -> bool:
    """The text is a variable of the shell and nothing else."""
    return re.fullmatch(r"\$(\w+|\{\w+\})", text) is not None


def is_path(position: int) -> Callable[[str, str], bool]:
    """The text is a path to the file whose path is at this position in backticks, or the variable that holds it."""
    return lambda text, message: (
        is_variable(text) or message.split("`")[2 * position + 1].endswith(f"/{text.rpartition('/')[2]}")
    )


def is_insecure(text: str, message: str) -> bool:
    """The text is the option or its default, curl without an option, or a pipe into what runs the download."""
    first = message.split("`")[1]
    if " runs whatever the server sends" in message:
        return re.search(rf"\b(curl|wget) .*\| {first}\b|^{first} <\((curl|wget) ", text) is not None
    if message.startswith("Without `--fail`, "):
        return f", {text} takes " in message
    return first == text or (first.endswith(f"={text}") and " by default, " in message)


# How what needs bash begins, by what a message calls it.
BASH_SYNTAX = {
    "((…))": r"\(\(",
    "[[ … ]]": r"\[\[ ",
    "read -a": r"read -\w*a ",
    "set -o pipefail": r"set (-\w+ )*-\w*o pipefail",
    "x=(…)": r"\w+=\(",
}

# What stands at a finding of each policy, without quotes, and what its message says.
ABOUT: dict[str, Callable[[str, str], bool]] = {
    "affinity-assistant-securitycontext": lambda text, message: (
        text == "securityContext" and " these settings" in message
    ),
    "bash-syntax-under-default-sh": lambda text, message: (
        re.match(BASH_SYNTAX[message.split("`")[1]], text) is not None
    ),
    "buildah-large-image-flags": begins_the_command,
    "buildah-storage-driver": lambda text, message: f" stores layers with `{text}`, " in message,
    "buildah-storage-inconsistent": begins_the_command,
    "buildah-storage-on-node": begins_the_command,
    "capability-prefix": is_first_word("Write ", " without"),
    "chmod-by-non-owner": is_path(2),
    "command-not-in-image": lambda text, message: (
        message.startswith(f"`{text}` is not in `") or f", `{text}` is missing: `" in message
    ),
    "compute-resources": lambda text, message: f", not `{text}`." in message,
    "compute-resources-misplaced": ends_the_first_path,
    "concurrent-write": lambda text, message: text == "runAfter" and f" Add `{text}: [" in message,
    "container-engine-socket": is_first_word("", " of the node"),
    "critical-command-failure-ignored": is_first_word("", " throws away "),
    "double-dollar-in-script": is_first_word("", " is no escape "),
    "duplicate-env": is_first_word("", " is set"),
    "duplicate-key": is_first_word("", " stands twice"),
    "emptydir-shared-between-tasks": lambda text, message: text == "emptyDir" and f"` is an {text}, which " in message,
    "extra-param": lambda text, message: f" declares no param `{text}`" in message,
    "field-needs-newer-tekton": ends_the_first_path,
    "file-never-written": is_path(1),
    "finally-can-be-starved": lambda text, message: (
        " of this run (the default), " in message if text == "spec" else f" use up the {text} of this run, " in message
    ),
    "fixed-run-name": lambda text, message: f" applies `{text}` again" in message,
    "fsgroup-in-container-securitycontext": is_first_word("", " is a setting of the pod"),
    "fsgroup-not-allowed": lambda text, message: message.startswith(f"`fsGroup: {text}` is not allowed"),
    "group-writable-file": is_path(1),
    "guarded-writer-unguarded-reader": lambda text, message: f", but `{text}` runs all the same " in message,
    "hardcoded-group-in-script": lambda text, message: f" names the group {text}, " in message,
    "hardcoded-namespace-id": lambda text, message: message.split("`")[1].endswith(f": {text}"),
    "hardcoded-workspace-path": lambda text, message: f"{text}/".startswith(f"{message.split('`')[1]}/"),
    "heavy-step-without-resources": is_first_word("", " runs `"),
    "heredoc-substitution": lambda text, message: (
        text.startswith(("$(", "`"))
        and re.sub(r"^(\$\(|`)", "", text).startswith(message.split("`")[1].removesuffix("…"))
    ),
    "inconsistent-timeouts": lambda text, message: message.startswith("`timeouts.") and f"` ({text}) is " in message,
    "insecure-transfer": is_insecure,
    "invalid-dag": lambda text, message: (
        f" the status of `{second(text)}`" in message if "." in text else f"`runAfter: [{text}]`" in message
    ),
    "invalid-duration": is_first_word("", " is no duration"),
    "invalid-quantity": is_first_word("", " is no quantity"),
    "isolated-workspace-used-elsewhere": lambda text, message: f" uses the workspace `{second(text)}`," in message,
    "matrix-races-with-itself": is_first_word("", " runs several copies "),
    "missing-fs-group": lambda text, message: f" the workspace `{text}`, but no `fsGroup` " in message,
    "missing-param": lambda text, message: (
        " does not pass `" in message if text == "params" else f", which the Task `{text}` requires" in message
    ),
    "missing-task-timeout": is_first_word("", " "),
    "missing-workspace": lambda text, message: (
        ", which this run does not bind" in message
        if text == "workspaces"
        else f" has no workspace `{text}`" in message or message.startswith(f"The task `{text}` needs the workspace ")
    ),
    "mktemp-file-published": is_first_word("", " comes from `mktemp` "),
    "mutable-image": lambda text, message: f"`{text}`" in message,
    "nonroot-buildah-with-setfcap": lambda text, message: message.startswith(f"As user {text}, "),
    "onerror-with-retries": lambda text, message: f" has `onError: {text}` and `retries: " in message,
    "onrootmismatch-with-shared-updates": is_first_word("", " leaves files "),
    "optional-workspace-unguarded": lambda text, message: (
        is_variable(text) or f"$(workspaces.{message.split('`')[1]}.path)" in text
    ),
    "parallel-archive-readers": lambda text, message: text == "runAfter" and f" wait, with `{text}: [" in message,
    "param-injected-into-script": is_first_word("", " is pasted into the script "),
    "pipe-hides-failure": lambda text, message: (
        text.startswith(message.partition("hen `")[2].partition("`")[0])
        and f"| {message.partition(': only `')[2].partition('`')[0]} " in text
    ),
    "podtemplate-misplaced": ends_the_first_path,
    "privileged-buildah": lambda text, _: text == "true",
    "privileged-step": lambda text, _: text == "true",
    "reader-not-after-writer": is_first_word("", " reads `"),
    "readonly-workspace-written": lambda text, message: (
        message.partition(" this line writes `")[2].partition("`")[0].endswith(f"/{text.rpartition('/')[2]}")
    ),
    "renamed-field": ends_the_first_path,
    "request-above-limit": lambda text, message: f" is `{text}`" in message,
    "restrictive-umask": is_first_word("", " makes what "),
    "result-never-written": is_first_word("No step writes the result ", ", so "),
    "result-reference-typo": is_first_word("", " is no variable"),
    "result-too-large": lambda text, message: text == message.split("`")[1].strip("'\""),
    "result-used-without-dependency": lambda text, message: f" uses a result of `{second(text)}`," in message,
    "result-with-trailing-newline": begins_the_command,
    "retries-multiply-timeout": lambda text, message: message.startswith(f"With `retries: {text}`, "),
    "run-timeout-not-inherited": lambda text, message: message.startswith(f"`timeouts.pipeline: {text}` does not "),
    "same-pvc-in-two-workspaces": lambda text, message: (
        text == "persistentVolumeClaim" and "` is bound to `" in message
    ),
    "script-with-command": lambda text, message: f" has a `script` and a `{text}`." in message,
    "secret-exposure": lambda text, message: (
        # A value that is written out is not written out again.
        text not in message
        if message.startswith("The value of `")
        else f" puts the secret `{text}` into the log" in message
    ),
    "setgid-directory": is_path(1),
    "shebang-interpreter-missing": is_first_word("", " cannot start: "),
    "shebang-not-at-start": lambda text, _: text == "#!",
    "shebang-without-errexit": is_first_word("With ", " Tekton adds no `set -e`"),
    "static-pvc-shared-across-runs": lambda text, message: f" on the claim `{text}`, " in message,
    "step-onerror-hides-failure": lambda text, message: f"(`onError: {text}`)" in message,
    "step-requests-add-up": lambda text, message: text == "steps" and " containers of this task together " in message,
    "suppression-reason": lambda text, _: text.startswith("# tektonlint: "),
    "suppression-unknown": lambda text, message: f"[{message.split('`')[1]}]" in text,
    "suppression-unused": lambda text, message: f"[{message.split('`')[1]}]" in text,
    "suspicious-quantity": lambda text, message: message.split("`")[1].endswith(f": {text}"),
    "sync-for-visibility": is_first_word("", " does not make "),
    "task-and-step-resources-conflict": is_first_word("", " is for the whole task"),
    "task-timeout-exceeds-run": lambda text, message: (
        # The name of a run that sets no limit of its own.
        ", but this run ends after 1h, the default." in message
        if text.endswith("-")
        else f" may take {text}, but a run " in message
    ),
    "taskrunspec-drops-pod-securitycontext": lambda text, message: (
        text == "securityContext" and message.startswith("The security context of `")
    ),
    "taskrunspecs-timeout-unsupported": lambda text, message: (
        re.fullmatch(r"\d+[hms]", text) is not None and message.startswith("`taskRunSpecs[].timeout` ")
    ),
    "template-not-linted": lambda text, _: text.startswith(("{{", "{%")),
    "timeout-and-timeouts": is_first_word("", " and `timeouts` exclude"),
    "timeout-budget": lambda text, message: f", but this run ends after {text}." in message,
    "timeout-disabled": lambda text, message: message.startswith(f'`timeout: "{text}"` takes '),
    "timeout-misplaced": ends_the_first_path,
    "two-pvcs-in-one-task": lambda text, message: (
        text in ("persistentVolumeClaim", "volumeClaimTemplate") and " two claims, for `" in message
    ),
    "unchecked-archive": is_path(1),
    "undefined-shell-variable": lambda text, message: message.startswith(f"Nothing sets `${text.strip('${}')}`, "),
    "unknown-field": lambda text, message: f" has no field `{text}`" in message or f"`{text}` is read as" in message,
    "unknown-pipeline-task": lambda text, message: f" has no task `{text}`," in message,
    "unknown-task": lambda text, message: any(
        f" no {kind} `{text}`" in message for kind in ("Task", "Pipeline", "StepAction")
    ),
    "unknown-workspace": lambda text, message: f" the workspace `{text}`, " in message,
    "unknown-workspace-variable": lambda text, message: f" has no workspace `{second(text)}`, " in message,
    "unresolved-tekton-variable": is_first_word("Tekton does not replace ", " here, because "),
    "unused-volume": is_first_word("No step or sidecar mounts the volume ", ""),
    "volumeclaimtemplate-incomplete": lambda text, message: f"`{text}`" in message,
    "volumemount-without-volume": is_first_word("This mounts ", ", but"),
    "world-writable-workaround": lambda text, message: message.startswith(f"`chmod {text}` lets everybody "),
    "wrong-type": lambda text, message: f"`{text}`" in message,
    "yaml-syntax": lambda text, message: bool(text) and message.startswith("Not YAML: "),
}


def test_a_finding_stands_on_what_its_message_is_about(tree: tuple[Path, list[Finding]]) -> None:
    folder, found = tree
    texts = [(text_at(folder, finding).strip("'\""), finding) for finding in found]

    wrong = [
        (finding["policy"], finding["path"], finding["line"], finding["column"], text, finding["message"])
        for text, finding in texts
        if not ABOUT[finding["policy"]](text, finding["message"])
    ]
    assert [] == wrong


def test_no_policy_crashes(tree: tuple[Path, list[Finding]]) -> None:
    assert [] == [finding for finding in tree[1] if finding["policy"] == "internal-error"]


def test_the_other_place_of_something_that_stands_twice_says_the_same(tree: tuple[Path, list[Finding]]) -> None:
    folder, found = tree
    pairs = [
        (finding, {**related, "end_line": related["line"], "end_column": None})
        for finding in found
        if finding["policy"] in ("duplicate-env", "duplicate-key")
        for related in finding["related"]
    ]

    assert pairs
    for finding, related in pairs:
        line = (folder / related["path"]).read_text(encoding="utf-8").split("\n")[related["line"] - 1]
        assert line[related["column"] - 1 :].strip("'\"").startswith(text_at(folder, finding).strip("'\""))


def test_a_finding_names_the_object_that_it_stands_in(tree: tuple[Path, list[Finding]]) -> None:
    """Read from the lines between the separators around the finding."""
    folder, found = tree
    for finding in found:
        if finding["resource"] is None:
            continue
        lines = re.split(r"\r\n|\n|\r", (folder / finding["path"]).read_text(encoding="utf-8"))
        before, behind = lines[: finding["line"]], lines[finding["line"] :]
        start = max((number for number, line in enumerate(before) if line.startswith("---")), default=0)
        end = next((number for number, line in enumerate(behind) if line.startswith("---")), len(behind))
        document = "\n".join(before[start:] + behind[:end])
        assert re.search(rf"^[\s-]*kind: *[\"']?{finding['resource']['kind']}\b", document, re.MULTILINE), finding
        name = (finding["resource"]["name"] or "").removesuffix("*")
        assert name in document, finding


# The same text with other line ends and a byte-order mark


def with_crlf(data: bytes) -> bytes:
    assert b"\r" not in data
    return data.replace(b"\n", b"\r\n")


def with_mark(data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data


def places(found: Iterable[Finding]) -> list[tuple[object, ...]]:
    keys = ("path", "line", "column", "end_line", "end_column", "policy", "severity", "refused", "document", "message")
    return [tuple(finding[key] for key in keys) for finding in found]


@pytest.mark.parametrize("change", [with_crlf, with_mark], ids=["crlf", "mark"])
def test_line_ends_and_a_mark_move_no_finding(
    change: Callable[[bytes], bytes], tree: tuple[Path, list[Finding]], tmp_path: Path
) -> None:
    folder, found = tree
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    for path in copy.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
        if path.suffix in (".yaml", ".yml") and path.is_file():
            path.write_bytes(change(path.read_bytes()))

    assert places(found) == places(report(copy))


# What Tekton itself says

# Refused, and yet nothing is said: Secrets, in which `tekton.dev/` does not occur.
NOT_TEKTON = (
    "tektoncd-catalog/task/redhat-codeready-dependency-analysis/0.1/samples/secret.yaml",
    "tektoncd-catalog/task/redhat-dependency-analytics/0.1/samples/secret.yaml",
)


def test_what_is_called_refused_is_refused_by_tekton(
    findings: list[Finding], verdicts: dict[tuple[str, int], dict[str, Any]]
) -> None:
    refused = {(finding["path"], finding["document"]) for finding in findings if finding["refused"]}

    assert refused
    assert [] == sorted(key for key in refused if verdicts[key]["valid"])


def test_what_tekton_cannot_read_or_does_not_know_is_called_refused(
    findings: list[Finding], verdicts: dict[tuple[str, int], dict[str, Any]]
) -> None:
    """Text that is no YAML, and fields that do not exist; other reasons have policies of their own."""
    refused = {(finding["path"], finding["document"]) for finding in findings if finding["refused"]}
    unreadable = {
        key
        for key, row in verdicts.items()
        if row.get("stage") in ("strict", "yaml") or (row.get("stage") == "decode" and row.get("unknown_fields"))
    }

    assert len(unreadable) > 30
    assert sorted(NOT_TEKTON) == sorted(path for path, document in unreadable - refused)


def test_the_exceptions_hold_nothing_of_tekton(corpus: Path) -> None:
    for path in NOT_TEKTON:
        assert b"tekton.dev/" not in (corpus / path).read_bytes()
