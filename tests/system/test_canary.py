"""
After a mixed run no secret is anywhere it does not belong: logs, store, log of the store, backups, answers, results, events, counters, command
lines, environments. That there are no core files to look into is shown by test_harden.py.
"""
import base64
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.parse

import zmq

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import keyed  # noqa: E402
import lab  # noqa: E402

KEY_FILES = ("master.key", "curve.key")  # and w1.yaml, which was written for a worker
MANIFEST = "requirements:\n  integrations:\n    - key: x.tweet.write\n"


def forms(secret):
    """What a secret may look like: as it is, in base64 at each of three places, in hexadecimal, URL-encoded."""
    raw = secret if isinstance(secret, bytes) else secret.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield urllib.parse.quote_from_bytes(raw, safe="").encode()
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw).rstrip(b"=")
        whole = text[4 if shift else 0:-1]  # without what also depends on the neighbours
        yield whole
        yield whole.translate(bytes.maketrans(b"+/", b"-_"))


class Search:
    def __init__(self):
        self.needles = {}
        self.searched = 0

    def add(self, what, secret):
        assert len(secret) >= 16, what
        for form in forms(secret):
            self.needles[form] = what

    def look(self, where, content):
        self.searched += len(content)
        found = {self.needles[n] for n in self.needles if n in content}
        assert not found, f"{found} found in {where}"


def read(path):
    with open(path, "rb") as f:
        return f.read()


def test_the_search_finds_what_is_planted():
    search = Search()
    search.add("a token", "at-canary-0123456789abcdef?x")
    for shift in range(3):
        hay = b"log line " + base64.b64encode(b"x" * shift + b"at-canary-0123456789abcdef?x" + b"tail") + b"\n"
        try:
            search.look("a log", hay)
        except AssertionError:
            continue
        raise AssertionError(f"not found at {shift}")
    search.look("a log", b"at-canary-0123456789abcde")


def account(xsim, name):
    return [a for a in xsim.accounts() if a["name"] == name][0]


def remember_tokens(search, xsim):
    for row in xsim.accounts():
        search.add("an access token", row["access_token"])
        search.add("a refresh token", row["refresh_token"])


