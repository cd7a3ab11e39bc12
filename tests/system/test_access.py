"""Keys and grants: who is admitted, and what each may do, see and change."""
import json
import os
import re
import socket
import stat
import threading

import pytest
import zmq

import keyed
import lab

STRANGERS = int(os.environ.get("ROOST_STRANGERS", "300"))
REFUSED_MS = 1500  # so long no answer comes to who is not admitted


@pytest.fixture(scope="module")
def roost(tmp_path_factory):
    directory = tmp_path_factory.mktemp("access")
    xsim = lab.Xsim(str(directory))
    roost = keyed.Roost(directory, xsim.url)
    roost.connect(xsim)
    roost.xsim = xsim
    roost.add_worker("w1")
    yield roost
    roost.stop()
    xsim.stop()
    lab.end_all()


def post(account, text, **more):
    return {"action": "post", "account": account, "args": {"text": text}, **more}


def test_a_worker_needs_one_small_file(roost):
    path = os.path.join(roost.dir, "w1.yaml")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with open(path, encoding="utf-8") as f:
        assert len(f.read()) < 600
    lab.wait_for("the worker to be there", lambda: [w for w in roost.admin("worker_list")["workers"] if w["there"]])
    keys = roost.add_agent("first", "--allow", "x.tweet.write@demo1")
    agent = keyed.Agent(roost.endpoint, keys)
    done = agent.ok("enqueue", jobs=[post("demo1", "by key")])["jobs"][0]
    results = agent.results_of(1)
    assert results[done["id"]]["state"] == "done"
    agent.close()


def test_a_key_file_that_others_may_read_is_refused(roost):
    path = os.path.join(roost.dir, "open.yaml")
    with open(os.path.join(roost.dir, "w1.yaml"), encoding="utf-8") as f:
        text = f.read()
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, 0o644)
    worker = roost.run_worker(path, "open")
    assert worker.proc.wait(30) == 78
    with open(os.path.join(roost.dir, "open.log"), encoding="utf-8") as f:
        said = f.read()
    assert "chmod 600" in said
    secret = dict(keyed.KEY.findall(text))["secret_key"]
    assert secret not in said


def test_strangers_are_not_admitted(roost):
    keys = roost.add_agent("known", "--allow", "x.tweet.write")
    before = roost.admin("stats")["keys_refused"]
    stranger = keyed.Agent(roost.endpoint, keyed.stranger(keys["server_key"]))
    assert stranger.try_call("ping", REFUSED_MS) is None
    assert roost.admin("stats")["keys_refused"] > before
    wrong_server = keyed.Agent(roost.endpoint, {**keys, "server_key": zmq.curve_keypair()[0].decode()})
    assert wrong_server.try_call("ping", REFUSED_MS) is None
    no_keys = lab.Agent(roost.endpoint)
    assert no_keys.try_call("ping", REFUSED_MS) is None
    # A worker's key opens no door for agents, nor an agent's one for workers.
    with open(os.path.join(roost.dir, "w1.yaml"), encoding="utf-8") as f:
        worker_keys = dict(keyed.KEY.findall(f.read()))
    crossed = keyed.Agent(roost.endpoint, worker_keys)
    assert crossed.try_call("ping", REFUSED_MS) is None
    workers = f"tcp://127.0.0.1:{roost.ports['workers']}"
    crossed_too = keyed.Agent(workers, keys)
    assert crossed_too.try_call("hello", REFUSED_MS, worker="w1", protocol=1, slots=5) is None
    for agent in (stranger, wrong_server, no_keys, crossed, crossed_too):
        agent.close()


def try_to_connect(endpoint, server_key, count):
    """So many connections at once, each with a key of its own that was made up. Their public keys."""
    publics, sockets = [], []
    for _ in range(count):
        public, secret = zmq.curve_keypair()
        socket = zmq.Context.instance().socket(zmq.DEALER)
        socket.linger = 0
        socket.curve_publickey, socket.curve_secretkey, socket.curve_serverkey = public, secret, server_key.encode()
        socket.connect(endpoint)
        publics.append(public.decode())
        sockets.append(socket)
    return publics, sockets


