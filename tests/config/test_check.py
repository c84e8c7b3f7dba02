"""Whether what a configuration names is there: policies, areas, options, and the values of options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tektonlint.config import Config, ConfigError, check, load
from tektonlint.finding import Severity
from tektonlint.policy.catalog import Catalog
from tektonlint.policy.format import Emitted, Policy

Loader = Callable[..., Config]


def policy(name: str, area: str, formerly: tuple[str, ...] = (), **options: Any) -> Policy:
    """A policy with no logic to speak of."""
    return Policy(
        id=name,
        area=area,
        title="A title",
        severity=Severity.WARNING,
        since="0.1.0",
        logic=Emitted(by="nobody"),
        rationale="",
        remediation="",
        formerly=formerly,
        options=options,
        file=f"/policies/{area}/{name}.yaml",
    )


LIST_OF_TEXTS = {"type": "array", "items": {"type": "string"}, "default": [], "description": "Prefixes."}
LEVEL = {"enum": ["note", "warning", "off"], "default": "note", "description": "A level."}
COUNT = {"type": "integer", "minimum": 1, "default": 3, "description": "A count."}
NESTED = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"tekton": {"type": "string"}},
    "default": {},
    "description": "A mapping.",
}

CATALOG = Catalog(
    {
        one.id: one
        for one in (
            policy("image-pinned", "images", ("image-digest",), allow=LIST_OF_TEXTS, level=LEVEL),
            policy("image-latest", "images"),
            policy("missing-task-timeout", "timeouts", count=COUNT, heavy=NESTED),
        )
    }
)

GOOD = {
    "nothing": "",
    "ids": "select: [image-pinned]\nignore: [image-latest]\n",
    "an id in base 64": "ignore: [!!binary aW1hZ2UtbGF0ZXN0]\n",
    "areas": "select: [images]\nignore: [timeouts]\n",
    "an id of earlier": "ignore: [image-digest]\n",
    "severities": "policies: {image-pinned: off, image-latest: error, missing-task-timeout: {severity: note}}\n",
    "a severity under an id of earlier": "policies: {image-digest: off}\n",
    "options": "policies: {image-pinned: {options: {allow: [registry.local/], level: warning}}}\n",
    "no options": "policies: {image-pinned: {options: {}}}\n",
    "options within options": "policies: {missing-task-timeout: {options: {heavy: {tekton: '1'}, count: 1}}}\n",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_what_is_there_can_be_named(loaded: Loader, text: str) -> None:
    """A list of what was raised shows in a failure which name it was."""
    raised = []
    try:
        check(loaded(text), CATALOG)
    except ConfigError as error:
        raised.append(str(error))

    assert not raised


def test_without_a_file_nothing_is_named(folder: object) -> None:
    check(load(None), Catalog({}))


BAD = {
    "an unknown policy": (
        "select:\n  - image-pined",
        "2: there is no policy or area `image-pined`; did you mean `image-pinned`?",
    ),
    "an unknown area": (
        "ignore: [images,\n timeout]",
        "2: there is no policy or area `timeout`; did you mean `timeouts`?",
    ),
    "a name like no other": ("ignore: [x]", "1: there is no policy or area `x`"),
    "an unknown policy with a severity": (
        "policies:\n  missing-timeout: off\n  missing-task-timeouts: off",
        "2: there is no policy `missing-timeout`; did you mean `missing-task-timeout`?",
    ),
    "an area with a severity": (
        "policies:\n\n  images: off",
        "3: `images` is an area, and this is decided policy by policy; `ignore: [images]` switches it off",
    ),
    "one policy under two names": (
        "policies:\n  image-digest: off\n  image-pinned: note",
        "3: `image-pinned` is the policy `image-digest` again, which has been renamed",
    ),
    "an unknown option": (
        "policies:\n  image-pinned:\n    options:\n      alow: []",
        "4: `image-pinned` has no option `alow`; did you mean `allow`?",
    ),
    "an option like no other": (
        "policies: {image-pinned: {options: {x: 1}}}",
        "1: `image-pinned` has no option `x`; it is one of `allow`, `level`",
    ),
    "an option of a policy without any": (
        "policies: {image-latest: {options: {allow: []}}}",
        "1: `image-latest` has no option `allow`",
    ),
    "an option of another policy": (
        "policies: {missing-task-timeout: {options: {allow: []}}}",
        "1: `missing-task-timeout` has no option `allow`; it is one of `count`, `heavy`",
    ),
    "a value of the wrong type": (
        "policies:\n  image-pinned:\n    options: {allow: registry.local/}",
        "3: `policies.image-pinned.options.allow` has to be a list: write `[registry.local/]`",
    ),
    "an item of the wrong type": (
        "policies:\n  image-pinned:\n    options:\n      allow:\n        - a\n        - 1",
        "6: `policies.image-pinned.options.allow[1]` has to be text, not the number `1`",
    ),
    "a value that is no choice": (
        "policies: {image-pinned: {options: {level: warn}}}",
        "1: `policies.image-pinned.options.level` cannot be `warn`; it is one of `note`, `warning`, `off`",
    ),
    "a number that is too small": (
        "policies: {missing-task-timeout: {options: {count: 0}}}",
        "1: `policies.missing-task-timeout.options.count` has to be at least 1, not `0`",
    ),
    "a key within an option that only the file knows": (
        "policies: {missing-task-timeout: {options: {heavy: {platform: a}}}}",
        "1: there is no key `policies.missing-task-timeout.options.heavy.platform`; it is one of `tekton`",
    ),
    "an option under an id of earlier": (
        "policies: {image-digest: {options: {alow: []}}}",
        "1: `image-digest` has no option `alow`; did you mean `allow`?",
    ),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_what_is_not_there_is_an_error_with_the_nearest_name(loaded: Loader, text: str, said: str) -> None:
    config = loaded(text)

    with pytest.raises(ConfigError) as raised:
        check(config, CATALOG)
    assert f".tektonlint.yaml:{said}" == str(raised.value)


def test_the_lines_of_a_pyproject_are_known_too(loaded: Loader) -> None:
    text = '[tool.tektonlint]\nselect = [\n  "images",\n  "timeout",\n]\n'

    with pytest.raises(ConfigError) as raised:
        check(loaded(text, "pyproject.toml"), CATALOG)
    said = "there is no policy or area `timeout`; did you mean `timeouts`?"
    assert f"pyproject.toml:4: {said}" == str(raised.value)


def test_a_name_is_cut_and_printable(loaded: Loader) -> None:
    config = loaded(f'ignore: ["\\e{"x" * 1000}"]')

    with pytest.raises(ConfigError) as raised:
        check(config, CATALOG)
    assert f".tektonlint.yaml:1: there is no policy or area `\\x1b{'x' * 58}…`" == str(raised.value)


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"maximum": 5}, "9", "has to be at most 5, not `9`"),
        ({"exclusiveMinimum": 0}, "0", "has to be more than 0, not `0`"),
        ({"exclusiveMaximum": 5}, "5", "has to be less than 5, not `5`"),
        ({"minLength": 1}, "''", "cannot be empty; leave it out instead"),
        ({"minItems": 2}, "[a]", "has to have at least 2 items"),
        ({"maxItems": 1}, "[a, b]", "has to have at most 1 items"),
        ({"pattern": "^[a-z]+$"}, "A", "cannot be `A`; it has to match ^[a-z]+$"),
        ({"const": "a"}, "b", "cannot be `b` (const: a)"),
        ({"required": ["b"]}, "{a: 1}", "needs a key `b`"),
        ({"not": {"type": "string"}}, "a", 'cannot be `a` (not: {"type": "string"})'),
        ({"type": ["string", "boolean"]}, "[]", "has to be text or true or false, not a list"),
        ({"type": "string"}, "1.10", "has to be text, not the number `1.10`"),
        ({"enum": [1, 2]}, "3", "cannot be `3`; it is one of `1`, `2`"),
        ({"anyOf": [{"type": "string"}, {"type": "array", "maxItems": 1}]}, "[a, b]", "has to have at most 1 items"),
    ],
)
def test_each_keyword_of_an_option_has_its_words(loaded: Loader, schema: dict[str, Any], value: str, said: str) -> None:
    catalog = Catalog({"p": policy("p", "area", x={**schema, "default": None, "description": "An option."})})
    config = loaded(f"policies: {{p: {{options: {{x: {value}}}}}}}")

    with pytest.raises(ConfigError) as raised:
        check(config, catalog)
    assert f".tektonlint.yaml:1: `policies.p.options.x` {said}" == str(raised.value)
