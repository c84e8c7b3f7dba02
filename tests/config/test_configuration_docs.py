"""docs/configuration.md says what is true: its keys, its defaults, its examples."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tektonlint.bundled import folder as bundled_folder
from tektonlint.config import NAMES, Config, ConfigError, check
from tektonlint.finding import Location
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Catalog
from tektonlint.tekton.target import Target
from tektonlint.text import Source, Span

Loader = Callable[..., Config]

SCHEMA = Path(bundled_folder("schemas")) / "config.schema.json"
PAGE = (SCHEMA.parent.parent / "docs" / "configuration.md").read_text(encoding="utf-8")

NOWHERE = Location(Source("", ""), Span(0, 0))

# How the page calls the names that users choose, by the key that they stand under.
CHOSEN = {"policies": "ID", "images": "IMAGE"}


def rows() -> dict[str, list[str]]:
    """The cells of the table of keys, by key."""
    table = PAGE.partition("\n## The keys\n")[2].partition("\n## ")[0]
    cells = [re.split(r"\s*\|\s*", line.strip("| ")) for line in table.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row[1:] for row in cells}


def keys(raw: dict[str, Any], name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The keys of a schema that take a value, rather than only hold other keys."""
    properties = raw.get("properties", {})
    inner = {**properties, CHOSEN[name]: raw["additionalProperties"]} if raw.get("additionalProperties") else properties
    if name and not inner:
        yield name, raw
    for key, value in inner.items():
        full = f"{name}.{key}" if name else key
        if "anyOf" in value:
            yield full, value
            for alternative in value["anyOf"]:
                if "properties" in alternative:
                    yield from keys(alternative, full)
        else:
            yield from keys(value, full)


def block(language: str) -> str:
    """The text of the page's one block in a language."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(text)


@pytest.fixture
def example(loaded: Loader, folder: Path) -> Callable[[str, str], Config]:
    """Loads an example of the page in a folder that has what it names."""
    (folder / "policies").mkdir()

    def load_block(language: str, name: str) -> Config:
        return loaded(block(language), name)

    return load_block


def test_the_table_names_exactly_the_keys_of_the_schema() -> None:
    expected = [name for name, _ in keys(json.loads(SCHEMA.read_text(encoding="utf-8")))]

    assert "policies.ID.options" in expected
    assert expected == list(rows())


def test_the_table_has_the_defaults_of_the_schema() -> None:
    raw = json.loads(SCHEMA.read_text(encoding="utf-8"))
    defaults = {name: inner["default"] for name, inner in keys(raw) if "default" in inner}
    expected = {name: f"`{value if isinstance(value, str) else json.dumps(value)}`" for name, value in defaults.items()}

    assert expected == {name: row[1] for name, row in rows().items() if row[1].startswith("`")}


def test_the_table_has_the_choices_of_the_schema() -> None:
    raw = json.loads(SCHEMA.read_text(encoding="utf-8"))
    expected = {name: inner["enum"] for name, inner in keys(raw) if "enum" in inner}

    assert "coschedule" in expected
    assert expected == {name: re.findall(r"`([^`]+)`", rows()[name][0]) for name in expected}


def test_the_severities_of_the_page_are_those_of_the_schema() -> None:
    raw = json.loads(SCHEMA.read_text(encoding="utf-8"))
    severities = [choice for choice in raw["$defs"]["severity"]["enum"] if choice is not False]
    table = PAGE.partition("\n| severity | meaning |\n")[2].partition("\n\n")[0]

    assert severities == re.findall(r"^\| `(\w+)`", table, re.MULTILINE)
    assert severities == re.findall(r"`([^`]+)`", rows()["policies.ID.severity"][0])


def test_the_example_is_complete() -> None:
    """Every key of the table stands in it; it has two ids and one image."""

    def names(data: dict[str, Any], above: str = "") -> Iterator[str]:
        for key, value in data.items():
            full = above + CHOSEN.get(above.rstrip("."), key)
            yield full
            if isinstance(value, dict) and key != "options":
                yield from names(value, f"{full}.")

    assert sorted(rows()) == sorted(set(names(yaml.safe_load(block("yaml")))) & set(rows()))


def test_the_example_loads(example: Callable[[str, str], Config]) -> None:
    expected = Target(
        tekton=(1, 10), platform="openshift", api_fields="stable", coschedule="disabled", default_timeout_minutes=120
    )
    target = example("yaml", ".tektonlint.yaml").target

    assert expected == target._replace(decided=frozenset(), suggest=expected.suggest, images=expected.images)


def decided(config: Config) -> Config:
    """A configuration without the places where it is written."""
    waivers = tuple(one._replace(at=NOWHERE, expires_at=NOWHERE) for one in config.waivers)
    assert waivers
    return config._replace(file=None, written=None, waivers=waivers, layers=())


def test_the_examples_in_yaml_and_toml_decide_the_same(example: Callable[[str, str], Config]) -> None:
    first, second = decided(example("yaml", ".tektonlint.yaml")), decided(example("toml", "pyproject.toml"))

    assert first == second


def test_the_example_names_what_there_is(example: Callable[[str, str], Config]) -> None:
    """The team's own policies stand in for themselves."""
    config = example("yaml", ".tektonlint.yaml")
    bundled = catalog.load()
    one = bundled.policies["mutable-image"]
    own = {name: one._replace(id=name, area="team", options={}) for name in ("owner-label", "team-registry")}

    check(config, Catalog({**bundled.policies, **own}))
    with pytest.raises(ConfigError, match="no policy or area `team`"):
        check(config, bundled)


def test_the_names_of_the_page_are_those_that_are_looked_for_in_their_order() -> None:
    assert list(NAMES) == re.findall(r"^\d\. `([^`]+)`", PAGE, re.MULTILINE)
