"""`# tektonlint: ignore[policy-id] reason`: where it counts, and what is said about the comment itself."""

from __future__ import annotations

import pytest

from tektonlint import engine, tree
from tektonlint.finding import Finding
from tektonlint.policy import catalog
from tektonlint.policy.catalog import Catalog, Choice, enabled
from tektonlint.tekton.target import Target, newest

CATALOG = catalog.load()
ABOUT_COMMENTS = ("suppression-reason", "suppression-unknown", "suppression-unused")
# What the texts here are about: two policies whose findings stand in different places, and broken YAML.
OTHERS = ("mutable-image", "shebang-not-at-start", "privileged-step", "capability-prefix", "yaml-syntax", "tool")

HEAD = """\
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: mirror
spec:
"""
COMMENT = "# tektonlint: ignore[mutable-image] kept by our mirror"


def lint(text: str, *, select: tuple[str, ...] = OTHERS, known: Catalog = CATALOG) -> list[Finding]:
    policies = enabled(known, Choice(select=(*select, *ABOUT_COMMENTS), severities={}, options={}))
    return list(engine.run(tree.of_texts({"task.yaml": text}), policies, known, Target(tekton=newest())).findings)


def found(text: str) -> list[str]:
    return [finding.policy for finding in lint(text)]


def messages(text: str) -> list[str]:
    return [finding.message for finding in lint(text) if finding.policy in ABOUT_COMMENTS]


def task(steps: str) -> str:
    return HEAD + steps


# Where a comment counts. Each text has one finding without its comment.

SILENCED = {
    "on the line of the finding": f"""\
  steps:
    - name: list
      image: quay.io/minio/mc  {COMMENT}
""",
    "on a line of its own above the entry": f"""\
  steps:
    - name: list
      {COMMENT}
      image: quay.io/minio/mc
""",
    "on a line of its own, indented in another way": f"""\
  steps:
    - name: list
{COMMENT}
      image: quay.io/minio/mc
""",
    "above the entry with other comments in between": f"""\
  steps:
    - name: list
      {COMMENT}
      # the tools of the store
      #
      image: quay.io/minio/mc
""",
    "above a list item that the finding begins": f"""\
  steps:
    {COMMENT}
    - image: quay.io/minio/mc
      name: list
""",
    "above a list item in flow style": f"""\
  steps:
    {COMMENT}
    - {{name: list, image: quay.io/minio/mc}}
""",
    "on the line of a list item in flow style": f"""\
  steps:
    - {{name: list, image: quay.io/minio/mc}}  {COMMENT}
""",
    "on the line of the key where the value stands on the next": f"""\
  steps:
    - name: list
      image:  {COMMENT}
        quay.io/minio/mc
""",
    "above the key where the value stands on the next line": f"""\
  steps:
    - name: list
      {COMMENT}
      image:
        quay.io/minio/mc
""",
    "without a space after the hash, and with more than one": """\
  steps:
    - image: quay.io/minio/mc  #tektonlint:ignore[mutable-image] kept by our mirror
    - image: quay.io/minio/mc  #   tektonlint:   ignore[mutable-image]   kept by our mirror
""",
    "with spaces inside the brackets": """\
  steps:
    - image: quay.io/minio/mc  # tektonlint: ignore[ mutable-image ] kept by our mirror
""",
    "among several ids that all find something": """\
  steps:
    # tektonlint: ignore[privileged-step,mutable-image] the node's own tools
    - {image: quay.io/minio/mc, securityContext: {privileged: true}}
""",
    "behind another comment on the same line": f"""\
  steps:
    - image: quay.io/minio/mc  # the store's tools  {COMMENT}
""",
    "behind a value in quotes that looks like a comment": f"""\
  steps:
    - {{name: "a # tektonlint: ignore[x]", image: quay.io/minio/mc}}  {COMMENT}
""",
    "as one of two on a line": f"""\
  steps:
    - {{image: minio/mc, securityContext: {{privileged: true}}}}  # tektonlint: ignore[privileged-step] a {COMMENT}
""",
    "behind a value in quotes that holds a hash": f"""\
  steps:
    - {{name: "a # b", image: "quay.io/minio/mc"}}  {COMMENT}
""",
    "on the header line of a block scalar": """\
  steps:
    - image: docker.io/library/alpine:3.20
      script: |  # tektonlint: ignore[shebang-not-at-start] never started

        #!/bin/sh
""",
    "above the entry of a block scalar": """\
  steps:
    - image: docker.io/library/alpine:3.20
      # tektonlint: ignore[shebang-not-at-start] never started
      script: |

        #!/bin/sh
""",
    "on the key of a list whose item is at fault": """\
  steps:
    - image: docker.io/library/alpine:3.20
      securityContext:
        capabilities:
          add:  # tektonlint: ignore[capability-prefix] our webhook takes it away
            - CAP_SETFCAP
            - CAP_CHOWN
""",
    "on an item of a list": """\
  steps:
    - image: docker.io/library/alpine:3.20
      securityContext:
        capabilities:
          add:
            - CAP_SETFCAP  # tektonlint: ignore[capability-prefix] our webhook takes it away
""",
}


