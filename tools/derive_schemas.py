"""Derive ``schemas/`` from Tekton's CustomResourceDefinitions and from JSON Schemas reflected off its Go types.

Two sources, because neither is enough alone. The CRDs say which fields the API server knows, but they are blind in
their preserve-unknown places (``taskSpec``, ``volumes``, ``affinity`` ...) and call a duration just a string. The
reflected schemas (``<version>-<Kind>.json``, everything under ``$defs``, durations and quantities told by ``x-go``)
see through those places, but not which of them only the webhook decodes. So both are walked side by side, and any
place where they disagree stops the run.

What comes out accepts what Tekton decodes: objects are closed, nothing is required (the webhook fills in zero values
first), and null is allowed everywhere (it means "not set"). Two things differ: ``status`` is open, and field names are
case-sensitive in the blind places too, where Go's decoder does not care. ``x-embedded: true`` marks those places: an
unknown field there is always refused, elsewhere a lenient client sees it pruned.

Usage: python tools/derive_schemas.py --crds DIR --definitions DIR --fields FILE [--newest 1.15] [--out DIR] [--check]
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import yaml

Schema: TypeAlias = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
REF: Final = "#/$defs/"

# Names a subschema until `fold` has decided whether it becomes a definition; never written.
NAME: Final = "x-name"
EMBEDDED: Final = "x-embedded"

QUANTITY_PATTERN: Final = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"
    r"(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
# What time.ParseDuration takes; both code points for micro are its own.
DURATION_PATTERN: Final = "^[+-]?(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)$"

OPEN_OBJECT: Final = MappingProxyType({"type": ["object", "null"]})
INT_OR_STRING: Final = MappingProxyType({"type": ["integer", "string", "null"]})
QUANTITY: Final = MappingProxyType(
    {NAME: "Quantity", "type": ["string", "number", "null"], "format": "quantity", "pattern": QUANTITY_PATTERN}
)
DURATION: Final = MappingProxyType(
    {NAME: "Duration", "type": ["string", "null"], "format": "go-duration", "pattern": DURATION_PATTERN}
)

OBJECT_META: Final = "k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta"

SCALARS: Final = frozenset({"string", "integer", "boolean", "number"})
# Formats that the API server does not enforce, so they say nothing about what is accepted.
UNENFORCED_FORMATS: Final = frozenset({"int32", "int64", "date-time"})
# Keywords without a say in whether a document decodes: prose, values filled in, merge and uniqueness of lists.
CRD_IGNORED: Final = frozenset(
    {
        "default",
        "description",
        "required",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
    }
)
CRD_KEYWORDS: Final = CRD_IGNORED | {
    "additionalProperties",
    "anyOf",
    "format",
    "items",
    "pattern",
    "properties",
    "type",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
}
GO_KEYWORDS: Final = frozenset(
    {
        "$ref",
        "additionalProperties",
        "description",
        "format",
        "items",
        "pattern",
        "properties",
        "type",
        "x-go",
        "x-kubernetes-preserve-unknown-fields",
    }
)

# Fields of the Go types that a CRD lacks, by group/version/kind and path. The API server does not know them, so they
# stay out of the schema. Add a line only after reading both sources.
ONLY_IN_GO: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        # The other kinds' CRDs have this projection.
        "tekton.dev/v1beta1/CustomRun": frozenset({"spec.workspaces[].projected.sources[].podCertificate"}),
    }
)

# Kinds for which no reflected schema exists, with their preserve-unknown places; all of them take any value.
UNREFLECTED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "resolution.tekton.dev/v1alpha1/ResolutionRequest": frozenset(),
        "resolution.tekton.dev/v1beta1/ResolutionRequest": frozenset({"spec.params[].value"}),
    }
)

# A reference takes about 25 bytes; folding anything shorter than this saves little and hides what is meant.
SHORT: Final = 80


class DerivationError(Exception):
    """The sources do not fit together or say something new; the text is one line for whoever runs the tool."""


@dataclass(frozen=True)
class ServedKind:
    """One version of one CRD, with its ``openAPIV3Schema``."""

    group: str
    version: str
    kind: str
    schema: Schema

    @property
    def id(self) -> str:
        return f"{self.group}/{self.version}/{self.kind}"


@dataclass(frozen=True)
class GoTypes:
    """The ``$defs`` of one reflected schema; ``root`` is the node of the kind itself, None if it was not reflected."""

    definitions: Mapping[str, Schema]
    root: Schema | None


# Reading -------------------------------------------------------------------------------------------------------------


def served_kinds(directory: Path) -> list[ServedKind]:
    """Every served version of every CRD in ``directory/*.yaml``."""
    kinds = []
    for path in sorted(directory.glob("*.yaml")):
        for document in documents(path):
            if document.get("kind") != "CustomResourceDefinition":
                raise DerivationError(f"{path}: expected a CustomResourceDefinition, got {document.get('kind')}")
            spec = document["spec"]
            kinds += [
                ServedKind(spec["group"], version["name"], spec["names"]["kind"], version["schema"]["openAPIV3Schema"])
                for version in spec["versions"]
                if version["served"]
            ]
    if not kinds:
        raise DerivationError(f"{directory}: no CustomResourceDefinitions (*.yaml) here")
    return kinds


def go_types(directory: Path, kind: ServedKind) -> GoTypes:
    """The reflected schema of the kind; of an unreflected one only ObjectMeta, which all reflected schemas share."""
    if kind.id in UNREFLECTED:
        donor = min(directory.glob("*.json"), default=None)
        if donor is None:
            raise DerivationError(f"{directory}: no reflected schemas (*.json) here")
        return GoTypes(load_json(donor)["$defs"], None)
    path = directory / f"{kind.version}-{kind.kind}.json"
    document = load_json(path)
    if document.get("$id") != kind.id:
        raise DerivationError(f"{path}: is the schema of {document.get('$id')}, not of {kind.id}")
    return GoTypes(document["$defs"], {"$ref": document["$ref"]})


def documents(path: Path) -> list[dict[str, Any]]:
    """The non-empty documents of a YAML file."""
    try:
        return [document for document in yaml.load_all(read(path), Loader=yaml.CSafeLoader) if document is not None]
    except yaml.MarkedYAMLError as error:
        raise DerivationError(f"{path}: not YAML: {error.problem}") from error


def load_json(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(read(path))
    except json.JSONDecodeError as error:
        raise DerivationError(f"{path}: not JSON: {error}") from error
    return document


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DerivationError(f"{path}: {error.strerror}") from error


# Walking both sources ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Walk:
    """The side-by-side walk over one kind's CRD schema and its Go types.

    Paths read ``spec.tasks[].params[].value``; the values of a map are ``{}``.
    """

    kind: ServedKind
    go: GoTypes

    def root(self) -> Schema:
        """The kind's schema, with its subschemas still nested and the Go types referred to by their full names."""
        return self.structural(self.kind.schema, self.go.root, "")

    def structural(self, crd: Schema, go: Schema | None, path: str) -> Schema:
        """The closed form of a CRD node; ``go`` is the same place in the Go types, None if they are not known."""
        self.check_keywords(crd, CRD_KEYWORDS, "CRD", path)
        if path == "metadata":
            # The CRD leaves it to the API machinery, whose type is the same for every kind.
            return self.embedded({"$ref": REF + OBJECT_META}, path)
        if path == "status":
            # Written by controllers and dropped on create: no business of an author's.
            return dict(OPEN_OBJECT)
        if crd.get("x-kubernetes-preserve-unknown-fields"):
            return self.blind_place(go, path)

        resolved = None if go is None else self.resolve(go, path)
        if crd.get("type") == "object" and "properties" in crd:
            return self.closed_object(crd, go, resolved, path)
        if crd.get("type") == "object" and isinstance(crd.get("additionalProperties"), dict):
            values = self.structural(
                crd["additionalProperties"], self.child(resolved, "additionalProperties", path), path + "{}"
            )
            return {**OPEN_OBJECT, "additionalProperties": values}
        if crd.get("type") == "array" and "items" in crd:
            items = self.structural(crd["items"], self.child(resolved, "items", path), path + "[]")
            return {"type": ["array", "null"], "items": items}
        return self.scalar(crd, resolved, path)

    def closed_object(self, crd: Schema, go: Schema | None, resolved: Schema | None, path: str) -> Schema:
        properties = crd["properties"]
        if "additionalProperties" in crd:
            raise self.failure(path, "the CRD has both properties and additionalProperties")
        in_go: Schema = {} if resolved is None else resolved.get("properties", {})
        if resolved is not None:
            self.check_fields(properties, in_go, path)
        return {
            NAME: type_name(go) or type_name_of_place(path),
            "type": ["object", "null"],
            "properties": {
                field: self.structural(node, in_go.get(field), f"{path}.{field}".lstrip("."))
                for field, node in properties.items()
            },
            "additionalProperties": False,
        }

    def scalar(self, crd: Schema, go: Schema | None, path: str) -> Schema:
        """A leaf; of the Go side only the JSON types and the distinction of durations are of interest."""
        if crd.get("x-kubernetes-int-or-string"):
            schema = self.int_or_string(crd, path)
        elif crd.get("type") in SCALARS and "pattern" not in crd and "anyOf" not in crd:
            schema = {"type": [crd["type"], "null"]}
        else:
            raise self.failure(path, f"no rule for a CRD node with {sorted(crd.keys() - CRD_IGNORED)}")
        if crd.get("format", "int32") not in UNENFORCED_FORMATS:
            raise self.failure(path, f"unknown CRD format {crd['format']}")
        if go is None:
            return schema
        from_go = self.embedded(go, path)
        if from_go.get("type") != schema["type"]:
            raise self.failure(path, f"the CRD allows {schema['type']}, the Go types {from_go.get('type')}")
        return from_go

    def int_or_string(self, crd: Schema, path: str) -> Schema:
        if crd.get("anyOf") != [{"type": "integer"}, {"type": "string"}]:
            raise self.failure(path, f"unknown anyOf of an int-or-string: {crd.get('anyOf')}")
        if "pattern" not in crd:
            return dict(INT_OR_STRING)
        if crd["pattern"] != QUANTITY_PATTERN:
            raise self.failure(path, f"unknown CRD pattern {crd['pattern']}")
        return dict(QUANTITY)

    def blind_place(self, go: Schema | None, path: str) -> Schema:
        """What the Go types say about a preserve-unknown place; marked, unless it takes anything anyhow."""
        if go is None:
            if path not in UNREFLECTED[self.kind.id]:
                raise self.failure(path, "a preserve-unknown place that UNREFLECTED does not list")
            return {}
        schema = self.embedded(go, path)
        return schema if schema in ({}, OPEN_OBJECT) else {**schema, EMBEDDED: True}

    def embedded(self, go: Schema, path: str) -> Schema:
        """A node of the Go types in our keywords; references to other Go types stay."""
        self.check_keywords(go, GO_KEYWORDS, "reflected schema", path)
        if "$ref" in go:
            self.resolve(go, path)
            return {"$ref": go["$ref"]}
        match go.get("x-go"):
            case "ParamValue":
                return {}
            case "resource.Quantity":
                return dict(QUANTITY)
            case "metav1.Duration":
                return dict(DURATION)
            case None:
                pass
            case unknown:
                raise self.failure(path, f"unknown x-go {unknown}")
        if "pattern" in go or go.get("format", "date-time") not in UNENFORCED_FORMATS:
            raise self.failure(path, "a pattern or format in the reflected schema that x-go does not explain")
        schema: Schema = {"type": go["type"]} if "type" in go else {}
        if "properties" in go:
            schema["properties"] = {
                field: self.embedded(node, f"{path}.{field}") for field, node in go["properties"].items()
            }
            schema["additionalProperties"] = False
        elif "additionalProperties" in go:
            schema["additionalProperties"] = self.embedded(go["additionalProperties"], path + "{}")
        if "items" in go:
            schema["items"] = self.embedded(go["items"], path + "[]")
        return schema

    def definitions(self) -> dict[str, Schema]:
        """The Go types by their full names, each with the short name that it would have among the definitions."""
        return {
            name: {**self.embedded(node, name), NAME: short_name(name)} for name, node in self.go.definitions.items()
        }

    def resolve(self, go: Schema, path: str) -> Schema:
        while "$ref" in go:
            name = go["$ref"].removeprefix(REF)
            if name not in self.go.definitions:
                raise self.failure(path, f"the reflected schema has no definition {name}")
            go = self.go.definitions[name]
        return go

    def child(self, go: Schema | None, keyword: str, path: str) -> Schema | None:
        if go is None:
            return None
        node = go.get(keyword)
        if not isinstance(node, dict):
            raise self.failure(path, f"the CRD has {keyword} here, the Go types have none")
        return node

    def check_fields(self, crd: Schema, go: Schema, path: str) -> None:
        """The field sets must agree, but for ONLY_IN_GO."""
        known = {
            field for field in go.keys() - crd.keys() if f"{path}.{field}" in ONLY_IN_GO.get(self.kind.id, frozenset())
        }
        if only_crd := sorted(crd.keys() - go.keys()):
            raise self.failure(path, f"only the CRD has {', '.join(only_crd)}")
        if only_go := sorted(go.keys() - crd.keys() - known):
            raise self.failure(path, f"only the Go types have {', '.join(only_go)}")

    def check_keywords(self, node: Schema, known: Iterable[str], source: str, path: str) -> None:
        if unknown := sorted(node.keys() - set(known)):
            raise self.failure(path, f"unknown keyword in the {source}: {', '.join(unknown)}")

    def failure(self, path: str, text: str) -> DerivationError:
        return DerivationError(f"{self.kind.id}: {path or '(root)'}: {text}")


def short_name(go_name: str) -> str:
    """``EnvVar`` for ``k8s.io.api.core.v1.EnvVar``."""
    return go_name.rpartition(".")[2]


def type_name(go: Schema | None) -> str | None:
    return short_name(go["$ref"]) if go and "$ref" in go else None


def type_name_of_place(path: str) -> str:
    """``Params`` for ``spec.params[]``."""
    field = path.rpartition(".")[2].strip("[]{}") or "root"
    return field[0].upper() + field[1:]


# Folding -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """One named subschema, its own named subschemas replaced by references to other parts."""

    name: str
    body: Schema
    structural: bool


@dataclass(frozen=True)
class Group:
    """All parts that accept exactly the same documents, so that one definition can stand for them."""

    names: frozenset[str]
    body: Schema
    structural: bool


def fold(root: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """``root`` with one definition for each subschema that several places share, recursive ones included.

    A subschema used once, or too short, is written where it is used. One that refers to others never counts as short:
    writing it out at each place would multiply the uses of those others.
    """
    groups = grouped(parts(root, definitions))
    uses = Counter(ref for group in groups.values() for ref in refs(group.body))
    kept = {
        key
        for key, group in groups.items()
        if uses[key] > 1 and (any(refs(group.body)) or len(compact(group.body)) > SHORT)
    }
    names = definition_names({key: group for key, group in groups.items() if key in kept})

    def written(key: str) -> Schema:
        return {"$ref": REF + names[key]} if key in kept else body(key)

    def body(key: str) -> Schema:
        return with_refs(groups[key].body, written)

    shared = {"$defs": {names[key]: body(key) for key in kept}} if kept else {}
    return {**body(""), **shared}


def parts(root: Schema, definitions: Mapping[str, Schema]) -> dict[str, Part]:
    """Every named subschema by a unique key: a Go type's full name, or the place; the root's key is empty."""
    found: dict[str, Part] = {}

    def replace(node: Any, key: str, structural: bool) -> Any:
        if not isinstance(node, dict):
            return node
        body = {word: replace(value, f"{key}/{word}", structural) for word, value in node.items() if word != NAME}
        if NAME not in node:
            return body
        beside = {EMBEDDED: body.pop(EMBEDDED)} if EMBEDDED in body else {}
        found[key] = Part(node[NAME], body, structural)
        return {"$ref": REF + key} | beside

    for name, definition in definitions.items():
        replace(definition, name, structural=False)
    replace(root, "", structural=True)
    return found


def grouped(all_parts: Mapping[str, Part]) -> dict[str, Group]:
    """The groups that are reachable from the root, each under the key of its first part, the root's first.

    Moore's refinement: all parts start as equal, and are told apart as long as their bodies differ.
    """
    same = dict.fromkeys(all_parts, "")
    count = 0
    while count < len(set(same.values())):
        count = len(set(same.values()))
        texts = {key: compact(redirected(part.body, same)) for key, part in all_parts.items()}
        first_of = {texts[key]: key for key in sorted(texts, reverse=True)}
        same = {key: first_of[text] for key, text in texts.items()}

    bodies = {key: redirected(all_parts[key].body, same) for key in set(same.values())}
    reached, pending = {""}, [""]
    while pending:
        fresh = set(refs(bodies[pending.pop()])) - reached
        reached |= fresh
        pending += fresh
    members = {key: [part for other, part in all_parts.items() if same[other] == key] for key in reached}
    return {
        key: Group(frozenset(part.name for part in group), bodies[key], any(part.structural for part in group))
        for key, group in members.items()
    }


def definition_names(groups: Mapping[str, Group]) -> dict[str, str]:
    """A name for each group; where two want the same, what the API server sees goes before what only Go sees."""
    names: dict[str, str] = {}
    for key in sorted(groups, key=lambda key: (not groups[key].structural, key)):
        candidates = candidate_names(groups[key])
        names[key] = next(name for name in candidates if name not in names.values())
    return names


def candidate_names(group: Group) -> Iterator[str]:
    """Best first: the words that the types' names end in, else the fields if they are few, else a type's name."""
    words = common_suffix([re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*", name) for name in sorted(group.names)])
    fields = sorted(group.body.get("properties", {}))
    if words:
        yield "".join(words)
    elif 0 < len(fields) <= 4:
        yield "".join(field[0].upper() + field[1:] for field in fields)
    yield from sorted(group.names)
    base = min(group.names)
    yield f"Embedded{base}"
    number = 2
    while True:
        yield f"{base}{number}"
        number += 1


def common_suffix(lists: Sequence[Sequence[str]]) -> list[str]:
    suffix: list[str] = []
    for column in zip(*(reversed(words) for words in lists), strict=False):
        if len(set(column)) > 1:
            break
        suffix.insert(0, column[0])
    return suffix


def refs(node: Any) -> Iterator[str]:
    """The keys that a part's body refers to, as often as it does."""
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].removeprefix(REF)
        for value in node.values():
            yield from refs(value)


def redirected(body: Schema, targets: Mapping[str, str]) -> Schema:
    return with_refs(body, lambda ref: {"$ref": REF + targets[ref]})


def with_refs(body: Schema, replacement: Callable[[str], Schema]) -> Schema:
    """The body with each reference replaced; what stands beside a reference stays beside the replacement."""
    beside = {
        word: with_refs(value, replacement) if isinstance(value, dict) else value
        for word, value in body.items()
        if word != "$ref"
    }
    return replacement(body["$ref"].removeprefix(REF)) | beside if "$ref" in body else beside


# Files ---------------------------------------------------------------------------------------------------------------


def compact(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), sort_keys=True)


def schema_of(kind: ServedKind, definitions: Path) -> Schema:
    walk = Walk(kind, go_types(definitions, kind))
    return {"$schema": DIALECT, "$id": kind.id, **fold(walk.root(), walk.definitions())}


def fields_by_version(path: Path, newest: str | None) -> Schema:
    """``{"newest": minor, "fields": {"Kind/version": {path: minor}}}``; fields not listed are older than all of them.

    ``newest`` is the release up to which the source looked; by default the last one that its heading names.
    """
    document = load_json(path)
    if newest is None:
        releases = re.findall(r"\bv(\d+\.\d+)", document.get("source", ""))
        if not releases:
            raise DerivationError(f"{path}: `source` names no release; say which with --newest")
        newest = releases[-1]
    fields: dict[str, dict[str, str]] = {}
    for entry in document["fields"]:
        minor = re.fullmatch(r"v(\d+\.\d+)\.\d+", entry["since"])
        if minor is None:
            raise DerivationError(f"{path}: {entry['path']}: `since` is no release: {entry['since']}")
        fields.setdefault(f"{entry['kind']}/{entry['version']}", {})[entry["path"]] = minor[1]
    return {"newest": newest, "fields": fields}


def derived_files(crds: Path, definitions: Path, fields: Path, newest: str | None = None) -> dict[str, str]:
    """The text of every file to be, by its path below the output directory."""
    contents = {f"{kind.id}.json": schema_of(kind, definitions) for kind in served_kinds(crds)}
    contents["fields-by-version.json"] = fields_by_version(fields, newest)
    return {name: compact(content) + "\n" for name, content in contents.items()}


def stale_files(out: Path, files: Mapping[str, str]) -> list[str]:
    """Files that are missing, differ, or lie beside the derived ones without a kind that is still served."""
    groups = {name.partition("/")[0] for name in files if "/" in name}
    present = {path.relative_to(out).as_posix() for group in groups for path in out.glob(f"{group}/*/*.json")}
    changed = {
        name for name, text in files.items() if not (out / name).is_file() or (out / name).read_bytes() != text.encode()
    }
    return sorted(changed | (present - files.keys()))


