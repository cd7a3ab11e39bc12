"""roost audit: one record for every change, in the same commit; and every kind of tampering with them is found."""
import contextlib
import hashlib
import json
import os
import signal
import sqlite3
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

FAR = 4102444800000
KEY = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"  # public: any 40 letters of Z85
WORKER_KEY = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"


@pytest.fixture(scope="module")
def roost(tmp_path_factory):
    directory = tmp_path_factory.mktemp("audit")
    xsim = lab.Xsim(str(directory), 2)
    roost = lab.Roost(directory, xsim.url, workers=1)
    roost.connect(xsim)
    roost.xsim = xsim
    roost.admin = lab.Agent("ipc://" + os.path.join(roost.dir, "state", "admin.sock"))
    yield roost
    roost.admin.close()
    roost.stop()
    xsim.stop()
    lab.end_all()


def records(roost, after=0):
    return roost.admin.ok("audit", after=after, limit=1000)["records"]


def last_seq(roost):
    return roost.admin.ok("audit")["head"]["seq"]


def put(text):
    return f"{len(text.encode())}:{text}\n"


def recomputed(row, before):
    """The hash by the words of docs/security.md, with nothing of roost's."""
    text = f"roost audit 1\n{row['seq']}\n{row['at']}\n" + "".join(put(row[k]) for k in ("who", "what", "whom", "how"))
    return hashlib.sha256(before + text.encode()).digest()


def test_every_change_has_its_record(roost):
    admin = roost.admin
    agent = lab.Agent(roost.endpoint, "writer")
    changes = [
        ("app_set", {"name": "demo", "plan": "enterprise", "settings": {"budget_day_usd_micros": 900000000}},
         [("app.set", "app demo", "plan=enterprise budget_day_usd_micros=900000000")]),
        ("app_set", {"name": "demo", "settings": {"weight": None}}, [("app.set", "app demo", "weight=")]),
        ("account_set", {"name": "demo1", "settings": {"tz": "Europe/Berlin"}}, [("account.set", "account demo1", "tz=Europe/Berlin")]),
        ("agent_set", {"name": "writer", "settings": {"note": "who writes"}}, [("agent.set", "agent writer", "note=who writes")]),
        ("agent_add", {"name": "writer", "key": KEY, "allow": ["x.tweet.write@demo1"], "hold": ["x.tweet.write@demo2"]},
         [("agent.added", "agent writer", f"key={KEY} allow=x.tweet.write@demo1 hold=x.tweet.write@demo2")]),
        ("agent_grant", {"name": "writer", "deny": ["x.tweet.write@demo1"], "allow": ["*"]},
         [("agent.grants", "agent writer", "allow=* deny=x.tweet.write@demo1")]),
        ("agent_switch", {"name": "writer", "on": False}, [("agent.disabled", "agent writer", "")]),
        ("agent_switch", {"name": "writer", "on": True}, [("agent.enabled", "agent writer", "")]),
        ("worker_add", {"name": "east", "key": WORKER_KEY}, [("worker.added", "worker east", f"key={WORKER_KEY}")]),
        ("worker_remove", {"name": "east"}, [("worker.removed", "worker east", "")]),
        ("account_pause", {"name": "demo1"}, [("paused", "account demo1", "")]),
        ("account_resume", {"name": "demo1"}, [("resumed", "account demo1", "")]),
        ("pause", {}, [("paused", "everything", "")]),
        ("resume", {}, [("resumed", "everything", "")]),
        ("pause", {"app": "demo", "action": "like"}, [("paused", "app demo", ""), ("paused", "action like", "")]),
        ("resume", {"app": "demo", "action": "like"}, [("resumed", "app demo", ""), ("resumed", "action like", "")]),
        ("budget_raise", {"of": "app", "name": "demo", "period": "day", "by_usd_micros": 5, "reason": "not said here"},
         [("budget.raised", "app demo", "period=day by_usd_micros=5")]),
        ("opt_out", {"do": "add", "account": "demo1", "users": ["@bob"]}, [("opt_out.added", "account demo1", "@bob")]),
        ("opt_out", {"do": "add", "account": "demo1", "users": ["@bob"]}, []),
        ("invited", {"do": "add", "account": "demo1", "users": ["12"]}, [("invited.added", "account demo1", "12")]),
        ("app_add", {"name": "other", "client_id": "id-of-other", "client_secret": "hush"},
         [("app.added", "app other", "plan=payg client_id=id-of-other secret=sealed")]),
        ("app_remove", {"name": "other"}, [("app.removed", "app other", "")]),
        ("account_disconnect", {"name": "demo2"},
         [("account.disconnected", "account demo2", ""), ("account.revoked", "account demo2", "revoked=true")]),
    ]
    for op, keys, want in changes:
        before = last_seq(roost)
        admin.ok(op, **keys)
        got = records(roost, before)
        assert [(r["what"], r["whom"], r["how"]) for r in got] == want, op
        assert all(r["who"] == "administrator" for r in got)
    # Decisions: by an administrator, and by the agent itself.
    jobs = agent.ok("enqueue", jobs=[{"action": "post", "account": "demo1", "approval": True, "run_at": FAR,
                                      "args": {"text": f"words that nobody writes down {i}"}} for i in range(2)])["jobs"]
    before = last_seq(roost)
    admin.ok("approve", ids=[jobs[0]["id"]])
    agent.ok("reject", ids=[jobs[1]["id"]], reason="no")
    got = [(r["who"], r["what"], r["whom"]) for r in records(roost, before)]
    assert got == [("administrator", "job.approved", "job " + jobs[0]["id"]), ("agent writer", "job.rejected", "job " + jobs[1]["id"])]
    # What is refused changes nothing, and so has no record.
    before = last_seq(roost)
    admin.error("app_set", name="none", plan="payg")
    admin.error("account_set", name="demo1", settings={"tz": "Nowhere/None"})
    admin.error("approve", ids=[])
    assert not admin.ok("opt_out", do="list", account="demo1")["changed"]
    roost.dispatcher.proc.send_signal(signal.SIGHUP)
    got = lab.wait_for("the record of a reload", lambda: records(roost, before))
    assert [(r["who"], r["what"]) for r in got] == [("roost", "settings.reloaded")]
    assert admin.ok("stats")["audit_records"] == last_seq(roost)
    agent.close()


