"""The waivers of a configuration, as they are written."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from tektonlint.config import Written
from tektonlint.decisions import Waiver
from tektonlint.document import Mapping, Node, Sequence, plain_data
from tektonlint.finding import Location
from tektonlint.sentences import short
from tektonlint.text import Span


def written_waivers(written: Written) -> Iterator[Waiver]:
    """Each with what can be known of it without the policies. Raises `ConfigError`."""
    node = written.at("waivers")
    for item in node.items if isinstance(node, Sequence) else ():
        assert isinstance(item, Mapping)
        yield _waiver(written, item)


def _waiver(written: Written, item: Mapping) -> Waiver:
    said = {name: str(plain_data(entry.value)) for name, entry in item.index.items()}
    name = item.index["policy"].value
    if "path" not in said and "resource" not in said:
        message = "a waiver needs a `path` or a `resource`; what is to run nowhere is switched off with `ignore`"
        raise written.error(name, message)
    if "path" in said:
        path = item.index["path"].value
        written.refuse_no_pattern(path, "waivers")
        if said["path"].startswith("!"):
            shown = short(said["path"])
            raise written.error(path, f"`waivers` has `{shown}`, which takes files out of nothing; name what is meant")
    expires = item.get("expires")
    at = _location(written, name)
    return Waiver(
        name=said["policy"],
        ids=frozenset(),
        path=said.get("path"),
        resource=said.get("resource"),
        reason=said["reason"],
        expires=_day(written, expires) if expires is not None else None,
        at=at,
        expires_at=_location(written, expires) if expires is not None else at,
    )


def _day(written: Written, node: Node) -> datetime.date:
    text = str(plain_data(node))
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise written.error(node, f"`expires` has `{short(text)}`, which is no day of the calendar") from None


def _location(written: Written, node: Node) -> Location:
    return Location(written.source, Span(node.start, node.end))
