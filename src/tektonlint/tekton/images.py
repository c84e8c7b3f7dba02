"""What is known of container images: which commands they have and lack, their shell, their user, their volumes.

`tables/images.json` holds it, with evidence for every fact. Silence is "not known": a command that is named neither as
present nor as absent may be either. What a configuration says under `images` comes before the table.

The user that an image declares is the one that runs only where nothing else says who does: not on OpenShift, whose
restricted SCCs give each namespace a range of users.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict
from functools import cache, lru_cache
from itertools import zip_longest
from typing import Any

from tektonlint.bundled import folder
from tektonlint.patterns import pattern as lazy
from tektonlint.records import NamedTuple
from tektonlint.tekton.image import parse_image

# What /bin/sh can be; `none` where an image has no shell at all.
SHELLS = ("bash", "dash", "ash", "none")

# The kinds of facts that a row of the table may hold, and that evidence may be given for.
KINDS = ("absent", "present", "shell", "user", "volumes", "packages")

# Other names of Docker Hub: the old one (distribution/reference, normalize.go), and a copy of it
# (https://cloud.google.com/artifact-registry/docs/pull-cached-dockerhub-images).
_DOCKER_HUB = ("index.docker.io/", "mirror.gcr.io/")

# distribution/reference, regexp.go, without looking closely; and with `*` and `?` for patterns.
_REPOSITORY = lazy(r"[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9._-]+)*")
_PATTERN = lazy(r"[A-Za-z0-9.*?-]+(?::[0-9]+)?(?:/[a-z0-9._*?-]+)*")
_TAG = lazy(r"[\w.-]+")
_TAG_PATTERN = lazy(r"[\w.*?-]+")
_WINDOWS = lazy(r"windows|nanoserver")
_PARTS = lazy(r"[0-9]+|[^0-9]+")

_NOTHING: frozenset[str] = frozenset()
_Raw = Dict[str, Any]


class ImageFacts(NamedTuple):
    """What is known of an image.

    `shell` is what /bin/sh is, one of `SHELLS`; `user` the uid of its default USER; `volumes` the paths that it
    declares as VOLUME; `packages` its package manager. None is "not known". `evidence` says in one line where that was
    read, and `sources` names other places for single facts.
    """

    pattern: str
    absent: frozenset[str] = _NOTHING
    present: frozenset[str] = _NOTHING
    shell: str | None = None
    user: int | None = None
    volumes: tuple[str, ...] = ()
    evidence: str = ""
    packages: str | None = None
    sources: Dict[str, str] = {}

    def evidence_of(self, fact: str) -> str:
        """Where a fact was read: a command's name, or one of `KINDS`."""
        return self.sources.get(fact, self.evidence)


class _Reference(NamedTuple):
    """What an image reference names: a repository, a tag (None where it is not known), and whether by a digest."""

    repository: str
    tag: str | None
    pinned: bool


class _Row(NamedTuple):
    """Facts, and the images that they hold for: those of a repository with certain tags."""

    repository: str
    tags: tuple[str, ...]
    not_tags: tuple[str, ...]
    since: str | None
    facts: ImageFacts

    def covers(self, reference: _Reference) -> bool:
        """Whether the facts hold for an image of the repository; of an unknown tag only what holds for all."""
        tag = reference.tag
        if not (self.tags or self.not_tags or self.since):
            return True
        if tag is None:
            return False
        return (
            (not self.tags or any(_matches(one, tag) for one in self.tags))
            and not any(_matches(one, tag) for one in self.not_tags)
            and (self.since is None or _is_since(tag, self.since, floats=not reference.pinned))
        )


def facts_of(image: str | None, own: Dict[str, ImageFacts] = {}) -> ImageFacts | None:
    """What is known of the image that a reference names, None if nothing is.

    `own` is what the configuration says, by pattern: the first that matches comes before the table, fact by fact.
    """
    if image is None:
        return None
    known = _known(image)
    if own:
        reference = _reference(image)
        if reference is not None:
            for facts in own.values():
                if _is_meant(facts.pattern, reference):
                    return facts if known is None else _over(facts, known)
    return known