@pytest.mark.parametrize("steps", [pytest.param(steps, id=name) for name, steps in SILENCED.items()])
def test_a_comment_silences_a_finding(steps: str) -> None:
    assert [] == found(task(steps))


@pytest.mark.parametrize("steps", [pytest.param(steps, id=name) for name, steps in SILENCED.items()])
def test_without_its_comment_there_is_a_finding(steps: str) -> None:
    """Or the test above would prove nothing."""
    assert {*found(task(steps.replace("tektonlint:", "")))} - {*ABOUT_COMMENTS}


NOT_SILENCED = {
    "on the line above, behind a value": f"""\
  steps:
    - name: list  {COMMENT}
      image: quay.io/minio/mc
""",
    "on the line below": f"""\
  steps:
    - image: quay.io/minio/mc
      {COMMENT}
      name: list
""",
    "above the step whose image is further down": f"""\
  steps:
    {COMMENT}
    - name: list
      image: quay.io/minio/mc
""",
    "with an empty line in between": f"""\
  steps:
    - name: list
      {COMMENT}

      image: quay.io/minio/mc
""",
    "at the end of the file": f"""\
  steps:
    - image: quay.io/minio/mc
{COMMENT}
""",
    "for another policy": """\
  steps:
    - image: quay.io/minio/mc  # tektonlint: ignore[privileged-step] the node's own tools
""",
}


@pytest.mark.parametrize("steps", [pytest.param(steps, id=name) for name, steps in NOT_SILENCED.items()])
def test_a_comment_in_another_place_or_for_another_policy_silences_nothing(steps: str) -> None:
    assert ["mutable-image", "suppression-unused"] == sorted(found(task(steps)))


NO_COMMENT = {
    "inside quotes": f'  description: "an image {COMMENT}"\n',
    "inside single quotes over lines": f"  description: 'an image\n    {COMMENT}'\n",
    "inside a script": f"  steps:\n    - image: docker.io/library/alpine:3.20\n      script: |\n        {COMMENT}\n",
    "in the middle of a script": f"  steps:\n    - script: |\n        a\n        b {COMMENT}\n        c\n",
    "inside a folded text": f"  description: >-\n    {COMMENT}\n    more\n",
    "behind a character that is no space": "  description: an-image#tektonlint: ignore[x]\n",
    "without the colon": "  # tektonlint ignores nothing here\n  description: a\n",
    "in other words": "  # checked with tektonlint: see the pipeline\n  description: a\n",
}


@pytest.mark.parametrize("spec", [pytest.param(spec, id=name) for name, spec in NO_COMMENT.items()])
def test_text_that_only_looks_like_a_comment_is_none(spec: str) -> None:
    assert [] == found(task(spec.replace("an-image#tektonlint: ignore", "an-image#tektonlint:ignore")))


def test_a_comment_inside_a_script_does_not_silence_the_finding_on_the_script() -> None:
    steps = "  steps:\n    - script: |\n\n        #!/bin/sh # tektonlint: ignore[shebang-not-at-start] x\n"

    assert ["shebang-not-at-start"] == found(task(steps))


def test_a_comment_behind_a_block_scalar_is_one() -> None:
    steps = f"  steps:\n    - script: |\n        true\n      {COMMENT}\n      image: quay.io/minio/mc\n"

    assert [] == found(task(steps))


