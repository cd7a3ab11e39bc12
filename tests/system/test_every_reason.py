"""
Every reason for which roost refuses or holds, through the wire: each blocker of the gate, each rule of the policy guard, each
plan with each action of the table of entitlements. Each has its code or blocker, a sentence, and the number or rule behind it. A
blocker or a rule without a case here fails: what there is is asked of the dispatcher.
"""
import json
import os
import re
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402
from rig import LATE, post  # noqa: E402
from test_entitle import ARGS, table  # noqa: E402

LIMITED = {"class": "limited", "cause": "rate_limited", "status": 429}
LONG = "We just shipped version 1.4 with faster queues and fewer surprises."
ID = "1900000000000000001"


class System(rig.System):
    """Without workers but those that a case brings, so that nothing goes that was not meant to."""

    def __init__(self, directory):
        super().__init__(directory, accounts=40, workers=0)
        self.asks = self.agent("a")
        self.fresh = iter(self.accounts)

    def take(self, *jobs):
        return [e["id"] for e in self.asks.ok("enqueue", jobs=list(jobs))["jobs"]]

    def set(self, account, *flags):
        self.roost.cli("account", "set", account, *flags)

    def link(self, job, blocker):
        """The link of that kind in the job's chain."""
        chain = self.asks.ok("explain", id=job)["chain"]
        found = [link for link in chain if link["blocker"] == blocker]
        assert found, f"{blocker} is not in {chain}"
        return found[0]


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = System(tmp_path_factory.mktemp("reasons"))
    yield system
    system.stop()


@pytest.fixture(name="account")
def fixture_account(system):
    account = next(system.fresh)
    yield account
    system.asks.ok("cancel", account=account)


def with_worker(system, case):
    worker = rig.Worker(system.roost, slots=1)
    try:
        return case(worker)
    finally:
        while worker.unkept or worker.held:
            job, lease = next(iter(worker.held))
            worker.result({"job": job, "lease": lease}, **rig.REFUSED)
        worker.say("bye")
        worker.hear_nothing = True
        worker.close()


# --- every blocker of the gate: a case makes a job wait for it and gives the job ---

def state(system, account):
    return system.take(post(account, approval=True))[0]


def time(system, account):
    return system.take(post(account, run_at=LATE))[0]


def after(system, account):
    first = system.take(post(account, "first", run_at=LATE))[0]
    return system.take(post(account, "second", after=[first]))[0]


def pause(system, account):
    system.roost.cli("account", "pause", account)
    return system.take(post(account))[0]


def grant(system, account):
    row = next(a for a in system.xsim.accounts() if a["name"] == account)
    row.update(app="demo", scopes="tweet.read users.read")
    system.roost.cli("account", "import", "-", input=json.dumps(row))
    return system.take(post(account))[0]


def entitlement(system, account):
    job = system.take({"action": "quote", "account": account, "args": ARGS["quote"]})[0]
    system.roost.cli("app", "set", "demo", "--plan", "payg")
    return job


def policy(system, account):
    system.set(account, "--cap-posts", "0")
    return system.take(post(account))[0]


def window(system, account):
    def limited(worker):
        worker.does(**LIMITED)
        return job
    job = system.take(post(account))[0]
    return with_worker(system, limited)


def budget(system, account):
    def spent(worker):
        worker.does(**rig.DONE)
        return system.take(post(account, "second"))[0]
    system.set(account, "--budget-day-usd", "0.02")
    system.take(post(account, "first"))
    return with_worker(system, spent)


def order(system, account):
    system.worker = rig.Worker(system.roost, slots=1)
    first, second = system.take(post(account, "first"), post(account, "second"))
    system.work = system.worker.work()
    assert system.work["job"] == int(first[1:]) or system.work["job"] == first
    return second


def worker(system, account):
    return system.take(post(account))[0]


BLOCKERS = {
    "state": (state, "held", r"approves"), "time": (time, "scheduled", r"scheduled for later"),
    "after": (after, r"j\d+", r"waits for j\d+, which is scheduled"), "pause": (pause, "account {account}", r"paused"), "grant": (grant, "account {account}", r"too few scopes"),
    "entitlement": (entitlement, "app demo", r"plan does not include"), "policy": (policy, "day-cap", r"0 posts of 0"),
    "window": (window, "POST /2/tweets account 15m", r"\d+ of 100 used"),
    "budget": (budget, "account {account} day", r"0\.015 USD; of the account's 0\.02 USD a day 0\.015 are spent"),
    "order": (order, "account {account}", r"another action of the account"), "worker": (worker, "ready", r"no worker|every worker"),
}


def undo(system, blocker, account):
    if blocker == "entitlement":
        system.roost.cli("app", "set", "demo", "--plan", "enterprise")
    if blocker == "pause":
        system.roost.cli("account", "resume", account)
    if blocker == "order":
        system.worker.begin(system.work)
        system.worker.result(system.work, **rig.REFUSED)
        system.worker.say("bye")
        system.worker.close()


def test_every_blocker_has_a_case(system):
    assert set(BLOCKERS) == set(system.asks.ok("stats")["held"])


@pytest.mark.parametrize("blocker", BLOCKERS)
def test_every_blocker_says_what_it_is_and_until_when(system, account, blocker):
    case, ref, words = BLOCKERS[blocker]
    job = case(system, account)
    link = system.link(job, blocker)
    undo(system, blocker, account)
    assert re.fullmatch(ref.format(account=account), link["ref"]), link
    assert re.search(words, link["text"]) and " " in link["text"] and link["unblock"], link
    assert link["until"] is None or link["until"] > 1600000000000
    assert set(link) == {"blocker", "ref", "until", "text", "unblock"}


