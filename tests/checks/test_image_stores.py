"""What the examples of the policies about Buildah's stores do not say: how bad a finding is, and what silences it."""

from __future__ import annotations

import pytest

from tektonlint import engine, tree
from tektonlint.finding import Finding, Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()


def found(policy: str, *texts: str) -> tuple[Finding, ...]:
    policies = enabled(CATALOG, Choice(select=(policy,), severities={}, options={}))
    files = {f"{number}.yaml": text for number, text in enumerate(texts)}
    return engine.run(tree.of_texts(files), policies, CATALOG, Target(tekton=newest())).findings


def task(*lines: str, env: str = "[]", spec: str = "{}") -> str:
    script = "".join(f"        {line}\n" for line in lines)
    return (
        "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: build}\nspec:\n"
        f"  steps:\n    - name: build\n      image: quay.io/buildah/stable:v1.38\n      env: {env}\n"
        f"      securityContext: {spec}\n      script: |\n{script}"
    )


INCONSISTENT = "buildah-storage-inconsistent"
NODE = "buildah-storage-on-node"
LARGE = "buildah-large-image-flags"


@pytest.mark.parametrize(
    "lines",
    [
        ("buildah --root /s bud .", "buildah $BUILDAH_ARGS push m"),
        ('ARGS=("$@")', "buildah --root /s bud .", 'buildah "${ARGS[@]}" push m'),
        ("buildah --root /s bud .", "buildah push $EXTRA_OPTIONS m"),
        ("buildah --root /s bud .", 'buildah "$COMMAND" m'),
        ("buildah --root /s bud .", "buildah $(params.buildah-options) push m"),
        ("export CONTAINERS_STORAGE_CONF=/etc/s.conf", "buildah --root /s bud .", "buildah push m"),
        ("buildah --root /s bud .", "CONTAINERS_STORAGE_CONF=/etc/s.conf buildah push m"),
        ("export STORAGE_DRIVER=vfs", "buildah --storage-driver vfs bud .", "buildah push m"),
        ("buildah --runroot /run/b bud .", "buildah push m"),
        ("buildah --storage-driver overlay bud .", "buildah push m"),
        ("buildah --root /s bud .", "buildah manifest inspect registry.example.com/m:1"),
        ("S='--root /s'", "buildah $S bud .", "buildah $S push m"),
        ("build() { buildah --root /s \"$@\"; }", "build bud .", "build push m"),
        ("buildah --root /s bud .", "echo buildah push m"),
    ],
)
def test_a_call_that_may_use_the_same_store_is_left_alone(lines: tuple[str, ...]) -> None:
    assert () == found(INCONSISTENT, task(*lines))


def test_a_variable_that_holds_an_image_holds_no_options() -> None:
    (finding,) = found(INCONSISTENT, task("buildah --root /s bud -t $IMAGE .", "buildah push $(params.image) $TARGET"))

    assert "`buildah push` does not say `--root /s`" in finding.message
    assert finding.fix is not None


def test_a_function_that_is_called_twice_is_one_finding() -> None:
    lines = ("push() { buildah push $1; }", "buildah --root /s bud .", "push a", "push b")

    assert 1 == len(found(INCONSISTENT, task(*lines)))


def test_an_option_from_the_arguments_of_a_function_is_not_copied_elsewhere() -> None:
    lines = ("build() { buildah --root $1 bud .; }", "build /s", "buildah push m")

    (finding,) = found(INCONSISTENT, task(*lines))

    assert finding.fix is None


@pytest.mark.parametrize(
    ("env", "lines", "severity"),
    [
        ("[]", (), Severity.NOTE),
        ("[{name: STORAGE_DRIVER, value: vfs}]", (), Severity.NOTE),
        ("[]", ("hf download granite",), Severity.NOTE),
        ("[{name: STORAGE_DRIVER, value: vfs}]", ("hf download granite",), Severity.WARNING),
        ("[{name: STORAGE_DRIVER, value: vfs}]", ("git lfs pull",), Severity.WARNING),
        ("[{name: STORAGE_DRIVER, value: vfs}]", ("git pull",), Severity.NOTE),
    ],
)
def test_it_is_a_warning_where_vfs_copies_a_model(env: str, lines: tuple[str, ...], severity: Severity) -> None:
    (finding,) = found(NODE, task(*lines, "buildah bud .", env=env))

    assert severity == finding.severity


@pytest.mark.parametrize(
    ("env", "security", "line"),
    [
        ("[]", "{runAsUser: 1000}", "buildah bud ."),
        ("[]", "{}", "buildah push m docker://registry.example.com/m"),
        ("[]", "{}", "buildah --root /s bud ."),
        ("[{name: CONTAINERS_STORAGE_CONF, value: /s.conf}]", "{}", "buildah bud ."),
        # `buildah-storage-driver` speaks of it.
        ("[{name: STORAGE_DRIVER, value: overlay}]", "{}", "buildah bud ."),
    ],
)
def test_a_store_elsewhere_or_none_is_left_alone(env: str, security: str, line: str) -> None:
    assert () == found(NODE, task(line, env=env, spec=security))


@pytest.mark.parametrize(
    "flags",
    ["--squash --ulimit nofile=1:1", "--layers=true --ulimit=nofile=1:1", "$BUILD_ARGS", "$(params.EXTRA_ARGS)"],
)
def test_whoever_decided_on_layers_and_limits_is_not_told(flags: str) -> None:
    assert () == found(LARGE, task("hf download granite", f"buildah build {flags} ."))


def test_a_download_behind_another_task_counts_only_where_it_comes_before() -> None:
    pipeline = (
        "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n  tasks:\n"
        "    - {name: fetch, taskSpec: {steps: [{name: s, image: i, script: hf download granite}]}}\n"
        "    - {name: build, taskRef: {name: build}%s}\n"
    )

    assert () == found(LARGE, task("buildah build ."), pipeline % "")
    assert 1 == len(found(LARGE, task("buildah build ."), pipeline % ", runAfter: [fetch]"))