def refuse_strangers(roost, server_key, count):
    """Connects `count` strangers, and waits until each was refused. Their public keys."""
    keys = []
    while len(keys) < count:
        before = roost.admin("stats")["keys_refused"]
        some, sockets = try_to_connect(roost.endpoint, server_key, min(100, count - len(keys)))
        lab.wait_for("the refusals", lambda: roost.admin("stats")["keys_refused"] >= before + len(some))
        keys += some
        for s in sockets:
            s.close()
    return keys


def test_strangers_are_in_the_audit_log_and_a_flood_of_them_does_not_fill_it(roost):
    server_key = roost.add_agent("door", "--allow", "x.tweet.read")["server_key"]
    first = refuse_strangers(roost, server_key, 1)[0]
    assert ("roost", f"key {first}", "op=connect:agents from=127.0.0.1") in refusals(roost)
    flood = refuse_strangers(roost, server_key, STRANGERS)
    named = {whom for who, whom, how in refusals(roost) if "op=connect:" in how and whom.startswith("key ")}
    assert len(named) <= 110 and any(f"key {key}" in named for key in flood), named
    assert roost.dispatcher.stop() == 0
    roost.start_dispatcher()
    others = [re.search(r"times=(\d+)", how) for who, whom, how in refusals(roost) if whom == "keys" and how.startswith("others")]
    assert sum(int(m[1]) for m in others) >= STRANGERS - 110, others
    roost.cli("audit", "verify")
    with open(os.path.join(roost.dir, "dispatcher.log"), encoding="utf-8") as f:
        assert sum("key=" in line and "not admitted" in line for line in f) < STRANGERS / 2


def test_the_key_says_who_speaks(roost):
    keys = roost.add_agent("alice", "--allow", "x.tweet.write@demo1")
    roost.add_agent("bob", "--allow", "x.tweet.write@demo2")
    as_bob = keyed.Agent(roost.endpoint, keys, name="bob")
    assert as_bob.error("ping")["code"] == "not_allowed"
    chosen = keyed.Agent(roost.endpoint, keys, routing_id=b"alice")
    error = chosen.error("ping")
    assert error["code"] == "not_allowed" and "routing id" in error["message"]
    for agent in (as_bob, chosen):
        agent.close()


# Every action, by capability; the matrix asks each of them of each account with each key.
ACTIONS = {
    "x.tweet.write": {"action": "post", "args": {"text": "matrix"}},
    "x.dm.write": {"action": "dm", "args": {"to": "1234567", "text": "matrix"}},
    "x.like.write": {"action": "like", "args": {"post": "1234567"}},
    "x.follow.write": {"action": "follow", "args": {"user": "1234567"}},
    "x.bookmark.write": {"action": "bookmark", "args": {"post": "1234567"}},
    "x.mute.write": {"action": "mute", "args": {"user": "1234567"}},
    "x.tweet.read": {"action": "get_post", "args": {"post": "1234567"}},
    "x.user.read": {"action": "get_me", "args": {}},
    "x.follow.read": {"action": "following", "args": {}},
    "x.dm.read": {"action": "dms", "args": {"with": "1234567"}},
    "x.like.read": {"action": "likes", "args": {}},
    "x.mute.read": {"action": "getUsersMuting", "args": {}},
    "x.block.read": {"action": "getUsersBlocking", "args": {}},
    "x.bookmark.read": {"action": "getUsersBookmarks", "args": {}},
    "x.list.read": {"action": "getListsById", "args": {"id": "1234567"}},
    "x.list.write": {"action": "createLists", "args": {"name": "matrix"}},
    "x.timeline.read": {"action": "getUsersRepostsOfMe", "args": {}},
    "x.space.read": {"action": "searchSpaces", "args": {"query": "matrix"}},
    "x.broadcast.read": {"action": "listBroadcasts", "args": {}},
    "x.broadcast.write": {"action": "goLiveScheduledBroadcast", "args": {"id": "1234567"}},
}
ACCOUNTS = ["demo1", "demo2", "demo3"]
GRANTS = {
    "m-none": [],
    "m-post": ["x.tweet.write@demo1"],
    "m-two": ["x.tweet.write@demo1", "x.dm.write@demo2"],
    "m-reads": ["x.tweet.read", "x.user.read", "x.follow.read", "x.like.read", "x.dm.read"],
    "m-one": ["*@demo3"],
    "m-all": ["*"],
}
FAR = 4102444800000  # 2100: accepted jobs never run


