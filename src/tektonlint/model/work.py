"""What a task spends its time on: the commands of its steps that build, move or test something large.

Only what is certainly run counts: a command of a shell script or a step's `command`, with the sub-command that
makes it take long. `buildah --version`, an `echo` about Skopeo and a comment are no work.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Dict
from functools import lru_cache
from typing import TYPE_CHECKING

from tektonlint.finding import Location
from tektonlint.model.definitions import Task
from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple
from tektonlint.tekton.image import parse_image
from tektonlint.tekton.resource import Place

if TYPE_CHECKING:
    from tektonlint.model.graph import Model
    from tektonlint.shell.commands import Command

BUILD, TRANSFER, TEST, OTHER = "build", "transfer", "test", "other"
# The heaviest first.
_CLASSES = (BUILD, TRANSFER, TEST, OTHER)

_IMAGES = {"build": BUILD, "push": TRANSFER, "pull": TRANSFER}
_HUB = {"download": TRANSFER, "upload": TRANSFER, "upload-large-folder": TRANSFER}
_COPIES = {"copy": TRANSFER, "cp": TRANSFER, "push": TRANSFER, "pull": TRANSFER, "sync": TRANSFER}
_BUCKET = {"cp": TRANSFER, "get": TRANSFER, "mirror": TRANSFER, "mv": TRANSFER, "put": TRANSFER, "sync": TRANSFER}
_LFS = ("clone", "fetch", "pull", "push")
_NODE = {"test": TEST, "run test": TEST, "run test:e2e": TEST, "run e2e": TEST}
_INFRASTRUCTURE = {"apply": OTHER, "destroy": OTHER, "run-all apply": OTHER}
_BAZEL = {"build": BUILD, "test": TEST}

# Commands, and the sub-commands (or the options) with which each takes long; "" is however it is called.
HEAVY: Dict[str, Dict[str, str]] = {
    "buildah": {**_IMAGES, "bud": BUILD, "build-using-dockerfile": BUILD},
    "podman": {**_IMAGES, "image build": BUILD},
    "docker": {**_IMAGES, "image build": BUILD, "buildx build": BUILD, "buildx bake": BUILD, "compose build": BUILD},
    "nerdctl": _IMAGES,
    "img": _IMAGES,
    # Kaniko's, whose name says nothing by itself.
    "executor": {"--context": BUILD, "--destination": BUILD, "--dockerfile": BUILD, "--no-push": BUILD},
    "buildctl": {"build": BUILD},
    "buildctl-daemonless.sh": {"build": BUILD},
    "pack": {"build": BUILD},
    "s2i": {"build": BUILD},
    "ko": {"apply": BUILD, "build": BUILD, "publish": BUILD, "resolve": BUILD},
    "bazel": _BAZEL,
    "bazelisk": _BAZEL,
    "cargo": {"build": BUILD, "test": TEST},
    "nix": {"build": BUILD},
    "nix-build": {"": BUILD},
    "skopeo": {"copy": TRANSFER, "sync": TRANSFER},
    "crane": _COPIES,
    "gcrane": _COPIES,
    "regctl": {"image copy": TRANSFER, "image export": TRANSFER, "image import": TRANSFER},
    "imgpkg": _COPIES,
    "oras": {**_COPIES, "blob fetch": TRANSFER, "blob push": TRANSFER},
    "oc": {"image mirror": TRANSFER, "adm catalog mirror": TRANSFER, "adm release mirror": TRANSFER},
    "oc-mirror": {"": TRANSFER},
    "hf": _HUB,
    "huggingface-cli": _HUB,
    "modelscope": {"download": TRANSFER, "upload": TRANSFER},
    "ollama": {"pull": TRANSFER, "push": TRANSFER},
    "git": {f"lfs {one}": TRANSFER for one in _LFS},
    "git-lfs": dict.fromkeys(_LFS, TRANSFER),
    "mc": _BUCKET,
    "mcli": _BUCKET,
    "aws": {"s3 cp": TRANSFER, "s3 mv": TRANSFER, "s3 sync": TRANSFER},
    "s3cmd": _BUCKET,
    "s5cmd": _BUCKET,
    "gsutil": {"cp": TRANSFER, "mv": TRANSFER, "rsync": TRANSFER},
    "gcloud": {"builds submit": BUILD, "storage cp": TRANSFER, "storage rsync": TRANSFER},
    "az": {"acr build": BUILD, "storage blob download-batch": TRANSFER, "storage blob upload-batch": TRANSFER},
    "azcopy": {"copy": TRANSFER, "cp": TRANSFER, "sync": TRANSFER},
    "rclone": {"copy": TRANSFER, "copyto": TRANSFER, "move": TRANSFER, "sync": TRANSFER},
    "rsync": {"": TRANSFER},
    "aria2c": {"": TRANSFER},
    "dvc": {"fetch": TRANSFER, "pull": TRANSFER, "push": TRANSFER},
    "pytest": {"": TEST},
    "python": {"-m pytest": TEST},
    "python3": {"-m pytest": TEST},
    "tox": {"": TEST},
    "nox": {"": TEST},
    "go": {"test": TEST},
    "gotestsum": {"": TEST},
    "ginkgo": {"": TEST},
    "npm": _NODE,
    "pnpm": _NODE,
    "yarn": _NODE,
    "cypress": {"run": TEST},
    "playwright": {"test": TEST},
    "k6": {"run": TEST},
    "lm_eval": {"": TEST},
    "lm-eval": {"": TEST},
    "trivy": dict.fromkeys(("image", "fs", "filesystem", "repo", "repository", "rootfs"), TEST),
    "grype": {"": TEST},
    "clamscan": {"": TEST},
    "sonar-scanner": {"": TEST},
    "terraform": _INFRASTRUCTURE,
    "tofu": _INFRASTRUCTURE,
    "terragrunt": _INFRASTRUCTURE,
    "pulumi": {"destroy": OTHER, "up": OTHER},
    "ansible-playbook": {"": OTHER},
}
_MAVEN = {**dict.fromkeys(("compile", "package", "verify", "install", "deploy"), BUILD), "test": TEST}
_GRADLE = {**dict.fromkeys(("build", "assemble", "bootJar", "bootBuildImage", "publish"), BUILD), "check": TEST}
_GRADLE["test"] = TEST
# Commands that take goals in any order, the heavy ones among them.
GOALS: Dict[str, Dict[str, str]] = {
    "mvn": _MAVEN,
    "mvnw": _MAVEN,
    "gradle": _GRADLE,
    "gradlew": _GRADLE,
    "sbt": {"assembly": BUILD, "compile": BUILD, "package": BUILD, "test": TEST},
}
# Images whose entrypoint is one of the commands, so that a step needs no `command`.
ENTRYPOINTS: Dict[str, str] = {
    "kaniko-project/executor": "executor",
    "kaniko/executor": "executor",
    "skopeo/stable": "skopeo",
    "containers/skopeo": "skopeo",
    "go-containerregistry/crane": "crane",
    "go-containerregistry/gcrane": "gcrane",
    "oras-project/oras": "oras",
    "amazon/aws-cli": "aws",
    "aws-cli/aws-cli": "aws",
    "minio/mc": "mc",
    "rclone/rclone": "rclone",
    "hashicorp/terraform": "terraform",
    "aquasec/trivy": "trivy",
    "aquasecurity/trivy": "trivy",
    "buildpacksio/pack": "pack",
    "k6-io/k6": "k6",
    "grafana/k6": "k6",
    "ko-build/ko": "ko",
    "anchore/grype": "grype",
}
# With one of these nothing is done, or only a Dockerfile written.
_DOES_NOTHING = frozenset(("--version", "--help", "--dry-run", "--dryrun", "--as-dockerfile"))
# Commands, and functions people write, that run the command behind them, wherever that begins.
_RUNNERS = frozenset(
    (
        "chroot", "dumb-init", "flock", "gosu", "ionice", "npx", "nsenter", "pipenv", "poetry", "retry",
        "run-with-retry", "runuser", "stdbuf", "su-exec", "tini", "unshare", "uv", "uvx", "with-retry", "xvfb-run",
    )
)
# What a Python script calls to move a model or a dataset; not in a comment.
_CALLS = pattern(r"(?m)^[^#\n]*?\b((?:snapshot|hf_hub)_download|load_dataset)\(")
_SHELL_DEPTH = 3


class Work(NamedTuple):
    """The heaviest work of a task: its class, the words that tell it (`buildah bud`), and where they stand.

    `kind` is build, transfer, test or other, as in `timeouts.suggest`. `start` and `end` are offsets in the text at
    `place`, both 0 for all of it.
    """

    kind: str
    what: str
    place: Place
    start: int = 0
    end: int = 0

    @property
    def location(self) -> Location:
        """Where the words stand."""
        return self.place.part(self.start, self.end) if self.end else self.place.location


def work_of(model: Model, task: Task) -> Work | None:
    """The heaviest work of a task's steps, of two of one class the first; None where nothing heavy is known."""
    return _heaviest(work for _, work in works_of(model, task))


