"""What the examples of the policies about users and groups do not say: how bad a finding is, and which fix it has."""

from __future__ import annotations

import pytest

from tektonlint.finding import Finding
from tests.checks.test_workspaces import RUN, claim, every, task

NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata: {name: models, annotations: {openshift.io/sa.scc.supplemental-groups: 1001130000/10000}}
"""
IN_NAMESPACE = RUN.replace("{generateName: deliver-}", "{generateName: deliver-, namespace: models}")


def dropping(own: str, whole: str = "{fsGroup: 65532}", binding: str = "", uses: str = "{name: shared}") -> str:
    """A run with a security context, and another one for its task `build`."""
    spec = f"{{pipelineTaskName: build, podTemplate: {{securityContext: {own}}}}}"
    return (
        f"{RUN}  taskRunTemplate: {{podTemplate: {{securityContext: {whole}}}}}\n  taskRunSpecs: [{spec}]\n"
        f"  workspaces: [{binding or claim('shared', 'builds')}]\n"
        f"  pipelineSpec: {{workspaces: [{{name: shared}}], tasks: [{task('build', uses)}]}}\n"
    )


def dropped(text: str, **target: object) -> tuple[Finding, ...]:
    return every("taskrunspec-drops-pod-securitycontext", {"run.yaml": text}, **target)


@pytest.mark.parametrize(
    ("text", "platform", "expected"),
    [
        pytest.param(dropping("{runAsUser: 0}"), None, ["error"], id="the group of its claim"),
        pytest.param(dropping("{runAsUser: 0}"), "openshift", ["warning"], id="which OpenShift fills in"),
        pytest.param(dropping("{runAsUser: 0}", binding="{name: shared, emptyDir: {}}"), None, ["note"], id="no claim"),
        pytest.param(dropping("{runAsUser: 0}", uses=""), None, ["note"], id="a claim of other tasks"),
        pytest.param(dropping("{}"), None, ["note"], id="empty on purpose"),
        pytest.param(dropping("{fsGroup: 65532}", "{fsGroup: 65532, runAsUser: 7}"), None, ["warning"], id="a user"),
        pytest.param(dropping("{fsGroup: 7}"), None, ["warning"], id="another group"),
        pytest.param(dropping("{runAsUser: 0}", "{runAsNonRoot: true}"), None, [], id="a contradiction"),
        pytest.param(dropping("{fsGroup: 65532}"), None, [], id="nothing lost"),
        pytest.param(dropping("[a]"), None, [], id="nonsense"),
    ],
)
def test_how_bad_it_is_to_lose_a_part_of_the_security_context(
    text: str, platform: str | None, expected: list[str]
) -> None:
    assert expected == [finding.severity.value for finding in dropped(text, platform=platform)]


@pytest.mark.parametrize(
    ("whole", "expected"),
    [("{fsGroup: 65532}", True), ("{fsGroup: 1000970000}", False), ("{fsGroup: 1.5}", False)],
)
def test_what_is_wrong_for_the_whole_run_is_not_copied(whole: str, expected: bool) -> None:
    (finding,) = dropped(dropping("{runAsUser: 0}", whole))

    assert expected is (finding.fix is not None)


def test_a_group_that_the_namespace_refuses_is_not_copied() -> None:
    text = dropping("{runAsUser: 0}").replace(RUN, IN_NAMESPACE)
    files = {"namespace.yaml": NAMESPACE, "run.yaml": text}
    (finding,) = every("taskrunspec-drops-pod-securitycontext", files)

    assert finding.fix is None


def with_group(group: str, more: str = "") -> str:
    return f"{IN_NAMESPACE}  taskRunTemplate: {{podTemplate: {{securityContext: {{fsGroup: {group}}}}}{more}}}\n"


@pytest.mark.parametrize(
    ("text", "platform", "expected"),
    [
        pytest.param(with_group("65532"), None, 1, id="another"),
        pytest.param(with_group("65532"), "openshift", 1, id="another on OpenShift"),
        pytest.param(with_group("65532"), "kubernetes", 0, id="not on OpenShift, says the target"),
        pytest.param(with_group("1001130000"), None, 0, id="the one"),
        pytest.param(with_group("'65532'"), None, 0, id="a text"),
        pytest.param(with_group("65532", ", serviceAccountName: pipeline"), None, 1, id="the usual account"),
        pytest.param(with_group("65532", ", serviceAccountName: builder"), None, 0, id="another account"),
        pytest.param(with_group("65532", ", serviceAccountName: $(params.a)"), None, 0, id="some account"),
    ],
)
def test_a_group_is_refused_where_all_that_decides_it_is_known(text: str, platform: str | None, expected: int) -> None:
    files = {"namespace.yaml": NAMESPACE, "run.yaml": text}

    assert expected == len(every("fsgroup-not-allowed", files, platform=platform))


def test_two_clusters_namespaces_of_one_name_decide_nothing() -> None:
    other = NAMESPACE.replace("1001130000", "1000970000")
    files = {"one/namespace.yaml": NAMESPACE, "two/namespace.yaml": other, "run.yaml": with_group("65532")}

    assert () == every("fsgroup-not-allowed", files)


@pytest.mark.parametrize(
    ("group", "platform", "expected"),
    [
        ("1000970000", "openshift", ("warning", True)),
        ("1000970000", None, ("note", False)),
        ("1999999999", "openshift", ("warning", True)),
        ("2000000000", "openshift", None),
        ("999999999", "openshift", None),
        ("1000970000", "kubernetes", None),
    ],
)
def test_an_id_of_a_namespace_is_told_by_its_range(
    group: str, platform: str | None, expected: tuple[str, bool] | None
) -> None:
    found = every("hardcoded-namespace-id", {"run.yaml": with_group(group)}, platform=platform)

    assert [expected] * (expected is not None) == [(one.severity.value, one.fix is not None) for one in found]


def test_of_the_namespaces_own_id_there_is_only_a_note() -> None:
    files = {"namespace.yaml": NAMESPACE, "run.yaml": with_group("1001130000")}
    (finding,) = every("hardcoded-namespace-id", files, platform="openshift")

    assert ("note", 1) == (finding.severity.value, len(finding.related))
