"""No program that holds a token or key leaves a core file, however it dies."""
import json
import os
import resource
import select
import signal
import subprocess

import pytest

import keyed
import lab


class Mortal:
    """A program that may write core files as large as it likes, unless it forbids itself to."""

    def __init__(self, directory, *argv, env=None):
        self.directory = directory
        self.proc = subprocess.Popen([str(a) for a in argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                     cwd=directory, env={**os.environ, **(env or {})},
                                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2))

    def until(self, words):
        """Reads what it says until that is among it."""
        heard = b""
        while words not in heard:
            assert select.select([self.proc.stdout], [], [], lab.BOUND)[0], heard
            some = os.read(self.proc.stdout.fileno(), 65536)
            assert some, heard
            heard += some

    def dies_without_a_core(self):
        with open(f"/proc/{self.proc.pid}/limits", encoding="utf-8") as f:
            limit = [line.split()[4:6] for line in f if line.startswith("Max core file size")][0]
        os.kill(self.proc.pid, signal.SIGABRT)
        _, status = os.waitpid(self.proc.pid, 0)
        self.proc.returncode = -signal.SIGABRT
        assert os.WIFSIGNALED(status) and not os.WCOREDUMP(status)
        assert limit == ["0", "0"], limit
        assert not [name for name in os.listdir(self.directory) if name.startswith("core")]


@pytest.fixture(scope="module")
def roost(tmp_path_factory):
    directory = tmp_path_factory.mktemp("harden")
    xsim = lab.Xsim(str(directory), 1)
    roost = keyed.Roost(directory, xsim.url)
    roost.connect(xsim)
    roost.cli("worker", "add", "w1", "--out", os.path.join(roost.dir, "w1.yaml"))
    yield roost
    roost.stop()
    xsim.stop()
    lab.end_all()


def program(name):
    return os.path.join(lab.BIN, name) if os.path.isabs(lab.BIN) else os.path.abspath(os.path.join(lab.BIN, name))


def test_a_worker(roost):
    worker = Mortal(roost.dir, program("roost-worker"), "--config", os.path.join(roost.dir, "w1.yaml"))
    lab.wait_for("the worker", lambda: [w for w in roost.admin("worker_list")["workers"] if w["there"]])
    worker.dies_without_a_core()


def test_roost_connect(roost):
    connect = Mortal(roost.dir, program("roost"), "connect", "acme", "--app", "demo", "--paste", "--config", roost.config)
    connect.until(b"paste the address")
    connect.dies_without_a_core()


def test_roost_account_import(roost):
    taking = Mortal(roost.dir, program("roost"), "account", "import", "-", "--config", roost.config)
    taking.proc.stdin.write(json.dumps({"name": "half", "access_token": "never to be seen"}).encode())
    taking.proc.stdin.flush()

    def reads():
        with open(f"/proc/{taking.proc.pid}/io", encoding="ascii") as f:
            return int(dict(line.split(": ") for line in f.read().splitlines())["rchar"]) > 30
    lab.wait_for("the import to read", reads)
    lab.wait_for("the import to wait", lambda: "S" in open(f"/proc/{taking.proc.pid}/stat", encoding="ascii").read().split()[2])
    taking.dies_without_a_core()


def test_roost_run_and_what_it_runs(roost):
    manifest = os.path.join(roost.dir, "bot.yaml")
    with open(manifest, "w", encoding="ascii") as f:
        f.write("requirements: {integrations: [{key: x.tweet.write}]}\n")
    run = Mortal(roost.dir, program("roost"), "run", "--manifest", manifest, "--account", "demo1", "--config", roost.config, "--", "sh", "-c",
                 "echo ready; read line")
    run.until(b"ready")
    run.dies_without_a_core()


def test_a_dispatcher(roost):
    assert roost.dispatcher.stop() == 0
    dispatcher = Mortal(roost.dir, program("roost-dispatcher"), "--config", roost.config)
    dispatcher.until(b" start program=")
    dispatcher.dies_without_a_core()
    roost.start_dispatcher()