def works_of(model: Model, task: Task) -> tuple[tuple[Place, Work], ...]:
    """The heaviest work of each step that does something heavy, with the step."""
    known: dict[int, tuple[tuple[Place, Work], ...]] = model.memo.setdefault("work", {})
    if id(task) not in known:
        known[id(task)] = tuple(_by_step(model, task))
    return known[id(task)]


def _by_step(model: Model, task: Task) -> Iterator[tuple[Place, Work]]:
    from tektonlint.model.graph import steps_of

    for step, action in steps_of(model, task):
        image = task.image_of(step) if action is None else _image_of(action)
        container, template = (step, task.template) if action is None else (action, None)
        work = _heaviest(_works(container, image, template))
        if work is not None:
            yield step, work


def _heaviest(works: Iterable[Work]) -> Work | None:
    return min(works, key=lambda work: _CLASSES.index(work.kind), default=None)


def _image_of(action: Place) -> str | None:
    image = action.get("image")
    text = image.known_text if image is not None else None
    return text if text and "$(" not in text else None


def _works(container: Place, image: str | None, template: Place | None) -> Iterator[Work]:
    script = container.get("script")
    if script is not None:
        # Where there is a script Tekton runs nothing else.
        yield from _in_script(script)
        return
    command, args = (container.get(key) or (template and template.get(key)) for key in ("command", "args"))
    words = [word for place in (command, args) if place is not None for word in place.items()]
    texts = [word.text or "" for word in words]
    entrypoint = _entrypoint(image) if command is None and image is not None else None
    if entrypoint is not None:
        found = _heavy(entrypoint, texts)
        place = container.get("image") or container
        if found is not None:
            yield Work(*found, place)
    elif texts:
        yield from _in_words(words, texts)


