"""The configuration: `.tektonlint.yaml`, or the table `[tool.tektonlint]` of pyproject.toml, in the root folder.

What it may say is `schemas/config.schema.json`, which editors read too. Everything else that can be wrong
is checked here with the file alone (`load`), or against the policies there are (`check`).
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from functools import cache
from typing import TYPE_CHECKING, Any

from tektonlint import document
from tektonlint.bundled import folder as bundled_folder
from tektonlint.document import Entry, Mapping, Node, Sequence, plain_data
from tektonlint.errors import UserError
from tektonlint.finding import Path, Severity
from tektonlint.near import did_you_mean
from tektonlint.policy.catalog import Catalog, Choice
from tektonlint.policy.format import Policy
from tektonlint.records import NamedTuple
from tektonlint.schema import Schema
from tektonlint.sentences import WORDS, Fault, found_instead, one_of, short
from tektonlint.tekton.target import SUGGEST, Target, Version, newest, parse_version, version_text
from tektonlint.text import NotText, Source
from tektonlint.tree import SIZE_LIMIT

if TYPE_CHECKING:
    from tektonlint.decisions import Decisions, Waiver
    from tektonlint.tekton.images import ImageFacts

NAMES = (".tektonlint.yaml", ".tektonlint.yml", "pyproject.toml")

# What the policies know of Tekton's releases begins here.
OLDEST: Version = (0, 40)


class ConfigError(UserError):
    """A configuration that cannot be used, in one line: `file:line: what is wrong; did you mean x?`."""


class Written(NamedTuple):
    """A configuration as it is written: the text, and its keys and values with their places."""

    source: Source
    root: Mapping

    def error(self, node: Node, what: str) -> ConfigError:
        return error_in(self.source.shown, what, self.source.line_column(node.start)[0])

    def comply(self, schema: Schema, node: Node, path: Path = ()) -> None:
        """Raises `ConfigError` for the first place in the file that the schema does not allow."""
        found = [Fault.of(problem, path, schema) for problem in schema.problems(node)]
        if found:
            first = min(found, key=lambda fault: fault.at.start)
            raise self.error(first.at, first.sentence())

    def items(self, key: str) -> Iterator[tuple[str, Node]]:
        """The texts of the list under a key, and where they stand; none where it is missing."""
        node = self.at(key)
        for item in node.items if isinstance(node, Sequence) else ():
            yield str(plain_data(item)), item

    def entries(self, *path: str) -> Iterator[Entry]:
        """The keys and values of the mapping under a path of keys; none where it is missing or no mapping."""
        node = self.at(*path)
        if isinstance(node, Mapping):
            yield from node.index.values()

    def refuse_no_pattern(self, node: Node, key: str) -> None:
        """Raises `ConfigError` for a text that is no pattern of .gitignore which says something."""
        # Takes 50 ms to import, which a run without patterns does not have to pay.
        import pathspec

        line = str(plain_data(node))
        try:
            says = any(one.include is not None for one in pathspec.GitIgnoreSpec.from_lines([line]).patterns)
        except ValueError:
            says = False
        if not says:
            message = f"`{key}` has `{short(line)}`, which is no pattern of .gitignore that matches anything"
            raise self.error(node, message)

    def at(self, *path: str) -> Node | None:
        """The value under a path of keys, if there is one."""
        node: Node | None = self.root
        for name in path:
            node = node.get(name) if isinstance(node, Mapping) else None
        return node


class Config(NamedTuple):
    """What the users of a tree decided; everything is set.

    `file` is None where there is no configuration. `exclude` are patterns as in .gitignore, relative to the
    root. `policy_paths` are absolute, with links resolved, and so is `baseline`. `written` is where all of it stands,
    which `check` needs for its lines.

    `trusted` says that the operator gave the file. `layers` are the files that it is made of, in the order in which
    they count, where it extends any. `decisions` are those that waivers and locks make, once `settle` has worked
    them out.
    """

    file: str | None
    choice: Choice
    exclude: tuple[str, ...]
    policy_paths: tuple[str, ...]
    target: Target
    baseline: str | None = None
    written: Written | None = None
    trusted: bool = False
    waivers: tuple[Waiver, ...] = ()
    layers: tuple[Config, ...] = ()
    decisions: Decisions | None = None


def find(folder: str) -> str | None:
    """The path of a folder's configuration: the first of `NAMES`; a pyproject.toml counts if it has the table.

    What stands under one of the other names is taken for the configuration whatever it is, and so is a
    pyproject.toml that cannot be read, so that `load` says what is wrong with it.
    """
    for name in NAMES:
        path = os.path.join(folder, name)
        if os.path.lexists(path) and (not name.endswith(".toml") or _configures(path)):
            return path
    return None


def _configures(path: str) -> bool:
    """Whether a pyproject.toml has our table; one that never mentions us is not parsed."""
    try:
        data = bytes_of(path)
    except ConfigError:
        return os.path.isfile(path)
    if b"tektonlint" not in data:
        return False
    from tektonlint.config import pyproject

    return pyproject.has_table(path, data)


def load(
    path: str | None, *, given: bool = False, root: str | None = None, profile: str | None = None
) -> Config:
    """The configuration of a file with all that it extends, or the defaults. Raises `ConfigError`.

    `root` is the folder that bounds the run, with links resolved; it is the file's own where nothing else is said.
    `given` says that the operator named the file, rather than that it was found in the tree that is linted:
    only then may it be a link out of its folder, or name files and folders outside of it. `profile` is the name of
    one that comes before everything.
    """
    if path is None:
        home = os.path.realpath(os.curdir)
        own = layer_of(None, Written(Source("", ""), _empty()), home, root or home, given, bound=home)
    else:
        home = os.path.realpath(os.path.dirname(path) or os.curdir)
        if not given:
            _stay_inside(path, home)
        own = layer_of(path, read_written(path), home, root or home, given, bound=None if given else home)
    if profile is None and (own.written is None or own.written.at("extends") is None):
        return own
    from tektonlint.config.extending import extended

    return extended(own, home, root or home, profile)


def read_written(path: str, schema: str = "config") -> Written:
    """A file as it is written. Raises `ConfigError` where it is not what the schema of that name allows."""
    source = source_of(path, bytes_of(path))
    if path.endswith(".toml"):
        from tektonlint.config import pyproject

        written = pyproject.read(source)
    else:
        written = _from_yaml(source)
    written.comply(_schema(schema), written.root)
    return written


def check(config: Config, catalog: Catalog) -> None:
    """Whether every policy, area and option that the file names is there. Raises `ConfigError` if one is not."""
    for layer in config.layers or (config,):
        if layer.written is not None:
            _check(layer.written, catalog)


def settle(config: Config, catalog: Catalog) -> Config:
    """The configuration with the decisions that its waivers and locks make. Raises `ConfigError`."""
    layers = config.layers or (config,)
    if not any(layer.waivers or (layer.written is not None and layer.written.at("locked")) for layer in layers):
        return config
    from tektonlint.config.settling import settled

    return settled(config, catalog)


def _check(written: Written, catalog: Catalog) -> None:
    for key in ("select", "ignore", "locked"):
        for name, node in written.items(key):
            _check_name(written, name, node, catalog)
    waivers = written.at("waivers")
    for item in waivers.items if isinstance(waivers, Sequence) else ():
        node = item.index["policy"].value if isinstance(item, Mapping) else item
        name = str(plain_data(node))
        _check_name(written, name, node, catalog)
        _check_waived(written, name, node, catalog)
    seen: dict[str, str] = {}
    for entry in written.entries("policies"):
        policy = catalog.policy(entry.name)
        if policy is None:
            raise written.error(entry.key, _no_policy(entry.name, catalog))
        if policy.id in seen:
            message = f"`{entry.name}` is the policy `{seen[policy.id]}` again, which has been renamed"
            raise written.error(entry.key, message)
        seen[policy.id] = entry.name
        for option in written.entries("policies", entry.name, "options"):
            _check_option(written, policy, entry.name, option)


def _check_name(written: Written, name: str, node: Node, catalog: Catalog) -> None:
    if catalog.policy(name) is None and name not in catalog.areas:
        raise written.error(node, f"there is no policy or area `{short(name)}`{did_you_mean(name, catalog.names())}")


def _check_waived(written: Written, name: str, node: Node, catalog: Catalog) -> None:
    from tektonlint.suppress import NOT_SUPPRESSIBLE

    policy = catalog.policy(name)
    if policy is not None and policy.id in NOT_SUPPRESSIBLE:
        raise written.error(node, f"no waiver can silence `{name}`; mend what it finds")


def _no_policy(name: str, catalog: Catalog) -> str:
    if name in catalog.areas:
        return f"`{name}` is an area, and this is decided policy by policy; `ignore: [{name}]` switches it off"
    return f"there is no policy `{short(name)}`{did_you_mean(name, catalog.policies)}"


def _check_option(written: Written, policy: Policy, name: str, option: Entry) -> None:
    schema = policy.options.get(option.name)
    if schema is None:
        hint = did_you_mean(option.name, policy.options) or one_of(policy.options)
        raise written.error(option.key, f"`{name}` has no option `{short(option.name)}`{hint}")
    written.comply(Schema(schema), option.value, ("policies", name, "options", option.name))


def layer_of(
    path: str | None, written: Written, home: str, root: str, trusted: bool, *, bound: str | None
) -> Config:
    """What a file says, without what it extends. Raises `ConfigError`.

    `home` is the file's folder; folders of policies have to be in `bound`, if there is one.
    """
    data: Any = plain_data(written.root)
    policies = {
        name: decided if isinstance(decided, dict) else {"severity": decided}
        for name, decided in data.get("policies", {}).items()
    }
    return Config(
        file=path,
        choice=Choice(
            select=tuple(data.get("select", ())),
            ignore=tuple(data.get("ignore", ())),
            severities={
                name: Severity(decided["severity"]) if decided["severity"] not in ("off", False) else None
                for name, decided in policies.items()
                if "severity" in decided
            },
            options={name: decided["options"] for name, decided in policies.items() if "options" in decided},
        ),
        exclude=tuple(_exclude(written)),
        policy_paths=tuple(_policy_paths(written, home, bound)),
        target=_target(written, data),
        baseline=_baseline(written, root, trusted),
        written=written,
        trusted=trusted,
        waivers=tuple(_waivers(written)),
    )


def _waivers(written: Written) -> Iterator[Waiver]:
    if written.at("waivers") is not None:
        from tektonlint.config.waivers import written_waivers

        yield from written_waivers(written)


def _exclude(written: Written) -> Iterator[str]:
    """The patterns, each of which can match something."""
    for line, node in written.items("exclude"):
        written.refuse_no_pattern(node, "exclude")
        yield line


def _policy_paths(written: Written, home: str, bound: str | None) -> Iterator[str]:
    """The folders, absolute and with links resolved; a tree that is linted does not choose others' files."""
    for relative, node in written.items("policy-paths"):
        name = f"`{short(relative)}`"
        try:
            path = os.path.realpath(os.path.join(home, relative))
        except ValueError:
            raise written.error(node, f"`policy-paths` has {name}, which cannot be a path") from None
        if bound is not None and not inside(path, bound):
            where = "the folder of this file" if bound == home else "the root"
            raise written.error(node, f"`policy-paths` leads out of {where} with {name}; only --config allows that")
        if not os.path.isdir(path):
            raise written.error(node, f"`policy-paths` has {name}, but there is no such folder")
        yield path