def granted(grants, capability, account):
    return any(g in (capability, f"{capability}@{account}", "*", f"*@{account}") for g in grants)


@pytest.fixture(scope="module")
def matrix(roost):
    agents = {}
    for name, grants in GRANTS.items():
        options = [o for g in grants for o in ("--allow", g)]
        agents[name] = keyed.Agent(roost.endpoint, roost.add_agent(name, *options))
    yield agents
    for agent in agents.values():
        agent.close()


def test_the_matrix_has_every_capability(roost):
    actions = json.loads(roost.cli("actions", "--json").stdout)
    assert set(ACTIONS) == {a["capability"] for a in actions}


def test_a_grant_that_was_taken_away_is_gone_for_every_operation(roost):
    """Of the jobs it has, too: it may look at them and cancel them, and neither change them nor have them run again."""
    for number, (capability, job) in enumerate(ACTIONS.items()):
        name = f"was-{number}"
        agent = keyed.Agent(roost.endpoint, roost.add_agent(name, "--allow", f"{capability}@demo1", "--allow", "x.user.read@demo2"))
        first, second = [agent.ok("enqueue", jobs=[{**job, "account": "demo1", "run_at": FAR}])["jobs"][0]["id"] for _ in range(2)]
        agent.ok("cancel", ids=[second])
        roost.admin("agent_grant", name=name, deny=[f"{capability}@demo1"])
        for op, more in (("update", {"id": first, "priority": 8}), ("enqueue", {"jobs": [{**job, "account": "demo1"}]}),
                         ("plan", {"jobs": [{**job, "account": "demo1"}]}), ("limits", {"account": "demo1"})):
            answer = agent.call(op, **more)
            refused = answer.get("error") or (answer.get("refused") or [{}])[0].get("error")
            assert refused and refused["code"] == "not_allowed", (capability, op, answer)
        again = agent.ok("retry", ids=[second])["jobs"][0]
        assert again["error"]["code"] == "not_allowed", (capability, again)
        assert agent.ok("get", ids=[first, second])["jobs"][0]["state"] == "scheduled"
        agent.ok("explain", id=first)
        assert agent.ok("cancel", ids=[first])["cancelled"] == 1
        told = {how for who, whom, how in refusals(roost) if who == f"agent {name}"}
        assert {f"op={op} right={capability}" for op in ("update", "enqueue", "plan", "retry")} | {"op=limits"} <= told, (capability, told)
        agent.close()


def test_matrix_of_jobs(roost, matrix):
    cells = allowed = 0
    for name, agent in matrix.items():
        for account in ACCOUNTS:
            for capability, job in ACTIONS.items():
                answer = agent.call("enqueue", jobs=[{**job, "account": account, "run_at": FAR}])
                if granted(GRANTS[name], capability, account):
                    assert answer["ok"], (name, account, capability, answer)
                    agent.ok("cancel", ids=[answer["jobs"][0]["id"]])
                    allowed += 1
                else:
                    assert answer["error"]["code"] == "not_allowed", (name, account, capability, answer)
                plan = agent.call("plan", jobs=[{**job, "account": account}])
                refused = not plan["ok"] or plan.get("refused")
                assert bool(refused) != granted(GRANTS[name], capability, account), (name, account, capability, plan)
                cells += 1
    assert cells == len(GRANTS) * len(ACCOUNTS) * len(ACTIONS)
    # Every cell that was refused is a record of the audit log, of the one who tried; no other is.
    told = refusals(roost)
    for name in matrix:
        for account in ACCOUNTS:
            for capability in ACTIONS:
                for op in ("enqueue", "plan"):
                    was = (f"agent {name}", f"account {account}", f"op={op} right={capability}") in told
                    assert was != granted(GRANTS[name], capability, account), (name, account, capability, op)
    roost.cli("audit", "verify")
    print(f"matrix: {cells} cells, allowed {allowed}, refused {cells - allowed}")


