"""What the tests of the command line share: a roost with a simulated X, and roost run as a person or script would."""
import json
import os
import pty
import re
import select
import signal
import subprocess

import pytest

import lab

ROOST = os.path.join(lab.BIN, "roost")
DISPATCHER = os.path.join(lab.BIN, "roost-dispatcher")
# Every command of the help, in its order.
HELP_ROW = re.compile(r"^  ([a-z_]+) +\S", re.MULTILINE)


def environment(**more):
    """This one's, without what could lead roost to another roost."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ROOST_", "X_CLIENT_", "XDG_"))}
    return {**kept, **more}


def run(*args, cwd="/", input=None, env=None):
    """roost with arguments, no terminal: (exit code, standard output, standard error)."""
    done = subprocess.run([ROOST, *map(str, args)], cwd=cwd, capture_output=True, timeout=120, env=env or environment(),
                          input=input.encode() if isinstance(input, str) else input,
                          stdin=subprocess.DEVNULL if input is None else None)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def commands():
    """The names of all commands, as the help lists them."""
    code, out, _ = run("--help")
    assert code == 0
    names = HELP_ROW.findall(out.split("\nexample:")[0])
    assert len(names) > 20
    return names


def on_terminal(*argv, typed=(), cwd="/", env=None):
    """The command with a terminal for everything; each prompt, which ends with ": ", is answered with the next of
    `typed`. (Exit code, all that the terminal showed.)"""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execve(argv[0], list(map(str, argv)), env or environment())
    shown = b""
    answers = list(typed)
    while select.select([fd], [], [], lab.BOUND)[0]:
        try:
            chunk = os.read(fd, 65536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
        if answers and shown.endswith(b": "):
            os.write(fd, answers.pop(0).encode() + b"\n")
    else:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    return os.waitstatus_to_exitcode(status), shown.decode(errors="replace")


class Lab:
    """A simulator, a dispatcher and a worker, with accounts connected."""

    def __init__(self, directory, accounts=2, workers=1):
        self.dir = str(directory)
        self.xsim = lab.Xsim(self.dir, accounts)
        self.roost = lab.Roost(self.dir, self.xsim.url, workers=workers)
        self.accounts = self.roost.connect(self.xsim)
        self.config = self.roost.config

    def run(self, *args, input=None, env=None):
        return run(*args, "--config", self.config, input=input, env=env)

    def json(self, *args, code=0, input=None):
        """The one JSON value a command prints with --json."""
        got, out, err = self.run(*args, "--json", input=input)
        assert got == code, (args, got, out, err)
        return json.loads(out)

    def stop(self):
        self.roost.stop()
        self.xsim.stop()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = Lab(tmp_path_factory.mktemp("world"))
    yield made
    made.stop()
