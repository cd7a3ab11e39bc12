"""roost vault rotate: another master key, online, with kills at every step; and keys that are wrong, missing or no file."""
import contextlib
import json
import os
import sqlite3
import stat
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

ACCOUNTS = 240  # more than two turns wrap
# Each step, each of the turns that wrap rows, and each commit from the request on (those before are the start's).
POINTS = ["vault.key_made", "vault.rows", "vault.rows@2", "vault.wrapped", "vault.replaced", "store.commit@4", "store.commit@5", "store.commit@6",
          "store.commit@7"]


class System:
    def __init__(self, directory):
        self.xsim = lab.Xsim(str(directory), 1)
        self.roost = lab.Roost(directory, self.xsim.url, workers=1)
        self.names = self.roost.connect(self.xsim)
        self.key = os.path.join(self.roost.dir, "state", "master.key")
        self.tokens = {}
        self.admin = lab.Agent("ipc://" + os.path.join(self.roost.dir, "state", "admin.sock"))
        for i in range(ACCOUNTS):
            self.tokens[f"a{i}"] = f"token-of-{i}-" + os.urandom(8).hex()
            self.admin.ok("account_import", name=f"a{i}", app="demo", user_id=str(1000 + i), username=f"u{i}", refresh_token=f"refresh-{i}",
                          access_token=self.tokens[f"a{i}"], expires_at=int((time.time() + 7200) * 1000), scopes="tweet.read users.read")

    def show(self):
        return self.admin.ok("vault_show")

    def rotate(self):
        return json.loads(self.roost.cli("vault", "rotate", "--json").stdout)

    def check(self):
        """Some rows give what was put in. That every row opens is shown by each start, which opens them all, or is refused."""
        for name in list(self.tokens)[::12]:
            assert self.admin.ok("account_token", name=name)["access_token"] == self.tokens[name]

    def wrapped_by(self):
        """The ids of the master keys that wrap a row of the store."""
        with contextlib.closing(sqlite3.connect(f"file:{self.roost.db}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT data_key FROM accounts UNION ALL SELECT data_key FROM apps").fetchall()
        return {row[0][1:9].hex() for row in rows}

    def restart(self, **env):
        """Without its fail point, unless one is given."""
        os.environ.update(env)
        try:
            if self.roost.dispatcher.alive:
                assert self.roost.dispatcher.stop() == 0
            self.roost.start_dispatcher()
        finally:
            for name in env:
                del os.environ[name]


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = System(tmp_path_factory.mktemp("rotate"))
    yield system
    system.admin.close()
    system.roost.stop()
    system.xsim.stop()
    lab.end_all()


def test_every_row_is_wrapped_anew_while_jobs_go_on(system):
    before = system.show()
    assert system.wrapped_by() == {before["key"]} and before["old_key"] is None
    agent = lab.Agent(system.roost.endpoint)
    jobs = agent.ok("enqueue", jobs=[{"action": "post", "account": "demo1", "args": {"text": f"meanwhile {i}"}} for i in range(20)])["jobs"]
    said = system.rotate()
    assert said["key"] != before["key"] and said["rows"] >= ACCOUNTS + 2
    shown = system.show()
    assert (shown["key"], shown["old_key"], shown["rotating"]) == (said["key"], None, False)
    assert system.wrapped_by() == {said["key"]}
    assert said["old_key_file"] == f"{system.key}.{before['key']}" and stat.S_IMODE(os.stat(system.key).st_mode) == 0o400
    assert not os.path.exists(system.key + ".next")
    ended = agent.results_of(20)
    assert {ended[j["id"]]["state"] for j in jobs} == {"done"}
    agent.close()
    system.check()
    system.restart()
    assert system.show()["key"] == said["key"]
    system.check()
    what = [(r["what"], r["who"]) for r in system.admin.ok("audit", limit=1000)["records"] if r["what"].startswith("vault.")]
    assert what == [("vault.rotating", "administrator"), ("vault.rotated", "roost")]


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_step_every_row_stays_readable_and_it_goes_on_by_itself(system, point):
    before = system.show()["key"]
    point, _, nth = point.partition("@")
    system.restart(ROOST_FAILPOINTS=f"{point}=kill" + (f"@{nth}" if nth else ""))
    system.admin.send_raw(b"", lab.msgpack.packb({"op": "vault_rotate", "seq": 1}))
    lab.wait_for("the kill", lambda: not system.roost.dispatcher.alive)
    if point in ("vault.key_made", "vault.rows"):
        assert before in system.wrapped_by() and os.path.exists(system.key + ".next")
    if point == "vault.rows":
        assert len(system.wrapped_by()) == 2
    system.restart()
    lab.wait_for("the end of the rotation", lambda: not system.show()["rotating"])
    if system.show()["key"] == before:  # killed before the request was even read
        system.rotate()
    after = system.show()
    assert after["key"] != before and after["old_key"] is None and system.wrapped_by() == {after["key"]}
    assert not os.path.exists(system.key + ".next")
    system.check()


def test_a_turn_that_is_lost_is_done_again(system):
    before = system.show()["key"]
    system.restart(ROOST_FAILPOINTS="store.commit=errno:28@4")
    said = system.rotate()
    assert said["key"] != before and system.wrapped_by() == {said["key"]}
    system.restart()
    system.check()


def swap(path, content):
    os.chmod(path, 0o600)
    with open(path, "wb") as f:
        f.write(content)
    os.chmod(path, 0o400)


def refused(system):
    """Exit code and words of a start that does not come to be."""
    process = lab.Process(os.path.join(system.roost.dir, "refused.log"), os.path.join(lab.BIN, "roost-dispatcher"), "--config",
                          system.roost.config)
    code = process.proc.wait(60)
    with open(os.path.join(system.roost.dir, "refused.log"), encoding="utf-8") as f:
        return code, f.read().splitlines()[-1]


def test_a_wrong_or_missing_key_is_refused_in_words(system):
    key = system.show()["key"]
    assert system.roost.dispatcher.stop() == 0
    with open(system.key, "rb") as f:
        good = f.read()
    try:
        swap(system.key, os.urandom(32))
        code, words = refused(system)
        assert code == 65 and key in words and "give roost the master key" in words
        swap(system.key, b"short")
        assert refused(system)[0] == 78
        os.unlink(system.key)
        code, words = refused(system)
        assert code == 78 and "put the key back" in words
    finally:
        with open(system.key, "wb") as f:
            f.write(good)
        os.chmod(system.key, 0o400)
    system.roost.start_dispatcher()
    system.check()


def test_a_key_that_is_no_file_is_changed_by_naming_both(system):
    directory = os.path.join(system.roost.dir, "credentials")
    os.mkdir(directory)
    old_id = system.show()["key"]
    assert system.roost.dispatcher.stop() == 0
    for name, content in (("old", open(system.key, "rb").read()), ("new", os.urandom(32))):
        with open(os.path.join(directory, name), "wb") as f:
            f.write(content)
        os.chmod(os.path.join(directory, name), 0o400)
    with open(system.roost.config, encoding="utf-8") as f:
        config = f.read()

    def start(security):
        with open(system.roost.config, "w", encoding="utf-8") as f:
            f.write(config + security)
        system.restart(CREDENTIALS_DIRECTORY=directory)

    start("security: {master_key: 'credential:old'}\n")
    error = system.admin.error("vault_rotate")
    assert error["code"] == "wrong_state" and "security.previous_master_key" in error["message"]
    start("security: {master_key: 'credential:new', previous_master_key: 'credential:old'}\n")
    lab.wait_for("the end", lambda: not system.show()["rotating"])
    new_id = system.show()["key"]
    assert new_id != old_id and system.wrapped_by() == {new_id}
    start("security: {master_key: 'credential:new'}\n")
    system.check()
