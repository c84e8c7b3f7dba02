"""What git knows about the tree that is linted. Nothing else in tektonlint starts git.

The repository may be a stranger's, and so may its configuration: it must not decide what runs here. Only commands
that read objects, names and attributes are used, none that looks at the contents of the working tree, for that is
where git runs the filters of a repository. Nothing is written, fetched or asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from tektonlint import installed
from tektonlint.errors import UserError
from tektonlint.records import NamedTuple

if TYPE_CHECKING:
    import subprocess

# What decides about trust and where git's own files are; every other variable of git's would lead elsewhere, as those
# do that git sets for a hook (githooks(5)), or start something.
_KEPT = ("GIT_CONFIG_", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH")
_SET = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # Git 2.44 and later know the first; the second keeps every version from fetching what a partial clone lacks.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    # A replacement would make a revision say what it does not.
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
}
_OPTIONS = (
    "--no-pager",
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=false",
    "-c",
    f"core.hooksPath={os.devnull}",
)
_CHUNK = 1024 * 1024
_REGULAR, _LINK, _SUBMODULE = ("100", "120000", "160000")
_SHALLOW = "the clone is shallow; fetch the whole history (in GitHub's checkout action `fetch-depth: 0`)"


class GitError(UserError):
    """What was asked of git cannot be answered; the text is one line for a person."""


class Entry(NamedTuple):
    """One name in a revision: the path below the folder that was asked for, with forward slashes, and the object."""

    name: str
    mode: str
    id: str

    @property
    def is_file(self) -> bool:
        return self.mode.startswith(_REGULAR)

    @property
    def is_link(self) -> bool:
        return self.mode == _LINK

    @property
    def is_submodule(self) -> bool:
        return self.mode == _SUBMODULE


class Repository:
    """The working tree of a repository, as seen from a folder in it.

    `prefix` leads from the top of the working tree to the folder: empty, or names that end in a slash. `hash` is the
    name of the function that names objects, as hashlib has it.
    """

    def __init__(self, folder: str) -> None:
        """Raises `GitError` where there is no git, no repository, or one without a working tree."""
        program = installed.program("git")
        if program is None:
            raise GitError("comparing with a revision needs the program `git`, which is not installed or not on PATH")
        self._program = program
        self.folder = folder
        said = self._line("rev-parse", "--is-bare-repository", "--is-inside-work-tree", "--is-shallow-repository")
        bare, inside, shallow = said.split("\n")
        if inside != "true":
            what = "the repository is bare" if bare == "true" else "it is in no working tree of its repository"
            raise GitError(f"{folder}: {what}, so there is nothing to compare with a revision")
        self.is_shallow = shallow == "true"
        self.prefix = os.fsdecode(self._run("rev-parse", "--show-prefix").removesuffix(b"\n"))
        self.hash = self._line("rev-parse", "--show-object-format")

    def commit(self, revision: str) -> str | None:
        """The commit that a revision names (gitrevisions(7)), or None."""
        if not revision or "\0" in revision:
            return None
        # 128 is what git answers where there is no upstream, or where a text cannot be a revision.
        found = self._maybe(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", silent=(0, 1, 128)
        )
        # A range names several.
        return found if found is not None and found.isalnum() else None

    def base(self, revision: str | None) -> str:
        """The commit that HEAD and a revision have last had in common; without one, HEAD and its upstream branch.

        Where the branch has no upstream, the remote's own HEAD counts. Raises `GitError`.
        """
        head = self.commit("HEAD")
        if head is None:
            raise GitError("there is no commit yet, so there is nothing to compare with")
        if revision is not None:
            other = self.commit(revision)
            if other is None:
                raise self._unknown(revision)
        else:
            other = self.commit("@{upstream}") or self.commit("refs/remotes/origin/HEAD")
            if other is None:
                raise GitError(
                    "the branch has no upstream and there is no origin/HEAD to compare with; "
                    "give a revision, such as `--changed=origin/main`"
                )
        common = self._maybe("merge-base", "--end-of-options", other, head)
        if common is None:
            what = f"HEAD and `{revision or 'the upstream branch'}` have no commit in common"
            raise GitError(f"{what} here, for {_SHALLOW}" if self.is_shallow else what)
        return common

    def short(self, commit: str) -> str:
        """As few digits as name a commit, nine or more."""
        return self._line("rev-parse", "--short=9", commit)

    def entries(self, commit: str) -> list[Entry]:
        """All that a commit holds in the folder and below."""
        folder = ("--", f":(top,literal){self.prefix}") if self.prefix else ()
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit, *folder)
        entries: list[Entry] = []
        for line in listed.split(b"\0")[:-1]:
            head, _, path = line.partition(b"\t")
            mode, _, name = head.decode("ascii").split()
            entries.append(Entry(os.fsdecode(path).removeprefix(self.prefix), mode, name))
        return entries

    def contents(self, ids: Iterable[str], limit: int) -> Iterator[bytes | None]:
        """The bytes of one file after another, as they are stored; None for one that has more than `limit`.

        Raises `GitError` for one that is not there.
        """
        import subprocess

        with self._start("cat-file", "--batch", stdin=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                for name in ids:
                    yield _content(process, name, limit)
            finally:
                # A git that has died raises once more where its input is closed.
                with suppress(OSError):
                    process.stdin.close()
                process.stdout.close()
                process.kill()

    def ignored(self, names: Iterable[str]) -> frozenset[str]:
        """Those names that git would not take into a commit: neither tracked, nor wanted by .gitignore and its like."""
        # A name may begin like a pattern (gitglossary(7), "pathspec"), which git would understand as one.
        asked = b"".join(b"./" + os.fsencode(name) + b"\0" for name in names)
        if not asked:
            return frozenset()
        said = self._run("check-ignore", "-z", "--stdin", given=asked, silent=(0, 1))
        return frozenset(os.fsdecode(name.removeprefix(b"./")) for name in said.split(b"\0")[:-1])

    def hidden(self) -> list[str]:
        """The tracked files that .gitignore and its like name; git goes on to track them, and others pass them over."""
        listed = self._run("ls-files", "--cached", "--ignored", "--exclude-standard", "-z")
        return [os.fsdecode(name) for name in listed.split(b"\0")[:-1]]

    def attributes(self, names: Iterable[str], wanted: Iterable[str]) -> dict[str, dict[str, str]]:
        """For each name the attributes that say something about it (gitattributes(5)): `set`, `unset` or a value."""
        asked = b"".join(os.fsencode(name) + b"\0" for name in names)
        found: dict[str, dict[str, str]] = {}
        if not asked:
            return found
        said = self._run("check-attr", "-z", "--stdin", *wanted, given=asked)
        words = [os.fsdecode(word) for word in said.split(b"\0")]
        for name, attribute, value in zip(words[::3], words[1::3], words[2::3], strict=False):
            if value != "unspecified":
                found.setdefault(name, {})[attribute] = value
        return found

    def setting(self, key: str) -> str:
        """A setting of git's, in lower case; empty where nobody made it."""
        return (self._maybe("config", "--get", key) or "").lower()

    def _unknown(self, revision: str) -> GitError:
        from tektonlint.near import did_you_mean

        listed = self._run("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags")
        hint = did_you_mean(revision, os.fsdecode(listed).split())
        if not hint and self.is_shallow:
            hint = f"; {_SHALLOW}"
        return GitError(f"there is no revision `{revision}`{hint}")

    def _line(self, *words: str) -> str:
        return os.fsdecode(self._run(*words)).removesuffix("\n")

    def _maybe(self, *words: str, silent: tuple[int, ...] = (0, 1)) -> str | None:
        """The line that git answers with, or None where it says that there is nothing."""
        return os.fsdecode(self._run(*words, silent=silent)).removesuffix("\n") or None

    def _run(self, *words: str, given: bytes = b"", silent: tuple[int, ...] = (0,)) -> bytes:
        """What a command prints. Raises `GitError` where it ends with a code that is not `silent`."""
        import subprocess

        with self._start(*words, stdin=subprocess.PIPE) as process:
            out, err = process.communicate(given)
        if process.returncode not in silent:
            raise _failure(self.folder, words[0], err, process.returncode)
        return out

    def _start(self, *words: str, stdin: int) -> subprocess.Popen[bytes]:
        import subprocess

        environment = {
            name: value
            for name, value in os.environ.items()
            if (not name.startswith("GIT_") or name.startswith(_KEPT)) and name not in ("LANGUAGE", "LC_MESSAGES")
        }
        try:
            return subprocess.Popen(
                (self._program, "-C", self.folder, *_OPTIONS, *words),
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment | _SET,
            )
        except OSError as error:
            raise GitError(f"`{self._program}` cannot be started: {error.strerror}") from None


