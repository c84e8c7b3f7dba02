"""Whoever is killed while it writes leaves the old file or the new one, whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src")}

# Large enough that writing takes a while; so a kill hits every part of it.
OLD, NEW = (b"a: %d # some words that fill a line\n" % number * 60_000 for number in (1, 2))

# Replaces a file by turns and says when the first time is done, as long as it lives.
WRITER = """\
import os, sys
from tektonlint.writing import replace
path, texts = sys.argv[1], [open(name, "rb").read() for name in sys.argv[2:]]
while True:
    replace(path, texts[0], texts[1])
    texts.reverse()
    os.write(1, b".")
"""

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no process can be killed so here")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with nothing but the file that is written, and beside it one with its old and its new bytes."""
    (tmp_path / "written").mkdir()
    for name, data in (("old", OLD), ("new", NEW)):
        (tmp_path / name).write_bytes(data)
    return tmp_path / "written"


def test_a_writer_that_is_killed_leaves_the_old_file_or_the_new_one(folder: Path) -> None:
    """100 times, each after another moment; every time the writer was in the midst of it."""
    path = folder / "task.yaml"
    delays = random.Random(0)
    seen: set[bytes] = set()
    midway = 0
    for _ in range(100):
        path.write_bytes(OLD)
        texts = [str(folder.parent / name) for name in ("old", "new")]
        writer = subprocess.Popen(
            [sys.executable, "-S", "-c", WRITER, str(path), *texts], env=ENVIRONMENT, stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        assert b"." == writer.stdout.read(1)
        time.sleep(delays.uniform(0, 0.02))
        writer.kill()
        assert -signal.SIGKILL == writer.wait()
        writer.stdout.close()
        data = path.read_bytes()
        assert data in (OLD, NEW)
        seen.add(data)
        left = [one for one in folder.iterdir() if one != path]
        midway += bool(left)
        for one in left:
            # No tool that looks for YAML takes it for a manifest.
            assert one.name.startswith(".tektonlint-")
            assert one.suffix == ".tmp"
            one.unlink()

    assert {OLD, NEW} == seen
    assert midway > 10


# Replaces two files by turns, both together.
PAIR_WRITER = """\
import os, sys
from tektonlint.writing import Change, replace_together
paths, texts = sys.argv[1:3], [open(name, "rb").read() for name in sys.argv[3:]]
while True:
    replace_together([Change(path, *texts) for path in paths])
    texts.reverse()
    os.write(1, b".")
"""


def test_a_writer_of_two_files_that_is_killed_leaves_each_of_them_whole(folder: Path) -> None:
    paths = [folder / "a.yaml", folder / "b.yaml"]
    texts = [str(folder.parent / name) for name in ("old", "new")]
    delays = random.Random(0)
    seen: set[bytes] = set()
    for _ in range(30):
        for path in paths:
            path.write_bytes(OLD)
        writer = subprocess.Popen(
            [sys.executable, "-S", "-c", PAIR_WRITER, *map(str, paths), *texts],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
        )
        assert writer.stdout is not None
        assert b"." == writer.stdout.read(1)
        time.sleep(delays.uniform(0, 0.05))
        writer.kill()
        writer.wait()
        writer.stdout.close()
        data = {path.read_bytes() for path in paths}
        assert data <= {OLD, NEW}
        seen |= data

    assert {OLD, NEW} == seen


RUN = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: nightly
spec:
  timeout: 1h
  pipelineRef:
    name: build
"""
RUN_FIXED = RUN.replace("  timeout: 1h\n", "  timeouts:\n    pipeline: 1h\n")


def killed(argv: list[str], folder: Path, delay: float) -> int:
    """Kills a command after some seconds; its exit code."""
    process = subprocess.Popen(argv, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.kill()
    return process.wait()


def delays() -> Iterator[float]:
    generator = random.Random(0)
    while True:
        yield generator.random()


def test_a_fix_that_is_killed_leaves_every_file_old_or_new(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tektonlint", "--fix", "--quiet"]
    files = [tmp_path / f"{number}.yaml" for number in range(40)]
    for file in files:
        file.write_text(RUN)
    began = time.monotonic()
    assert 0 == killed(command, tmp_path, 60)
    whole = time.monotonic() - began

    some_killed = 0
    for _, fraction in zip(range(12), delays(), strict=False):
        for file in files:
            file.write_text(RUN)
        some_killed += killed(command, tmp_path, whole * (0.5 + 0.6 * fraction)) == -signal.SIGKILL
        texts = [file.read_text() for file in files]
        assert {RUN, RUN_FIXED} >= set(texts)
        # In their order: what is written is written.
        assert sorted(texts, key=lambda text: text == RUN) == [texts[files.index(file)] for file in in_order(files)]

    assert some_killed > 0
    assert 0 == killed(command, tmp_path, 60)
    assert [RUN_FIXED] * 40 == [file.read_text() for file in files]


def in_order(files: list[Path]) -> list[Path]:
    """As reports sort them."""
    return sorted(files, key=lambda file: file.name)