# Operations that name an account, or see more than an agent's own.
def operations(account):
    return {
        "limits": {"account": account},
        "policy": {"account": account},
        "opt_out": {"do": "list", "account": account},
        "list": {"account": account},
        "cancel": {"account": account},
    }


def refusals(roost):
    """{(who, whom, how)} of the records of refused attempts."""
    return {(r["who"], r["whom"], r["how"]) for r in audit(roost) if r["what"] == "refused"}


def audit(roost):
    return [json.loads(line) for line in roost.cli("audit", "--all", "--json").stdout.splitlines()]


def test_a_flood_of_refused_attempts_is_a_few_records(roost):
    """One cell: a record and a count. Names that are made up: one cell. More cells than an agent has: one without a name."""
    keys = roost.add_agent("flood", "--allow", "x.user.read@demo1")
    agent = keyed.Agent(roost.endpoint, keys)
    before = len(audit(roost))
    for i in range(300):
        assert agent.error("enqueue", jobs=[post("demo1", "flood")])["code"] == "not_allowed"
        assert agent.error("enqueue", jobs=[post(f"made-up-{i}", "flood")])["code"] == "not_allowed"
        assert agent.error("limits", account=f"made-up-{i}")["code"] == "not_allowed"
    records = audit(roost)[before:]
    assert len(records) == 3 and {r["whom"] for r in records} == {"account demo1", "account (there is none)"}, records
    agent.close()


def test_counts_of_refused_attempts_are_kept_at_the_end(roost):
    keys = roost.add_agent("again", "--allow", "x.user.read@demo1")
    agent = keyed.Agent(roost.endpoint, keys)
    for _ in range(5):
        assert agent.error("enqueue", jobs=[post("demo1", "x")])["code"] == "not_allowed"
    agent.close()
    assert roost.dispatcher.stop() == 0
    roost.start_dispatcher()
    assert ("agent again", "account demo1", "op=enqueue right=x.tweet.write again times=4") in refusals(roost)
    roost.cli("audit", "verify")


def test_matrix_of_operations(roost, matrix):
    for name, agent in matrix.items():
        for account in ACCOUNTS:
            sees = any(granted(GRANTS[name], c, account) for c in ACTIONS)
            for op, keys in operations(account).items():
                answer = agent.call(op, **keys)
                assert answer["ok"] == sees, (name, account, op, answer)
                assert sees or answer["error"]["code"] == "not_allowed"
        seen = keyed.names(agent.ok("accounts"), "accounts")
        assert [a for a in ACCOUNTS if a in seen] == [a for a in ACCOUNTS if any(granted(GRANTS[name], c, a) for c in ACTIONS)]
        for op, keys in {"stats": {}, "approve": {"ids": ["j1"]}, "limits": {}, "policy": {}, "spend": {"by": "app"},
                         "opt_out": {"do": "remove", "account": "demo3", "users": ["1"]}}.items():
            assert agent.error(op, **keys)["code"] == "not_allowed", (name, op)
        for op in ("agent_add", "agent_list", "worker_list", "account_import", "app_list", "pause", "agent_switch"):
            assert agent.error(op)["code"] == "unknown_op", (name, op)
    told = refusals(roost)
    for name in matrix:
        for account in ACCOUNTS:
            sees = any(granted(GRANTS[name], c, account) for c in ACTIONS)
            for op in operations(account):
                refused = not sees or (op, account) == ("opt_out", "demo3")  # nobody takes users off that list
                assert ((f"agent {name}", f"account {account}", f"op={op}") in told) == refused, (name, account, op)
        for op in ("stats", "approve", "limits", "policy", "spend", "agent_add", "agent_list", "worker_list", "account_import", "app_list",
                   "pause", "agent_switch"):
            assert (f"agent {name}", "", f"op={op}") in told, (name, op)