def test_secrets_are_nowhere_they_do_not_belong(tmp_path):
    search, heard = Search(), []
    xsim = lab.Xsim(str(tmp_path), 3)
    roost = keyed.Roost(tmp_path, xsim.url)
    app = json.loads(xsim.get("/_xsim/app"))
    search.add("the client secret", app["client_secret"])
    remember_tokens(search, xsim)
    roost.connect(xsim)
    signer = json.loads(xsim.get("/_xsim/keys").splitlines()[1])
    for key in ("api_secret", "access_token", "access_token_secret"):
        search.add("a key of OAuth 1.0a", signer[key])
    keys = roost.add_agent("first", "--allow", "*")
    search.add("an agent's key", keys["secret_key"])
    roost.add_worker("w1")
    search.add("a worker's key", dict(keyed.KEY.findall(read(os.path.join(roost.dir, "w1.yaml")).decode()))["secret_key"])
    agent = keyed.Agent(roost.endpoint, keys)
    admin = lab.Agent(roost.admin_endpoint)
    events = zmq.Context.instance().socket(zmq.SUB)
    events.subscribe(b"")
    events.connect(f"ipc://{roost.dir}/events.sock")

    def tell(answer):
        heard.append(repr(answer).encode())
        return answer

    tell(admin.call("account_import", **{**signer, "name": "signs"}))
    tell(admin.call("account_import", **{**signer, "name": "half", "api_key": None}))
    roost.cli("account", "give", "given", "--app", "demo", env={"X_ACCESS_TOKEN": account(xsim, "demo2")["access_token"]})
    # Tokens are renewed, a renewal is refused, jobs end well and badly, accounts and apps go.
    soon = {**account(xsim, "demo1"), "app": "demo", "expires_at": int((time.time() + 2) * 1000)}
    tell(admin.call("account_import", **soon))
    jobs = [{"action": "post", "account": f"demo{1 + i % 3}", "args": {"text": f"mixed {i}"}, "key": f"k{i}"} for i in range(30)]
    jobs += [{"action": "get_post", "account": "demo1", "args": {"post": "1"}}, {"action": "get_me", "account": "demo2", "args": {}}]
    jobs += [{"action": "post", "account": name, "args": {"text": f"{name} {i}"}} for name in ("signs", "given") for i in range(3)]
    xsim.fault(route="create_post", kind="reset_after", count=2)
    xsim.fault(route="create_post", kind="garbage", count=2)
    tell(agent.ok("enqueue", jobs=jobs))
    tell(agent.results_of(len(jobs)))
    remember_tokens(search, xsim)
    xsim.send("POST", "/_xsim/accounts", {"username": "demo3", "revoke": True})
    tell(agent.ok("enqueue", jobs=[{"action": "get_me", "account": "demo3", "args": {}}]))
    lab.wait_for("the loss", lambda: [a for a in admin.ok("accounts")["accounts"] if a["name"] == "demo3"][0]["token"] == "dead")
    manifest = tmp_path / "bot.yaml"
    manifest.write_text(MANIFEST)
    program = subprocess.Popen([os.path.join(lab.BIN, "roost"), "run", "--manifest", str(manifest), "--account", "demo1", "--config",
                                roost.config, "--", "sh", "-c", "echo ready; read line"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert program.stdout.readline() == b"ready\n"
    search.look("the command line of a program that was run", read(f"/proc/{program.pid}/cmdline"))
    program.communicate(b"\n")
    search.add("the first master key", read(os.path.join(roost.dir, "state", "master.key")).strip())
    roost.cli("vault", "rotate")
    search.add("the second master key", read(os.path.join(roost.dir, "state", "master.key")).strip())
    tell(admin.call("account_disconnect", name="demo2"))
    for op, more in (("accounts", {}), ("app_list", {}), ("agent_list", {}), ("worker_list", {}), ("stats", {}), ("limits", {}),
                     ("list", {"limit": 1000}), ("audit", {"limit": 1000}), ("pauses", {}), ("vault_show", {}),
                     ("account_import", {**soon, "user_id": "none"}), ("app_add", {"name": "x", "client_id": "y", "client_secret": 5}),
                     ("connect_finish", {"state": "s" * 52, "code": "c"})):
        tell(admin.call(op, **more))
    remember_tokens(search, xsim)

    while events.poll(0):
        heard += events.recv_multipart()
    assert len(heard) > len(jobs)  # every job's life was told
    events.close()
    for command in ("account list", "app list", "agent list", "worker list", "stats", "results", "jobs", "audit", "limits", "spend"):
        for form in ("", "--json"):
            run = roost.cli(*command.split(), *form.split(), check=False)
            heard.append((run.stdout + run.stderr).encode())
    for content in heard:
        search.look("an answer", content)
    follower = subprocess.Popen([os.path.join(lab.BIN, "roost"), "connect", "waits", "--app", "demo", "--paste", "--config", roost.config],
                                stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert b"Open this address" in follower.stderr.readline()
    for pid in [roost.dispatcher.proc.pid, *[w.proc.pid for w in roost.workers], follower.pid]:
        for name in ("cmdline", "environ"):
            try:
                search.look(name, read(f"/proc/{pid}/{name}"))
            except PermissionError:
                pass  # the kernel shows it to nobody but root
    follower.communicate(b"\n")
    # Backups: the file and its log copied as they are, and what SQLite makes of them.
    os.mkdir(os.path.join(roost.dir, "backup"))
    for suffix in ("", "-wal"):
        shutil.copy(roost.db + suffix, os.path.join(roost.dir, "backup", "copy" + suffix))
    with contextlib.closing(sqlite3.connect(f"file:{roost.db}?mode=ro", uri=True)) as source, \
            contextlib.closing(sqlite3.connect(os.path.join(roost.dir, "backup", "made.db"))) as made:
        source.backup(made)
    assert os.path.getsize(os.path.join(roost.dir, "backup", "made.db")) > 50000
    for running in (True, False):  # with the store's log as it is, and after an end in good order
        if not running:
            agent.close()
            admin.close()
            roost.stop()
        for directory, _, files in os.walk(roost.dir):
            for name in files:
                path = os.path.join(directory, name)
                if name.startswith(KEY_FILES) or name == "w1.yaml" or name == "xsim.log" or not os.path.isfile(path):
                    continue
                search.look(path, read(path))
    assert search.searched > 100000
    xsim.stop()
    lab.end_all()