def own_facts(
    pattern: str,
    *,
    absent: Iterable[str] = (),
    present: Iterable[str] = (),
    shell: str | None = None,
    user: int | None = None,
) -> ImageFacts:
    """The facts that a configuration gives for the images of a pattern. Raises `ValueError` for what cannot be."""
    name, digest, tag = _split(pattern)
    if digest:
        raise ValueError("which names one build; leave the digest out")
    if not _PATTERN.fullmatch(name) or (tag and not _TAG_PATTERN.fullmatch(tag)):
        raise ValueError("which is no name of an image")
    facts = _facts(
        {"absent": absent, "present": present, "shell": shell, "user": user},
        pattern,
        {"all": f"`images` of the configuration, `{pattern}`"},
    )
    for command in sorted(facts.absent & facts.present):
        raise ValueError(f"which would have `{command}` and lack it")
    return facts


@lru_cache(maxsize=4096)
def _known(image: str) -> ImageFacts | None:
    """What the table says of an image: the facts of all rows that hold for it."""
    reference = _reference(image)
    if reference is None:
        return None
    by_name, globs = _table()
    found: ImageFacts | None = None
    for name in (reference.repository, *(glob for glob in globs if _matches(glob, reference.repository))):
        for raw in by_name.get(name, ()):
            row = _row(name, raw)
            if row.covers(reference):
                found = row.facts if found is None else _over(found, row.facts)
    return found


@cache
def _table() -> tuple[dict[str, list[_Raw]], list[str]]:
    """The rows of `tables/images.json` by the names that they are for, and those names that are patterns."""
    with open(os.path.join(folder("tables"), "images.json"), encoding="utf-8") as file:
        data = json.load(file)
    by_name: dict[str, list[_Raw]] = {}
    for raw in data["images"]:
        for name in (raw["image"],) if isinstance(raw["image"], str) else raw["image"]:
            by_name.setdefault(name, []).append(raw)
    return by_name, [name for name in by_name if "*" in name or "?" in name]


def table_rows() -> Iterator[_Row]:
    """The rows of the table, one for each image that a row names."""
    for name, rows in _table()[0].items():
        yield from (_row(name, raw) for raw in rows)


def _row(name: str, raw: _Raw) -> _Row:
    evidence = raw["evidence"] if isinstance(raw["evidence"], dict) else {"all": raw["evidence"]}
    return _Row(
        repository=name,
        tags=tuple(raw.get("tags", ())),
        not_tags=tuple(raw.get("not-tags", ())),
        since=raw.get("since"),
        facts=_facts(raw, name, evidence),
    )


def _facts(raw: _Raw, pattern: str, evidence: Dict[str, str]) -> ImageFacts:
    """The facts of a row; what a shell says about `sh` and `bash` is added to the commands.

    `evidence` is by kind of fact or by command, with `all` for the rest.
    """
    lists = {kind: set(raw.get(kind) or ()) for kind in ("absent", "present")}
    shell = raw.get("shell") or ("none" if "sh" in lists["absent"] else None)
    sources = {one: evidence[kind] for kind in lists if kind in evidence for one in lists[kind]}
    implied = {"none": {"sh"}, "bash": {"sh", "bash"}, None: set()}.get(shell, {"sh"})
    if "shell" in evidence:
        sources.update(dict.fromkeys(implied, evidence["shell"]))
    lists["absent" if shell == "none" else "present"] |= implied
    sources.update({fact: where for fact, where in evidence.items() if fact not in ("all", *lists)})
    return ImageFacts(
        pattern=pattern,
        absent=frozenset(lists["absent"]),
        present=frozenset(lists["present"]),
        shell=shell,
        user=raw.get("user"),
        volumes=tuple(raw.get("volumes", ())),
        evidence=evidence.get("all") or "; ".join(dict.fromkeys(evidence.values())),
        packages=raw.get("packages"),
        sources=sources,
    )


