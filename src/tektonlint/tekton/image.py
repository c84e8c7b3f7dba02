"""The name of a container image, taken apart."""

from __future__ import annotations

from collections.abc import Iterable

from tektonlint.records import NamedTuple


class Image(NamedTuple):
    """`repository:tag@digest`; the repository with its registry, as written."""

    repository: str
    tag: str | None
    digest: str | None

    def is_one_of(self, repositories: Iterable[str]) -> bool:
        """Whether the repository is one of these or ends in one, whole path parts counting: `docker` is
        `docker.io/library/docker` but not `my-docker`."""
        return any(self.repository == name or self.repository.endswith(f"/{name}") for name in repositories)


def parse_image(text: str) -> Image:
    """An image reference taken apart (distribution/reference, reference.go).

    A colon before the last slash belongs to a registry's port.
    """
    name, _, digest = text.partition("@")
    head, slash, last = name.rpartition("/")
    repository, _, tag = last.partition(":")
    return Image(f"{head}{slash}{repository}", tag or None, digest or None)
