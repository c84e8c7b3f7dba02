"""What the examples of the policies about permissions do not say: related places, users, where fixes stand."""

from __future__ import annotations

import pytest

from tektonlint import edit, engine, tree
from tektonlint.finding import Finding, Severity
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()
FILES = "group-writable-file"


def found(policy: str, text: str, platform: str | None = None) -> tuple[Finding, ...]:
    policies = enabled(CATALOG, Choice(select=(policy,), severities={}, options={}))
    target = Target(tekton=newest(), platform=platform)
    return engine.run(tree.of_texts({"run.yaml": text}), policies, CATALOG, target).findings


def run(*scripts: str, pod: str = "{}", images: tuple[str, ...] = (), users: tuple[int | None, ...] = (1, 2, 3)) -> str:
    """A run of tasks one after the other that share a volume at /w."""
    lines = ["apiVersion: tekton.dev/v1", "kind: PipelineRun", "metadata: {name: run}", "spec:"]
    lines += [f"  taskRunTemplate: {{podTemplate: {{securityContext: {pod}}}}}"]
    lines += ["  workspaces: [{name: w, persistentVolumeClaim: {claimName: models}}]"]
    lines += ["  pipelineSpec:", "    workspaces: [{name: w}]", "    tasks:"]
    for number, script in enumerate(scripts):
        after = f"t{number - 1}" if number else ""
        image = images[number] if images else f"registry.example.com/tools/t{number}:1"
        user = f"{{runAsUser: {users[number]}}}" if users[number] is not None else "{}"
        lines += [f"    - name: t{number}", f"      runAfter: [{after}]", "      workspaces: [{name: w}]"]
        lines += ["      taskSpec:", "        workspaces: [{name: w, mountPath: /w}]", "        steps:"]
        lines += [f"        - {{name: run, image: '{image}', securityContext: {user}, script: *s{number}}}"]
        text = "\n".join(f"  {line}" for line in script.split("\n"))
        lines.insert(3 + number, f"x{number}: &s{number} |\n{text}")
    return "\n".join(lines) + "\n"


def fixed(script: str, other: str = "date > /w/a") -> str:
    """The first script after the one fix that is offered, without its indentation."""
    text = task_file(script, other)
    (finding,) = found(FILES, text)
    assert finding.fix is not None
    after = edit.apply(text, finding.fix.edits)
    lines = after[after.index("script: |\n") + 10 : after.index("# end")].split("\n")
    return "\n".join(line[12:] for line in lines).strip("\n")


def task_file(script: str, other: str) -> str:
    def step(number: int, user: int, script: str) -> str:
        body = "\n".join(f"            {line}".rstrip() for line in script.split("\n"))
        after = "      runAfter: [t0]\n" if number else ""
        return (
            f"    - name: t{number}\n{after}      workspaces: [{{name: w}}]\n      taskSpec:\n"
            "        workspaces: [{name: w, mountPath: /w}]\n        steps:\n"
            f"        - name: run\n          image: registry.example.com/tools/t{number}:1\n"
            f"          securityContext: {{runAsUser: {user}}}\n          script: |\n{body}\n# end\n"
        )

    head = "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: deliver}\nspec:\n  workspaces: [{name: w}]\n"
    return f"{head}  tasks:\n{step(0, 1, script)}{step(1, 2, other)}"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("date > /w/a", "date > /w/a\nchmod g+w /w/a"),
        ('date > "/w/a"  # now', 'date > "/w/a"  # now\nchmod g+w "/w/a"'),
        ("F=/w/a\ndate > ${F}\ndate >> ${F}", "F=/w/a\ndate > ${F}\ndate >> ${F}\nchmod g+w ${F}"),
        ("date \\\n  > /w/a\necho", "date \\\n  > /w/a\nchmod g+w /w/a\necho"),
        ("cat > /w/a <<EOF\nb\nEOF\necho", "cat > /w/a <<EOF\nb\nEOF\nchmod g+w /w/a\necho"),
        ("if true; then\n  date > /w/a\nfi", "if true; then\n  date > /w/a\n  chmod g+w /w/a\nfi"),
        ("true && date > /w/a", "true && date > /w/a && chmod g+w /w/a"),
        ("true || date > /w/a", "umask 0002\ntrue || date > /w/a"),
        ("#!/bin/sh\n# why\nset -e\na || date > /w/a", "#!/bin/sh\n# why\nset -e\numask 0002\na || date > /w/a"),
        ("(cd /w && date > a)", "(cd /w && date > a && chmod g+w a)"),
        ("dd if=/dev/zero of=/w/a count=1", 'dd if=/dev/zero of=/w/a count=1\nchmod g+w "/w/a"'),
        ("sh -c 'date > /w/a'", "sh -c 'date > /w/a'\nchmod g+w \"/w/a\""),
    ],
)
def test_the_file_is_given_to_the_group_where_it_is_certainly_there(script: str, expected: str) -> None:
    assert expected == fixed(script)