# --- every rule of the policy guard ---

def refused(system, *jobs):
    error = system.asks.error("enqueue", jobs=list(jobs))
    assert error["code"] == "policy" and error["field"].startswith("jobs["), error
    return error["message"]


def held(system, job, blocker):
    return system.link(system.take(job)[0], blocker)["text"]


def dm(account, **more):
    return {"action": "dm", "account": account, "args": {"to": "12", "text": "hello"}, **more}


def reply(account, text):
    return {"action": "reply", "account": account, "args": {"to": ID, "text": text}, "run_at": LATE}


def rule_pacing(system, account):
    now = system.asks.ok("ping")["time"] // 60_000 % 1440
    system.set(account, "--pacing", "slots", "--slots", f"{(now + 90) % 1440 // 60:02d}:{(now + 90) % 60:02d}")
    return held(system, post(account), "time")


def rule_quiet(system, account):
    now = system.asks.ok("ping")["time"] // 60_000 % 1440
    clock = lambda minutes: f"{(now + minutes) % 1440 // 60:02d}:{(now + minutes) % 60:02d}"
    system.set(account, "--quiet-hours", f"{clock(-5)}-{clock(120)}")
    return held(system, post(account), "policy")


def rule_gap(system, account):
    def one_began(worker):
        worker.does(**rig.DONE)
        return held(system, post(account, "second"), "policy")
    system.set(account, "--gap", "1h")
    system.take(post(account, "first"))
    return with_worker(system, one_began)


def rule_cap(system, account):
    system.set(account, "--cap-dms", "0")
    return held(system, dm(account), "policy")


def rule_same(system, account):
    system.set(account, "--same-text", "12h")
    system.take(post(account, "the same", run_at=LATE))
    return refused(system, post(account, "The same!", run_at=LATE))


def rule_elsewhere(system, account):
    other = next(system.fresh)
    system.set(account, "--same-text-elsewhere", "6h")
    system.set(other, "--same-text", "6h")
    system.take(post(other, "over here", run_at=LATE))
    return refused(system, post(account, "Over here", run_at=LATE))


def rule_near(system, account):
    system.set(account, "--near-text", "2d")
    system.take(post(account, LONG, run_at=LATE))
    return refused(system, post(account, LONG.replace("We just", "We've just"), run_at=LATE))


def rule_opt_out(system, account):
    system.asks.ok("opt_out", do="add", account=account, users=["12"])
    return refused(system, dm(account))


def rule_one_reply(system, account):
    system.set(account, "--one-reply")
    system.take(reply(account, "thank you"))
    return refused(system, reply(account, "once more"))


def rule_invited(system, account):
    system.set(account, "--dm-invited")
    return refused(system, dm(account))


RULES = {"pacing": (rule_pacing, "holds", r"\d\d:\d\d UTC"), "quiet-hours": (rule_quiet, "holds", r"\d\d:\d\d"),
         "gap": (rule_gap, "holds", r"3600s"), "day-cap": (rule_cap, "holds", r"0 of 0|of 0 today"),
         "same-text": (rule_same, "refuses", r"job j\d+ .*12h apart"),
         "same-text-elsewhere": (rule_elsewhere, "refuses", r"of account .*6h apart"),
         "near-text": (rule_near, "refuses", r"\d+%.*2d apart"), "opt-out": (rule_opt_out, "refuses", r"12"),
         "one-reply": (rule_one_reply, "refuses", r"7d"), "dm-invited": (rule_invited, "refuses", r"12")}


def test_every_rule_has_a_case(system):
    assert {r["rule"]: r["does"] for r in system.asks.ok("policy")["rules"]} == {k: v[1] for k, v in RULES.items()}


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_says_its_id_and_the_fact_it_went_by(system, account, rule):
    case, _, words = RULES[rule]
    text = case(system, account)
    assert text.startswith(f"rule {rule}: ") and re.search(words, text), text


# --- every plan with every action of the table ---

PLANS = ["payg", "free", "basic", "pro", "enterprise"]


@pytest.fixture(name="replier", scope="module")
def fixture_replier(system):
    """An account whose replies need no summons, so that only the rest of the table speaks."""
    account = next(system.fresh)
    system.set(account, "--allow-replies")
    return account


@pytest.mark.parametrize("plan", PLANS)
def test_every_plan_includes_what_no_row_takes_from_it(system, account, replier, plan):
    rows = {(r["plan"], r["what"], r["rule"]): r for r in table()}
    assert {r["plan"] for r in table()} <= set(PLANS)
    system.roost.cli("app", "set", "demo", "--plan", plan)
    for what, args in ARGS.items():
        for rule, by, args in ((None, account, args), ("one_cashtag", replier, {**args, "text": "buy $AAPL and $MSFT"})):
            if rule and what not in ("post", "reply"):
                continue
            job = {"action": what, "account": by, "args": args, "run_at": LATE}
            names = ["refused"] + ([rule] if rule else ["summoned"])
            row = next((rows[plan, what, n] for n in names if (plan, what, n) in rows), None)
            answer = system.asks.call("enqueue", jobs=[job])
            if row:
                assert answer["error"]["code"] == "not_entitled", (plan, what, answer)
                assert row["since"] in answer["error"]["message"] and row["reason"] in answer["error"]["message"]
            elif what in ("block", "unblock"):
                assert answer["error"]["code"] == "invalid_argument"
            else:
                assert answer["ok"], (plan, what, answer)
                system.asks.ok("cancel", ids=[answer["jobs"][0]["id"]])
    system.roost.cli("app", "set", "demo", "--plan", "enterprise")