def test_a_comment_counts_for_one_document_of_several() -> None:
    one = task(f"  steps:\n    - image: quay.io/minio/mc  {COMMENT}\n")
    two = task("  steps:\n    - image: quay.io/minio/mc\n")

    assert [] == found(f"{one}---\n{one}")
    assert [15] == [finding.at.source.line_column(finding.at.span.start)[0] for finding in lint(f"{one}---\n{two}")]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_make_no_difference(end: str, mark: str) -> None:
    above = f"# about this\n{task(SILENCED['on a line of its own above the entry'])}"
    behind = task(SILENCED["on the line of the finding"])

    assert [] == found(mark + above.replace("\n", end))
    assert [] == found(mark + behind.replace("\n", end))


def test_a_carriage_return_is_no_part_of_the_reason() -> None:
    steps = "  steps:\n    - image: quay.io/minio/mc  # tektonlint: ignore[mutable-image]\n"

    assert ["suppression-reason"] == found(task(steps).replace("\n", "\r\n"))


def test_a_comment_at_an_alias_does_not_silence_the_anchor() -> None:
    text = task(f"  steps:\n    - &step\n      image: quay.io/minio/mc\n    - *step  {COMMENT}\n")

    assert ["mutable-image", "suppression-unused"] == found(text)


# What is said about comments


def test_a_comment_without_a_reason_is_itself_reported() -> None:
    """A suppression is a decision; the file must say why."""
    steps = "  steps:\n    - image: quay.io/minio/mc  # tektonlint: ignore[mutable-image]\n"

    assert ["suppression-reason"] == found(task(steps))


@pytest.mark.parametrize("reason", ["", ":", " - ", " – ", " # yamllint disable-line", "\t"])
def test_what_says_nothing_is_no_reason(reason: str) -> None:
    steps = f"  steps:\n    - image: quay.io/minio/mc  # tektonlint: ignore[mutable-image]{reason}\n"

    assert ["suppression-reason"] == found(task(steps))


@pytest.mark.parametrize("reason", [": see OPS-112", "OPS-112", " see issue #12", " — kept by our mirror", " für alle"])
def test_what_says_something_is_a_reason(reason: str) -> None:
    steps = f"  steps:\n    - image: quay.io/minio/mc  # tektonlint: ignore[mutable-image]{reason}\n"

    assert [] == found(task(steps))


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("ignore[mutable-images] why", "There is no policy `mutable-images`; did you mean `mutable-image`?"),
        ("ignore[Mutable_Image] why", "There is no policy `Mutable_Image`; did you mean `mutable-image`?"),
        (
            "ignore[pinning] why",
            "There is no policy `pinning`; that is an area, and a comment names each policy by itself.",
        ),
        ("ignore[xyz] why", "There is no policy `xyz`; `tektonlint policies` lists them."),
    ],
)
def test_a_comment_that_names_no_policy_there_is_says_which_there_are(comment: str, message: str) -> None:
    text = task(f"  steps:\n    - image: quay.io/minio/mc  # tektonlint: {comment}\n")

    assert ["mutable-image", "suppression-unknown"] == found(text)
    assert [message] == messages(text)


@pytest.mark.parametrize(
    "comment",
    [
        "ignore",
        "ignore mutable-image",
        "ignore [mutable-image] why",
        "ignore[mutable-image why",
        "ignore[] why",
        "ignore[,] why",
        "disable=mutable-image",
        "",
    ],
)
def test_a_comment_in_another_form_says_how_to_write_it(comment: str) -> None:
    text = task(f"  steps:\n    - image: quay.io/minio/mc  # tektonlint: {comment}\n")

    assert ["mutable-image", "suppression-unknown"] == found(text)
    assert ["The comment silences nothing: write `# tektonlint: ignore[policy-id] reason`."] == messages(text)


def test_a_name_that_is_endless_is_cut_off() -> None:
    (message,) = messages(task(f"  # tektonlint: ignore[{'x' * 100_000}] why\n  description: a\n"))

    assert len(message) < 200


def test_each_unknown_id_of_a_comment_is_named_and_the_right_one_still_counts() -> None:
    text = task("  steps:\n    - image: quay.io/minio/mc  # tektonlint: ignore[one, mutable-image, two] why\n")

    assert ["`one`", "`two`"] == [message.split(" ")[4].rstrip(";") for message in messages(text)]
    assert "mutable-image" not in found(text)


