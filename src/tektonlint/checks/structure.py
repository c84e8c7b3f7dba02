"""Fields that are not there, values of the wrong type, durations and quantities that do not parse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tektonlint import scalars
from tektonlint.document import Mapping, Node, Scalar, Sequence, plain_data
from tektonlint.finding import Finding, Fix, Safety, Severity
from tektonlint.policy.context import Context
from tektonlint.schema import Schema, type_of
from tektonlint.structure import DURATION, QUANTITY, TYPE, UNKNOWN, Fault, faults, fits
from tektonlint.tekton.resource import Place, Resource
from tektonlint.tekton.selectors import select
from tektonlint.tekton.target import field_versions, version_text


def unknown_field(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Fields that the kind and version do not have, and that no more specific policy knows.

    A patch is left alone: its fields are those of whatever it is merged into. Only the API server's pruning
    minds the case of letters, not Tekton's own decoding, which is all there was before 1.0.
    """
    if whole.resource.partial:
        return
    for fault in _about(whole, UNKNOWN):
        if fault.misspelt and (fault.embedded or not ctx.target.prunes):
            message = (
                f"`{_short(fault.name)}` is read as `{fault.near}` only because Tekton's decoder ignores the case of "
                f"letters here; elsewhere the field would be unknown. Write `{fault.near}`."
            )
            fix = _rename(fault, ctx)
            yield ctx.finding(fault.place, message, at=fault.place.key_location, severity=Severity.NOTE, fix=fix)
            continue
        instead = _instead(fault)
        known, _ = field_versions()
        if ctx.target.tekton > known and not instead:
            message = (
                f"{_has_no(fault)} in Tekton {version_text(known)}, the newest that tektonlint knows. If Tekton "
                f"{ctx.target.tekton_text} has none either, it has no effect: look it up, or update tektonlint."
            )
            yield ctx.finding(fault.place, message, at=fault.place.key_location, severity=Severity.WARNING)
            continue
        message = f"{_has_no(fault)}{instead or _choices(fault)} {_fate(fault, ctx)}."
        fix = _rename(fault, ctx)
        yield ctx.finding(fault.place, message, at=fault.place.key_location, refused=True, fix=fix)


def compute_resources(whole: Place, ctx: Context) -> Iterator[Finding]:
    """`resources` on a v1 step, sidecar or step template, and `computeResources` on a v1beta1 one."""
    for fault in _about(whole, "compute-resources"):
        assert fault.moved is not None
        also = f", and that stands here too: delete `{fault.name}`" if fault.settled else f", not `{fault.name}`"
        lost = "" if fault.settled else "the requests and limits never reach the pod"
        part = (fault.role or "step").replace("-", " ")
        message = f"A {whole.resource.api_version} {part} takes `{fault.moved.to}`{also}. {_fate(fault, ctx, lost)}."
        fix = _delete_twin(fault, ctx) if fault.settled else _move(fault, ctx)
        yield ctx.finding(fault.place, message, at=fault.place.key_location, refused=True, fix=fix)


