"""What is wrong around a dispatcher: its store, its key, its disk. Said in words, with the documented exit code, nothing harmed."""
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
import zmq

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402
from rig import post  # noqa: E402

DISPATCHER = os.path.join(lab.BIN, "roost-dispatcher")


def start(config, **env):
    """Runs a dispatcher that cannot start: (exit code, words)."""
    run = subprocess.run([DISPATCHER, "--config", config], capture_output=True, text=True, timeout=60, env={**os.environ, **env})
    return run.returncode, run.stderr


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


@pytest.fixture(name="stopped")
def fixture_stopped(tmp_path):
    """A roost that ran once and was stopped: it has a store and a key."""
    roost = lab.Roost(tmp_path, "http://127.0.0.1:1", workers=0)
    agent = lab.Agent(roost.endpoint, "a")
    agent.ok("ping")
    agent.close()
    roost.stop()
    roost.key = os.path.join(roost.dir, "state", "master.key")
    return roost


def test_a_second_dispatcher_on_the_same_store_names_the_first(tmp_path):
    roost = lab.Roost(tmp_path, "http://127.0.0.1:1", workers=0)
    code, words = start(roost.config, ROOST_LISTEN_AGENTS="tcp://127.0.0.1:0", ROOST_LISTEN_WORKERS="tcp://127.0.0.1:0")
    assert code == 75 and f"process {roost.dispatcher.proc.pid}" in words and "in use" in words
    agent = lab.Agent(roost.endpoint, "a")
    assert agent.ok("ping")
    agent.close()
    assert roost.stop() == [0]


def test_a_store_of_a_newer_schema_is_left_as_it_is(stopped):
    with sqlite3.connect(stopped.db) as db:
        db.execute("PRAGMA user_version = 9999")
    db.close()
    for name in os.listdir(os.path.dirname(stopped.db)):
        if name.startswith("roost.db-"):
            os.unlink(os.path.join(os.path.dirname(stopped.db), name))
    before = digest(stopped.db)
    code, words = start(stopped.config)
    assert code == 65 and "newer version" in words and "9999" in words
    assert digest(stopped.db) == before
    assert not [n for n in os.listdir(os.path.dirname(stopped.db)) if n in ("roost.db-wal", "roost.db-shm", "roost.db-journal")]


@pytest.mark.parametrize("content", [b"these are my tax papers\n" * 50, b"short", b"SQLite format 3\x00" + b"\x00" * 200])
def test_a_file_that_is_no_store_is_left_as_it_is(stopped, content):
    with open(stopped.db, "wb") as f:
        f.write(content)
    before = digest(stopped.db)
    code, words = start(stopped.config)
    assert code == 65 and ("not a store" in words or "another program" in words) and "nothing was changed" in words
    assert digest(stopped.db) == before


def test_another_programs_database_is_left_as_it_is(stopped):
    os.unlink(stopped.db)
    with sqlite3.connect(stopped.db) as db:
        db.execute("CREATE TABLE contacts (name TEXT)")
        db.execute("INSERT INTO contacts VALUES ('ann')")
    db.close()
    before = digest(stopped.db)
    code, words = start(stopped.config)
    assert code == 65 and "another program" in words
    assert digest(stopped.db) == before


def damage_size(path):
    os.chmod(path, 0o600)
    with open(path, "wb") as f:
        f.write(b"x" * 31)
    os.chmod(path, 0o400)


def damage_mode(path):
    os.chmod(path, 0o440)


def damage_kind(path):
    os.unlink(path)
    os.mkdir(path)


def damage_text(path):
    os.chmod(path, 0o600)
    with open(path, "w", encoding="ascii") as f:
        f.write("not base64 at all, and much longer than thirty-two bytes ever were\n")
    os.chmod(path, 0o400)


@pytest.mark.parametrize("damage", [damage_size, damage_mode, damage_kind, damage_text, os.unlink], ids=lambda d: d.__name__)
def test_a_key_file_that_cannot_be_used_ends_the_start(stopped, damage):
    before = digest(stopped.db)
    damage(stopped.key)
    code, words = start(stopped.config)
    assert code == 78 and "master.key" in words and len(words) < 600
    assert digest(stopped.db) == before


