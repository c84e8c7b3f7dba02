"""Which image store each call of Buildah uses, where that store is, and how a large image is built."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tektonlint.finding import Finding, Fix, Location, Safety, Severity
from tektonlint.model.definitions import Task, name_of, number_of
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place, Resource
from tektonlint.tekton.variables import variables

if TYPE_CHECKING:
    from tektonlint import edit
    from tektonlint.model.graph import Model
    from tektonlint.model.scripts import Script
    from tektonlint.shell.flow import Command, Word

# Global options of Buildah that say which store is used (buildah(1)); each call is on its own.
_STORE = ("--root", "--runroot", "--storage-driver")
# Commands that touch no image in the store, only list it, or clean it up.
_WITHOUT_STORE = frozenset(
    ("", "login", "logout", "version", "info", "help", "unshare", "prune", "images", "containers", "rmi", "rm",
     "manifest-inspect", "mkcw", "umount")
)  # fmt: skip
_BUILDS = frozenset(("build", "bud", "build-using-dockerfile"))
# What brings layers into the store; the others only use what is there.
_FILLS = _BUILDS | frozenset(("from", "pull", "commit"))
# Transports whose images come from files (containers-transports(5)), or from a registry.
_ELSEWHERE = ("oci-archive:", "docker-archive:", "dir:", "oci:", "docker://")
# What says where the store is for every call: containers-storage.conf(5).
_CONFIGURED = ("CONTAINERS_STORAGE_CONF", "STORAGE_OPTS")
_DEFAULT_ROOT = "/var/lib/containers"
_VOLUME = "varlibcontainers"
# Variables that hold options; one that stands alone in a bare word may bring `--root`.
_HOLDS_OPTIONS = pattern(
    r"(?i)(?:args|arguments|opts|options|flags)(?![a-z])|(?<![a-z])(?:arg|opt|flag|extra|global|storage)(?![a-z])"
    r"|\[[@*]\]|\$\{?[@*]"
)
_MANY = 5

# Commands that fetch models, and the sub-commands of those that do other things too.
_FETCHES = {
    "hf": ("download",),
    "huggingface-cli": ("download",),
    "git-lfs": ("pull", "fetch"),
    "modelscope": ("download",),
    "ollama": ("pull",),
}
_FETCHES_IN_PYTHON = ("snapshot_download(", "hf_hub_download(")


class _Call(NamedTuple):
    """One call of Buildah: the command, its sub-command, the store options with their values and words, and whether
    a variable may hold more options."""

    script: Script
    command: Command
    name: str
    options: dict[str, tuple[str, str]]
    open: bool

    @property
    def location(self) -> Location:
        return self.script.location(self.command.start, self.command.name_end)

    @property
    def shown(self) -> str:
        return f"buildah {self.name}"


# Stores of one script


def storage_inconsistent(container: Place, ctx: Context) -> Iterator[Finding]:
    """Calls of one script that name a store and calls that do not: `--root` holds for the call it stands in."""
    from tektonlint.model.scripts import script_at

    if not _is_named(container.resource):
        return
    script = script_at(ctx.model, container)
    if script is None or script.words:
        return
    calls = [one for one in _calls(script) if one.name not in _WITHOUT_STORE and not _is_elsewhere(one)]
    if any(_is_configured(one) for one in calls):
        return
    wanted = [option for option in _STORE if not (option == "--storage-driver" and _has_driver(script))]
    lacking: dict[int, list[str]] = {}
    models: dict[str, _Call] = {}
    for option in wanted:
        given = [one for one in calls if option in one.options]
        # Several values: several stores, on purpose.
        if not given or len({one.options[option][0] for one in given}) > 1:
            continue
        if option == "--storage-driver" and given[0].options[option][0] == "overlay":
            # What storage.conf of nearly every image says anyway.
            continue
        models[option] = given[0]
        for number, one in enumerate(calls):
            if option not in one.options and not one.open:
                lacking.setdefault(number, []).append(option)
    # `--runroot` is for locks and mounts; alone it decides nothing about images.
    found = {number: options for number, options in lacking.items() if options != ["--runroot"]}
    for number in _once(calls, found):
        one, options = calls[number], found[number]
        model = models[options[0]]
        written = " ".join(models[option].options[option][1] for option in options)
        effect = "so it looks into another image store"
        if one.name in _FILLS:
            effect = "so it works in another image store"
        if options == ["--storage-driver"]:
            effect = "so with another driver it looks into another image store"
        message = (
            f"`{one.shown}` does not say `{_shown(written)}` as `{model.shown}` does, {effect}. "
            "Write the same options in both."
        )
        related = [(model.location, "says which store it uses")]
        fix = _with_options(script, one, [models[option].options[option][1] for option in options], model, ctx)
        yield ctx.finding(script.place, message, at=one.location, related=related, fix=fix)


def _once(calls: list[_Call], found: dict[int, list[str]]) -> Iterator[int]:
    """The numbers of the calls to speak of: one for each place, where all ways to get there agree."""
    seen: set[int] = set()
    for number in found:
        at = calls[number].command.start
        same = [other for other, call in enumerate(calls) if call.command.start == at]
        if at not in seen and all(other in found for other in same):
            seen.add(at)
            yield number


def _with_options(script: Script, call: _Call, options: list[str], model: _Call, ctx: Context) -> Fix | None:
    """Writes the other call's options behind `buildah`, unless a variable in them is set only later."""
    text = " ".join(options)
    names = {one.name for one in script.analysis.flow.assignments if one.start > call.command.start}
    if model.command.start > call.command.start and any(f"${name}" in text or f"${{{name}" in text for name in names):
        return None
    if call.command.when.function != model.command.when.function and "$" in text.replace("$(", ""):
        local = model.command.when.function is not None
        if local:
            return None

    def change() -> edit.Change:
        from tektonlint import edit

        at = call.command.name_end
        return edit.replace_fragment(script.place, at, at, f" {text}")

    return ctx.fix(f"add `{_shown(text)}`", change, Safety.UNSAFE)