def _entrypoint(image: str) -> str | None:
    parsed = parse_image(image)
    return next((name for repository, name in ENTRYPOINTS.items() if parsed.is_one_of((repository,))), None)


def _in_words(words: Sequence[Place], texts: Sequence[str]) -> Iterator[Work]:
    """The work of a command that is written as a list."""
    from tektonlint.shell.dialect import SHELLS

    name = os.path.basename(texts[0])
    if name in SHELLS:
        number = _inline_script(texts[1:])
        if number is not None:
            yield from _in_script(words[1 + number], shell=True)
        return
    found = _run_by(name, texts[1:])
    if found is not None:
        yield Work(*found, words[0])


def _in_script(script: Place, *, shell: bool = False) -> Iterator[Work]:
    text = script.text
    if text is None:
        return
    if not shell:
        call = _CALLS.search(text) if "python" in text.lstrip().partition("\n")[0] else None
        if call is not None:
            yield Work(TRANSFER, call[1], script, call.start(1), call.end(1))
            return
    for found in _in_shell(text):
        yield Work(found.kind, found.what, script, found.start, found.end)


class _Found(NamedTuple):
    kind: str
    what: str
    start: int
    end: int


@lru_cache(maxsize=1024)
def _in_shell(text: str, depth: int = 0) -> tuple[_Found, ...]:
    """The heavy commands of a shell script. The parser is only asked where the text names one of them at all."""
    if not _may_be_heavy(text):
        return ()
    from tektonlint.shell.commands import commands
    from tektonlint.shell.dialect import SHELLS

    found: list[_Found] = []
    asked_for = ""
    for command in commands(text):
        if command.name == asked_for:
            asked_for = ""
            continue
        # `command -v rsync` only asks whether it is there.
        asks = command.name == "command" and command.words[:1] in (("-v",), ("-V",))
        asked_for = os.path.basename(command.words[1]) if asks and len(command.words) > 1 else ""
        number = _inline_script(command.words) if command.name in SHELLS and depth < _SHELL_DEPTH else None
        if number is not None:
            inner = _in_shell(command.words[number], depth + 1)
            found.extend(one._replace(start=command.start, end=command.end) for one in inner)
        else:
            found.extend(_of_command(command))
    return tuple(found)