def _baseline(written: Written, root: str, trusted: bool) -> str | None:
    """The file, absolute and with links resolved; whether it is there is asked when it is read."""
    node = written.at("baseline")
    if node is None:
        return None
    said = str(plain_data(node))
    try:
        path = os.path.realpath(os.path.join(root, said))
    except ValueError:
        raise written.error(node, f"`baseline` has `{short(said)}`, which cannot be a path") from None
    if not trusted and not inside(path, root):
        raise written.error(node, f"`baseline` leads out of the root with `{short(said)}`; only --config allows that")
    return path


def _target(written: Written, data: Dict[str, Any]) -> Target:
    raw = data.get("target", {})
    decided = {
        "tekton": _tekton(written),
        "platform": raw.get("platform"),
        "api_fields": raw.get("api-fields"),
        "coschedule": data.get("coschedule"),
        "default_timeout_minutes": data.get("default-timeout-minutes"),
    }
    said = {name: value for name, value in decided.items() if value is not None}
    # The version counts as decided where it is written, not where it is the newest.
    names = frozenset(said) - (frozenset() if "tekton" in raw else {"tekton"})
    suggest = {**SUGGEST, **data.get("timeouts", {}).get("suggest", {})}
    return Target(**said, decided=names, suggest=suggest, images=dict(_images(written)))