# The node's disk


def storage_on_node(container: Place, ctx: Context) -> Iterator[Finding]:
    """The first command of a step that fills a store in the container's own file system.

    A step of which one call says where its store is, is `storage_inconsistent`'s; one that asks for overlay without a
    volume is `overlay_without_volume`'s.
    """
    from tektonlint.model.scripts import script_at

    resource = container.resource
    if resource.partial or not _is_named(resource) or ctx.model.is_patched(resource):
        return
    script = script_at(ctx.model, container)
    if script is None:
        return
    every = list(_calls(script))
    filling = [one for one in every if one.name in _FILLS and not one.open]
    if not filling or any("--root" in one.options or _is_configured(one) for one in every):
        return
    if not _runs_as_root(script) or _is_mounted(script):
        return
    call = filling[0]
    driver = _driver(script, call)
    if driver in ("overlay", "overlay2"):
        return
    is_vfs = driver == "vfs"
    download = _download(script, ctx.model) if is_vfs else None
    copies = ", where the driver vfs keeps a full copy of the image for every layer" if is_vfs else ""
    message = (
        f"`{call.shown}` keeps its layers in the container's own file system{copies}: a large image fills the node's "
        f"disk, and the pod is evicted. Mount a volume at `{_DEFAULT_ROOT}`, or use `--root` on a workspace in every "
        "call."
    )
    severity = None if download is not None else Severity.NOTE
    related = [(download, "a model is downloaded here")] if download is not None else []
    fix = _mount(script, ctx)
    yield ctx.finding(script.place, message, at=call.location, severity=severity, related=related, fix=fix)


def _driver(script: Script, call: _Call) -> str:
    """The storage driver, with the default of a param; "" where it is not known or not said."""
    said = call.options.get("--storage-driver", ("", ""))[0]
    if not said:
        values = script.environment.get("STORAGE_DRIVER", ())
        own = dict(call.command.environment).get("STORAGE_DRIVER") or script.analysis.flow.variables.get(
            "STORAGE_DRIVER", values
        )
        said = own[0] if len(own) == 1 else ""
    found = variables(said)
    if len(found) == 1 and found[0].param is not None:
        owner = script.task.place if script.task is not None and not script.is_in_action else script.container
        declared = next((one for one in owner.each("params") if name_of(one) == found[0].param), None)
        default = declared.get("default") if declared is not None else None
        return (default.known_text or "") if default is not None else ""
    return said


def _runs_as_root(script: Script) -> bool:
    """Whether a step runs as root as far as it says: another user's store is in its home."""
    for container in (script.container, script.template):
        user = container.get("securityContext", "runAsUser") if container is not None else None
        if user is not None:
            return number_of(user) == 0
    return True


