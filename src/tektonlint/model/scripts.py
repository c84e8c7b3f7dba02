"""The scripts of a task: what its steps and sidecars run, with the environment and the folder they run in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tektonlint.document import Scalar
from tektonlint.finding import Location, Path
from tektonlint.model.definitions import Task, name_of
from tektonlint.patterns import pattern
from tektonlint.shell.dialect import SHELLS, interpreter
from tektonlint.tekton.resource import Place
from tektonlint.tekton.variables import variables

if TYPE_CHECKING:
    from tektonlint.model.graph import Model
    from tektonlint.shell.effects import Analysis, Effect
    from tektonlint.shell.values import Value

# A variable of Kubernetes' in `command`, `args` and `env` (k8s.io/kubernetes/third_party/forked/golang/expansion).
_REFERENCE = pattern(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
_DEPTH = 3


class Script:
    """What one step or sidecar runs.

    `place` is the scalar that holds the text: `script`, or the item behind `sh -c`. For a command that is written as a
    list `words` are its items, `text` is "", and an offset in the analysis is the number of an item. `container` is
    the step or sidecar, or the StepAction's spec that the step runs; `step` the step in the task itself. `task` is
    None for a StepAction looked at by itself.
    """

    def __init__(
        self,
        model: Model,
        task: Task | None,
        step: Place,
        container: Place,
        place: Place,
        text: str,
        *,
        words: tuple[Place, ...] = (),
        shell: bool = False,
    ) -> None:
        self.model = model
        self.task = task
        self.step = step
        self.container = container
        self.place = place
        self.text = text
        self.words = words
        # Whether it is what stands behind `sh -c`.
        self.inline = shell
        self._environment: dict[str, Value] | None = None
        self._analysis: Analysis | None = None

    @property
    def is_sidecar(self) -> bool:
        """Whether it is a sidecar's, which runs beside all steps."""
        return "sidecars" in self.step.path[-2:]

    @property
    def is_in_action(self) -> bool:
        """Whether it stands in a StepAction."""
        return self.container is not self.step

    @property
    def title(self) -> str:
        """The name of its step, for a person."""
        return name_of(self.step) or f"{self.step.path[-1]}"

    @property
    def interpreter(self) -> str:
        """What runs it."""
        return "sh" if self.inline or self.words else interpreter(self.text)

    @property
    def is_shell(self) -> bool:
        """Whether it is understood: a shell runs it, or it is a single command."""
        return bool(self.words) or self.inline or interpreter(self.text) in SHELLS

    @property
    def image(self) -> str | None:
        """The image it runs in, with the defaults of params; None where that is not known."""
        if self.task is not None and not self.is_in_action:
            return self.task.image_of(self.container)
        image = self.container.get("image")
        text = image.known_text if image is not None else None
        return text if text and "$(" not in text else None

    @property
    def template(self) -> Place | None:
        """The stepTemplate that it takes what it does not say from."""
        return None if self.is_sidecar or self.task is None else self.task.template

    @property
    def environment(self) -> dict[str, Value]:
        """What its variables are; values that come from elsewhere are not known."""
        if self._environment is None:
            self._environment = _environment(self)
        return self._environment

    @property
    def folders(self) -> Value:
        """The folder that it starts in."""
        from tektonlint.shell.values import NOT_KNOWN, joined

        place = self.container.get("workingDir") or (self.template.get("workingDir") if self.template else None)
        text = place.known_text if place is not None else None
        return (joined(NOT_KNOWN[0], self.filled(text)),) if text else NOT_KNOWN

    @property
    def analysis(self) -> Analysis:
        """What it does; of another language's script nothing is known."""
        if self._analysis is None:
            self._analysis = self._analysed()
        return self._analysis

    def _analysed(self) -> Analysis:
        from tektonlint.shell import effects

        environment = tuple(sorted(self.environment.items()))
        if self.words:
            texts = tuple(_expanded(place.text or "", self.environment) for place in self.words)
            return effects.of_words(texts, environment, self.folders)
        given = [place.text or "\0" for place in self.container.each("args")]
        # An array may be any number of words; as the last one it stands for each of them.
        arguments = tuple((one,) for one in given) if given and not any("[*]" in one for one in given[:-1]) else None
        return effects.analysed(
            self.filled(self.text, keep_length=True), environment, self.folders, arguments, shell=self.inline
        )

    def filled(self, text: str, *, keep_length: bool = False) -> str:
        """A text of a StepAction with its params replaced by what the step passes; others as they are.

        Tekton allows no params in a StepAction's script (docs/stepactions.md), so that text stays as it is.
        """
        if not self.is_in_action or keep_length or "$(" not in text:
            return text
        given = {name: place.get("value") for place in self.step.each("params") if (name := name_of(place))}
        for variable in reversed(variables(text)):
            if variable.param is None:
                continue
            value = given.get(variable.param)
            if value is None:
                declared = next((one for one in self.container.each("params") if name_of(one) == variable.param), None)
                value = declared.get("default") if declared is not None else None
            known = value.known_text if value is not None else None
            text = text[: variable.start] + ("\0" if known is None else known) + text[variable.end :]
        return text

    def location(self, start: int, end: int) -> Location:
        """Where a part of it stands in its file, by the offsets of the analysis."""
        if self.words:
            return self.words[min(start, len(self.words) - 1)].location
        if not isinstance(self.place.node, Scalar) or end <= start:
            return self.place.location
        return self.place.part(start, end)

    def location_of(self, effect: Effect) -> Location:
        """Where the word stands that an effect comes from."""
        return self.location(effect.start, effect.end)