def _images(written: Written) -> Iterator[tuple[str, ImageFacts]]:
    """What is said of images, by pattern, each of which names something."""
    for entry in written.entries("images"):
        # Few configurations say anything of images.
        from tektonlint.tekton.images import own_facts

        said: Any = plain_data(entry.value)
        try:
            yield entry.name, own_facts(entry.name, **said)
        except ValueError as error:
            raise written.error(entry.key, f"`images` has `{short(entry.name)}`, {error}") from None


def _tekton(written: Written) -> Version:
    """The version that was asked for, if it is one that tektonlint knows, or the newest."""
    node = written.at("target", "tekton")
    if node is None:
        return newest()
    text = str(plain_data(node))
    version = parse_version(text)
    if version > newest():
        message = f"the newest that tektonlint knows is {version_text(newest())}"
    elif version < OLDEST:
        message = f"the oldest that tektonlint knows is {version_text(OLDEST)}"
    else:
        return version
    raise written.error(node, f"`target.tekton` cannot be {text}; {message}")


def error_in(shown: str, what: str, line: int | None = None) -> ConfigError:
    """An error in one line: what a file says may hold line ends and a terminal's control sequences."""
    text = f"{shown}:{line}: {what}" if line is not None else f"{shown}: {what}"
    return ConfigError("".join(one if one.isprintable() else ascii(one)[1:-1] for one in text))