def write(out: Path, files: Mapping[str, str], stale: Iterable[str]) -> None:
    for name in stale:
        path = out / name
        if name in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name].encode())
        else:
            path.unlink()


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0; 1 if ``--check`` finds stale files; 2 if the sources cannot be derived from."""
    parser = argparse.ArgumentParser(description="Derive schemas/ from Tekton's CRDs and reflected Go types.")
    parser.add_argument("--crds", type=Path, required=True, help="directory of the CustomResourceDefinitions")
    parser.add_argument("--definitions", type=Path, required=True, help="directory of <version>-<Kind>.json")
    parser.add_argument("--fields", type=Path, required=True, help="JSON list of fields, each with its first release")
    parser.add_argument("--newest", help="minor release of the sources, such as 1.15 (default: as FIELDS says)")
    parser.add_argument("--out", type=Path, default=Path("schemas"), help="directory to write to (default: schemas)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and name the files that are stale")
    options = parser.parse_args(arguments)
    try:
        files = derived_files(options.crds, options.definitions, options.fields, options.newest)
    except DerivationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    stale = stale_files(options.out, files)
    for name in stale:
        print(f"{'stale' if options.check else 'wrote' if name in files else 'removed'}: {options.out / name}")
    if not options.check:
        write(options.out, files, stale)
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