def compute_resources_misplaced(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Requests and limits of a whole task or pipeline where only a run, or only a step, has them."""
    for fault in _about(whole, "compute-resources-misplaced"):
        assert fault.moved is not None
        right = f"it is called `{fault.moved.to}` there" if fault.moved.to else fault.moved.advice
        message = (
            f"`{fault.place.field}` does not exist in {_article(whole.resource)}; {right}. "
            f"{_fate(fault, ctx, 'the requests and limits have no effect')}."
        )
        fix = _rename(fault, ctx) if fault.moved.to else None
        yield ctx.finding(fault.place, message, at=fault.place.key_location, refused=True, fix=fix)


def renamed_field(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Fields of a run that have another name or place in the other API version."""
    for fault in _about(whole, "renamed-field"):
        assert fault.moved is not None
        also = ", and that is set as well: delete this one" if fault.settled else ""
        lost = "" if fault.settled else fault.moved.consequence or ""
        message = (
            f"`{_whole_name(fault)}` is called `{fault.moved.to}` in {_article(whole.resource)}{also}. "
            f"{_fate(fault, ctx, lost)}."
        )
        fix = _move(fault, ctx)
        yield ctx.finding(fault.place, message, at=fault.place.key_location, refused=True, fix=fix)


def podtemplate_misplaced(whole: Place, ctx: Context) -> Iterator[Finding]:
    """A pod template where the kind and version have none."""
    for fault in _about(whole, "podtemplate-misplaced"):
        assert fault.moved is not None
        template = fault.place.get(fault.moved.holds) if fault.moved.holds else fault.place
        keys = [f"`{name}`" for name in template.node.index] if template and isinstance(template.node, Mapping) else []
        lost = f"the pod settings in it ({', '.join(keys)}) have no effect" if keys else "it has no effect"
        message = (
            f"`{_whole_name(fault)}` does not exist in {_article(whole.resource)}; {_right_template(fault)}. "
            f"{_fate(fault, ctx, lost)}."
        )
        fix = _move(fault, ctx) if fault.moved.to else _delete(fault, ctx)
        yield ctx.finding(fault.place, message, at=fault.place.key_location, refused=True, fix=fix)


def _right_template(fault: Fault) -> str:
    """Where the pod template belongs, as an order."""
    resource = fault.place.resource
    to = fault.moved.to if fault.moved is not None else None
    if to is not None:
        return f"move it to `{to}`" if "." in to else f"call it `{to}`"
    if resource.kind == "TaskRun":
        return "set it in `spec.podTemplate`"
    run = _run_template(resource)
    if resource.kind == "PipelineRun":
        return f"set it in `{run}`, or for one task under `spec.taskRunSpecs[]`"
    return f"only a run has one, a PipelineRun in `{run}`"


def _run_template(resource: Resource) -> str:
    """Where a run has its pod template; for what has no v1, as for v1."""
    if resource.kind == "TaskRun" or (resource.version == "v1beta1" and resource.kind != "StepAction"):
        return "spec.podTemplate"
    return "spec.taskRunTemplate.podTemplate"


def timeout_misplaced(whole: Place, ctx: Context) -> Iterator[Finding]:
    """A timeout where the kind and version have none, so that another one or the default applies."""
    for fault in _about(whole, "timeout-misplaced"):
        assert fault.moved is not None
        right = f"write `{fault.moved.to}`" if fault.moved.to else fault.moved.advice
        if fault.settled:
            right = f"`{fault.moved.to}` is what counts"
        message = (
            f"`{fault.place.field}` does not exist in {_article(whole.resource)}; {right}. "
            f"{_fate(fault, ctx, _limit_without(fault, ctx))}."
        )
        # Only here the old field and the new one say the same in the same words.
        fix = _move(fault, ctx) if fault.role == "pipelinerun-spec" else None
        yield ctx.finding(fault.place, message, at=fault.place.key_location, refused=True, fix=fix)


def _limit_without(fault: Fault, ctx: Context) -> str:
    """What limits the run or the task once the misplaced timeout is dropped."""
    minutes = ctx.target.default_timeout_minutes
    if fault.settled or not minutes:
        return "it limits nothing"
    if fault.role in ("task-spec", "pipeline-spec"):
        return f"tasks without a timeout of their own stop after {minutes} minutes"
    return f"the default of {minutes} minutes applies"


def pod_setting_in_container(whole: Place, ctx: Context) -> Iterator[Finding]:
    """`fsGroup` and its like in a step's securityContext, which has no such fields."""
    resource = whole.resource
    where = "" if resource.kind in ("PipelineRun", "TaskRun") else " in the PipelineRun"
    for fault in _about(whole, "pod-setting-in-container"):
        message = (
            f"`{fault.name}` is a setting of the pod and has no effect on a container; set it{where} under "
            f"`{_run_template(resource)}.securityContext`. {_fate(fault, ctx)}."
        )
        fix = _delete(fault, ctx)
        yield ctx.finding(fault.place, message, at=fault.place.key_location, refused=True, fix=fix)


_WANTED = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
}