def test_an_agent_sees_its_own_jobs_only(roost, matrix):
    mine = matrix["m-all"].ok("enqueue", jobs=[post("demo3", "secret plan", run_at=FAR, key="k1")])["jobs"][0]["id"]
    other = matrix["m-one"]
    assert other.ok("get", ids=[mine])["jobs"][0]["error"]["code"] == "not_found"
    assert other.ok("get", keys=["k1"])["jobs"][0]["error"]["code"] == "not_found"
    assert mine not in [job["id"] for job in other.ok("list", account="demo3")["jobs"]]
    assert other.ok("cancel", ids=[mine])["cancelled"] == 0
    for op, keys in {"explain": {"id": mine}, "update": {"id": mine, "priority": 9},
                     "resolve": {"id": mine, "as": "failed"}}.items():
        assert other.error(op, **keys)["code"] == "not_found", op
    assert other.ok("retry", ids=[mine])["jobs"][0]["error"]["code"] == "not_found"
    assert matrix["m-all"].ok("get", ids=[mine])["jobs"][0]["state"] == "scheduled"
    matrix["m-all"].ok("cancel", ids=[mine])


def test_what_is_to_be_held_waits_for_somebody_else(roost):
    keys = roost.add_agent("held", "--allow", "x.tweet.read@demo1", "--hold", "x.tweet.write@demo1")
    agent = keyed.Agent(roost.endpoint, keys)
    job = agent.ok("enqueue", jobs=[post("demo1", "please", approval=False)])["jobs"][0]
    assert job["state"] == "held"
    assert agent.error("approve", ids=[job["id"]])["code"] == "not_allowed"
    # Neither a second life nor other words go round the one who looks at it.
    agent.ok("cancel", ids=[job["id"]])
    agent.ok("retry", ids=[job["id"]])
    assert agent.ok("get", ids=[job["id"]])["jobs"][0]["state"] == "held"
    late = agent.ok("enqueue", jobs=[post("demo1", "harmless", run_at=FAR)])["jobs"][0]["id"]
    roost.admin("approve", ids=[late])
    assert agent.ok("get", ids=[late])["jobs"][0]["state"] == "scheduled"
    assert agent.error("update", id=late, args={"text": "not what was approved"})["code"] == "not_allowed"
    roost.admin("approve", ids=[job["id"]])
    results = {}
    while job["id"] not in results or results[job["id"]]["state"] != "done":
        answer = agent.ok("results", wait_ms=500)
        results.update({r["id"]: r for r in answer["results"]})
        if answer["results"]:
            agent.ok("ack", upto=answer["results"][-1]["seq"])
    agent.close()


def test_jobs_a_day(roost):
    keys = roost.add_agent("few", "--allow", "x.tweet.write@demo1", "--jobs-day", 3)
    agent = keyed.Agent(roost.endpoint, keys)
    agent.ok("enqueue", jobs=[post("demo1", f"day {i}", run_at=FAR, key=f"d{i}") for i in range(2)])
    assert agent.error("enqueue", jobs=[post("demo1", f"more {i}", run_at=FAR) for i in range(2)])["code"] == "quota"
    agent.ok("enqueue", jobs=[post("demo1", "day 0", run_at=FAR, key="d0")])  # is there already: not counted
    agent.ok("enqueue", jobs=[post("demo1", "third", run_at=FAR)])
    assert agent.error("enqueue", jobs=[post("demo1", "fourth", run_at=FAR)])["code"] == "quota"
    roost.dispatcher.kill()
    roost.start_dispatcher()
    assert agent.error("enqueue", jobs=[post("demo1", "fifth", run_at=FAR)])["code"] == "quota"
    agent.close()


