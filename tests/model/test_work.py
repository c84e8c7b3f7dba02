"""What a task spends its time on, told by the commands that its steps certainly run."""

from __future__ import annotations

import json
from textwrap import indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint.model.definitions import Task
from tektonlint.model.graph import Model
from tektonlint.model.work import ENTRYPOINTS, GOALS, HEAVY, Work, work_of
from tektonlint.tekton.selectors import select
from tektonlint.tekton.target import SUGGEST
from tests.model.trees import model_of


def task_in(text: str, **others: str) -> tuple[Model, Task]:
    """The model of a Task with these steps, and the task."""
    head = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: build}\nspec:\n  steps:\n"
    model = model_of({"task.yaml": head + indent(text, "    "), **others})
    resource = next(one for one in model.tree.resources if one.kind == "Task")
    return model, model.task(select(resource, "task-specs")[0])


def work_in(steps: str, **others: str) -> Work | None:
    return work_of(*task_in(steps, **others))


def in_script(script: str) -> tuple[str, str] | None:
    """Class and words of a script's work."""
    found = work_in(f"- name: work\n  image: registry.example.com/tools:1\n  script: {json.dumps(script)}\n")
    return (found.kind, found.what) if found is not None else None


@pytest.mark.parametrize(
    ("kind", "what", "script"),
    [
        ("build", "buildah bud", "buildah bud -t model ."),
        ("build", "buildah bud", "#!/usr/bin/env bash\nset -e\n/usr/bin/buildah --root /data --tls-verify=false bud ."),
        ("build", "buildah build", "env BUILD=1 timeout 5 buildah build ."),
        ("build", "buildah bud", 'buildah ${CERTS} "--storage-driver=$(params.driver)" bud .'),
        ("build", "buildah build", "unshare -Uf --keep-caps -r -- buildah build ."),
        ("build", "buildah bud", "if true; then (cd model && buildah bud .) | tee log; fi"),
        ("build", "buildah bud", "sh -ec 'cd model; buildah bud .'"),
        ("build", "docker buildx build", "docker buildx build --push ."),
        ("build", "kaniko", "/kaniko/executor --destination=registry.example.com/model"),
        ("build", "mvn package", "mvn -B clean package -DskipTests"),
        ("build", "gradlew build", "./gradlew test build"),
        ("transfer", "skopeo copy", "retry skopeo copy docker://a docker://b"),
        ("transfer", "skopeo copy", "skopeo \\\n  --debug \\\n  copy docker://a docker://b"),
        ("transfer", "oras pull", "oras pull registry.example.com/model"),
        ("transfer", "hf download", "hf download ibm-granite/granite-3.3-8b-instruct"),
        ("transfer", "huggingface-cli download", "HF_HOME=/x huggingface-cli download granite"),
        ("transfer", "git lfs pull", "git -C model lfs pull"),
        ("transfer", "mc mirror", "mc mirror minio/models /models"),
        ("transfer", "aws s3 sync", "aws --region eu-1 s3 sync s3://models /models"),
        ("transfer", "gsutil rsync", "gsutil -m rsync -r /a gs://b"),
        ("transfer", "rsync", "rsync -a /models host:/models"),
        ("transfer", "snapshot_download", "#!/usr/bin/env python3\nimport x\nx.snapshot_download('granite')\n"),
        ("test", "pytest", "pytest -q tests"),
        ("test", "python -m pytest", "python -m pytest"),
        ("test", "go test", "go test ./..."),
        ("test", "trivy image", "trivy image registry.example.com/model"),
        ("other", "terraform apply", "terraform -chdir=infra apply -auto-approve"),
    ],
)
def test_heavy_commands_of_scripts(kind: str, what: str, script: str) -> None:
    assert (kind, what) == in_script(script)


@pytest.mark.parametrize(
    "script",
    [
        "# buildah bud .",
        "echo buildah bud .",
        "echo 'skopeo copy is next'",
        "cat <<EOF\nbuildah bud .\nEOF\n",
        "buildah --version",
        "buildah bud --help",
        "buildah images",
        "buildah $ACTION",
        "command -v rsync",
        "which pytest || exit 1",
        "skopeo inspect docker://registry.example.com/copy",
        "skopeo delete docker://registry.example.com/sync copy",
        "git clone https://git.example.com/lfs pull",
        "git commit -m 'lfs pull'",
        "aws s3 ls s3://sync",
        "mvn --version",
        "s2i build . image --as-dockerfile Dockerfile",
        "terraform plan",
        "go build ./...",
        "my-buildah bud .",
        "pip install pytest",
        "executor",
        "#!/usr/bin/env python3\n# snapshot_download('granite')\nprint('buildah bud')\n",
        "#!/usr/bin/env python3\nfrom huggingface_hub import snapshot_download\n",
        "#!/usr/bin/perl\nbuildah bud .\n",
        "",
        "'",
        "$(params.script)",
    ],
)
def test_words_that_are_no_work(script: str) -> None:
    assert in_script(script) is None