def test_what_x_does_to_an_account_is_written_down_as_roosts_own(roost):
    roost.xsim.send("POST", "/_xsim/accounts", {"username": "demo1", "revoke": True})
    roost.admin.ok("account_set", name="demo1", settings={"tz": None})
    before = last_seq(roost)
    done = roost.admin.ok("enqueue", agent="finder", jobs=[{"action": "get_me", "account": "demo1", "args": {}}])
    assert done["jobs"][0]["id"]
    got = lab.wait_for("the loss", lambda: [r for r in records(roost, before) if r["what"] == "account.lost"])
    assert got[0]["who"] == "roost" and got[0]["whom"] == "account demo1"


def test_the_chain_can_be_checked_by_anybody_and_holds_no_secret(roost):
    hashed = bytes(32)
    rows = records(roost)
    assert [r["seq"] for r in rows] == list(range(1, len(rows) + 1)) and len(rows) > 30
    for row in rows:
        hashed = recomputed(row, hashed)
        assert hashed.hex() == row["hash"], row
    app = json.loads(roost.xsim.get("/_xsim/app"))
    secrets = [app["client_secret"], "hush", "nobody writes down"]
    secrets += [a[k] for a in roost.xsim.accounts() for k in ("access_token", "refresh_token")]
    with contextlib.closing(sqlite3.connect(f"file:{roost.db}?mode=ro", uri=True)) as db:
        everything = repr(db.execute("SELECT * FROM audit").fetchall())
    assert not [s for s in secrets if s and s in everything]


def test_a_change_that_is_not_kept_has_no_record(roost):
    """Killed at any moment: a setting and its record are both there, or neither."""
    for turn in range(3):
        roost.admin.send_raw(b"", lab.msgpack.packb({"op": "account_set", "name": "demo1", "seq": 1,
                                                     "settings": {"concurrency": turn + 1}}))
        roost.dispatcher.kill()
        with contextlib.closing(sqlite3.connect(roost.db)) as db:
            kept = db.execute("SELECT value FROM settings WHERE name = 'concurrency'").fetchall()
            noted = db.execute("SELECT how FROM audit WHERE how LIKE 'concurrency=%' ORDER BY seq DESC LIMIT 1").fetchall()
        assert [("concurrency=" + v,) for v, in kept] == noted
        roost.start_dispatcher()


