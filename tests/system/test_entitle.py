"""What an app's plan includes, seen through the wire: every row of the table, summons, what X refuses."""
import csv
import http.server
import json
import os
import sqlite3
import sys
import threading
import urllib.error
import urllib.request

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "common", "xapi", "data",
                     "entitlements.csv")
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "x-errors")
ID = "1900000000000000001"
ARGS = {
    "like": {"post": ID}, "unlike": {"post": ID}, "follow": {"user": "12"}, "unfollow": {"user": "12"},
    "quote": {"post": ID, "text": "worth reading"}, "block": {"user": "12"}, "unblock": {"user": "12"},
    "dm_group": {"participants": ["12", "13"], "text": "hello"}, "dm": {"to": "12", "text": "hello"}, "post": {"text": "one"}, "reply": {"to": ID, "text": "one"},
}


def table():
    with open(TABLE, encoding="utf-8") as f:
        lines = [line.rstrip("\n") for line in f if not line.startswith("#")]
    return list(csv.DictReader(lines))


class Front(http.server.BaseHTTPRequestHandler):
    """X as the simulator is, but for the calls that it says are not part of the app's plan."""

    protocol_version = "HTTP/1.1"
    xsim, refuse, asked = "", ("POST", "/likes"), []

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.command == self.refuse[0] and self.path.endswith(self.refuse[1]):
            self.asked.append(self.path)
            with open(os.path.join(DATA, "403-client-not-enrolled.json"), "rb") as f:
                self.answer(403, f.read(), [("content-type", "application/json")])
            return
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length", "connection")}
        request = urllib.request.Request(self.xsim + self.path, body or None, headers, method=self.command)
        try:
            with urllib.request.urlopen(request, timeout=30) as r:
                self.answer(r.status, r.read(), r.headers.items())
        except urllib.error.HTTPError as e:
            self.answer(e.code, e.read(), e.headers.items())

    do_GET = do_POST = do_DELETE = do_PUT = handle_any

    def log_message(self, *args):
        pass


class System:
    """roost's app has the plan that a test wants; X's is pay-per-use."""

    def __init__(self, directory, plan="payg"):
        self.xsim = lab.Xsim(directory, 3, plan)
        Front.xsim = self.xsim.url
        self.front = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front)
        threading.Thread(target=self.front.serve_forever, daemon=True).start()
        self.roost = lab.Roost(directory, f"http://127.0.0.1:{self.front.server_port}", workers=1)
        self.accounts = self.roost.connect(self.xsim, "payg")
        self.admin = lab.Agent("ipc://" + os.path.join(self.roost.dir, "state", "admin.sock"))
        self.agent = lab.Agent(self.roost.endpoint, "a")

    def plan(self, plan):
        self.admin.ok("app_set", name="demo", plan=plan)

    def refused(self, action, args, account=0):
        return self.agent.error("enqueue", jobs=[
            {"action": action, "account": self.accounts[account], "args": args}])

    def taken(self, action, args, account=0, **more):
        return self.agent.ok("enqueue", jobs=[
            {"action": action, "account": self.accounts[account], "args": args, **more}])["jobs"][0]["id"]

    def stop(self):
        self.admin.close()
        self.agent.close()
        codes = self.roost.stop()
        assert codes == [0] * len(codes), self.roost.log_tail()
        self.front.shutdown()
        assert self.xsim.stop() == 0


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = System(str(tmp_path_factory.mktemp("entitle")))
    yield system
    system.stop()


@pytest.mark.parametrize("row", table(), ids=lambda r: f"{r['plan']}-{r['what']}-{r['rule']}")
def test_every_row_of_the_table_refuses_with_its_day_and_reason(system, row):
    system.plan(row["plan"])
    args = dict(ARGS[row["what"]])
    field = {"refused": "action", "summoned": "args.to", "one_cashtag": "args.text"}[row["rule"]]
    if row["rule"] == "one_cashtag":
        args["text"] = "buy $AAPL and $MSFT"
        system.admin.ok("account_set", name=system.accounts[0], settings={"allow_replies": True})
    error = system.refused(row["what"], args)
    system.admin.ok("account_set", name=system.accounts[0], settings={"allow_replies": None})
    assert error["code"] == "not_entitled", error
    assert error["field"] == "jobs[0]." + field
    for part in (row["since"], row["reason"], row["plan"]):
        assert part in error["message"], error


def test_enterprise_includes_all_of_it(system):
    system.plan("enterprise")
    for action in ("like", "unlike", "follow", "unfollow", "quote", "dm", "reply"):
        job = system.taken(action, ARGS[action], run_at=4102444800000)
        system.agent.ok("cancel", ids=[job])
    assert system.refused("block", ARGS["block"])["code"] == "invalid_argument"