def test_an_unreadable_key_file_ends_the_start(stopped):
    if os.geteuid() == 0:  # root reads everything: the file must be refused for its owner then
        os.chown(stopped.key, 12345, 12345)
    else:
        os.chmod(stopped.key, 0)
    code, words = start(stopped.config)
    assert code == 78 and "master.key" in words


def test_another_key_than_the_stores_ends_the_start_or_opens_nothing(tmp_path):
    xsim = lab.Xsim(str(tmp_path), 1)
    roost = lab.Roost(tmp_path, xsim.url, workers=0)
    roost.connect(xsim)
    roost.stop()
    key = os.path.join(roost.dir, "state", "master.key")
    os.chmod(key, 0o600)
    with open(key, "wb") as f:
        f.write(os.urandom(32))
    os.chmod(key, 0o400)
    code, words = start(roost.config)
    assert code in (65, 78) and "key" in words
    assert xsim.stop() == 0


BAD_SETTINGS = {"unknown key": "store: {uri: x}\n", "unknown section": "stor: {url: x}\n", "wrong type": "worker: {concurrency: many}\n",
                "out of range": "worker: {concurrency: 0}\n", "no YAML": "store: [\n"}


@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_wrong_settings_name_file_line_and_column(tmp_path, name):
    path = tmp_path / "bad.yaml"
    path.write_text("# a comment\n" + BAD_SETTINGS[name])
    code, words = start(str(path))
    assert code == 78 and f"{path}:2:" in words or code == 78 and f"{path}:3:" in words, words


# --- a full disk ---

