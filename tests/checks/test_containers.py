"""What the examples of the policies about containers do not say: how bad a finding is, and in which words."""

from __future__ import annotations

import pytest

from tektonlint import engine, tree
from tektonlint.finding import Finding, Safety, Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()


def only(policy: str, text: str, target: Target | None = None) -> Finding:
    policies = enabled(CATALOG, Choice(select=(policy,), severities={}, options={}))
    read = tree.of_texts({"example.yaml": text})
    (finding,) = engine.run(read, policies, CATALOG, target or Target(tekton=newest())).findings
    return finding


def every(text: str, area: str) -> tuple[Finding, ...]:
    policies = enabled(CATALOG, Choice(select=(area,), severities={}, options={}))
    return engine.run(tree.of_texts({"example.yaml": text}), policies, CATALOG, Target(tekton=newest())).findings


def task(*steps: str, kind: str = "Task") -> str:
    return f"apiVersion: tekton.dev/v1\nkind: {kind}\nspec:\n  steps:\n" + "".join(f"    - {step}\n" for step in steps)


def run(step: str) -> str:
    return f"apiVersion: tekton.dev/v1\nkind: TaskRun\nspec:\n  taskSpec:\n    steps:\n      - {step}\n"


PRIVILEGED = "securityContext: {privileged: true}"
MOUNT = "{volumeMounts: [{name: models, mountPath: /models}]}"


@pytest.mark.parametrize("platform", [None, "openshift"])
def test_a_privileged_step_is_refused_where_openshift_is_possible(platform: str | None) -> None:
    finding = only("privileged-step", task(f"{{name: a, {PRIVILEGED}}}"), Target(tekton=newest(), platform=platform))

    assert "; OpenShift's pipelines-scc refuses the pod. " in finding.message


def test_openshift_is_not_spoken_of_on_other_platforms() -> None:
    target = Target(tekton=newest(), platform="kubernetes")
    finding = only("privileged-step", task(f"{{name: a, {PRIVILEGED}}}"), target)

    assert "OpenShift" not in finding.message


@pytest.mark.parametrize(
    ("text", "who"),
    [
        (task(f"{{name: mount, {PRIVILEGED}}}"), "`mount`"),
        (task(f"{{image: a, {PRIVILEGED}}}"), "This step"),
        (f"{task('name: a')}  stepTemplate: {{{PRIVILEGED}}}\n", "Every step of this task"),
        (f"apiVersion: tekton.dev/v1beta1\nkind: StepAction\nspec: {{{PRIVILEGED}}}\n", "This step"),
    ],
)
def test_it_is_said_who_is_privileged(text: str, who: str) -> None:
    assert only("privileged-step", text).message.startswith(f"{who} runs with `privileged: true`")


PARAMS = "  params: [{name: builder, default: quay.io/containers/buildah:v1}]\n"
TEMPLATE = "  stepTemplate: {image: quay.io/buildah/stable:v1.37}\n"


@pytest.mark.parametrize(
    "text",
    [
        task(f"{{name: build, image: quay.io/buildah/stable:v1.37, {PRIVILEGED}}}"),
        task(f"{{name: build, image: $(params.builder), {PRIVILEGED}}}") + PARAMS,
        task(f"{{name: build, {PRIVILEGED}}}") + TEMPLATE,
        task(f"{{name: build, image: tools, script: buildah bud ., {PRIVILEGED}}}"),
    ],
)
def test_buildah_is_known_by_its_image_or_its_command_and_only_one_policy_speaks(text: str) -> None:
    assert ["privileged-buildah"] == [finding.policy for finding in every(text, "security")]


@pytest.mark.parametrize(
    "script",
    [
        "buildah bud . && podman run x",
        "buildah bud --device /dev/fuse .",
        "buildah bud --isolation oci .",
        "buildah bud --isolation=rootless .",
        "buildah bud --platform linux/arm64 .",
        "mount /dev/x /y && buildah bud .",
    ],
)
def test_buildah_that_needs_more_than_a_capability_stays_a_privileged_step(script: str) -> None:
    text = task(f"{{name: build, image: tools, script: '{script}', {PRIVILEGED}}}")

    assert ["privileged-step"] == [finding.policy for finding in every(text, "security")]


def test_a_missing_volume_is_an_error_in_a_run_and_a_warning_in_a_task() -> None:
    assert Severity.ERROR == only("volumemount-without-volume", run(MOUNT)).severity
    assert Severity.WARNING == only("volumemount-without-volume", task(MOUNT)).severity


def test_the_same_value_twice_is_a_note_and_two_values_are_a_warning() -> None:
    same = only("duplicate-env", task("env: [{name: A, value: a}, {name: A, value: a}]"))
    other = only("duplicate-env", task("env: [{name: A, value: a}, {name: A, value: b}]"))

    assert (Severity.NOTE, Severity.WARNING) == (same.severity, other.severity)


def test_the_line_of_the_value_that_counts_is_named_where_it_is_another_one() -> None:
    one_line = only("duplicate-env", task("env: [{name: A, value: a}, {name: A, value: b}]"))
    two_lines = only("duplicate-env", task("env: [{name: A, value: a},\n       {name: A, value: b}]"))

    assert "the value further right counts" in one_line.message
    assert "the value on line 6 counts" in two_lines.message


def test_a_claim_that_nothing_mounts_is_said_to_block_the_pod() -> None:
    claim = only("unused-volume", task("name: a") + "  volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]\n")
    empty = only("unused-volume", task("name: a") + "  volumes: [{name: v, emptyDir: {}}]\n")

    assert "the pod waits until its claim is bound" in claim.message
    assert "nothing sees it" in empty.message


@pytest.mark.parametrize(("mount", "safety"), [("models", Safety.UNSAFE), ("cache", Safety.SAFE)])
def test_a_volume_is_not_deleted_safely_where_a_mount_may_mean_it(mount: str, safety: Safety) -> None:
    volumes = "  volumes: [{name: model, emptyDir: {}}, {name: cache, emptyDir: {}}]\n"
    mounts = f"{{volumeMounts: [{{name: cache, mountPath: /c}}, {{name: {mount}, mountPath: /m}}]}}"
    finding = only("unused-volume", task(mounts) + volumes)

    assert finding.fix is not None
    assert safety is finding.fix.safety


@pytest.mark.parametrize(
    "value",
    [
        "{fileKeyRef: {volumeName: keys, path: token.env, key: TOKEN}}",
        '{"file\\x4beyRef": {volumeName: keys, path: token.env, key: TOKEN}}',
    ],
)
def test_a_volume_from_whose_file_a_variable_is_read_is_used(value: str) -> None:
    step = f"{{name: a, env: [{{name: TOKEN, valueFrom: {value}}}]}}"
    text = f"{task(step)}  volumes: [{{name: keys, emptyDir: {{}}}}]\n"

    assert every(text, "unused-volume") == ()
    assert len(every(text.replace("volumeName: keys", "volumeName: other"), "unused-volume")) == 1