def verify(roost, *options):
    run = roost.cli("audit", "verify", "--json", *options, check=False)
    return run.returncode, json.loads(run.stdout), run.stderr


@contextlib.contextmanager
def tampered(roost, *statements, restart=False):
    """The store as somebody with the file, and no idea of hashes, leaves it; put back afterwards."""
    def change(do):
        if restart:
            assert roost.dispatcher.stop() == 0
        with contextlib.closing(sqlite3.connect(roost.db, timeout=30)) as db:
            do(db)
            db.commit()
        if restart:
            roost.start_dispatcher()

    def put_back(db):
        db.execute("DELETE FROM audit")
        db.executemany("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)", was)

    with contextlib.closing(sqlite3.connect(f"file:{roost.db}?mode=ro", uri=True)) as db:
        was = db.execute("SELECT * FROM audit").fetchall()
    change(lambda db: [db.execute(sql) for sql in statements])
    yield
    change(put_back)


@pytest.mark.parametrize("statements,broken", [
    (["UPDATE audit SET who = 'agent writer' WHERE seq = 7"], 7),
    (["UPDATE audit SET at = at + 1000 WHERE seq = 7"], 7),
    (["UPDATE audit SET hash = zeroblob(32) WHERE seq = 7"], 7),
    (["UPDATE audit SET hash = CAST('x' || hash AS BLOB) WHERE seq = 7", "UPDATE audit SET how = CAST(x'ff00fe' AS TEXT) WHERE seq = 9"], 7),
    (["DELETE FROM audit WHERE seq = 7"], 7),
    (["DELETE FROM audit WHERE seq = 7", "UPDATE audit SET seq = -seq WHERE seq > 7", "UPDATE audit SET seq = -seq - 1 WHERE seq < 0"], 7),
    (["UPDATE audit SET seq = -7 WHERE seq = 7", "UPDATE audit SET seq = 7 WHERE seq = 8", "UPDATE audit SET seq = 8 WHERE seq = -7"], 7),
    (["INSERT INTO audit SELECT max(seq) + 1, at, who, what, whom, how, hash FROM audit"], None),
], ids=["who", "when", "hash", "length", "gap", "closed_gap", "order", "forged"])
def test_tampering_is_found(roost, statements, broken):
    count = last_seq(roost)
    with tampered(roost, *statements):
        code, said, err = verify(roost)
        assert code == 1 and f"record {broken or count + 1} " in err, err
        assert said["checked"] == (broken or count + 1) - 1 and said["broken"]
        assert roost.admin.ok("audit", limit=1000)["records"]  # still readable
    assert last_seq(roost) == count


def test_a_cut_at_the_end_shows_by_the_hash_that_was_noted(roost):
    code, said, _ = verify(roost)
    assert code == 0 and said["broken"] is None and said["checked"] == said["seq"] == last_seq(roost)
    head, seq = said["head"], said["seq"]
    with tampered(roost, f"DELETE FROM audit WHERE seq > {seq - 3}", restart=True):
        assert verify(roost)[0] == 0  # nothing in the file says that there was more
        code, said, err = verify(roost, "--head", head)
        assert code == 1 and not said["found"] and "taken away" in err
        roost.admin.ok("account_pause", name="demo2")
        assert verify(roost, "--head", head)[0] == 1  # also when it went on
    roost.admin.ok("account_resume", name="demo2")
    code, said, _ = verify(roost, "--head", head)
    assert code == 0 and said["found"] and said["seq"] > seq
    assert "64 letters" in verify_error(roost, "--head", "z" * 64)


def verify_error(roost, *options):
    run = roost.cli("audit", "verify", *options, check=False)
    assert run.returncode == 1
    return run.stderr


def test_lists(roost):
    lines = [json.loads(line) for line in roost.cli("audit", "--all", "--json").stdout.splitlines()]
    assert [r["seq"] for r in lines] == list(range(1, len(lines) + 1))
    out = roost.cli("audit", "list", "--last", 2).stdout.splitlines()
    assert len(out) == 3 and out[0].startswith("SEQ") and out[1].startswith(str(len(lines) - 1))


def test_a_cut_under_a_running_dispatcher_is_found(roost):
    seq = last_seq(roost)
    with contextlib.closing(sqlite3.connect(roost.db)) as db:
        db.execute(f"DELETE FROM audit WHERE seq = {seq}")
        db.commit()
    assert f"wrote up to record {seq}" in verify_error(roost)