def _is_mounted(script: Script) -> bool:
    """Whether a volume or a workspace is mounted at the default store, above it, or in it; in doubt it is."""
    paths: list[str | None] = []
    for container in (script.container, script.template):
        for kind in ("volumeMounts", "workspaces"):
            for mount in container.each(kind) if container is not None else ():
                path = mount.get("mountPath")
                if path is not None:
                    paths.append(path.known_text)
    if script.task is not None:
        paths += [declared.mount_path for declared in script.task.workspaces.values()]
    return any(
        path is None
        or "$(" in path
        or path.startswith(_DEFAULT_ROOT)
        or f"{_DEFAULT_ROOT}/".startswith(f"{path.rstrip('/')}/")
        for path in paths
    )


def _mount(script: Script, ctx: Context) -> Fix | None:
    """Adds an emptyDir to the task and mounts it at the default store."""
    task = script.task
    if task is None or script.is_in_action or script.is_sidecar:
        return None
    same = next((one for one in task.place.each("volumes") if name_of(one) == _VOLUME), None)
    if same is not None and same.get("emptyDir") is None:
        return None

    def change() -> edit.Change:
        from tektonlint import edit

        mount: dict[str, edit.Data] = {"name": _VOLUME, "mountPath": _DEFAULT_ROOT}
        volume: dict[str, edit.Data] = {"name": _VOLUME, "emptyDir": {}}
        mounts, volumes = script.container.get("volumeMounts"), task.place.get("volumes")
        if mounts is not None:
            made = edit.append_item(mounts, mount)
        else:
            made = edit.insert_key(script.container, "volumeMounts", [mount], after="image")
        if same is not None:
            return made
        if volumes is not None:
            return made.with_(edit.append_item(volumes, volume))
        return made.with_(edit.insert_key(task.place, "volumes", [volume]))

    return ctx.fix(f"mount an emptyDir at {_DEFAULT_ROOT}", change, Safety.UNSAFE)


# Large images


def large_image_flags(container: Place, ctx: Context) -> Iterator[Finding]:
    """A build of what is known to be large, without the flags that keep it within limits.

    Large is what a pipeline builds after it has downloaded a model; the option `large-images` says it of every build.
    """
    from tektonlint.model.scripts import script_at

    if not _is_named(container.resource):
        return
    script = script_at(ctx.model, container)
    if script is None:
        return
    seen: set[int] = set()
    for call in _calls(script):
        if call.name not in _BUILDS or call.open or call.command.start in seen:
            continue
        seen.add(call.command.start)
        texts = [word.text for word in call.command.words]
        missing: list[str] = []
        if not any(one.startswith(("--squash", "--layers")) for one in texts):
            missing += ["--layers=false", "--squash"]
        if not any(one.startswith("--ulimit") for one in texts):
            missing.append("--ulimit nofile=4096:4096")
        if not missing:
            continue
        download = _download(script, ctx.model)
        if download is None and not ctx.options["large-images"]:
            return
        what = "an image with the model that was downloaded before" if download is not None else "a large image"
        reasons = []
        if "--squash" in missing:
            reasons.append("`--layers=false --squash` keeps one layer in place of a copy for each instruction")
        if missing[-1].startswith("--ulimit"):
            reasons.append('`--ulimit nofile=4096:4096` avoids "too many open files"')
        message = f"`{call.shown}` builds {what} and lacks `{' '.join(missing)}`. {', and '.join(reasons)}."
        related = [(download, "a model is downloaded here")] if download is not None else []
        fix = _with_flags(script, call, missing, ctx)
        yield ctx.finding(script.place, message, at=call.location, related=related, fix=fix)


def _with_flags(script: Script, call: _Call, flags: list[str], ctx: Context) -> Fix | None:
    word = next((one for one in call.command.words if one.text == call.name), None)
    if word is None or script.words:
        return None

    def change() -> edit.Change:
        from tektonlint import edit

        return edit.replace_fragment(script.place, word.end, word.end, f" {' '.join(flags)}")

    return ctx.fix(f"add `{' '.join(flags)}`", change, Safety.UNSAFE)


def _download(script: Script, model: Model) -> Location | None:
    """Where a model is fetched before a script runs: in its task, or in one that its task waits for."""
    if script.task is None:
        return None
    from tektonlint.model.scripts import scripts_of

    known: dict[int, Location | None] = model.memo.setdefault("downloads", {})
    key = id(script.task)
    if key not in known:
        tasks = [script.task, *_before(script.task, model)]
        known[key] = next((at for task in tasks for one in scripts_of(model, task) if (at := _fetch(one))), None)
    return known[key]


