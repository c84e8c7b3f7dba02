"""What GitHub's runner does with an action, as far as action.yml asks for it.

Steps: https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax#runs-for-composite-actions;
commands in a log: ActionCommand.cs and ActionCommandManager.cs of actions/runner.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parent.parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: dict[str, dict[str, Any]] = {step["id"]: step for step in ACTION["runs"]["steps"]}

# Those that a log can hold today; `set-env` and the like are switched off.
COMMANDS = {"debug", "error", "warning", "notice", "group", "endgroup", "add-mask", "stop-commands", "echo", "add-path"}


class Command(NamedTuple):
    """A command in a log that the runner obeys."""

    name: str
    properties: dict[str, str]
    data: str


class Done(NamedTuple):
    """What a step left behind."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str

    @property
    def commands(self) -> list[Command]:
        return list(obeyed(self.log))


def evaluate(text: str, contexts: Mapping[str, Any]) -> str:
    """A text with its expressions replaced: properties, and `||` between them."""
    return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: _value(found[1], contexts), text)


def _value(expression: str, contexts: Mapping[str, Any]) -> str:
    for alternative in expression.split(" || "):
        value: Any = contexts
        assert re.fullmatch(r"[a-z_-]+(\.[a-z_-]+)+", alternative), f"this runner cannot evaluate {alternative}"
        for name in alternative.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value:
            return str(value)
    return ""


def run_step(
    name: str,
    *,
    workspace: Path,
    temporary: Path,
    event_name: str,
    event: Mapping[str, Any],
    inputs: Mapping[str, str],
    outputs: Mapping[str, Mapping[str, str]],
    path: str | None = None,
) -> Done:
    """Runs one step of action.yml; `outputs` are those of the steps before it."""
    step = STEPS[name]
    assert "bash" == step["shell"]
    defaults = {key: value.get("default", "") for key, value in ACTION["inputs"].items()}
    assert set(inputs) <= set(defaults)
    contexts = {
        "github": {"event": event},
        "inputs": {**defaults, **inputs},
        "steps": {key: {"outputs": value} for key, value in outputs.items()},
    }
    files = {key: temporary / f"{name}_{key.lower()}" for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.write_text("", encoding="utf-8")
    (temporary / "event.json").write_text(json.dumps(event), encoding="utf-8")
    script = temporary / f"{name}.sh"
    script.write_text(step["run"], encoding="utf-8")
    environment = {
        **{key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_"))},
        "PATH": path or os.environ["PATH"],
        "HOME": str(temporary),
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_EVENT_NAME": event_name,
        "GITHUB_EVENT_PATH": str(temporary / "event.json"),
        "GITHUB_WORKSPACE": str(workspace),
        "RUNNER_TEMP": str(temporary),
        **{key: str(file) for key, file in files.items()},
        **{key: evaluate(value, contexts) for key, value in step.get("env", {}).items()},
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
        cwd=workspace,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=600,
    )
    return Done(
        done.returncode,
        done.stdout.decode("utf-8"),
        dict(_outputs(files["GITHUB_OUTPUT"].read_text(encoding="utf-8"))),
        files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"),
    )


def action_outputs(done: Done) -> dict[str, str]:
    """The outputs of the action after its last step."""
    contexts = {"steps": {"lint": {"outputs": done.outputs}}}
    return {name: evaluate(output["value"], contexts) for name, output in ACTION["outputs"].items()}


def _outputs(text: str) -> Iterator[tuple[str, str]]:
    """`name=value`, or `name<<END`, the lines of the value, and END."""
    lines = iter(text.splitlines())
    for line in lines:
        name, end = re.split("<<|=", line, maxsplit=1)
        if line == f"{name}={end}":
            yield name, end
            continue
        value: list[str] = []
        while (following := next(lines)) != end:
            value.append(following)
        yield name, "\n".join(value)


def obeyed(log: str) -> Iterator[Command]:
    """The commands in a log that the runner obeys; between `stop-commands` and its token there are none."""
    token = ""
    for line in log.splitlines():
        command = _command(line, {token} if token else COMMANDS)
        if command is None:
            continue
        if token:
            token = ""
            continue
        yield command
        if command.name == "stop-commands":
            token = command.data


def _command(line: str, known: set[str]) -> Command | None:
    """`::name key=value,…::data` at the beginning of a line, or `##[name key=value;…]data` anywhere in it."""
    for pattern, separator in ((r"\s*::(.*?)::(.*)", ","), (r".*?##\[(.*?)\](.*)", ";")):
        found = re.fullmatch(pattern, line)
        name, _, properties = found[1].partition(" ") if found else ("", "", "")
        if found and name in known:
            pairs = dict(pair.split("=", 1) for pair in properties.split(separator) if "=" in pair)
            return Command(name, {key: _decoded(value) for key, value in pairs.items()}, _decoded(found[2]))
    return None


def _decoded(text: str) -> str:
    for written, meant in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(written, meant)
    return text