def _content(process: subprocess.Popen[bytes], name: str, limit: int) -> bytes | None:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(name.encode("ascii") + b"\n")
        process.stdin.flush()
        head = process.stdout.readline().split()
        if head[1:2] != [b"blob"]:
            raise GitError(_missing(name))
        left = int(head[2]) + 1
        data = process.stdout.read(left) if left <= limit + 1 else None
        while data is None and left:
            some = process.stdout.read(min(left, _CHUNK))
            if not some:
                raise GitError(_missing(name))
            left -= len(some)
    except OSError:
        raise GitError(_missing(name)) from None
    if data is not None and len(data) != left:
        raise GitError(_missing(name))
    return data[:-1] if data is not None else None


def _missing(name: str) -> str:
    return (
        f"git cannot read the object {name[:12]} of the revision to compare with; "
        "a partial clone lacks some (clone without `--filter`), or the repository is damaged (`git fsck`)"
    )


def _failure(folder: str, command: str, said: bytes, code: int) -> GitError:
    """One line about a command that failed, in words of its own where people know what to do about it."""
    text = said.decode("utf-8", "replace")
    if "not a git repository" in text:
        return GitError(f"{folder}: this is in no git repository, so there is no revision to compare with")
    if "dubious ownership" in text or "unsafe repository" in text:
        return GitError(
            f"git does not trust the repository at {folder}, for somebody else owns it; if you do, "
            f"`git config --global --add safe.directory` with its path says so"
        )
    lines = [line for line in text.splitlines() if line.strip()]
    first = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0] if lines else "")
    reason = first.partition(": ")[2] or first or "it does not say why"
    return GitError(f"`git {command}` failed (exit code {code}): {reason}")