def test_a_disabled_agent_is_off_at_once_and_its_jobs_wait(roost):
    keys = roost.add_agent("offline", "--allow", "x.tweet.write@demo2")
    agent = keyed.Agent(roost.endpoint, keys)
    roost.admin("pause", account="demo2")
    job = agent.ok("enqueue", jobs=[post("demo2", "not now")])["jobs"][0]["id"]
    waiting = keyed.Agent(roost.endpoint, keys)
    waiting.seq = 1
    waiting.socket.send(keyed.lab.msgpack.packb({"op": "results", "seq": 1, "wait_ms": 60000}))
    agent.ok("ping")
    roost.cli("agent", "disable", "offline")
    assert agent.error("ping")["code"] == "not_allowed"  # the very next message
    cut = waiting.receive(10000)
    assert cut and (cut["ok"] is False or cut.get("results") == [])
    again = keyed.Agent(roost.endpoint, keys)
    assert again.try_call("ping", REFUSED_MS) is None  # nor is a new connection admitted
    roost.admin("resume", account="demo2")
    verdict = roost.admin("explain", id=job)["verdict"]
    assert verdict["blocker"] == "pause" and "disabled" in verdict["text"], verdict
    roost.dispatcher.kill()
    roost.start_dispatcher()
    assert "disabled" in roost.admin("explain", id=job)["verdict"]["text"]
    roost.cli("agent", "enable", "offline")
    back = keyed.Agent(roost.endpoint, keys)
    assert back.results_of(1)[job]["state"] == "done"
    for a in (agent, waiting, again, back):
        a.close()


def test_a_revoked_key_and_a_new_one(roost):
    keys = roost.add_agent("rekeyed", "--allow", "x.tweet.write@demo1")
    old = keyed.Agent(roost.endpoint, keys)
    old.ok("ping")
    new_keys = dict(keyed.KEY.findall(roost.cli("agent", "key", "rekeyed").stdout))
    assert old.error("ping")["code"] == "not_allowed"
    public = zmq.curve_public(keys["secret_key"].encode()).decode()
    assert ("roost", f"key {public}", "op=ping") in refusals(roost)
    new = keyed.Agent(roost.endpoint, new_keys)
    new.ok("ping")
    roost.cli("agent", "deny", "rekeyed", "x.tweet.write@demo1")
    assert new.error("enqueue", jobs=[post("demo1", "x")])["code"] == "not_allowed"
    roost.cli("agent", "remove", "rekeyed")
    assert new.error("ping")["code"] == "not_allowed"
    listed = [a for a in roost.admin("agent_list")["agents"] if a["name"] == "rekeyed"][0]
    assert listed["state"] == "disabled" and listed["key"] is None and listed["grants"] == []
    for a in (old, new):
        a.close()


def test_a_worker_is_its_key(roost):
    roost.cli("worker", "add", "w2", "--out", os.path.join(roost.dir, "w2.yaml"))
    with open(os.path.join(roost.dir, "w2.yaml"), encoding="utf-8") as f:
        keys = dict(keyed.KEY.findall(f.read()))
    workers = f"tcp://127.0.0.1:{roost.ports['workers']}"
    rogue = keyed.Agent(workers, keys)
    rogue.send_raw(lab.msgpack.packb({"op": "hello", "worker": "w1", "protocol": 1, "slots": 50}))
    assert rogue.receive(REFUSED_MS) is None  # it is w2, and nobody else
    public = zmq.curve_public(keys["secret_key"].encode()).decode()
    assert ("roost", f"key {public}", "op=work") in refusals(roost)
    rogue.send_raw(lab.msgpack.packb({"op": "hello", "worker": "w2", "protocol": 1, "slots": 0}))
    assert rogue.receive(10000)["op"] == "welcome"
    # Leases of others: BEGIN is refused, results change nothing.
    rogue.send_raw(lab.msgpack.packb({"op": "begin", "items": [[1, 1]]}))
    answer = rogue.receive(10000)
    assert answer["op"] == "go" and answer["items"] == [[1, 1, False]]
    roost.cli("worker", "disable", "w2")
    rogue.send_raw(lab.msgpack.packb({"op": "beat"}))
    assert rogue.receive(REFUSED_MS) is None
    rogue.close()


def test_a_disabled_worker_comes_back_when_it_may(roost):
    keys = roost.add_agent("patient", "--allow", "x.tweet.write@demo4")
    agent = keyed.Agent(roost.endpoint, keys)
    roost.cli("worker", "disable", "w1")
    job = agent.ok("enqueue", jobs=[post("demo4", "when it is back")])["jobs"][0]["id"]
    lab.wait_for("no worker", lambda: roost.admin("stats")["workers"] == 0)
    roost.cli("worker", "enable", "w1")
    assert agent.results_of(1)[job]["state"] == "done"
    agent.close()


