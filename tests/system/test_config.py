"""Configuration: where settings come from, what is refused and how, SIGHUP, and the forms of the master key."""
import base64
import os
import signal
import subprocess

import pytest

import cli_lab
import lab

WORKER = os.path.join(lab.BIN, "roost-worker")


def check_config(*args, cwd, env=None):
    """roost-dispatcher --check-config: (exit code, standard output, standard error)."""
    done = subprocess.run([cli_lab.DISPATCHER, "--check-config", *map(str, args)], cwd=cwd, capture_output=True, text=True,
                          env=env or cli_lab.environment(HOME="/nonexistent"), timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_the_file_is_searched_in_the_documented_order(tmp_path):
    good = "worker: {concurrency: 5}\n"
    home, work, xdg = tmp_path / "home", tmp_path / "work", tmp_path / "xdg"
    for folder in (home / ".config/roost", work, xdg / "roost"):
        folder.mkdir(parents=True)
    env = {"HOME": str(home)}
    said = lambda more, *args: check_config(*args, cwd=work, env=cli_lab.environment(**env, **more))[1].split(":")[0]
    (home / ".config/roost/roost.yaml").write_text(good)
    assert said({}) == f"{home}/.config/roost/roost.yaml"
    (xdg / "roost/roost.yaml").write_text(good)
    assert said({"XDG_CONFIG_HOME": str(xdg)}) == f"{xdg}/roost/roost.yaml"
    (work / "roost.yaml").write_text(good)
    assert said({"XDG_CONFIG_HOME": str(xdg)}) == "./roost.yaml"
    (tmp_path / "env.yaml").write_text(good)
    assert said({"ROOST_CONFIG": str(tmp_path / "env.yaml")}) == f"{tmp_path}/env.yaml"
    (tmp_path / "flag.yaml").write_text("")
    flagged = {"ROOST_CONFIG": str(tmp_path / "env.yaml")}
    assert said(flagged, "--config", tmp_path / "flag.yaml") == f"{tmp_path}/flag.yaml"
    assert said(flagged, f"--config={tmp_path}/flag.yaml") == f"{tmp_path}/flag.yaml"


@pytest.mark.parametrize("text,place,word", [
    ("listen:\n  agent: tcp://127.0.0.1:1\n", ":2:3:", "agents"),
    ("worker:\n  concurrency: many\n", ":2:16:", "whole number"),
    ("worker:\n  concurrency: 100000\n", ":2:16:", "4096"),
    ("settle:\n  delays: 5\n", ":2:11:", "list"),
    ("a: b: c\n", ":1:", ""),
])
def test_what_is_wrong_is_told_with_file_line_and_column_by_every_program(tmp_path, text, place, word):
    path = tmp_path / "r.yaml"
    path.write_text(text)
    said = [check_config("--config", path, cwd=tmp_path), cli_lab.run("stats", "--config", path)]
    done = subprocess.run([WORKER, "--config", str(path)], capture_output=True, text=True, timeout=60)
    for code, out, err in said + [(done.returncode, done.stdout, done.stderr)]:
        assert code == 78 and out == "", err
        assert f"{path}{place}" in err and word in err, err
        assert len(err.splitlines()) == 1


def test_a_named_file_must_be_there(tmp_path):
    assert check_config("--config", tmp_path / "none.yaml", cwd=tmp_path)[0] == 78
    env = cli_lab.environment(ROOST_CONFIG=str(tmp_path / "none.yaml"))
    code, _, err = check_config(cwd=tmp_path, env=env)
    assert code == 78 and "none.yaml" in err


def test_the_environment_overrides_the_file(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text("log: {level: info}\n")
    env = cli_lab.environment(ROOST_LOG_LEVEL="loud")
    code, _, err = check_config("--config", path, cwd=tmp_path, env=env)
    assert code == 78 and "$ROOST_LOG_LEVEL" in err and "debug|info|warn|error" in err
    env = cli_lab.environment(ROOST_LISTEN_AGENTS="tcp://127.0.0.1:1")
    code, _, err = cli_lab.run("stats", "--config", path, "--timeout", 1, "--agent", "a", env=env)
    assert code == 69 and "tcp://127.0.0.1:1 " in err


def test_an_option_without_its_value_is_told():
    done = subprocess.run([cli_lab.DISPATCHER, "--config"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 64 and "--config" in done.stderr


def log_of(roost, name):
    with open(os.path.join(roost.dir, f"{name}.log"), encoding="utf-8", errors="replace") as f:
        return [line for line in f if " config " in line]


def test_sighup_takes_over_what_may_change_and_a_broken_file_changes_nothing(tmp_path):
    roost = lab.Roost(tmp_path, "http://127.0.0.1:9", workers=1)
    lab.wait_for("the worker", lambda: '"workers":1' in roost.cli("stats", "--json").stdout)
    try:
        text = open(roost.config, encoding="utf-8").read()
        for n, (write, words) in enumerate([
                (text.replace("lease: 6s", "lease: 7s").replace("heartbeat: 300ms", "heartbeat: 200ms"), "read=true"),
                (text + "nonsense: {}\n", "old_settings=kept"),
                (text.replace("worker:\n", "worker:\n  concurrency: 9\n"), "worker.concurrency")], 1):
            with open(roost.config, "w", encoding="utf-8") as f:
                f.write(write)
            for process, name in ((roost.dispatcher, "dispatcher"), (roost.workers[0], "worker1")):
                process.proc.send_signal(signal.SIGHUP)
                lab.wait_for(f"{name} to have read its settings", lambda: len(log_of(roost, name)) == n)
                assert words in log_of(roost, name)[-1], log_of(roost, name)
        assert "roost.yaml:" in log_of(roost, "dispatcher")[1]
        assert roost.dispatcher.alive and roost.workers[0].alive
        assert '"workers":1' in roost.cli("stats", "--json").stdout
    finally:
        assert roost.stop() == [0, 0]


class Keyed:
    """Starts a dispatcher with a master key; tells its exit code and words, or that it ran."""

    def __init__(self, tmp_path):
        self.dir = tmp_path
        self.count = 0

    def start(self, spec, env=None, pass_fds=()):
        self.count += 1
        state = self.dir / f"state{self.count}"
        config = self.dir / "r.yaml"
        ports = {name: lab.free_port() for name in ("agents", "workers", "events", "http")}
        config.write_text(lab.settings(state, ports) +
                          f"security: {{master_key: '{spec}'}}\n")
        process = subprocess.Popen([cli_lab.DISPATCHER, "--config", str(config)], stderr=subprocess.PIPE, text=True,
                                   env=env or cli_lab.environment(), pass_fds=pass_fds)
        words = []
        for line in process.stderr:
            words.append(line)
            if " start program=" in line:
                process.send_signal(signal.SIGTERM)
        process.stderr.close()
        return process.wait(60), "".join(words)


def test_the_master_key_comes_in_three_forms_and_is_never_read_from_an_open_file(tmp_path):
    keyed = Keyed(tmp_path)
    raw = bytes(range(100, 132))
    path = tmp_path / "key"
    for content in (raw, base64.b64encode(raw), base64.b64encode(raw) + b"\n"):
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        path.chmod(0o400)
        assert keyed.start(f"file:{path}")[0] == 0
    for mode in (0o440, 0o404, 0o644, 0o420):
        path.chmod(mode)
        code, words = keyed.start(f"file:{path}")
        assert code == 78 and str(path) in words and "0400" in words, words
    path.chmod(0o600)
    path.write_bytes(raw[:31])
    path.chmod(0o400)
    code, words = keyed.start(f"file:{path}")
    assert code == 78 and "32 random bytes" in words, words

    credentials = tmp_path / "credentials"
    credentials.mkdir(mode=0o700)
    (credentials / "roost-master-key").write_bytes(raw)
    (credentials / "roost-master-key").chmod(0o400)
    env = cli_lab.environment(CREDENTIALS_DIRECTORY=str(credentials))
    assert keyed.start("credential:roost-master-key", env=env)[0] == 0
    code, words = keyed.start("credential:roost-master-key")
    assert code == 78 and "CREDENTIALS_DIRECTORY" in words, words
    assert keyed.start("credential:../key", env=env)[0] == 78

    read, write = os.pipe()
    os.write(write, base64.b64encode(raw))
    os.close(write)
    assert keyed.start(f"fd:{read}", pass_fds=(read,))[0] == 0
    os.close(read)
    assert keyed.start("fd:999")[0] == 78


def test_an_endpoint_that_others_could_reach_is_refused_without_keys(tmp_path):
    config = tmp_path / "r.yaml"
    config.write_text(f"state: {{dir: {tmp_path}/state}}\nlisten: {{agents: 'tcp://0.0.0.0:{lab.free_port()}'}}\n"
                      "security: {curve: off}\n")
    done = subprocess.run([cli_lab.DISPATCHER, "--config", str(config)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 78 and "listen.agents" in done.stderr and "0.0.0.0" in done.stderr