def scripts_of(model: Model, task: Task) -> tuple[Script, ...]:
    """The scripts and commands of a task's sidecars and steps, in the order they start."""
    known: dict[int, tuple[Script, ...]] = model.memo.setdefault("scripts", {})
    found = known.get(id(task))
    if found is None:
        from tektonlint.model.graph import steps_of

        scripts = [script for one in task.sidecars if (script := _script(model, task, one, one)) is not None]
        for step, action in steps_of(model, task):
            script = _script(model, task, step, step if action is None else action)
            if script is not None:
                scripts.append(script)
        found = known[id(task)] = tuple(scripts)
    return found


def script_at(model: Model, container: Place) -> Script | None:
    """What a step, sidecar or StepAction's spec runs by itself: the places of the selector `steps-and-sidecars`."""
    known: dict[tuple[int, Path], Script | None] = model.memo.setdefault("scripts at", {})
    key = (id(container.resource), container.path)
    if key not in known:
        around = container.parent if isinstance(container.path[-1], int) else None
        spec = around.parent if around is not None else None
        task = model.task(spec) if spec is not None else None
        mine = scripts_of(model, task) if task is not None else ()
        # The same object where there is one: what it does is then worked out once.
        found = next((one for one in mine if one.step.path == container.path and not one.is_in_action), None)
        known[key] = found or (_script(model, task, container, container) if task is None else None)
    return known[key]


def opaque_steps(model: Model, task: Task) -> tuple[Place, ...]:
    """The steps of which it is not known what they do: an image's own entrypoint, another language's script, a
    StepAction that is not in the tree."""
    found = {script.step.path: script for script in scripts_of(model, task)}
    return tuple(
        step for step in task.steps if (one := found.get(step.path)) is None or not one.is_shell or not _is_known(one)
    )


def _is_known(script: Script) -> bool:
    from tektonlint.shell.programs import is_known

    return not script.words or is_known(os.path.basename(script.words[0].text or ""))


def _script(model: Model, task: Task | None, step: Place, container: Place) -> Script | None:
    script = container.get("script")
    text = script.text if script is not None else None
    if script is not None and text:
        return Script(model, task, step, container, script, text)
    own = task is not None and container is step and "sidecars" not in step.path[-2:]
    template = task.template if task is not None and own else None
    command, args = (container.get(key) or (template and template.get(key)) for key in ("command", "args"))
    if command is None:
        return None
    words = [word for place in (command, args) if place is not None for word in place.items()]
    texts = [word.text for word in words]
    if not words or texts[0] is None:
        return None
    if os.path.basename(texts[0]) in SHELLS:
        for number, one in enumerate(texts[1:], 1):
            if one is None or not one.startswith("-"):
                break
            if not one.startswith("--") and one.endswith("c") and number + 1 < len(words):
                inner = words[number + 1]
                if inner.text is not None:
                    return Script(model, task, step, container, inner, inner.text, shell=True)
    return Script(model, task, step, container, command, "", words=tuple(words))


def _environment(script: Script) -> dict[str, Value]:
    from tektonlint.shell.values import NOT_KNOWN

    found: dict[str, Value] = {}
    places = [script.template] if script.template is not None and not script.is_in_action else []
    for container in (*places, script.container):
        for entry in container.each("env"):
            name = name_of(entry)
            value = entry.get("value")
            if name is None:
                continue
            text = value.known_text if value is not None else None
            if text is None:
                unset = value is None and entry.get("valueFrom") is None
                found[name] = ("",) if unset else NOT_KNOWN
            else:
                found[name] = (_expanded(script.filled(text), found),)
    return found


def _expanded(text: str, environment: dict[str, Value]) -> str:
    """A text with Kubernetes' `$(NAME)` replaced by what is set before it."""
    if "$(" not in text:
        return text

    def value(name: str, written: str) -> str:
        known = environment.get(name)
        return written if known is None or len(known) > 1 else known[0]

    return _REFERENCE.sub(lambda match: value(match[1], match[0]), text)
