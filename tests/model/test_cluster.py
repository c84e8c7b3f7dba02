"""What the tree says of the cluster, and when it counts."""

from __future__ import annotations

import pytest

from tektonlint import tree
from tektonlint.model.graph import Model
from tektonlint.tekton.target import Target, newest
from tests.model.trees import model_of


def config_map(name: str, data: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{{data}}}\n"


TEKTON_CONFIG = """\
apiVersion: operator.tekton.dev/v1alpha1
kind: TektonConfig
metadata: {name: config}
spec: {pipeline: {default-timeout-minutes: 120, coschedule: disabled, enable-api-fields: alpha}}
"""


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.yaml": config_map("config-defaults", 'default-timeout-minutes: "90"')}, (90, "workspaces", "beta")),
        ({"a.yaml": config_map("feature-flags", "coschedule: pipelineruns")}, (60, "pipelineruns", "beta")),
        ({"a.yaml": config_map("feature-flags", "enable-api-fields: stable")}, (60, "workspaces", "stable")),
        ({"a.yaml": TEKTON_CONFIG}, (120, "disabled", "alpha")),
        ({"a.yaml": config_map("other", 'default-timeout-minutes: "90"')}, (60, "workspaces", "beta")),
        ({"a.yaml": config_map("config-defaults", "default-timeout-minutes: soon")}, (60, "workspaces", "beta")),
        ({"a.yaml": config_map("feature-flags", "coschedule: [a]")}, (60, "workspaces", "beta")),
        (
            {
                "one/a.yaml": config_map("config-defaults", 'default-timeout-minutes: "90"'),
                "two/a.yaml": config_map("config-defaults", 'default-timeout-minutes: "120"'),
            },
            (60, "workspaces", "beta"),
        ),
    ],
)
def test_what_the_tree_s_own_settings_make_of_the_target(
    files: dict[str, str], expected: tuple[int, str, str]
) -> None:
    target = model_of(files).target

    assert expected == (target.default_timeout_minutes, target.coschedule, target.api_fields)


def test_the_configuration_comes_first() -> None:
    read = tree.of_texts({"a.yaml": TEKTON_CONFIG})
    decided = Target(tekton=newest(), default_timeout_minutes=30, decided=frozenset(("default_timeout_minutes",)))
    target = Model(read, decided).target

    assert (30, "disabled") == (target.default_timeout_minutes, target.coschedule)


NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: models
  annotations:
    openshift.io/sa.scc.supplemental-groups: 1000970000/10000
    openshift.io/sa.scc.uid-range: 1000980000-1000989999
    operator.tekton.dev/scc: builders
"""


def test_a_namespace_has_the_ranges_and_the_scc_of_its_annotations() -> None:
    (namespace,) = model_of({"namespace.yaml": NAMESPACE}).cluster.namespaces.values()

    assert ("models", 1000970000, 1000980000, "builders") == namespace[:4]


def test_a_claim_has_what_a_template_needs() -> None:
    text = """\
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: models, namespace: granite}
    spec:
      accessModes: [ReadWriteMany]
      storageClassName: fast
      resources: {requests: {storage: 500Gi}}
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: broken}
    spec: [nothing]
"""
    cluster = model_of({"claims.yaml": text}).cluster

    known, broken = cluster.claim("models", "granite"), cluster.claim("broken", "any")
    assert known is not None
    assert ("models", "granite", ("ReadWriteMany",), "500Gi", "fast") == known[:5]
    assert cluster.claim("models", None) is not None
    assert cluster.claim("models", "other") is None
    assert broken is not None
    assert ("broken", None, (), None, None) == broken[:5]


def test_of_a_secret_the_type_and_the_keys_are_known_and_no_value() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: geheim-7}\n"
    (secret,) = model_of({"secret.yaml": text}).cluster.secrets

    assert ("login", None, "Opaque", frozenset(("password",))) == tuple(secret)
    assert "geheim-7" not in repr(secret)


ODD = ["metadata: 3", "metadata: {name: [a]}", "metadata: {annotations: a}", "spec: {limits: {a: 1}}", "data: [a]"]
KINDS = ["Namespace", "PersistentVolumeClaim", "Secret", "LimitRange", "ConfigMap", "Application"]


@pytest.mark.parametrize("body", ODD)
@pytest.mark.parametrize("kind", KINDS)
def test_an_odd_object_says_nothing(kind: str, body: str) -> None:
    cluster = model_of({"odd.yaml": f"apiVersion: v1\nkind: {kind}\n{body}\n"}).cluster

    assert ({}, {}, (), (), frozenset(), ()) == (
        cluster.settings,
        cluster.namespaces,
        cluster.claims,
        cluster.secrets,
        cluster.limit_ranges,
        cluster.applications,
    )