def _before(task: Task, model: Model) -> Iterator[Task]:
    """The specs of the tasks that a task waits for in the pipelines of the tree."""
    if task.inline:
        around = task.place.parent
        users = [around] if around is not None and around.resource.kind != "TaskRun" else []
    else:
        users = [user.place for user in model.users_of(task) if user.place.resource.kind != "TaskRun"]
    for place in users:
        user = model.pipeline_task(place)
        for name in sorted(user.pipeline.ancestors.get(user.name or "", ())):
            above = user.pipeline.by_name.get(name)
            spec = model.task_of(above).found if above is not None else None
            if spec is not None:
                yield spec


def _fetch(script: Script) -> Location | None:
    """Where a script fetches a model."""
    text = script.text
    if script.is_shell:
        for command in script.analysis.flow.commands:
            words = [word.text for word in command.words if not word.text.startswith("-")]
            name = "git-lfs" if command.name == "git" and words[:1] == ["lfs"] else command.name
            words = words[1:] if name != command.name else words
            if words[:1] and words[0] in _FETCHES.get(name, ()):
                return script.location(command.start, command.name_end)
    for call in _FETCHES_IN_PYTHON:
        at = text.find(call)
        if at >= 0:
            return script.location(at, at + len(call) - 1)
    return None


# Calls


def _is_named(resource: Resource) -> bool:
    """Whether the file of an object names Buildah at all."""
    known: bool | None = resource.memo.get("names buildah")
    if known is None:
        known = resource.memo["names buildah"] = "buildah" in resource.source.text
    return known


def _calls(script: Script) -> Iterator[_Call]:
    """Every call of Buildah in a script."""
    if not script.is_shell or ("buildah" not in script.text and not script.words):
        return
    for command in script.analysis.flow.commands:
        if command.name == "buildah":
            yield _call(script, command)


def _call(script: Script, command: Command) -> _Call:
    from tektonlint.shell.values import UNKNOWN

    options: dict[str, tuple[str, str]] = {}
    name = ""
    is_open = False
    words = list(command.words)
    while words:
        word = words.pop(0)
        text = word.text
        option, equals, value = text.partition("=")
        if text == "--":
            break
        if option in _STORE:
            if equals:
                options[option] = (value, _written(script, word, word))
            elif words:
                options[option] = (words[0].text, _written(script, word, words[0]))
                words.pop(0)
        elif text.startswith("-"):
            if not equals and not name and words and text in ("--log-level", "--storage-opt", "--registries-conf"):
                words.pop(0)
        elif text.startswith((UNKNOWN, "$(params")) and _may_hold_options(script, word):
            is_open = True
        elif not name and UNKNOWN not in text:
            name = text
            if name == "manifest" and words and words[0].text == "inspect":
                name = "manifest-inspect"
            if name in ("run", "config", "unshare"):
                # What follows is another command's.
                break
        elif not name:
            # The sub-command itself is not known.
            return _Call(script, command, "", options, True)
    return _Call(script, command, name, options, is_open)


def _written(script: Script, first: Word, last: Word) -> str:
    if script.words or last.end > len(script.text):
        return f"{first.text} {last.text}" if last is not first else first.text
    return script.text[first.start : last.end]


def _may_hold_options(script: Script, word: Word) -> bool:
    """Whether a word of unknown text may be options: by the name of its variable."""
    if script.words:
        return True
    return _HOLDS_OPTIONS.search(script.text[word.start : word.end]) is not None


def _is_elsewhere(call: _Call) -> bool:
    """Whether a call takes its image from a file or a registry rather than from the store."""
    if call.name not in ("push", "pull", "from", "inspect"):
        return False
    rest = [word.text for word in call.command.words if not word.text.startswith("-")]
    at = rest.index(call.name) if call.name in rest else 0
    sources = rest[at + 1 : at + 2] if call.name == "push" else rest[at + 1 :]
    if call.name == "push":
        return any(one.startswith(("oci-archive:", "docker-archive:")) for one in sources)
    return call.name == "inspect" and any(one.startswith(_ELSEWHERE) for one in sources)


def _is_configured(call: _Call) -> bool:
    """Whether a variable names a configuration, which says where the store is."""
    names = {name for name, _ in call.command.environment} | call.script.analysis.flow.variables.keys()
    return any(name in names or name in call.script.environment for name in _CONFIGURED)


def _has_driver(script: Script) -> bool:
    """Whether the driver is the same for all calls: by the environment, or by an `export`."""
    return "STORAGE_DRIVER" in script.environment or "STORAGE_DRIVER" in script.analysis.flow.variables


def _shown(text: str) -> str:
    return " ".join(text.replace(os.linesep, " ").split())