def as_root(request):
    """Only root may mount: whoever is not plays the test once more as root of a user namespace. True: it was, and passed."""
    if os.geteuid() == 0:
        return False
    run = subprocess.run(["unshare", "-rm", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{__file__}::{request.node.name}"],
                         capture_output=True, text=True, check=False)
    assert run.returncode == 0 and "1 passed" in run.stdout, run.stdout + run.stderr
    return True


@pytest.fixture(name="small")
def fixture_small(tmp_path):
    """A system whose state lives on a file system of 16 MiB, with a worker by script."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=0700", "tmpfs", str(state)], check=True)
    try:
        system = rig.System(tmp_path, accounts=2, workers=0)
        system.state = str(state)
        system.worker = rig.Worker(system.roost, slots=8)
        yield system
        system.worker.close()
        system.stop()
    finally:
        subprocess.run(["umount", str(state)], check=True)


def fill(directory):
    """Takes all the space there is; returns the file that holds it."""
    path = os.path.join(directory, "filler")
    with open(path, "ab", buffering=0) as f:
        for chunk in (65536, 4096, 512, 1):
            try:
                while True:
                    f.write(b"x" * chunk)
            except OSError:
                pass
    assert shutil.disk_usage(directory).free == 0
    return path


def test_a_full_disk_refuses_new_work_and_keeps_results(request):
    if as_root(request):
        return
    small = request.getfixturevalue("small")
    agent = small.agent("a")
    ids = [agent.ok("enqueue", jobs=[post(a, "before it was full", key=a)])["jobs"][0]["id"] for a in small.accounts]
    work = [small.worker.work(), small.worker.work()]
    assert all(small.worker.begin(w) for w in work)
    filler = fill(small.state)
    error = agent.error("enqueue", jobs=[post(small.accounts[0], "while it is full", key="x")])
    assert error["code"] == "unavailable" and "full" in error["message"]
    for w in work:
        small.worker.result(w, **{**rig.DONE, "x_id": f"19{w['job']}"})
    results = agent.results_of(2)
    assert {results[i]["state"] for i in ids} == {"done"}
    assert agent.ok("stats")["disk_full"] is True
    assert "store.full" in small.log()
    assert agent.error("enqueue", jobs=[post(small.accounts[0], "still full", key="y")])["code"] == "unavailable"
    os.unlink(filler)
    entry = lab.wait_for("room", lambda: (lambda a: a["ok"] and a["jobs"][0])(agent.call("enqueue", jobs=[post(small.accounts[0], "again", key="z")])))
    small.worker.does(**{**rig.DONE, "x_id": "777"})
    assert agent.results_of(1)[entry["id"]]["state"] == "done"
    small.restart()
    assert agent.ok("get", ids=ids + [entry["id"]])["jobs"][0]["state"] == "done"
    assert len(agent.ok("list")["jobs"]) == 3


def test_a_full_disk_keeps_nobody_from_stopping(request):
    """Every turn fails while an agent goes on asking: SIGTERM ends the dispatcher all the same."""
    if as_root(request):
        return
    small = request.getfixturevalue("small")
    agent = small.agent("a")
    fill(small.state)
    over = threading.Event()

    def ask_on():
        frame = rig.pack(op="enqueue", jobs=[post(small.accounts[0], "while it is full")])
        with rig.Raw(small.roost.endpoint) as asker:
            while not over.is_set():  # never waits for an answer: there is a request in every round
                if asker.socket.poll(1, zmq.POLLOUT):
                    asker.send(frame)
                while asker.socket.poll(0):
                    asker.socket.recv_multipart()

    asking = threading.Thread(target=ask_on)
    asking.start()
    assert agent.error("enqueue", jobs=[post(small.accounts[0], "it is full")])["code"] == "unavailable"
    try:
        assert small.roost.dispatcher.stop() == 0
    finally:
        over.set()
        asking.join()
    os.unlink(os.path.join(small.state, "filler"))
    small.roost.start_dispatcher()


def test_a_full_disk_keeps_a_token_that_was_renewed_while_it_was_full(request):
    if as_root(request):
        return
    small = request.getfixturevalue("small")
    agent = small.agent("a")
    account = next(a for a in small.xsim.accounts() if a["name"] == small.accounts[0])
    now = time.time()
    account.update(app="demo", expires_at=1000)  # ran out long ago: it is renewed when a job is due
    small.roost.cli("account", "import", "-", input=json.dumps(account))
    before = small.xsim.stats()["refreshes"]
    agent.ok("enqueue", jobs=[post(account["name"], "with a new token", key="k", run_at=int(1000 * (now + 4)))])
    filler = fill(small.state)
    assert agent.error("enqueue", jobs=[post(account["name"], "while it is full", key="x")])["code"] == "unavailable"
    assert small.xsim.stats()["refreshes"] == before, "the disk was full too late for this test to show anything"
    work = small.worker.work()
    while not small.worker.begin(work):  # a turn that found the disk full never happened: what it gave out comes again
        work = small.worker.work()
    small.worker.result(work, **{**rig.DONE, "x_id": "1901"})
    assert small.xsim.stats()["refreshes"] == before + 1
    assert [r["state"] for r in agent.results_of(1).values()] == ["done"]
    os.unlink(filler)
    small.restart()
    small.worker.hello()
    agent.ok("enqueue", jobs=[post(account["name"], "after it", key="l")])
    token = small.worker.work()["token"]
    assert token == work["token"], "the token that came while the disk was full is the one that is kept"
    stats = small.xsim.stats()
    assert stats["refresh_presented_twice"] == 0 and stats["families_killed"] == 0


def test_a_store_with_a_damaged_page_is_refused_or_left_and_never_made_worse(stopped):
    with sqlite3.connect(stopped.db) as db:  # everything into the one file
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = db.execute("PRAGMA page_size").fetchone()[0]
    db.close()
    with open(stopped.db, "r+b") as f:
        for page in range(1, os.path.getsize(stopped.db) // size):
            f.seek(page * size)
            f.write(b"\xff" * 64)
    before = digest(stopped.db)
    code, words = start(stopped.config)
    assert code == 65 and "restore a backup" in words, (code, words)
    assert digest(stopped.db) == before