def shown_path(path: str) -> str:
    """The path relative to the working folder, with forward slashes."""
    try:
        return os.path.relpath(path).replace(os.sep, "/")
    except ValueError:
        return path


def inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)


def _stay_inside(path: str, home: str) -> None:
    target = os.path.realpath(path)
    if not inside(target, home):
        raise error_in(shown_path(path), f"it is a link to {target}, outside its folder; only --config allows that")


def bytes_of(path: str) -> bytes:
    """The bytes of a regular file that is not huge. Raises `ConfigError`."""
    try:
        # Before it is opened: opening a pipe waits for a writer.
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            raise error_in(shown_path(path), "it is a folder" if stat.S_ISDIR(mode) else "it is not a regular file")
        with open(path, "rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise error_in(shown_path(path), (error.strerror or str(error)).lower()) from None
    if len(data) > SIZE_LIMIT:
        raise error_in(shown_path(path), f"it is larger than {SIZE_LIMIT // 1024 // 1024} MiB")
    return data


def source_of(path: str, data: bytes) -> Source:
    """The text of a file. Raises `ConfigError` where it is none."""
    try:
        return Source.from_bytes(shown_path(path), data)
    except NotText as error:
        line = Source("", error.valid).line_count()
        raise error_in(shown_path(path), error.problem, line) from None


def _empty() -> Mapping:
    return Mapping.of(0, 0, [], {}, False)


def _from_yaml(source: Source) -> Written:
    documents, problems = document.load(source)
    for problem in problems:
        line = source.line_column(problem.span.start)[0]
        raise error_in(source.shown, f"not YAML: {problem.message}", line)
    if not documents:
        return Written(source, _empty())
    written = Written(source, mapping_root(source, documents[0].root))
    for duplicate in sorted(documents[0].duplicates, key=lambda one: one.last.key.start):
        first = source.line_column(duplicate.first.key.start)[0]
        raise written.error(duplicate.last.key, f"`{short(duplicate.last.name)}` stands on line {first} already")
    if len(documents) > 1:
        raise written.error(documents[1].root, "a second document begins here; a configuration is one")
    return written


def mapping_root(source: Source, root: Node) -> Mapping:
    """The root, which has to be a mapping. Raises `ConfigError`."""
    if not isinstance(root, Mapping):
        line = source.line_column(root.start)[0]
        raise error_in(source.shown, f"the configuration has to be {WORDS['object']}, {found_instead(root)}", line)
    return root


@cache
def _schema(name: str) -> Schema:
    with open(os.path.join(bundled_folder("schemas"), f"{name}.schema.json"), encoding="utf-8") as file:
        return Schema(json.load(file))