@pytest.mark.parametrize(
    "script",
    ["cp b /w/c\n[ -z b ] || cp b /w/a", "umask 022\n[ -z b ] || date > /w/a"],
)
def test_no_fix_is_offered_where_none_is_certain(script: str) -> None:
    (finding,) = found(FILES, task_file(script, "date > /w/a"))

    assert finding.fix is None


def test_one_write_is_one_finding_however_many_tasks_change_the_file() -> None:
    text = run("date > /w/a", "date > /w/a", "date > /w/a", pod="{fsGroup: 7}")
    (finding,) = found(FILES, text)

    assert ["`t1` changes it here", "`t2` changes it here", "how the run's volumes get their group"] == [
        one.message for one in finding.related
    ]


@pytest.mark.parametrize(
    ("users", "platform", "severities"),
    [
        ((1, 2), None, [Severity.WARNING]),
        ((1, None), None, [Severity.WARNING]),
        ((None, None), "openshift", [Severity.WARNING]),
        ((1, 1), None, [Severity.NOTE]),
        ((1, 0), None, [Severity.NOTE]),
        # Alpine's user is root, which counts where nobody chooses another.
        ((1, None), "kubernetes", [Severity.NOTE]),
    ],
)
def test_a_finding_is_a_note_only_where_it_is_known_to_be_harmless(
    users: tuple[int | None, ...], platform: str | None, severities: list[Severity]
) -> None:
    images = ("registry.example.com/tools/write:1", "docker.io/library/alpine:3.20")
    text = run("date > /w/a", "date > /w/a", users=users, images=images)

    assert severities == [one.severity for one in found(FILES, text, platform)]


def test_only_one_policy_speaks_of_what_comes_from_mktemp() -> None:
    text = run("tmp=$(mktemp)\ndate > $tmp\nmv $tmp /w/a", "date > /w/a")

    assert () == found(FILES, text)
    assert 1 == len(found("mktemp-file-published", text))


@pytest.mark.parametrize(
    ("script", "is_told"),
    [
        ("chmod 777 /w/a", True),
        ("chmod -R -v o+w /w/a", True),
        ("chmod +x /w/a\nchmod a=rw /w/b", True),
        ("M=7; chmod 77$M /w/a", True),
        ("find /w/a -exec chmod 0666 {} +", True),
        ("mkdir -pm 777 /w/a", True),
        ("O='-m 777'; mkdir $O /w/a", True),
        ("mkdir --mode 777 /w/a", True),
        ("install -d -m 0777 /w/a", True),
        ("mkdir -m777 /w/a", True),
        ("mkdir -pmo+w /w/a", True),
        ("install --mode=666 a /w/b", True),
        ("mkdir -m755 /w/a\nmkdir --mode=2775 /w/b", False),
        ("chmod 1777 /w/a", False),
        ("chmod -R ug+rwX /w/a\nchmod 0755 /w/b\nmkdir -p /w/c", False),
    ],
)
def test_modes_that_open_to_all_are_told_however_they_are_written(script: str, is_told: bool) -> None:
    assert is_told is bool(found("world-writable-workaround", run(script)))


@pytest.mark.parametrize(
    ("script", "is_told"),
    [
        ("chgrp 1000970000 /w/a", True),
        ("chown 0:1000970000 /w/a", True),
        ("install -g 1000970000 a /w/a", True),
        ("install --group=1000970000 a /w/a", True),
        ("O='-g 1000970000'; install $O a /w/a", True),
        ("pip install a; touch /w/a", False),
    ],
)
def test_groups_are_told_however_they_are_written(script: str, is_told: bool) -> None:
    assert is_told is bool(found("hardcoded-group-in-script", run(script)))
