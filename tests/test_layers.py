"""A module imports only from layers below its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "tektonlint"
# From the bottom up; a package is one layer.
LAYERS = [
    "errors",
    "installed",
    "patterns",
    "lazy",
    "records",
    "text",
    "lines",
    "workers",
    "near",
    "clock",
    "git",
    "bundled",
    "scalars",
    "document",
    "offsets",
    "comments",
    "second_reader",
    "finding",
    "shell",
    "tekton",
    "edit",
    "tree",
    "history",
    "model",
    "schema",
    "sentences",
    "structure",
    "policy",
    "checks",
    "decisions",
    "suppress",
    "config",
    "engine",
    "baseline",
    "review",
    "fixing",
    "writing",
    "examples",
    "pages",
    "report",
    "commands",
    "cli",
    "__main__",
]
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def imports(path: Path) -> Iterator[str]:
    """The tektonlint modules a file imports, anywhere in it, without the leading `tektonlint.`."""
    for node in ast.walk(ast.parse((PACKAGE / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names]
                if node.module == "tektonlint"
                else [node.module]
            )
        else:
            continue
        yield from (name.removeprefix("tektonlint.") for name in names if name.startswith("tektonlint."))


def layer(module: str) -> int:
    """The position of a module's layer; `__version__` belongs to none."""
    name = module.split(".")[0]
    return -1 if name == "__version__" else LAYERS.index(name)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_imports_only_from_layers_below_it(path: Path) -> None:
    own = layer(path.parts[0].removesuffix(".py"))

    assert [] == [name for name in imports(path) if layer(name) > own]


def test_every_layer_is_there() -> None:
    assert sorted(LAYERS) == sorted({path.parts[0].removesuffix(".py") for path in MODULES})
