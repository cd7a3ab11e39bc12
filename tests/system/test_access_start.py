"""What a dispatcher refuses to start with, where keys are concerned."""
import os
import subprocess

import lab


def start(directory, listen, curve="auto"):
    """The exit code and words of a dispatcher that must not start."""
    config = os.path.join(directory, "roost.yaml")
    defaults = {"agents": f"tcp://127.0.0.1:{lab.free_port()}", "workers": f"tcp://127.0.0.1:{lab.free_port()}",
                "events": f"ipc://{directory}/e.sock", "http": f"127.0.0.1:{lab.free_port()}"}
    with open(config, "w", encoding="utf-8") as f:
        f.write(f"state: {{dir: {directory}/state}}\nsecurity: {{curve: \"{curve}\"}}\nlisten:\n")
        for key, value in {**defaults, **listen}.items():
            f.write(f"  {key}: \"{value}\"\n")
    run = subprocess.run([os.path.join(lab.BIN, "roost-dispatcher"), "--config", config], capture_output=True, text=True,
                         timeout=60)
    return run.returncode, run.stderr


def test_without_keys_only_this_machine_is_served(tmp_path):
    for key in ("agents", "workers"):
        code, words = start(str(tmp_path), {key: f"tcp://0.0.0.0:{lab.free_port()}"}, curve="off")
        assert code == 78 and f"listen.{key}" in words and "security.curve" in words, words
    for key in ("events", "admin"):
        code, words = start(str(tmp_path), {key: f"tcp://0.0.0.0:{lab.free_port()}"})
        assert code == 78 and f"listen.{key}" in words, words


def test_with_keys_on_what_has_none_is_a_file(tmp_path):
    code, words = start(str(tmp_path), {"events": f"tcp://127.0.0.1:{lab.free_port()}"}, curve="on")
    assert code == 78 and "listen.events" in words and "ipc://" in words, words


def test_a_key_that_others_may_read_is_refused(tmp_path):
    os.makedirs(tmp_path / "state", mode=0o700)
    for content, mode, words in (("x" * 40, 0o644, "chmod 600"), ("not a key", 0o600, "holds no key")):
        (tmp_path / "state" / "curve.key").write_text(content)
        os.chmod(tmp_path / "state" / "curve.key", mode)
        code, said = start(str(tmp_path), {}, curve="on")
        assert code == 78 and words in said, said


def test_other_machines_need_keys_by_themselves(tmp_path):
    """auto: an endpoint that others reach has keys, and a made-up one is refused before anybody is served."""
    port = lab.free_port()
    config = tmp_path / "roost.yaml"
    config.write_text(f"state: {{dir: {tmp_path}/state}}\nlisten:\n  agents: \"tcp://0.0.0.0:{port}\"\n"
                      f"  workers: \"tcp://127.0.0.1:{lab.free_port()}\"\n  events: \"ipc://{tmp_path}/e.sock\"\n")
    dispatcher = lab.Process(str(tmp_path / "log"), os.path.join(lab.BIN, "roost-dispatcher"), "--config", str(config))
    admin = lab.Agent(f"ipc://{tmp_path}/state/admin.sock")
    lab.wait_for("the dispatcher", lambda: admin.try_call("ping", 200))
    stats = admin.ok("stats")
    assert stats["keys_refused"] == 1 and stats["keys_admitted"] == 0  # its own proof
    plain = lab.Agent(f"tcp://127.0.0.1:{port}")
    assert plain.try_call("ping", 1500) is None
    for agent in (admin, plain):
        agent.close()
    assert dispatcher.stop() == 0
