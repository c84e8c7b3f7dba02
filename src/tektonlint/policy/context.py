"""What a check is given besides the place it looks at, and what it makes findings with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Dict
from typing import TYPE_CHECKING, Any

from tektonlint.finding import Elsewhere, Finding, Fix, Location, Related, Safety, Severity
from tektonlint.lazy import cached_property
from tektonlint.policy.format import Policy
from tektonlint.records import NamedTuple
from tektonlint.tekton.resource import Place, Resource
from tektonlint.tekton.target import Target
from tektonlint.tree import File, Tree

if TYPE_CHECKING:
    from tektonlint.edit import Change
    from tektonlint.model.graph import Model


class Enabled(NamedTuple):
    """A policy as it is to run: with the severity and the options that were decided on for it."""

    policy: Policy
    severity: Severity
    options: Dict[str, Any]


class Context:
    """Options, target and tree for one policy. A check never knows its own id or severity.

    Findings below `least` are only counted.
    """

    def __init__(self, enabled: Enabled, target: Target, tree: Tree, least: Severity = Severity.NOTE) -> None:
        self.enabled = enabled
        self.target = target
        self.tree = tree
        self.least = least

    @property
    def options(self) -> Dict[str, Any]:
        """The policy's options, every one of them set."""
        return self.enabled.options

    @cached_property
    def model(self) -> Model:
        """The resolved model of the tree."""
        from tektonlint.model.graph import model_of

        return model_of(self.tree, self.target)

    def shows(self, severity: Severity | None) -> bool:
        """Whether a finding, lowered to a severity or not, is shown; for others no fix has to be worked out."""
        return self._lowered(severity).rank >= self.least.rank

    def finding(
        self,
        place: Place,
        message: str,
        *,
        at: Location | None = None,
        severity: Severity | None = None,
        refused: bool = False,
        related: Iterable[tuple[Location, str]] = (),
        fix: Fix | None = None,
    ) -> Finding:
        """A finding about a place in a resource; it stands on the value, or on `at`.

        `severity` may only lower what was decided on for the policy (its `not-when`), never raise it.
        Nothing refuses what a TriggerTemplate creates, or a patch, when the manifest is applied.
        """
        resource = place.resource
        return Finding(
            policy=self.enabled.policy.id,
            severity=self._lowered(severity),
            message=message,
            at=at if at is not None else place.location,
            document=resource.document.index,
            resource=resource.id,
            trail=place.trail,
            refused=refused and not resource.created and not resource.partial,
            related=tuple(Related(*one) for one in related),
            fix=fix,
        )

    def fix(
        self,
        title: str,
        make: Callable[[], Change],
        safety: Safety = Safety.UNSAFE,
        *,
        follow: Iterable[str] = (),
        elsewhere: Callable[[], Iterable[tuple[Resource, Change]]] | None = None,
    ) -> Fix | None:
        """A fix made by the edit operations, or None where they cannot make it exactly.

        `follow` are the ids of policies that may find something new because of it and mend that in turn.
        `elsewhere` makes what is to change with it in other documents and files: a resource in each, and the change.
        """
        from tektonlint.edit import Refusal

        try:
            change = make()
            others = [*elsewhere()] if elsewhere is not None else []
        except Refusal:
            return None
        return Fix(
            title=title,
            edits=change.edits,
            safety=safety,
            touches=change.touches,
            follow=frozenset(follow),
            elsewhere=tuple(Elsewhere(one.document.index, other.edits, other.touches) for one, other in others),
        )

    def file_finding(
        self,
        file: File,
        message: str,
        *,
        at: Location,
        document: int = 0,
        refused: bool = False,
        related: Iterable[tuple[Location, str]] = (),
        fix: Fix | None = None,
    ) -> Finding:
        """A finding about a file rather than a resource in it."""
        return Finding(
            policy=self.enabled.policy.id,
            severity=self.enabled.severity,
            message=message,
            at=at,
            document=document,
            resource=next((item.id for item in file.resources if item.document.index == document), None),
            refused=refused,
            related=tuple(Related(*one) for one in related),
            fix=fix,
        )

    def _lowered(self, severity: Severity | None) -> Severity:
        decided = self.enabled.severity
        return severity if severity is not None and severity.rank < decided.rank else decided
