"""What single scripts do to modes and groups of the files that they leave in a workspace."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tektonlint.finding import Finding, Fix
from tektonlint.model.files import (
    NO,
    Access,
    TaskFile,
    accesses,
    is_opaque,
    made_by,
    meet,
    situations,
    task_files,
)
from tektonlint.model.graph import Model
from tektonlint.model.owners import different_users, is_mended_for, is_shared_volume
from tektonlint.model.pipelines import PipelineTask
from tektonlint.model.scripts import Script, script_at
from tektonlint.patterns import pattern
from tektonlint.policy.context import Context
from tektonlint.policy.looks import says
from tektonlint.policy.scripts import with_command, written_path
from tektonlint.sentences import listed
from tektonlint.shell.effects import mode_given
from tektonlint.tekton.images import facts_of
from tektonlint.tekton.resource import Place

if TYPE_CHECKING:
    from tektonlint.shell.effects import Effect
    from tektonlint.shell.flow import Command, Word

_WORKSPACE = pattern(r"\$\(workspaces\.([A-Za-z0-9_.-]+)\.path\)")
_NUMBER = pattern(r"[0-9]{1,10}")
_OWNER = pattern(r"[^:.]*[:.]([0-9]{1,10})")
_MODE = pattern(r"[0-7]{3,4}")
_CLAUSE = pattern(r"[ug]*[ao][ugoa]*[+=][rwxXst]*w[rwxXst]*")
# Where every mode is written out behind its chmod, and none of them opens to all, none of these stands.
_MAY_OPEN_TO_ALL = tuple(
    pattern(one)
    for one in (
        r"chmod(?![ \t]+(?:-[A-Za-z]+[ \t]+)*(?:\+[rwxXst]+|[ug]+[+=][rwxXst]+|[0-7]+[0145])[ \t])",
        r"-(?<![\w-]-)[A-Za-z]*m(?:(?![\w-])|[0-7]|[ugoa]*[+=])",
        r"--mode",
    )
)
_MAY_NAME_A_GROUP = ("chgrp", "chown", "-g")
_SECRET = pattern(
    r"(?i)(?:^|[/._-])(?:netrc|ssh|docker|auth|authfile|config\.json|dockerconfig\w*|kube|kubeconfig|gnupg|"
    r"id_(?:rsa|ed25519|ecdsa)|tokens?|secrets?|passw\w*|credentials?|creds?|keys?|pem|p12|jks|git-credentials)"
    r"(?:$|[/._-])"
)
_GROUP_READ, _OTHERS_WRITE, _STICKY = 0o040, 0o002, 0o1000


def mktemp_file_published(container: Place, ctx: Context) -> Iterator[Finding]:
    """Files of `mktemp` that are moved or copied into a workspace, and stay nobody's but their owner's."""
    script = script_at(ctx.model, container)
    if script is None or "mktemp" not in script.text:
        return
    commands = script.analysis.flow.commands
    folders = {one.start for one in commands if one.name == "mktemp" and _has_letter(one, "d", "--directory")}
    for file in _files_of(script, ctx.model):
        effect = file.effect
        if file.script is not script or effect.what != "write" or file.mode is None or file.mode & _GROUP_READ:
            continue
        if effect.command.name not in ("mv", "cp") or not _is_from_mktemp(effect.command, folders):
            continue
        workspace = _workspace_of(effect.path, script)
        if workspace is None or not _has_another_reader(script, effect, ctx):
            continue
        name = f"`{effect.path}`"
        written = written_path(script, effect)
        message = (
            f"{name} comes from `mktemp` and keeps its mode 0600, so tasks that run as another user cannot even read "
            f"it. Add `chmod 664 {written or '…'}` behind the `{effect.command.name}`."
        )
        fix = with_command(script, effect, f"chmod 664 {written}", ctx) if written is not None else None
        yield ctx.finding(script.place, message, at=script.location_of(effect), fix=fix)


def hardcoded_group_in_script(container: Place, ctx: Context) -> Iterator[Finding]:
    """`chgrp 1000970000` and its like on files of a workspace."""
    script = script_at(ctx.model, container)
    if script is None or not (script.words or any(one in script.text for one in ("chgrp", "chown", "install"))):
        return
    if not says(script, _may_name_a_group):
        return
    told: set[int] = set()
    for command in script.analysis.flow.commands:
        word, group, first = _group_of(command)
        if word is None or group in ctx.options["allow"] or word.start in told:
            continue
        targets = [word for word in command.words[first:] if not word.text.startswith("-")]
        inside = [one for target in targets for one in _workspaces_of(target, command, script)]
        if not inside or all(one and _is_of_several_nodes(script, one, ctx) for one in inside):
            continue
        told.add(word.start)
        said = command.name if command.name != "install" else "install -g"
        instead = _instead_of(command, inside[0], script, ctx)
        message = (
            f"`{said}` names the group {group}, which belongs to one namespace or cluster and fails in the next. What "
            f"is made below a workspace with an `fsGroup` gets that group anyway: {instead}."
        )
        fix = _without_number(script, command, word, group, inside[0], ctx)
        yield ctx.finding(script.place, message, at=script.location(word.start, word.end), fix=fix)


def world_writable_workaround(container: Place, ctx: Context) -> Iterator[Finding]:
    """`chmod 777` and its like on files of a workspace."""
    script = script_at(ctx.model, container)
    if script is None or not (script.words or any(one in script.text for one in ("chmod", "mkdir", "install"))):
        return
    if not says(script, _may_open_to_all):
        return
    effects = script.analysis.effects.effects
    folders = {effect.text for effect in effects if effect.what == "folder"}
    told: set[int] = set()
    for effect in effects:
        command = effect.command
        word, option = _mode_word(command) or (None, "")
        mode = word.text.removeprefix(option) if word is not None else ""
        if word is None or word.start in told or not _opens_to_all(mode):
            continue
        if effect.what not in ("mode", "folder", "write"):
            continue
        workspace = _workspace_of(effect.path, script, around=effect.tree and effect.what == "mode")
        if workspace is None or (workspace and _is_of_several_nodes(script, workspace, ctx)):
            continue
        told.add(word.start)
        recursive = effect.what == "mode" and effect.tree
        narrow = _narrower(mode, recursive=recursive, folder=effect.text in folders or effect.what == "folder")
        said = f"{command.name} {word.text}" if option or command.name == "chmod" else f"{command.name} -m {mode}"
        message = (
            f"`{said}` lets everybody who reaches the volume change `{effect.path}`. `{narrow}` is enough for tasks "
            "that share an `fsGroup`."
        )
        yield ctx.finding(
            script.place,
            message,
            at=script.location(word.start, word.end),
            fix=_with_word(script, word, option + narrow, f"write `{narrow}` in place of `{mode}`", ctx),
        )


def restrictive_umask(container: Place, ctx: Context) -> Iterator[Finding]:
    """`umask 077` and its like before files are written to a workspace."""
    script = script_at(ctx.model, container)
    if script is None or "umask" not in script.text:
        return
    files = [one for one in _files_of(script, ctx.model) if one.script is script]
    told: set[int] = set()
    for umask in script.analysis.flow.commands:
        if umask.name != "umask" or umask.start in told or not umask.words:
            continue
        word = umask.words[-1]
        value = int(word.text, 8) if _MODE.fullmatch(word.text.zfill(3)) else 0
        if not value & 0o004:
            continue
        hidden = [one for one in files if _is_hidden_by(one, umask, value, script)]
        if not hidden or not _has_other_users(script, hidden[0].effect, ctx):
            continue
        told.add(umask.start)
        names = dict.fromkeys(_workspace_of(one.effect.path, script) for one in hidden)
        where = "the workspace " + listed(f"`{name}`" for name in names) if any(names) else "`/workspace`"
        what = "unreadable for tasks that run as another user"
        if not value & _GROUP_READ:
            what = "unreadable for tasks that run as another user outside the group"
        message = (
            f"`umask {word.text}` makes what the script writes to {where} {what}. Keep it for "
            "credentials, and use `umask 0002` for shared files."
        )
        related = [(script.location_of(one.effect), "written with it") for one in hidden]
        yield ctx.finding(script.place, message, at=script.location(umask.start, umask.end), related=related)


def _files_of(script: Script, model: Model) -> tuple[TaskFile, ...]:
    return task_files(model, script.task) if script.task is not None else made_by((script,))


def _is_from_mktemp(command: Command, folders: set[int]) -> bool:
    """Whether a file that `mktemp` made is moved or copied."""
    from tektonlint.shell.values import TEMPORARY

    for word in command.words[:-1]:
        for value in word.values:
            # The offset of the call stands between two marks.
            before, mark, behind = value.rpartition(TEMPORARY)
            offset = before.rpartition(TEMPORARY)[2]
            if mark and "/" not in behind and offset.isdigit() and int(offset) not in folders:
                return True
    return False


def _has_letter(command: Command, letter: str, long: str) -> bool:
    return any(
        word.text == long or (word.text.startswith("-") and not word.text.startswith("--") and letter in word.text)
        for word in command.words
    )


def _workspace_of(path: str, script: Script, *, around: bool = False) -> str | None:
    """The workspace that a path of a script lies in; "" for one below /workspace where the task is not known.

    `around`: or the path lies around the workspace.
    """
    match = _WORKSPACE.match(path)
    if match is not None:
        return match[1]
    if script.task is None:
        return "" if path.startswith("/workspace/") else None
    for name, declared in script.task.workspaces.items():
        folder = posixpath.normpath(declared.mount_path) if declared.mount_path else None
        if folder and (path == folder or path.startswith(f"{folder}/")):
            return name
        if folder and around and folder.startswith(f"{path.rstrip('/')}/"):
            return name
    return None


def _workspaces_of(word: Word, command: Command, script: Script) -> Iterator[str]:
    from tektonlint.shell.values import joined

    for value in word.values:
        recursive = any(one.text in ("-R", "--recursive") for one in command.words)
        workspace = _workspace_of(joined(command.folders[0], value), script, around=recursive)
        if workspace is not None:
            yield workspace


def _users(script: Script, model: Model) -> Iterator[PipelineTask]:
    """The PipelineTasks that run a script's task."""
    task = script.task
    if task is None:
        return
    if task.inline:
        around = task.place.parent
        if around is not None and isinstance(around.path[-1], int):
            yield model.pipeline_task(around)
        return
    yield from (user for user in model.users_of(task) if isinstance(user, PipelineTask))


