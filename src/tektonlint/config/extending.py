"""`extends` and `--profile`: a configuration that is made of several.

Each thing that is extended is a layer: a profile that comes with tektonlint, another configuration file, or a
folder of policies. Layers count in the order in which they are named, what a file extends before the file itself;
later ones win.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from tektonlint.bundled import folder as bundled_folder
from tektonlint.config import Config, ConfigError, Written, inside, layer_of, read_written, shown_path
from tektonlint.document import Node, Scalar, Sequence, plain_data
from tektonlint.near import did_you_mean
from tektonlint.policy.catalog import Choice
from tektonlint.records import NamedTuple
from tektonlint.sentences import one_of, short
from tektonlint.tekton.target import Target

# Far more than anybody follows.
DEPTH_LIMIT = 10
LAYER_LIMIT = 100
_SUFFIXES = (".yaml", ".yml", ".toml")


def profiles() -> list[str]:
    """The names of the profiles that come with tektonlint, sorted."""
    return sorted(name.removesuffix(".yaml") for name in os.listdir(bundled_folder("profiles")))


def extended(own: Config, home: str, root: str, profile: str | None) -> Config:
    """A configuration with all that it extends, on top of a profile if one is named.

    `home` is the folder of its file and `root` the one that bounds the run, both with links resolved. Raises
    `ConfigError`.
    """
    layers: list[Config] = []
    if profile is not None:
        if profile not in profiles():
            hint = did_you_mean(profile, profiles()) or one_of(profiles())
            raise ConfigError(f"there is no profile `{short(profile)}`{hint}")
        layers.append(_profile(profile))
    reader = _Reader(root, layers)
    reader.add(own, home, own.trusted, () if own.file is None else (os.path.realpath(own.file),))
    merged = layers[0]
    for layer in layers[1:]:
        merged = _over(merged, layer)
    return merged._replace(file=own.file, written=own.written, trusted=own.trusted, layers=tuple(layers))


class _Reader:
    """Appends layers in the order in which they count, each file once: where it is reached first."""

    def __init__(self, root: str, layers: list[Config]) -> None:
        self._root = root
        self._layers = layers
        self._seen: set[str] = set()

    def add(self, config: Config, home: str, trusted: bool, chain: tuple[str, ...]) -> None:
        """What a file extends, and the file itself; `chain` are the files from the first one to this."""
        self._seen.update(chain)
        if config.written is not None:
            for name, node in _extends(config.written):
                self._add_named(_Named(name, node, config.written, home, trusted, chain))
        self._layers.append(config)

    def _add_named(self, named: _Named) -> None:
        if len(self._layers) >= LAYER_LIMIT:
            raise named.error(f"goes on with `{short(named.name)}`, which makes more than {LAYER_LIMIT} in all")
        if named.name in profiles():
            self._layers.append(_profile(named.name))
        elif named.name.endswith(_SUFFIXES):
            self._add_file(named)
        else:
            self._layers.append(self._folder(named))

    def _add_file(self, named: _Named) -> None:
        path = self._path(named)
        if path in named.chain:
            way = " → ".join(shown_path(one) for one in (*named.chain[named.chain.index(path) :], path))
            raise named.error(f"leads back to where it began: {way}")
        if path in self._seen:
            return
        if len(named.chain) > DEPTH_LIMIT:
            raise named.error(f"goes more than {DEPTH_LIMIT} files deep with `{short(named.name)}`")
        if not os.path.lexists(path):
            raise named.error(f"has `{short(named.name)}`, but there is no such file")
        trusted = named.trusted and not inside(path, self._root)
        written, home = read_written(path), os.path.dirname(path)
        # Whoever gave the first file may have named this one, but not what the tree has put into it.
        config = layer_of(path, written, home, self._root, trusted, bound=None if trusted else self._root)
        self.add(config, home, trusted, (*named.chain, path))

    def _folder(self, named: _Named) -> Config:
        path = self._path(named)
        if not os.path.isdir(path):
            known = profiles()
            hint = did_you_mean(named.name, known) or one_of(known)
            what = "profile or folder" if os.sep not in named.name and "/" not in named.name else "folder"
            shown = short(named.name)
            raise named.error(f"has `{shown}`, but there is no such {what}{hint if what != 'folder' else ''}")
        return _nothing()._replace(policy_paths=(path,), trusted=named.trusted)

    def _path(self, named: _Named) -> str:
        """The path that is meant, with links resolved."""
        try:
            path = os.path.realpath(os.path.join(named.home, named.name))
        except ValueError:
            raise named.error(f"has `{short(named.name)}`, which cannot be a path") from None
        if not named.trusted and not inside(path, self._root):
            raise named.error(f"leads out of the root with `{short(named.name)}`; only --config allows that")
        return path


class _Named(NamedTuple):
    """One name under `extends`: where it is written, and by which file."""

    name: str
    node: Node
    written: Written
    home: str
    trusted: bool
    chain: tuple[str, ...]

    def error(self, what: str) -> ConfigError:
        return self.written.error(self.node, f"`extends` {what}")


def _extends(written: Written) -> Iterator[tuple[str, Node]]:
    """The names, whether one is written as a text or several as a list."""
    node = written.at("extends")
    for item in node.items if isinstance(node, Sequence) else (node,):
        if isinstance(item, Scalar):
            yield str(plain_data(item)), item


def _profile(name: str) -> Config:
    """A profile. It is tektonlint's own, so nobody else has to be trusted with it."""
    path = _path_of(name)
    home = os.path.dirname(path)
    return layer_of(path, read_written(path, "profile"), home, home, trusted=True, bound=None)


def read_profile(name: str) -> dict[str, Any]:
    """What a profile says, as data."""
    data: Any = plain_data(read_written(_path_of(name), "profile").root)
    return dict(data)


def _path_of(name: str) -> str:
    return os.path.join(bundled_folder("profiles"), f"{name}.yaml")


def _nothing() -> Config:
    from tektonlint.config import load

    return load(None)._replace(written=None)


def _over(base: Config, top: Config) -> Config:
    """What two layers decide together; where both speak, `top` wins."""
    return base._replace(
        choice=_choice_over(base.choice, top.choice),
        exclude=(*base.exclude, *top.exclude),
        policy_paths=tuple(dict.fromkeys((*base.policy_paths, *top.policy_paths))),
        target=_target_over(base.target, top),
        baseline=top.baseline if top.baseline is not None else base.baseline,
        waivers=(*base.waivers, *top.waivers),
    )


def _choice_over(base: Choice, top: Choice) -> Choice:
    # What is named later counts, also where an id and a former one of it name the same policy.
    severities = {name: value for name, value in base.severities.items() if name not in top.severities}
    options = {name: value for name, value in base.options.items() if name not in top.options}
    return Choice(
        select=top.select or base.select,
        ignore=tuple(dict.fromkeys((*base.ignore, *top.ignore))),
        severities={**severities, **top.severities},
        options={**options, **{name: {**base.options.get(name, {}), **value} for name, value in top.options.items()}},
    )


def _target_over(base: Target, top: Config) -> Target:
    said = {name: getattr(top.target, name) for name in top.target.decided}
    written = top.written
    # The first pattern that fits an image counts, so what wins comes first.
    others = {name: facts for name, facts in base.images.items() if name not in top.target.images}
    suggested = [entry.name for entry in written.entries("timeouts", "suggest")] if written is not None else []
    return base._replace(
        **said,
        decided=base.decided | top.target.decided,
        suggest={**base.suggest, **{name: top.target.suggest[name] for name in suggested}},
        images={**top.target.images, **others},
    )