def test_a_job_of_before_a_change_of_plan_waits_and_says_why(system):
    system.plan("enterprise")
    system.admin.ok("account_pause", name=system.accounts[1])
    job = system.taken("quote", ARGS["quote"], 1)
    plain = system.taken("post", {"text": "a plain one"}, 1)
    system.plan("payg")
    system.admin.ok("account_resume", name=system.accounts[1])
    lab.wait_for("the plain post to end", lambda: system.agent.ok("get", ids=[plain])["jobs"][0]["state"] == "done")
    verdict = system.agent.ok("explain", id=job)["verdict"]
    assert verdict["blocker"] == "entitlement" and verdict["until"] is None and "plan" in verdict["text"]
    assert system.agent.ok("get", ids=[job])["jobs"][0]["attempts"] == 0
    system.agent.ok("cancel", ids=[job])


def test_a_reply_needs_a_summons_that_roost_has_seen(system):
    system.plan("payg")
    name = next(a["username"] for a in system.xsim.accounts() if a["name"] == system.accounts[0])
    mention = system.taken("post", {"text": f"what does @{name} say?"}, 1)
    other = system.taken("post", {"text": f"not for @{name}x"}, 1)
    posts = {}
    for job in (mention, other):
        lab.wait_for("the post", lambda j=job: system.agent.ok("get", ids=[j])["jobs"][0]["state"] == "done")
        posts[job] = system.agent.ok("get", ids=[job])["jobs"][0]["x_id"]
    reply = {"to": posts[mention], "text": "that it is so"}
    assert system.refused("reply", reply)["field"] == "jobs[0].args.to"
    for job in (mention, other):
        read = system.taken("get_post", {"post": posts[job], "tweet_fields": "author_id"})
        lab.wait_for("the read", lambda j=read: system.agent.ok("get", ids=[j])["jobs"][0]["state"] == "done")
    job = system.taken("reply", reply)
    lab.wait_for("the reply", lambda: system.agent.ok("get", ids=[job])["jobs"][0]["state"] == "done")
    assert system.refused("reply", {"to": posts[other], "text": "x"})["code"] == "not_entitled"
    assert system.refused("reply", reply, 2)["code"] == "not_entitled", "another account's sight is no evidence"
    price = lambda account: system.agent.ok("enqueue", jobs=[
        {"action": "reply", "account": system.accounts[account], "run_at": 4102444800000,
         "args": {"to": posts[mention], "text": "see https://example.com"}}])["jobs"][0]["price_usd_micros"]
    assert price(0) == 10000, "a summoned reply has a price of its own, also with a link"
    own = system.taken("reply", {"to": posts[mention], "text": "and one of my own"}, 1)
    assert own and price(1) == 200000, "to answer oneself is no summons"

    assert system.roost.dispatcher.stop() == 0
    with sqlite3.connect(system.roost.db) as db:
        assert db.execute("UPDATE summons SET seen_at = seen_at - 31 * 86400000000").rowcount >= 1
    db.close()
    system.roost.start_dispatcher()
    error = lab.wait_for("the summons to be forgotten", lambda: system.agent.call("enqueue", jobs=[
        {"action": "reply", "account": system.accounts[0], "run_at": 4102444800000, "args": reply}]).get("error"))
    assert error["code"] == "not_entitled"


def test_what_x_refuses_is_remembered_until_it_is_forgotten(system):
    """X says that the app may not like; roost was told that it is on Enterprise."""
    system.plan("enterprise")
    first = system.taken("like", {"post": ID})
    lab.wait_for("X's refusal", lambda: system.agent.ok("explain", id=first)["verdict"]["blocker"] == "entitlement")
    job = system.agent.ok("get", ids=[first])["jobs"][0]
    assert job["attempts"] == 0 and job["state"] == "ready"
    error = system.refused("like", {"post": ID}, 1)
    assert error["code"] == "not_entitled" and "--forget-refusals" in error["message"]

    assert system.roost.dispatcher.stop() == 0
    system.roost.start_dispatcher()
    assert system.refused("like", {"post": ID}, 1)["code"] == "not_entitled"
    app = json.loads(system.roost.cli("app", "show", "demo", "--json").stdout)
    assert [r["action"] for r in app["refusals"]] == ["like"] and app["refusals"][0]["words"]

    assert len(Front.asked) == 1
    system.agent.ok("cancel", ids=[first])
    system.roost.cli("app", "set", "demo", "--forget-refusals")
    assert json.loads(system.roost.cli("app", "show", "demo", "--json").stdout)["refusals"] == []
    again = system.taken("like", {"post": ID}, 1)
    lab.wait_for("X's refusal", lambda: system.agent.ok("explain", id=again)["verdict"]["blocker"] == "entitlement")
    assert len(Front.asked) == 2
    system.plan("payg")
    assert "2026-04-20" in system.refused("like", {"post": ID}, 1)["message"]