def _others(script: Script, effect: Effect, model: Model) -> Iterator[tuple[Access, PipelineTask, bool]]:
    """For each pipeline that runs a script's task: what an effect is there, each other task that gets the volume,
    and whether kubelet mends modes before that starts."""
    for mine in _users(script, model):
        for run in situations(model, mine.pipeline):
            for access in accesses(model, mine, run):
                if access.effect is not effect:
                    continue
                volume = access.directory.volume
                for other in mine.pipeline.all_tasks:
                    if other is mine or other.runs_pipeline:
                        continue
                    if any(one.volume == volume for one in model.directories(other, run).values()):
                        mended = run is not None and is_mended_for(model, run, other, volume)
                        yield access, other, mended


def _has_another_reader(script: Script, effect: Effect, ctx: Context) -> bool:
    """Whether some other user's task may read what an effect makes: in no pipeline of the tree, or in one of them."""
    model = ctx.model
    if next(_users(script, model), None) is None:
        return True
    for access, other, mended in _others(script, effect, model):
        if mended or not _may_follow(access, other):
            continue
        if is_opaque(model, other):
            return True
        for run in situations(model, other.pipeline):
            for one in accesses(model, other, run):
                touches = one.what in ("read", "update", "write", "use") and not one.effect.anew
                if touches and meet(access, one) != NO and different_users(access, one) is not False:
                    return True
    return False


