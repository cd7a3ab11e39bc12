"""roost up and roost init: one command, one line when ready, and nothing left behind."""
import os
import signal
import subprocess
import urllib.parse

import pytest

import cli_lab
import lab


def children_of(pid):
    """Programs that this process started, by name: {pid: name}."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        kids = [int(word) for word in f.read().split()]
    found = {}
    for kid in kids:
        try:
            with open(f"/proc/{kid}/cmdline", "rb") as f:
                found[kid] = os.path.basename(f.read().split(b"\0")[0].decode())
        except FileNotFoundError:
            pass
    return {k: v for k, v in found.items() if v.startswith("roost-")}


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


class Up:
    def __init__(self, directory, *options):
        ports = {name: lab.free_port() for name in ("agents", "workers", "events", "http")}
        self.dir = directory
        self.config = os.path.join(directory, "roost.yaml")
        if not os.path.exists(self.config):
            with open(self.config, "w", encoding="utf-8") as f:
                f.write(lab.settings(os.path.join(directory, "state"), ports))
        with open(os.path.join(directory, "up.log"), "ab") as log:
            self.proc = subprocess.Popen([cli_lab.ROOST, "up", *options, "--config", self.config], stdout=subprocess.PIPE,
                                         stderr=log, text=True, env=cli_lab.environment(HOME=directory))
        self.line = self.proc.stdout.readline()
        self.kids = children_of(self.proc.pid) if self.line else {}

    def log(self):
        with open(os.path.join(self.dir, "up.log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def run(self, *args):
        return cli_lab.run(*args, "--config", self.config)

    def end(self, sign=signal.SIGTERM):
        """Ends it; returns its exit code once everything it started is gone."""
        kids = {**self.kids, **(children_of(self.proc.pid) if self.proc.poll() is None else {})}
        if self.proc.poll() is None:
            self.proc.send_signal(sign)
        code = self.proc.wait(60)
        lab.wait_for(f"{kids} to be gone", lambda: all(is_gone(pid) for pid in kids))
        self.proc.stdout.close()
        return code


@pytest.fixture(name="started")
def fixture_started(tmp_path):
    made = []

    def start(*options):
        made.append(Up(str(tmp_path), *options))
        return made[-1]

    yield start
    for up in made:
        up.end()


def test_up_with_the_simulator_is_ready_in_one_line_and_ends_on_ctrl_c(started):
    up = started("--xsim", "--workers", "1")
    assert up.line.startswith("roost is ready: ") and "1 workers" in up.line and "simulated X at http" in up.line, up.log()
    assert sorted(up.kids.values()) == ["roost-dispatcher", "roost-worker", "roost-xsim"]
    code, out, err = up.run("post", "--account", "demo1", "hello, world")
    assert code == 0 and " done " in out, err
    assert up.run("stats")[0] == 0
    assert up.end(signal.SIGINT) == 0
    assert up.proc.stdout.closed and "Sanitizer" not in up.log()


def test_accounts_connect_at_the_simulated_x(started):
    up = started("--xsim", "--workers", "0")
    admin = lab.Agent("ipc://" + os.path.join(up.dir, "state", "admin.sock"))
    begun = admin.ok("connect_begin", account="demo2", app="demo")
    assert begun["url"].startswith(up.line.split("simulated X at ")[1].strip() + "/"), begun["url"]
    status, body, back = lab.visit(begun["url"] + "&xsim_user=demo2")
    assert status == 302 and back.startswith("http://localhost:3000/settings/secrets/oauth/x?"), body
    answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
    assert admin.ok("connect_finish", state=answer["state"], code=answer["code"])
    admin.close()


def test_a_directory_is_of_the_simulated_x_or_of_the_real_one(started):
    up = started("--xsim", "--workers", "0")
    up.end(signal.SIGINT)
    refused = started("--workers", "0")
    assert refused.end() == 78 and "was used with `roost up --xsim`" in refused.log()
    os.remove(os.path.join(up.dir, "state", "simulated"))
    refused = started("--xsim", "--workers", "0")
    assert refused.end() == 78 and "ROOST_STATE_DIR" in refused.log()


def test_what_dies_is_started_again(started):
    up = started("--workers", "1")
    for name in ("roost-worker", "roost-dispatcher"):
        old = [pid for pid, n in children_of(up.proc.pid).items() if n == name][0]
        os.kill(old, signal.SIGKILL)
        lab.wait_for(f"another {name}",
                     lambda: any(n == name and pid != old for pid, n in children_of(up.proc.pid).items()))
    lab.wait_for("the worker to be known again", lambda: '"workers":1' in up.run("stats", "--json")[1])
    assert "is started again" in up.log()
    assert up.end(signal.SIGTERM) == 0


def test_nothing_stays_when_up_itself_is_killed(started):
    up = started("--xsim", "--workers", "2")
    assert len(up.kids) == 4
    assert up.end(signal.SIGKILL) == -signal.SIGKILL


def test_a_second_one_says_that_there_is_one(started):
    up = started("--workers", "0")
    second = cli_lab.run("up", "--config", up.config)
    assert second[0] == 69 and second[1] == "" and "already" in second[2] and "roost stats" in second[2]
    assert up.run("stats")[0] == 0


def test_wrong_settings_end_it_before_anything_runs(tmp_path):
    config = tmp_path / "roost.yaml"
    config.write_text("worker:\n  concurency: 5\n")
    code, out, err = cli_lab.run("up", "--config", config)
    assert code == 78 and out == "" and f"{config}:2:3" in err


def test_a_dispatcher_that_cannot_start_says_why(tmp_path):
    port = lab.free_port()
    config = tmp_path / "roost.yaml"
    config.write_text(f"state: {{dir: /proc/nowhere}}\nlisten: {{agents: 'tcp://127.0.0.1:{port}'}}\n")
    code, out, err = cli_lab.run("up", "--config", config)
    assert code in (74, 78) and out == "" and "/proc/nowhere" in err


def test_init_makes_everything_once_and_leaves_it_alone_then(tmp_path):
    env = cli_lab.environment(ROOST_STATE_DIR=str(tmp_path / "state"))
    code, out, err = cli_lab.run("init", cwd=tmp_path, env=env)
    assert code == 0, err
    settings, key = tmp_path / "roost.yaml", tmp_path / "state" / "master.key"
    assert (key.stat().st_mode & 0o777) == 0o400 and ((tmp_path / "state").stat().st_mode & 0o777) == 0o700
    kept = (settings.read_bytes(), key.read_bytes())
    assert b"canary" not in kept[0]
    code, out, _ = cli_lab.run("init", cwd=tmp_path, env=env)
    assert code == 0 and "left as it is" in out
    assert (settings.read_bytes(), key.read_bytes()) == kept
    code, out, err = cli_lab.run("check", "settings are good", cwd=tmp_path, env=env)
    assert code == 0
    done = subprocess.run([cli_lab.DISPATCHER, "--check-config"], cwd=tmp_path, env=env, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0 and "roost.yaml" in done.stdout


def test_workers_get_keys_where_keys_are_used(tmp_path):
    directory = str(tmp_path)
    ports = {name: lab.free_port() for name in ("agents", "workers", "events", "http")}
    text = lab.settings(os.path.join(directory, "state"), ports).replace(f"tcp://127.0.0.1:{ports['events']}", f"ipc://{directory}/e.sock")
    with open(os.path.join(directory, "roost.yaml"), "w", encoding="utf-8") as f:
        f.write(text + "security: {curve: \"on\"}\n")
    for _ in range(2):  # the second time with the keys that are there
        up = Up(directory, "--workers", "2")
        assert up.line, up.log()
        listed = up.run("worker", "list", "--json")[1]
        assert "up-1" in listed and "up-2" in listed
        path = os.path.join(directory, "state", "worker-up-1.yaml")
        assert os.stat(path).st_mode & 0o777 == 0o600
        with open(path, encoding="utf-8") as f:
            key = f.read().split("secret_key: \"")[1].split("\"")[0]
        for kid in up.kids:
            with open(f"/proc/{kid}/cmdline", "rb") as f:
                assert key.encode() not in f.read()
        assert up.end() == 0