def wrong_type(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Values of another JSON type than the field takes, as Kubernetes reads them."""
    for fault in _about(whole, TYPE):
        types = fault.problem.schema.types or frozenset[str]()
        wanted = " or ".join(_WANTED[name] for name in _WANTED if name in types)
        node = fault.problem.node
        if not isinstance(node, Scalar):
            fact = f"{_WANTED[type_of(node)]} stands there, so Kubernetes refuses"
        elif isinstance(node.value, str):
            fact = f"`{_short(node.text)}` is a string, so Kubernetes refuses"
        else:
            fact = f"Kubernetes reads `{_short(node.text)}` as {_read_as(node)} and refuses"
        message = f"`{fault.place.field}` takes {wanted}, but {fact} the object. {_typed(fault, wanted)}."
        yield ctx.finding(fault.place, message, refused=True, fix=_retype(fault, ctx))


def _typed(fault: Fault, wanted: str) -> str:
    """What to write instead of a value of the wrong type."""
    types = fault.problem.schema.types or frozenset[str]()
    node = fault.problem.node
    if isinstance(node, Scalar):
        if "string" in types:
            return f"Write `{_quoted(node.text)}`"
        items = fault.problem.schema.items
        if "array" in types and items is not None and "string" in (items.types or ()) and "\n" not in node.text:
            return f"Write `[{_quoted(node.text)}]`"
        if isinstance(node.value, str) and _type_of_plain(node.text) in types:
            return f"Write `{node.text}` without quotes"
    return f"Write {wanted} there"


def _type_of_plain(text: str) -> str | None:
    """The JSON type that a text has without quotes."""
    try:
        value = scalars.plain(text)
    except scalars.NotAValue:
        return None
    return {bool: "boolean", int: "integer", float: "number"}.get(type(value))


def invalid_duration(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Timeouts that are not the string Go's time.ParseDuration takes."""
    for fault in _about(whole, DURATION):
        node = fault.problem.node
        text = node.text if isinstance(node, Scalar) else ""
        said = f"`{_short(text)}`" if text.strip() else f"What `{fault.name}` says"
        if text.strip() and text != " ".join(text.split()):
            said = f'`"{text[:60]}"`' if "\n" not in text else said
        suggestions = _durations(text)
        advice = 'Write for example `"90m"`, `"1h30m"`, or `"0"` for no limit'
        if suggestions:
            advice = "Write " + " or ".join(f'`"{one}"`' for one in suggestions)
        message = f"{said} is no duration ({_why_no_duration(node)}), so the object is refused. {advice}."
        fix = None
        if len(suggestions) == 1:
            # What ends in a number may be of any unit; the rest is another spelling of the same time.
            guessed = text.strip()[-1:].isdigit() and suggestions != ("0",)
            fix = _rewrite(fault, suggestions[0], ctx, Safety.UNSAFE if guessed else Safety.SAFE)
        yield ctx.finding(fault.place, message, refused=True, fix=fix)


def invalid_quantity(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Amounts of cpu, memory or storage that Kubernetes cannot parse."""
    for fault in _about(whole, QUANTITY):
        node = fault.problem.node
        text = node.text if isinstance(node, Scalar) else ""
        said = f"`{_short(text)}`" if text.strip() else f"What `{_short(fault.name)}` says"
        suggestions = _quantities(text, fault.name)
        if "$(" in text:
            advice = "Variables are not substituted here: write the amount itself"
        elif suggestions:
            advice = f"Write {' or '.join(f'`{one}`' for one in suggestions)}"
        else:
            advice = f"Write for example {'`500m`' if fault.name == 'cpu' else '`4Gi`'}"
        message = f"{said} is no quantity that Kubernetes can read, so the object is refused. {advice}."
        fix = None
        if suggestions:
            same = "".join(text.split()).lower() == suggestions[0].lower()
            fix = _rewrite(fault, suggestions[0], ctx, Safety.SAFE if same else Safety.UNSAFE)
        yield ctx.finding(fault.place, message, refused=True, fix=fix)


def newer_field(whole: Place, ctx: Context) -> Iterator[Finding]:
    """Fields that a later Tekton than the target brought.

    The table speaks of CRDs, which do not see into embedded specs: those have the fields of a Task.
    """
    newest, table = field_versions()
    if ctx.target.tekton >= newest:
        return
    resource = whole.resource
    parts = [(whole, f"{resource.kind}/{resource.version}", "")]
    if resource.kind not in ("Task", "ClusterTask"):
        parts.extend((spec, f"Task/{resource.version}", "spec.") for spec in select(resource, "task-specs"))
    for part, kind, prefix in parts:
        for path, since in table.get(kind, {}).items():
            # taskrunspecs-timeout-unsupported says where that has to be written instead.
            if since <= ctx.target.tekton or not path.startswith(prefix) or path == "spec.taskRunSpecs[].timeout":
                continue
            for place in _at(part, path.removeprefix(prefix)):
                message = (
                    f"`{place.field}` needs Tekton {version_text(since)}, and the configured target is "
                    f"{ctx.target.tekton_text}; leave it out until the cluster has it. "
                    f"{_fate_of(resource, bool(prefix), ctx)}."
                )
                yield ctx.finding(place, message, at=place.key_location, refused=True)


def _at(place: Place, path: str) -> Iterator[Place]:
    """The places under a path such as `steps[].env[].valueFrom`."""
    head, _, rest = path.partition(".")
    inner = place.get(head.removesuffix("[]"))
    if inner is None:
        return
    for one in inner.items() if head.endswith("[]") else (inner,):
        if rest:
            yield from _at(one, rest)
        else:
            yield one


def _rename(fault: Fault, ctx: Context) -> Fix | None:
    """Gives a field the name that it has in all but its letters' case or its number."""
    from tektonlint import edit

    to = fault.moved.to if fault.moved is not None else fault.near
    same = fault.misspelt or to in (f"{fault.name}s", fault.name.removesuffix("s"))
    if to is None or "." in to or not (same or fault.moved is not None):
        return None
    if not _fits(fault, (to,), fault.place.node):
        return None
    title = f"rename `{fault.name}` to `{to}`"
    return ctx.fix(title, lambda: edit.rename_key(fault.place, to), Safety.SAFE)


def _fits(fault: Fault, names: tuple[str, ...], node: Node) -> bool:
    """Whether a value is of a type that may stand under other names in the same mapping."""
    inner: Schema | bool = fault.problem.schema
    for name in names:
        inner = inner.under(name) if isinstance(inner, Schema) else inner
    return fits(inner, node) if isinstance(inner, Schema) else inner


_RESOURCES_OF_OVERRIDES = {
    **dict.fromkeys(("stepSpecs", "sidecarSpecs"), ("resources", "computeResources")),
    **dict.fromkeys(("stepOverrides", "sidecarOverrides"), ("computeResources", "resources")),
}


def _move(fault: Fault, ctx: Context) -> Fix | None:
    """Puts a field where it belongs, under its other name, if nothing is there yet."""
    from tektonlint import edit

    to = fault.moved.to if fault.moved is not None else None
    if to is None or fault.settled:
        return None
    names = tuple(to.removeprefix("spec.").split("."))
    if fault.moved is not None and fault.moved.holds:
        return _unwrap(fault, names, ctx)
    old, new = _RESOURCES_OF_OVERRIDES.get(to, ("", ""))
    if not _fits(fault, names, fault.place.node):
        return None
    title = f"move `{fault.name}` to `{to}`" if len(names) > 1 else f"rename `{fault.name}` to `{to}`"

    def change() -> edit.Change:
        moved = edit.move_key(fault.place, *names)
        # What the entries of an override call their resources moves with the override's own name.
        for inner in fault.place.items():
            resources = inner.get(old)
            if resources is not None:
                moved = moved.with_(edit.rename_key(resources, new))
        return moved

    return ctx.fix(title, change, Safety.SAFE)


def _unwrap(fault: Fault, names: tuple[str, ...], ctx: Context) -> Fix | None:
    """Puts the one thing that a misplaced mapping holds in the place of that mapping."""
    from tektonlint import edit

    held = fault.place.get(*names)
    if held is None or not _fits(fault, names, held.node):
        return None
    title = f"move `{names[-1]}` out of `{fault.name}`"
    return ctx.fix(title, lambda: edit.unwrap_key(fault.place), Safety.SAFE)


def _delete(fault: Fault, ctx: Context) -> Fix | None:
    """Takes out a field that has no effect, with every mapping inside the spec in which nothing else stands."""
    from tektonlint import edit

    place = fault.place
    least = len(place.resource.path) + 1
    while (parent := place.parent) is not None and parent.key is not None and len(parent.path) > least:
        if not isinstance(parent.node, Mapping) or len(parent.node.entries) != 1:
            break
        place = parent
    title = f"delete `{fault.name}`, which has no effect here"
    return ctx.fix(title, lambda: edit.remove_key(place), Safety.SAFE)


def _delete_twin(fault: Fault, ctx: Context) -> Fix | None:
    """Takes out a field whose replacement stands beside it and says the same."""
    owner, moved = fault.problem.owner, fault.moved
    twin = owner.get(moved.to) if owner is not None and moved is not None and moved.to is not None else None
    if twin is None or plain_data(twin) != plain_data(fault.place.node):
        return None
    return _delete(fault, ctx)


def _retype(fault: Fault, ctx: Context) -> Fix | None:
    """Quotes a text that Kubernetes reads as something else, or takes quotes off a number or a boolean."""
    from tektonlint import edit

    types = fault.problem.schema.types or frozenset[str]()
    node = fault.problem.node
    if not isinstance(node, Scalar) or node.value is None or "\n" in node.text:
        return None
    if "string" in types:
        text = node.text
        return ctx.fix(f"quote `{_short(text)}`", lambda: edit.replace_scalar(fault.place, text), Safety.SAFE)
    if isinstance(node.value, str) and _type_of_plain(node.text) in types & {"integer", "boolean"}:
        value = scalars.plain(node.text)
        if isinstance(value, int) and str(value).lower() == node.text.lower():
            title = f"take the quotes off `{node.text}`"
            return ctx.fix(title, lambda: edit.replace_scalar(fault.place, value), Safety.SAFE)
    return None


def _rewrite(fault: Fault, text: str, ctx: Context, safety: Safety) -> Fix | None:
    """Writes another text for a scalar."""
    from tektonlint import edit

    return ctx.fix(f'write `"{text}"`', lambda: edit.replace_scalar(fault.place, text), safety)


def _about(whole: Place, topic: str) -> list[Fault]:
    return [fault for fault in faults(whole.resource) if fault.topic == topic]


def _article(resource: Resource) -> str:
    return f"a {resource.api_version} {resource.kind}"


def _whole_name(fault: Fault) -> str:
    """The path of a field, down to what it holds where that is what was moved."""
    holds = fault.moved.holds if fault.moved is not None else None
    return f"{fault.place.field}.{holds}" if holds else fault.place.field


def _has_no(fault: Fault) -> str:
    where = _article(fault.place.resource)
    owner = f"`{fault.owner}` in {where}" if fault.owner else f"A{where[1:]}"
    return f"{owner} has no field `{_short(fault.name)}`"


def _instead(fault: Fault) -> str:
    """What to write in place of an unknown field, as a clause to its end; empty where nothing is known."""
    if fault.moved is not None:
        return f"; write `{fault.moved.to}`." if fault.moved.to else f"; {fault.moved.advice}."
    if "\u00a0" in fault.name:
        return "; there are no-break spaces in its name, which are text to YAML: write plain spaces."
    if fault.misspelt:
        return f"; it is written `{fault.near}`."
    if fault.above is not None:
        return f"; is it meant for `{fault.above}`, further out?"
    return f"; did you mean `{fault.near}`?" if fault.near is not None else ""


_FEW = 6


def _choices(fault: Fault) -> str:
    """What the mapping takes instead, where that is little enough to read."""
    names = sorted(fault.problem.schema.names)
    return f"; it takes {', '.join(f'`{name}`' for name in names)}." if 0 < len(names) <= _FEW else "."


def _fate(fault: Fault, ctx: Context, lost: str = "") -> str:
    """What becomes of the object or of its unknown field; `lost` is what follows where the field is dropped."""
    return _fate_of(fault.place.resource, fault.embedded, ctx, lost)


def _fate_of(resource: Resource, embedded: bool, ctx: Context, lost: str = "") -> str:
    """semantics: cmd/webhook/main.go:98,126 decodes strictly; the CRDs have structural schemas since v1.0.0."""
    then = f", and {lost}" if lost else ""
    if resource.created:
        if embedded or not ctx.target.prunes:
            return "Tekton refuses the object when an event comes to create it"
        return f"The API server drops it when an event comes to create the object{then}"
    if embedded:
        return "Tekton refuses the whole object"
    if not ctx.target.prunes:
        return f"Tekton {ctx.target.tekton_text} refuses the object"
    return f"`kubectl apply` refuses the object; Argo CD drops the field without a word{then}"


def _read_as(node: Scalar) -> str:
    """What Kubernetes makes of a text, which is said where it is not the text itself."""
    value = node.value
    if isinstance(value, bool):
        text = "true" if value else "false"
        return "a boolean" if text == node.text else f"the boolean {text}"
    if isinstance(value, int | float):
        text = f"{value:g}" if isinstance(value, float) else f"{value}"
        return "a number" if text == node.text else f"the number {text}"
    return "null" if value is None else "a string"


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text or "\\" in text else f'"{text}"'


def _short(text: str) -> str:
    """A value that fits into a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}…"


_UNITS = ("ns", "us", "µs", "μs", "ms", "s", "m", "h")


def _why_no_duration(node: object) -> str:
    if not isinstance(node, Scalar):
        return "it is not a single value"
    text = node.text
    if "$(" in text:
        return "variables are not substituted in timeouts"
    if isinstance(node.value, bool):
        return f"Kubernetes reads {_read_as(node)}"
    if not isinstance(node.value, str):
        return "without quotes it is a number" if text == "0" else "a number has no unit"
    if not text.strip():
        return "it is empty"
    if re.search(r"\s", text):
        return "it holds a blank"
    if re.fullmatch(r"[+-]?[0-9.]+", text):
        return "it has no unit"
    unit = re.search(r"[0-9.]([^0-9.]+)", text)
    if unit and unit[1] not in _UNITS:
        return f"`{unit[1]}` is no unit" + ("; hours are the largest" if unit[1] in ("d", "w", "day", "days") else "")
    if re.search(r"[0-9]$", text):
        return "its last number has no unit"
    return "Go cannot parse it"


_NAMES_OF_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("s", 1)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), ("m", 1)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), ("h", 1)),
    **dict.fromkeys(("d", "day", "days"), ("h", 24)),
    **dict.fromkeys(("w", "week", "weeks"), ("h", 168)),
    "ms": ("ms", 1),
}


def _durations(text: str) -> tuple[str, ...]:
    """What a timeout was probably meant to be; both readings of a number without a unit, none if nobody can say."""
    text = text.strip()
    if re.fullmatch(r"0+", text):
        return ("0",)
    if re.fullmatch(r"[0-9]+", text):
        return (f"{text}m", f"{text}s")
    if re.fullmatch(r"[0-9]+h[0-9]+", text):
        return (f"{text}m",)
    iso = re.fullmatch(r"PT((?:[0-9]+[HMS])+)", text)
    if iso:
        return (iso[1].lower(),)
    if not re.fullmatch(r"(?:[0-9]+(?:\.[0-9]+)?\s*[a-zH]+\s*)+", text):
        return ()
    from decimal import Decimal

    parts: list[str] = []
    for number, name in re.findall(r"([0-9]+(?:\.[0-9]+)?)\s*([a-zH]+)", text):
        if name.lower() not in _NAMES_OF_UNITS:
            return ()
        unit, times = _NAMES_OF_UNITS[name.lower()]
        parts.append(f"{(Decimal(number) * times).normalize():f}{unit}" if times > 1 else f"{number}{unit}")
    return ("".join(parts),)


_SUFFIXES = {
    **{f"{letter}{end}": letter.upper() for letter in "kmgtp" for end in ("", "b")},
    **{f"{letter}i{end}": f"{letter.upper()}i" for letter in "kmgtp" for end in ("", "b")},
    **dict.fromkeys(("b", "byte", "bytes"), ""),
}


def _quantities(text: str, of: str) -> tuple[str, ...]:
    """What an amount of something was probably meant to be.

    Both readings where a decimal unit may mean the binary one; none if nobody can say.
    """
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*", text)
    if not match:
        return ()
    number, unit = match.groups()
    if of == "cpu":
        if unit.lower() in ("core", "cores", "cpu", "cpus", "vcpu", "vcpus"):
            return (number,)
        return (f"{number}m",) if unit in ("m", "mi", "Mi", "mcpu", "millicores") else ()
    if unit in ("", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "n", "u"):
        return (f"{number}{unit}",)
    suffix = _SUFFIXES.get(unit.lower())
    if suffix is None:
        return ()
    if not suffix or suffix.endswith("i"):
        return (f"{number}{suffix}",)
    return (f"{number}{suffix}i", f"{number}{'k' if suffix == 'K' else suffix}")


def script_with_command(container: Place, ctx: Context) -> Iterator[Finding]:
    """A script beside a command, its own or that of the step template, which is merged into every step first.

    pkg/apis/pipeline/v1/container_validation.go, Step.Validate and Sidecar.Validate. A v1beta1 sidecar is not looked
    at; there the script replaces the command (pkg/pod/script.go, convertListOfSteps).
    """
    script = container.get("script")
    if script is None or not script.text or container.get("ref") is not None:
        return
    if script.known_text is None and "\n" not in script.text:
        return
    is_sidecar = "sidecars" in container.path[-2:]
    command, from_template = container.get("command"), False
    if not _has_items(command) and "steps" in container.path[-2:]:
        steps = container.parent
        spec = steps.parent if steps is not None else None
        command, from_template = spec.get("stepTemplate", "command") if spec is not None else None, True
    if command is None or not _has_items(command):
        return
    resource = container.resource
    what = "sidecar" if is_sidecar else "step"
    if is_sidecar and resource.version == "v1beta1":
        message = (
            "This sidecar runs its `script` and never this `command`; Tekton refuses the two together in v1. "
            "Delete `command`, or call it in the script."
        )
        yield ctx.finding(command, message, at=command.key_location, severity=Severity.WARNING)
        return
    when = " when an event comes to create it" if resource.created else ""
    if from_template:
        message = (
            f"This step has a `script`, and the step template gives it a `command`: Tekton refuses the two together"
            f"{when}. Move `command` from the template to the steps that have no script."
        )
        related = [(command.key_location, "the template's command")]
        yield ctx.finding(script, message, at=script.key_location, refused=True, related=related)
        return
    message = (
        f"Tekton refuses a {what} that has a `script` and a `command`{when}. Delete `command`, or call it in the "
        "script; `args` may stay, as the script's own."
    )
    related = [(script.key_location, "the script")]
    yield ctx.finding(command, message, at=command.key_location, refused=True, related=related)


def _has_items(place: Place | None) -> bool:
    return place is not None and isinstance(place.node, Sequence) and bool(place.node.items)
