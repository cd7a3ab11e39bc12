"""Fail points: the list is whole, each stands somewhere, and what the environment asks for happens."""
import os
import re
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
DISPATCHER = os.path.join(lab.BIN, "roost-dispatcher")


def run(*argv, **env):
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, env={**os.environ, **env})


def sources():
    for top in ("common", "dispatcher", "worker"):
        for directory, _, files in os.walk(os.path.join(ROOT, top)):
            for name in files:
                if name.endswith(".c"):
                    with open(os.path.join(directory, name), encoding="utf-8") as f:
                        yield name, f.read()


with open(os.path.join(ROOT, "common/base/failpoint.def"), encoding="utf-8") as table:
    ROWS = re.findall(r'X\((\w+),\s*"([\w.]+)",\s*"(d|w|dw)"', table.read())


def test_the_build_lists_every_point():
    listed = [line.split(" ", 2)[:2] for line in run(DISPATCHER, "--list-failpoints").stdout.splitlines()]
    assert listed == [[name, programs] for _, name, programs in ROWS] and len(ROWS) >= 20


@pytest.mark.parametrize("constant", [row[0] for row in ROWS])
def test_each_point_stands_in_the_code(constant):
    assert sum(text.count(f"FAILPOINT({constant})") for _, text in sources()) >= 1


@pytest.mark.parametrize("spec", ["nothing=kill", "store.commit", "store.commit=die", "store.commit=kill@0", "store.commit=sleep",
                                  "store.commit=errno:x", "store.commit=kill%101", "store.commit=killed"])
def test_a_mistake_in_what_shall_fail_ends_the_program(tmp_path, spec):
    settings = tmp_path / "roost.yaml"
    settings.write_text(f"state: {{dir: {tmp_path}/state}}\nlisten: {{agents: 'ipc://{tmp_path}/a', workers: 'ipc://{tmp_path}/w', "
                        f"events: 'ipc://{tmp_path}/e'}}\n")
    ended = run(DISPATCHER, "--config", str(settings), ROOST_FAILPOINTS=spec)
    assert ended.returncode == 64 and spec.split(",", maxsplit=1)[0] in ended.stderr, ended.stderr


def test_what_is_asked_for_happens_at_its_time(tmp_path):
    settings = tmp_path / "roost.yaml"
    settings.write_text(f"state: {{dir: {tmp_path}/state}}\nlisten: {{agents: 'ipc://{tmp_path}/a', workers: 'ipc://{tmp_path}/w', "
                        f"events: 'ipc://{tmp_path}/e'}}\n")
    ended = run(DISPATCHER, "--config", str(settings), ROOST_FAILPOINTS="store.commit=sleep:1,dispatcher.loaded=kill@1")
    assert ended.returncode == -9 and "failpoint dispatcher.loaded: hit 1" in ended.stderr, ended.stderr
    ended = run(DISPATCHER, "--config", str(settings), ROOST_FAILPOINTS="store.commit=errno:5")
    assert ended.returncode not in (0, -9, -6) and "as a test told it to" in ended.stderr, ended.stderr