def _may_follow(access: Access, other: PipelineTask) -> bool:
    return not other.pipeline.comes_before(other, access.task)


def _has_other_users(script: Script, effect: Effect, ctx: Context) -> bool:
    """Whether another task that gets the volume may run as another user."""
    model = ctx.model
    if next(_users(script, model), None) is None:
        return True
    for access, other, mended in _others(script, effect, model):
        if mended:
            continue
        theirs = [one for run in situations(model, other.pipeline) for one in accesses(model, other, run)]
        if not theirs or any(different_users(access, one) is not False for one in theirs):
            return True
    return False


def _is_of_several_nodes(script: Script, workspace: str, ctx: Context) -> bool:
    """Whether all known runs bind a workspace to volumes on which no fsGroup counts."""
    found: list[bool] = []
    for mine in _users(script, ctx.model):
        for run in situations(ctx.model, mine.pipeline):
            directory = ctx.model.directories(mine, run).get(workspace)
            found.append(
                run is not None and directory is not None and is_shared_volume(ctx.model, run, directory.volume)
            )
    return bool(found) and all(found)


def _group_of(command: Command) -> tuple[Word | None, int, int]:
    """The word that says a group by number, the number, and the first word that names a file."""
    words = command.words
    if command.name in ("chgrp", "chown"):
        at = next((n for n, word in enumerate(words) if not word.text.startswith("-")), None)
        if at is not None and not any(word.text.startswith("--reference") for word in words):
            text = words[at].text
            match = _NUMBER.fullmatch(text) if command.name == "chgrp" else _OWNER.fullmatch(text)
            if match is not None:
                return words[at], int(match[match.re.groups]), at + 1
    elif command.name == "install":
        for number, word in enumerate(words):
            if word.text in ("-g", "--group") and number + 1 < len(words):
                if _NUMBER.fullmatch(words[number + 1].text):
                    return words[number + 1], int(words[number + 1].text), 0
            elif word.text.startswith("--group=") and _NUMBER.fullmatch(word.text[8:]):
                return word, int(word.text[8:]), 0
    return None, 0, 0