@pytest.mark.parametrize(
    ("what", "step"),
    [
        ("skopeo copy", "{image: alpine, command: [skopeo, copy], args: [a, b]}"),
        ("skopeo copy", "{image: alpine, command: [/usr/bin/skopeo], args: [--debug, copy, a, b]}"),
        ("skopeo copy", "{image: 'quay.io/skopeo/stable:v1.16', args: [copy, a, b]}"),
        ("kaniko", "{image: 'gcr.io/kaniko-project/executor@sha256:0', args: [--dockerfile, Dockerfile]}"),
        ("buildah bud", "{image: alpine, command: [/bin/sh, -c], args: ['set -e; buildah bud .']}"),
        ("buildah bud", "{image: alpine, command: [sh, -euc, 'buildah bud .', name]}"),
        ("npm test", "{image: node, args: [npm, test]}"),
        (None, "{image: 'quay.io/skopeo/stable:v1.16', args: [inspect, a]}"),
        (None, "{image: 'quay.io/skopeo/stable:v1.16', command: [sleep], args: [copy]}"),
        (None, "{image: 'quay.io/skopeo/stable:v1.16', script: 'skopeo inspect a', args: [copy]}"),
        (None, "{image: 'quay.io/skopeo/stable:v1.16', args: [$(params.action), $(params.from)]}"),
        (None, "{image: my-kaniko-project/executor2, args: [--dockerfile, Dockerfile]}"),
        (None, "{image: alpine, command: [echo, buildah, bud]}"),
        (None, "{image: alpine, command: [sh, build.sh, -c, 'buildah bud .']}"),
        (None, "{image: alpine}"),
    ],
)
def test_commands_that_are_written_as_lists(what: str | None, step: str) -> None:
    found = work_in(f"- {step}\n")

    assert what == (found.what if found is not None else None)


def test_an_image_is_known_by_the_default_of_a_param_and_by_the_template() -> None:
    text = "- {name: one, args: [copy, a, b]}\n"
    more = "  stepTemplate: {image: 'quay.io/skopeo/stable:$(params.v)'}\n  params: [{name: v, default: v1.16}]\n"
    head = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: build}\nspec:\n"
    model = model_of({"task.yaml": head + more + "  steps:\n  " + text})
    found = work_of(model, model.task(select(model.tree.resources[0], "task-specs")[0]))

    assert found is not None
    assert "skopeo copy" == found.what


def test_the_heaviest_work_counts_and_of_equals_the_first() -> None:
    scripts = ["pytest", "skopeo copy a b", "buildah bud .", "docker build ."]
    steps = "".join(f"- {{image: alpine, script: {json.dumps(script)}}}\n" for script in scripts)
    found = work_in(steps)

    assert found is not None
    assert ("build", "buildah bud") == (found.kind, found.what)


def test_work_stands_on_the_command_that_tells_it() -> None:
    found = work_in("- image: alpine\n  script: |\n    #!/bin/sh\n    echo 'ü'  # buildah\n    buildah bud .\n")
    assert found is not None
    source, span = found.location

    assert ("buildah", 10) == (source.text[span.start : span.end], source.line_column(span.start)[0])


def test_a_step_does_what_its_step_action_does() -> None:
    action = (
        "apiVersion: tekton.dev/v1beta1\nkind: StepAction\nmetadata: {name: build-image}\n"
        "spec: {image: alpine, script: buildah bud .}\n"
    )
    found = work_in("- {name: build, ref: {name: build-image}}\n", **{"action.yaml": action})
    assert found is not None

    assert ("buildah bud", "action.yaml") == (found.what, found.location.source.name)


def test_every_class_of_the_tables_has_a_suggestion() -> None:
    classes = {kind for table in (HEAVY, GOALS) for known in table.values() for kind in known.values()}

    assert set(SUGGEST) == classes


def test_every_entrypoint_is_a_command_of_the_tables() -> None:
    assert [] == [name for name in ENTRYPOINTS.values() if name not in HEAVY]


VALUES = st.one_of(
    st.none(),
    st.integers(),
    st.text("ab $-#()\n:", max_size=20),
    st.lists(st.sampled_from(["sh", "-c", "", "buildah bud"])),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from(["image", "script", "command", "args", "ref"]), VALUES), max_size=3)
)
def test_whatever_stands_in_steps_there_is_an_answer(steps: list[dict[str, object]]) -> None:
    found = work_in("".join(f"- {json.dumps(step)}\n" for step in steps) or "[]\n")

    assert found is None or found.location is not None
