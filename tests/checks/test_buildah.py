"""What the examples of the policies about Buildah do not say: how bad a finding is, and what silences it."""

from __future__ import annotations

import pytest

from tektonlint import engine, tree
from tektonlint.finding import Finding, Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.images import ImageFacts
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()


def found(policy: str, text: str, platform: str | None = None, target: Target | None = None) -> tuple[Finding, ...]:
    policies = enabled(CATALOG, Choice(select=(policy,), severities={}, options={}))
    wanted = target or Target(tekton=newest(), platform=platform)
    return engine.run(tree.of_texts({"example.yaml": text}), policies, CATALOG, wanted).findings


def task(step: str, *, annotations: str = "{}", more: str = "") -> str:
    head = f"apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: build, annotations: {annotations}}}\nspec:\n"
    return f"{head}  steps:\n    - {step}\n{more}"


def run(template: str, account: str = "") -> str:
    spec = f"  {account}\n  podTemplate: {template}\n  taskRef: {{name: build}}\n"
    return f"---\napiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {{generateName: build-}}\nspec:\n{spec}"


def build(security: str, image: str = "quay.io/buildah/stable:v1.38") -> str:
    return f"{{name: build, image: '{image}', securityContext: {security}, script: buildah build .}}"


NON_ROOT = "nonroot-buildah-with-setfcap"
USER = "{runAsUser: 1000, capabilities: {add: [SETFCAP]}}"


@pytest.mark.parametrize(
    ("platform", "severities"),
    [("openshift", [Severity.WARNING]), (None, [Severity.NOTE]), ("kubernetes", [])],
)
def test_a_user_without_privileges_fails_on_openshift_only(platform: str | None, severities: list[Severity]) -> None:
    assert severities == [one.severity for one in found(NON_ROOT, task(build(USER)), platform)]


@pytest.mark.parametrize("platform", ["openshift", None, "kubernetes"])
def test_where_nothing_may_gain_privileges_it_fails_everywhere(platform: str | None) -> None:
    security = USER.replace("{run", "{allowPrivilegeEscalation: false, run")

    assert [Severity.WARNING] == [one.severity for one in found(NON_ROOT, task(build(security)), platform)]


@pytest.mark.parametrize(
    "text",
    [
        task(build("{runAsUser: 0, capabilities: {add: [SETFCAP]}}")),
        task(build("{runAsUser: $(params.user), capabilities: {add: [SETFCAP]}}")),
        task(build("{runAsUser: 1000}")),
        task(build("{capabilities: {add: [SETFCAP]}}")),
        task(build(USER.replace("{run", "{privileged: true, run"))),
        task(build(USER.replace("{run", "{allowPrivilegeEscalation: true, run"))),
        task(build(USER), annotations="{io.kubernetes.cri-o.userns-mode: auto}"),
        task(build(USER)) + run("{hostUsers: false}"),
        task(build(USER)) + run("{}", "serviceAccountName: builder"),
        task(build("{capabilities: {add: [SETFCAP]}}")) + run("{securityContext: {runAsUser: 0}}"),
        task("{name: list, image: docker.io/library/alpine:3.20, script: ls, securityContext: " + USER + "}"),
    ],
)
def test_what_may_work_is_left_alone(text: str) -> None:
    assert () == found(NON_ROOT, text, "openshift")


def test_the_user_of_a_run_is_told_in_the_task() -> None:
    text = task(build("{capabilities: {add: [SETFCAP]}}")) + run("{securityContext: {runAsUser: 1000}}")
    (finding,) = found(NON_ROOT, text, "openshift")

    assert "Task" == (finding.resource.kind if finding.resource is not None else None)
    assert ["the user of the pod"] == [one.message for one in finding.related]


@pytest.mark.parametrize("said", ["{runAsNonRoot: true, ", "{runAsNonRoot: true, allowPrivilegeEscalation: false, "])
def test_no_fix_makes_a_step_root_that_must_not_be(said: str) -> None:
    (finding,) = found(NON_ROOT, task(build(USER.replace("{", said, 1))), "openshift")

    assert finding.fix is None


@pytest.mark.parametrize(
    ("tekton", "named"),
    [((1, 8), False), ((1, 9), True)],
)
def test_user_namespaces_are_named_where_a_pod_template_has_them(tekton: tuple[int, int], named: bool) -> None:
    (finding,) = found(NON_ROOT, task(build(USER)), target=Target(tekton=tekton, platform="openshift"))

    assert named is ("hostUsers" in finding.message)


DRIVER = "buildah-storage-driver"
OVERLAY = "env: [{name: STORAGE_DRIVER, value: overlay}]"
OWN = "registry.example.com/tools/builder:2.4"


WORKSPACE = "  workspaces: [{name: w}]\n"


def step(more: str, image: str = OWN) -> str:
    return f"{{name: build, image: '{image}', {more}}}"


@pytest.mark.parametrize(
    ("text", "severities"),
    [
        (task(step(f"{OVERLAY}, script: buildah build .")), [Severity.WARNING]),
        (task(step("script: buildah --storage-driver=overlay build .")), [Severity.WARNING]),
        (task(step("command: [buildah, --storage-driver, overlay, build]")), [Severity.WARNING]),
        (task(step(f"{OVERLAY}, script: buildah build .", "quay.io/buildah/stable:v1.38")), [Severity.NOTE]),
        (task(step(f"{OVERLAY}, script: buildah build .", "registry.redhat.io/rhel9/buildah:9.5")), [Severity.NOTE]),
        (task(step(f"{OVERLAY}, script: buildah build ., securityContext: {{privileged: true}}")), [Severity.NOTE]),
        (task(step(f"{OVERLAY}, script: buildah --storage-driver=vfs build .")), []),
        (task(step(f"{OVERLAY}, script: echo nothing is built")), []),
        (task(step(f"{OVERLAY}, script: buildah --root $STORE build .")), []),
        (task(step(f"{OVERLAY}, script: buildah --root /workspace/w/s build ."), more=WORKSPACE), []),
        (task(step(f"{OVERLAY}, script: fuse-overlayfs --version && buildah build .")), []),
        (task(step(f"{OVERLAY}, script: buildah build ., volumeMounts: [{{name: v, mountPath: /var/lib}}]")), []),
        (task(step(f"{OVERLAY}, script: buildah build ., volumeMounts: [{{name: v, mountPath: $(params.at)}}]")), []),
    ],
)
def test_overlay_needs_a_volume_for_the_storage(text: str, severities: list[Severity]) -> None:
    assert severities == [one.severity for one in found(DRIVER, text)]


def test_the_configuration_says_which_volumes_an_image_has() -> None:
    own = ImageFacts(pattern="registry.example.com/tools/*", volumes=("/var/lib/containers",))
    target = Target(tekton=newest(), images={own.pattern: own})
    text = task(step(f"{OVERLAY}, script: buildah build ."))

    assert [Severity.NOTE] == [one.severity for one in found(DRIVER, text, target=target)]