def _may_name_a_group(text: str) -> bool:
    return any(one in text for one in _MAY_NAME_A_GROUP)


def _without_number(
    script: Script, command: Command, word: Word, group: int, workspace: str, ctx: Context
) -> Fix | None:
    """Drops `-g N`, or takes the group of the workspace itself."""
    from tektonlint import edit

    written = script.text[word.start : word.end]
    if script.is_in_action or script.words or str(group) not in written:
        return None
    if command.name == "install":
        before = [one for one in command.words if one.end <= word.start]
        start = before[-1].start if not word.text.startswith("--group=") else word.start
        if script.text[start - 1 : start] != " " or "\n" in script.text[start : word.end]:
            return None
        return ctx.fix("drop the group", lambda: edit.replace_fragment(script.place, start - 1, word.end, ""))
    if written != word.text or not workspace:
        return None
    text = _group_of_workspace(command, written, workspace, script, ctx)
    return ctx.fix(
        "take the group of the workspace", lambda: edit.replace_fragment(script.place, word.start, word.end, text)
    )


def _group_of_workspace(command: Command, written: str, workspace: str, script: Script, ctx: Context) -> str:
    """What `chgrp` and `chown` take in place of a number. BusyBox has no `--reference`."""
    path = f"$(workspaces.{workspace}.path)"
    facts = facts_of(script.image, ctx.target.images)
    if command.name == "chgrp" and (facts is None or facts.shell != "ash"):
        return f'--reference="{path}"'
    owner = written[: max(written.rfind(":"), written.rfind(".")) + 1] if command.name == "chown" else ""
    return f'"{owner}$(stat -c %g "{path}")"'


def _instead_of(command: Command, workspace: str, script: Script, ctx: Context) -> str:
    if command.name == "install" or not workspace:
        return "drop it"
    written = ":" if command.name == "chown" else ""
    return f"drop it, or write `{command.name} {_group_of_workspace(command, written, workspace, script, ctx)}`"


def _mode_word(command: Command) -> tuple[Word, str] | None:
    """The word that says a mode, and the option that stands before the mode in it, as in `-m777`."""
    words = command.words
    if command.name == "chmod":
        found = next((word for word in words if not word.text.startswith("-")), None)
        refers = any(word.text.startswith("--reference") for word in words)
        return None if refers or found is None else (found, "")
    return mode_given(words) if command.name in ("mkdir", "install") else None


def _may_open_to_all(text: str) -> bool:
    return any(one.search(text) for one in _MAY_OPEN_TO_ALL)


def _opens_to_all(mode: str) -> bool:
    if _MODE.fullmatch(mode):
        number = int(mode, 8)
        return bool(number & _OTHERS_WRITE) and not number & _STICKY
    return any(_CLAUSE.fullmatch(clause) for clause in mode.split(","))


def _narrower(mode: str, *, recursive: bool, folder: bool) -> str:
    """A mode that lets the group do what the other lets everybody do."""
    if _MODE.fullmatch(mode):
        if recursive:
            return "g+rwX"
        if int(mode, 8) & 0o111:
            return "2775" if folder else "g+rwX"
        return "664"
    clauses = []
    for clause in mode.split(","):
        if _CLAUSE.fullmatch(clause):
            letters = clause[clause.index("+" if "+" in clause else "=") + 1 :]
            wanted = "".join(one for one in "rwxXst" if one in letters).replace("x", "X").replace("XX", "X")
            clauses.append(f"g+{wanted}")
        else:
            clauses.append(clause)
    return ",".join(dict.fromkeys(clauses))


def _with_word(script: Script, word: Word, text: str, title: str, ctx: Context) -> Fix | None:
    from tektonlint import edit

    if script.is_in_action or script.words or script.text[word.start : word.end] != word.text:
        return None
    return ctx.fix(title, lambda: edit.replace_fragment(script.place, word.start, word.end, text))


def _is_hidden_by(file: TaskFile, umask: Command, value: int, script: Script) -> bool:
    """Whether a file gets a mode from a umask that keeps others out, in a workspace, and is no secret."""
    effect = file.effect
    if effect.what not in ("write", "update", "folder") or effect.command.umask != value:
        return False
    if effect.command.start < umask.start or file.mode is None or file.mode & 0o004 or file.mode & 0o020:
        return False
    return _workspace_of(effect.path, script) is not None and not _SECRET.search(effect.path)