def test_the_command_line_has_a_key_of_its_own(roost):
    keys = roost.add_agent("shell", "--allow", "x.tweet.write@demo5")
    path = os.path.join(roost.dir, "shell.yaml")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as f:
        f.write(f"listen: {{agents: \"{roost.endpoint}\"}}\nstate: {{dir: /nonexistent}}\n"
                f"security: {{server_key: \"{keys['server_key']}\", secret_key: \"{keys['secret_key']}\"}}\n")
    run = lab.subprocess.run([os.path.join(lab.BIN, "roost"), "post", "--account", "demo5", "from a shell", "--json",
                              "--config", path], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["state"] == "done"
    roost.cli("agent", "disable", "shell")
    run = lab.subprocess.run([os.path.join(lab.BIN, "roost"), "accounts", "--config", path], capture_output=True,
                             text=True, timeout=60)
    run = lab.subprocess.run([os.path.join(lab.BIN, "roost"), "jobs", "--config", path], capture_output=True, text=True,
                             timeout=60)
    assert run.returncode == 77 and "does not admit this key" in run.stderr, run.stderr
    assert keys["secret_key"] not in run.stderr


def test_no_secret_key_is_kept_or_logged(roost):
    """What was printed once is nowhere else but in the files it was printed to."""
    keys = roost.add_agent("canary", "--allow", "x.tweet.write@demo1")
    keyed.Agent(roost.endpoint, keys).close()
    with open(os.path.join(roost.dir, "state", "curve.key"), encoding="utf-8") as f:
        secrets = [keys["secret_key"], f.read().strip()]
    for folder, _, files in os.walk(roost.dir):
        for name in files:
            if name == "curve.key" or stat.S_ISSOCK(os.stat(os.path.join(folder, name)).st_mode):
                continue
            with open(os.path.join(folder, name), "rb") as f:
                content = f.read()
            assert not [s for s in secrets if s.encode() in content], name


class Recorder(threading.Thread):
    """A man in the middle: hands on what agent and dispatcher say, keeps what the agent said, and can say it again."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.to, self.said, self.up = port, bytearray(), None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self):
        agent, _ = self.listener.accept()
        self.up = socket.create_connection(("127.0.0.1", self.to))
        threading.Thread(target=self.hand_back, args=(agent,), daemon=True).start()
        while data := agent.recv(65536):
            self.said += data
            self.up.sendall(data)

    def hand_back(self, agent):
        try:
            while data := self.up.recv(65536):
                agent.sendall(data)
        except OSError:
            pass


def test_frames_that_are_played_again_do_nothing(roost):
    """What was heard on the wire, said again: over a connection of its own, from the beginning; and over the same one."""
    keys = roost.add_agent("recorded", "--allow", "x.tweet.write@demo1")
    wire = Recorder(roost.ports["agents"])
    wire.start()
    agent = keyed.Agent(wire.endpoint, keys)
    before = len(wire.said)
    agent.ok("ping")
    greeted = len(wire.said)
    assert greeted > before
    job = agent.ok("enqueue", jobs=[post("demo1", "once only", run_at=FAR)])["jobs"][0]["id"]
    session, frame = bytes(wire.said), bytes(wire.said[greeted:])
    assert b"once only" not in session
    admitted = roost.admin("stats")["keys_admitted"]
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", roost.ports["agents"])) as s:
            s.settimeout(REFUSED_MS / 1000)
            s.sendall(session)
            try:
                while s.recv(65536):  # its own greeting and WELCOME; then nothing, or the end
                    pass
            except OSError:
                pass
    assert roost.admin("stats")["keys_admitted"] == admitted
    for _ in range(3):
        try:
            wire.up.sendall(frame)
        except OSError:
            break  # it hung up on the first of them
    mine = keyed.Agent(roost.endpoint, keys)
    assert [j["id"] for j in mine.ok("list", account="demo1")["jobs"]] == [job]
    mine.ok("cancel", ids=[job])
    for a in (agent, mine):
        a.close()