def _over(first: ImageFacts, second: ImageFacts) -> ImageFacts:
    """The facts of both; where they differ, those of the first."""
    shell = first.shell
    if shell is None and not ("sh" in first.present and second.shell == "none"):
        shell = second.shell
    taken = {
        **{one: first.evidence_of(one) for one in first.absent | first.present},
        **{kind: first.evidence_of(kind) for kind in KINDS[2:] if getattr(first, kind) not in (None, ())},
    }
    evidence = "; ".join(dict.fromkeys((first.evidence, second.evidence)))
    left = {one: second.evidence_of(one) for one in (*second.absent, *second.present, *KINDS[2:])}
    return ImageFacts(
        pattern=first.pattern,
        absent=first.absent | (second.absent - first.present),
        present=first.present | (second.present - first.absent),
        shell=shell,
        user=second.user if first.user is None else first.user,
        volumes=tuple(dict.fromkeys((*first.volumes, *second.volumes))),
        evidence=evidence,
        packages=first.packages or second.packages,
        sources={**left, **taken},
    )


def _split(text: str) -> tuple[str, str | None, str | None]:
    """The repository, its tag and its digest, with the name of the registry that has it written out."""
    parsed = parse_image(text)
    name = parsed.repository
    first, slash, rest = name.partition("/")
    if not slash:
        name = f"docker.io/library/{name}"
    elif not (set(first) & set(".:*?") or first == "localhost"):
        name = f"docker.io/{name}"
    for alias in _DOCKER_HUB:
        if name.startswith(alias):
            name = f"docker.io/{name.removeprefix(alias)}"
    first, _, rest = name.partition("/")
    if first == "docker.io" and "/" not in rest:
        name = f"docker.io/library/{rest}"
    return name, parsed.digest, parsed.tag


def _reference(image: str) -> _Reference | None:
    """A reference taken apart; None if it is none. A digest without a tag may be any tag's."""
    name, digest, tag = _split(image)
    if not _REPOSITORY.fullmatch(name):
        return None
    if tag is None:
        return _Reference(name, None if digest else "latest", bool(digest))
    # Windows variants of an image share its repository and nothing else.
    if _WINDOWS.search(tag):
        return None
    return _Reference(name, tag if _TAG.fullmatch(tag) else None, bool(digest))


def _is_meant(pattern: str, reference: _Reference) -> bool:
    """Whether a pattern of a configuration means an image; without a tag it means all of them."""
    name, _, wanted = _split(pattern)
    if not _matches(name, reference.repository):
        return False
    return wanted is None or (reference.tag is not None and _matches(wanted, reference.tag))


def _matches(glob: str, text: str) -> bool:
    """Whether a text is what a pattern says: `*` and `?` stand for what is within a part of a path, `**` for any."""
    return glob == text or (("*" in glob or "?" in glob) and _expression(glob).fullmatch(text) is not None)


@cache
def _expression(glob: str) -> Any:
    """A pattern with `*` as a regular expression."""
    import re

    special = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(special.get(part) or re.escape(part) for part in re.split(r"(\*\*|\*|\?)", glob)))


def _is_since(tag: str, oldest: str, *, floats: bool) -> bool:
    """Whether a tag is built like the oldest and no older: `v1.30` is since `v1.4`.

    `latest`, and a tag that ends where the oldest goes on (`v1`), float: they are the newest, unless a digest holds
    them.
    """
    if tag == "latest":
        return floats
    for part, bound in zip_longest(_PARTS.findall(tag), _PARTS.findall(oldest)):
        if part is None:
            return floats
        if bound is None:
            return True
        if part != bound:
            return part.isdigit() and bound.isdigit() and int(part) > int(bound)
    return True