def _of_command(command: Command) -> Iterator[_Found]:
    one = _run_by(command.name, command.words)
    if one is not None:
        yield _Found(*one, command.start, command.end)


def _inline_script(words: Sequence[str]) -> int | None:
    """Where the script stands behind `sh -c`, `bash -euc` and the like."""
    for number, word in enumerate(words[:-1]):
        if not word.startswith("-"):
            return None
        if not word.startswith("--") and word.endswith("c"):
            return number + 1
    return None


def _may_be_heavy(text: str) -> bool:
    """Whether a text holds the words of any heavy command, wherever."""
    from tektonlint.shell.commands import standing_alone

    for name, known in (*HEAVY.items(), *GOALS.items()):
        # Few of them are in a text at all.
        for end in standing_alone(name, text, "_.-") if name in text else ():
            # Options may stand between, over several lines, but not a page of them.
            if any(one.rpartition(" ")[2] in text[end : end + 1000] for one in known):
                return True
    return False


def _run_by(name: str, words: Sequence[str]) -> tuple[str, str] | None:
    """Class and words of a command, or of the one that it runs."""
    if name not in _RUNNERS:
        return _heavy(name, words)
    tried = (_heavy(os.path.basename(word), words[number + 1 :]) for number, word in enumerate(words))
    return next((found for found in tried if found is not None), None)


def _heavy(name: str, words: Sequence[str]) -> tuple[str, str] | None:
    """The class of a command, and the words that tell it; None where it takes no time."""
    if not _DOES_NOTHING.isdisjoint(words):
        return None
    if name in GOALS:
        goals = GOALS[name]
        reached = [word for word in words if word in goals]
        best = min(reached, key=lambda word: _CLASSES.index(goals[word]), default=None)
        return (goals[best], f"{name} {best}") if best is not None else None
    known = HEAVY.get(name, {})
    for one, kind in known.items():
        if one.startswith("--") and any(word.partition("=")[0] == one for word in words):
            return kind, "kaniko" if name == "executor" else name
    if "" in known:
        return known[""], name
    found = _subcommand(known, words)
    return (known[found], f"{name} {found}") if found is not None else None


def _subcommand(known: Dict[str, str], words: Sequence[str]) -> str | None:
    """The first word that is no option, or the next one where that may be an option's value: `--root /x bud`.

    A variable may hold options, or nothing.
    """
    behind_option = False
    for number, word in enumerate(words):
        for one in known:
            parts = one.split()
            if list(words[number : number + len(parts)]) == parts:
                return one
        if word.startswith(("-", "$")):
            behind_option = "=" not in word
        elif behind_option:
            behind_option = False
        else:
            return None
    return None