def test_an_id_that_finds_nothing_here_is_called_unused() -> None:
    text = task("  steps:\n    - image: alpine:3.20  # tektonlint: ignore[mutable-image] kept by our mirror\n")

    assert ["suppression-unused"] == found(text)
    assert messages(text)[0].startswith("`mutable-image` finds nothing here any more. ")


def test_only_the_id_that_finds_nothing_is_called_unused() -> None:
    steps = "  steps:\n    - image: quay.io/minio/mc  # tektonlint: ignore[privileged-step, mutable-image] why\n"

    assert ["`privileged-step`"] == [message.split(" ")[0] for message in messages(task(steps))]


def test_a_complaint_stands_on_the_comment() -> None:
    text = task("  steps:\n    - image: alpine:3.20  # tektonlint: ignore[mutable-image] why  \n")
    (finding,) = lint(text)

    assert "# tektonlint: ignore[mutable-image] why" == text[finding.at.span.start : finding.at.span.end]


def test_a_comment_for_a_policy_that_did_not_run_is_not_called_unused() -> None:
    text = task("  steps:\n    - image: alpine:3.20  # tektonlint: ignore[mutable-image] kept by our mirror\n")

    assert [] == lint(text, select=("privileged-step",))


def test_nothing_is_said_about_comments_where_the_policies_are_off() -> None:
    text = task("  steps:\n    - image: alpine:3.20  # tektonlint: ignore[mutable-image, x]\n    # tektonlint: y\n")
    policies = enabled(CATALOG, Choice(select=("mutable-image",), severities={}, options={}))
    report = engine.run(tree.of_texts({"task.yaml": text}), policies, CATALOG, Target(tekton=newest()))

    assert () == report.findings


@pytest.mark.parametrize("policy", [*ABOUT_COMMENTS, "internal-error"])
def test_what_speaks_about_comments_and_crashes_cannot_be_silenced(policy: str) -> None:
    text = task(f"  # tektonlint: ignore[{policy}, x]\n  # tektonlint: y\n  description: a\n")

    assert {"suppression-reason", "suppression-unknown"} <= {*found(text)}
    if policy in ABOUT_COMMENTS:
        assert f"No comment can silence `{policy}`. Mend what it finds, and delete this." in messages(text)


def test_a_former_id_of_a_policy_goes_on_working() -> None:
    renamed = CATALOG.policies["mutable-image"]._replace(formerly=("image-pinned",))
    known = Catalog({**CATALOG.policies, "mutable-image": renamed})
    silencing = task("  steps:\n    - image: quay.io/minio/mc  # tektonlint: ignore[image-pinned] kept by our mirror\n")
    unused = silencing.replace("mc ", "mc:1 ")

    assert [] == lint(silencing, known=known)
    assert ["suppression-unused"] == [finding.policy for finding in lint(unused, known=known)]


# Texts that cannot be read


def test_nothing_is_said_about_comments_in_a_document_that_does_not_parse() -> None:
    """What they would silence was not looked for, and they may as well be lines of a script."""
    text = task(f"  steps:\n    - image: quay.io/minio/mc  {COMMENT}\n   broken: true\n  # tektonlint: ignore[x]\n")

    assert ["yaml-syntax"] == found(text)


def test_comments_in_the_documents_around_a_broken_one_count_and_are_judged() -> None:
    good = task(f"  steps:\n    - image: quay.io/minio/mc  {COMMENT}\n")
    unused = task(f"  steps:\n    - image: alpine:3.20  {COMMENT}\n")

    assert ["yaml-syntax", "suppression-unused"] == found(f"{good}---\na: [  {COMMENT}\n---\n{unused}")


def test_a_comment_before_the_first_document_is_judged() -> None:
    text = f"# tektonlint: ignore[x] why\n---\n{task('  description: a')}"

    assert ["suppression-unknown"] == found(text)


def test_broken_yaml_can_be_silenced_on_its_line() -> None:
    assert [] == found(task("  a: b: c  # tektonlint: ignore[yaml-syntax] rendered by our own tool\n"))


def test_a_template_can_be_silenced_where_its_finding_stands() -> None:
    text = task("  steps: {{ steps }}  # tektonlint: ignore[template-not-linted] rendered by our own tool\n")

    assert [] == found(text)


def test_nothing_is_said_about_comments_in_a_template() -> None:
    assert ["template-not-linted"] == found(task("  steps: {{ steps }}\n  # tektonlint: ignore[x]\n"))
