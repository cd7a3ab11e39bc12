"""The policy guard seen from outside: what is refused, with code, sentence, number and rule; what is kept over kills."""
import json
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
from rig import System, post  # noqa: E402


ACCOUNTS_A_TEST = 2


class Share:
    """The one system of this file, with accounts and agents that no other test has."""

    def __init__(self, whole, number):
        self.roost, self.xsim, self.whole, self.number = whole.roost, whole.xsim, whole, number
        self.accounts = whole.accounts[number * ACCOUNTS_A_TEST:][:ACCOUNTS_A_TEST]
        assert len(self.accounts) == ACCOUNTS_A_TEST

    def agent(self, name):
        return self.whole.agent(f"{name}{self.number}")


@pytest.fixture(name="whole", scope="module")
def fixture_whole(tmp_path_factory):
    whole = System(tmp_path_factory.mktemp("policy"), accounts=44)
    whole.shares = iter(range(100))
    yield whole
    whole.stop()


@pytest.fixture(name="system")
def fixture_system(whole):
    share = Share(whole, next(whole.shares))
    for account in share.accounts:
        set_account(share, account, "--same-text", "12h")
    return share


def in_days(system, agent, days):
    return agent.ok("ping")["time"] + days * 86_400_000


def restart(system):
    system.roost.dispatcher.kill()
    system.roost.start_dispatcher()


def set_account(system, account, *flags):
    system.roost.cli("account", "set", account, *flags)


def assert_policy(error, rule, field, *words):
    assert error["code"] == "policy", error
    assert error["message"].startswith(f"rule {rule}: ") and error["field"].endswith(field), error
    for word in words:
        assert word in error["message"], error


def test_the_same_text_is_refused_with_the_job_that_has_it(system):
    agent, a = system.agent("a"), system.accounts[0]
    first = agent.ok("enqueue", jobs=[post(a, "Hello, World!")])["jobs"][0]
    agent.results_of(1)
    error = agent.error("enqueue", jobs=[post(a, "hello   world")])
    assert_policy(error, "same-text", "jobs[0].args.text", f"job {first['id']} ", "12h apart", " UTC")
    agent.ok("enqueue", jobs=[post(a, "hello world 2"), post(system.accounts[1], "hello world")])
    agent.results_of(2)
    restart(system)
    assert_policy(agent.error("enqueue", jobs=[post(a, "hello world")]), "same-text", "jobs[0].args.text", first["id"])
    agent.ok("enqueue", jobs=[post(a, "hello world", run_at=in_days(system, agent, 1))])
    set_account(system, a, "--same-text", "0s")
    agent.ok("enqueue", jobs=[post(a, "hello world", key="again")])


def test_jobs_of_one_message_are_compared_too(system):
    agent, a = system.agent("a"), system.accounts[0]
    error = agent.error("enqueue", jobs=[post(a, "one"), post(a, "two"), post(a, "One.")])
    assert_policy(error, "same-text", "jobs[2].args.text", "jobs[0] of this message")
    answer = agent.ok("enqueue", jobs=[post(a, "one"), post(a, "two"), post(a, "One.")], atomic=False)["jobs"]
    assert "id" in answer[0] and "id" in answer[1]
    assert_policy(answer[2]["error"], "same-text", "args.text")
    same = post(a, "three", key="k")
    first, second = agent.ok("enqueue", jobs=[same, same])["jobs"]
    assert first["id"] == second["id"] and second["duplicate"]


def test_what_was_cancelled_or_changed_is_forgotten(system):
    agent, a = system.agent("a"), system.accounts[0]
    far = in_days(system, agent, 0) + 3_600_000
    job = agent.ok("enqueue", jobs=[post(a, "later", run_at=far)])["jobs"][0]["id"]
    assert_policy(agent.error("enqueue", jobs=[post(a, "later", run_at=far)]), "same-text", "args.text", job)
    agent.ok("update", id=job, args={"text": "something else"})
    again = agent.ok("enqueue", jobs=[post(a, "later", run_at=far)])["jobs"][0]["id"]
    assert_policy(agent.error("update", id=job, args={"text": "LATER"}), "same-text", "args.text", again)
    agent.ok("cancel", ids=[again])
    agent.ok("update", id=job, args={"text": "later"})
    refused = agent.ok("retry", ids=[again])["jobs"][0]
    assert_policy(refused["error"], "same-text", "args.text", job)
    agent.ok("update", id=job, run_at=in_days(system, agent, 5))
    assert agent.ok("retry", ids=[again])["jobs"][0]["state"] == "ready"


def test_equal_and_nearly_equal_texts_elsewhere(system):
    agent, (a, b) = system.agent("a"), system.accounts[:2]
    long = "We just shipped version 1.4 with faster queues and fewer surprises."
    set_account(system, b, "--same-text-elsewhere", "6h")
    agent.ok("enqueue", jobs=[post(a, "over here")])
    error = agent.error("enqueue", jobs=[post(b, "Over here!")])
    assert_policy(error, "same-text-elsewhere", "args.text", f"of account {a} ", "6h apart")
    set_account(system, a, "--near-text", "2d")
    set_account(system, b, "--near-text-elsewhere", "1d")
    first = agent.ok("enqueue", jobs=[post(a, long)])["jobs"][0]["id"]
    other = "We've just shipped version 1.4, with faster queues and fewer surprises!"
    assert_policy(agent.error("enqueue", jobs=[post(a, other)]), "near-text", "args.text", first, "%, ", "2d apart")
    restart(system)
    assert_policy(agent.error("enqueue", jobs=[post(a, other)]), "near-text", "args.text", first, "2d apart")
    assert_policy(agent.error("enqueue", jobs=[post(b, other)]), "near-text", "args.text", first, a, "1d apart")


def test_one_reply_to_a_post(system):
    agent, a = system.agent("a"), system.accounts[0]
    target = system.xsim.targets()["posts"][0]
    reply = lambda text, account=a: {"action": "reply", "account": account, "args": {"to": target, "text": text}}
    agent.ok("enqueue", jobs=[reply("thank you"), reply("and welcome")])
    set_account(system, a, "--one-reply")
    assert_policy(agent.error("enqueue", jobs=[reply("once more")]), "one-reply", "jobs[0].args", "7d")
    agent.ok("enqueue", jobs=[reply("me too", system.accounts[1])])
    agent.results_of(3)


def test_who_opted_out_is_not_written_to(system):
    agent, a = system.agent("a"), system.accounts[0]
    targets = system.xsim.targets()
    user, (number, name) = targets["users"][0], next(iter(targets["names"].items()))
    dm = lambda to, text, **more: {"action": "dm", "account": a, "args": {"to": to, "text": text}, **more}
    far = in_days(system, agent, 2)
    job = agent.ok("enqueue", jobs=[dm(user, "for later", run_at=far), dm(name, "by name", run_at=far)])["jobs"]
    other = agent.ok("enqueue", jobs=[dm(targets["users"][1], "stays", run_at=far)])["jobs"][0]["id"]
    answer = agent.ok("opt_out", do="add", account=a, users=[user])
    assert answer["users"] == [user] and answer["changed"] == 1 and answer["cancelled"] == 1
    ended = agent.results_of(1)[job[0]["id"]]
    assert ended["state"] == "cancelled" and ended["error"]["message"].startswith("rule opt-out: ")
    assert_policy(agent.error("enqueue", jobs=[dm(user, "no")]), "opt-out", "args.to", user)
    system.roost.cli("account", "opt-out", "add", a, name.upper())
    restart(system)
    assert_policy(agent.error("enqueue", jobs=[dm(name, "no")]), "opt-out", "args.to", name)
    mention = post(a, f"have a look, {name}!")
    assert_policy(agent.error("enqueue", jobs=[mention]), "opt-out", "args.text", name)
    agent.ok("enqueue", jobs=[post(a, f"mail{name} and {name}x are somebody else")])
    states = {j["id"]: j["state"] for j in agent.ok("get", ids=[other, job[1]["id"]])["jobs"]}
    assert states == {other: "scheduled", job[1]["id"]: "cancelled"}
    error = agent.error("opt_out", do="remove", account=a, users=[user])
    assert error["code"] == "not_allowed"
    listed = json.loads(system.roost.cli("account", "opt-out", "list", a, "--json").stdout)["users"]
    assert sorted(listed) == sorted([user, name.lower()])
    system.roost.cli("account", "opt-out", "remove", a, user)
    agent.ok("enqueue", jobs=[dm(user, "again", run_at=far)])
    assert agent.error("opt_out", do="add", account=a, users=["bob"])["field"] == "users[0]"


def test_who_opted_out_by_name_is_known_by_id_once_roost_has_learned_it(system):
    agent, a = system.agent("a"), system.accounts[0]
    number, name = list(system.xsim.targets()["names"].items())[1]
    dm = {"action": "dm", "account": a, "args": {"to": number, "text": "hello"}, "run_at": in_days(system, agent, 2)}
    agent.ok("opt_out", do="add", account=a, users=[name])
    job = agent.ok("enqueue", jobs=[dm])["jobs"][0]["id"]
    agent.ok("cancel", ids=[job])
    agent.ok("enqueue", jobs=[{"action": "mute", "account": a, "args": {"user": name}}])
    agent.results_of(2)
    assert_policy(agent.error("enqueue", jobs=[dm]), "opt-out", "args.to", number)
    restart(system)
    assert_policy(agent.error("enqueue", jobs=[dm]), "opt-out", "args.to", number)


def test_messages_go_to_the_invited_alone(system):
    agent, a = system.agent("a"), system.accounts[0]
    user = system.xsim.targets()["users"][0]
    set_account(system, a, "--dm-invited")
    dm = {"action": "dm", "account": a, "args": {"to": user, "text": "hello"}}
    assert_policy(agent.error("enqueue", jobs=[dm]), "dm-invited", "args.to", user)
    system.roost.cli("account", "invited", "add", a, user)
    restart(system)
    agent.ok("enqueue", jobs=[dm])
    agent.results_of(1)


def test_who_wrote_first_is_invited_once_the_message_is_read(system):
    agent, (a, b) = system.agent("a"), system.accounts
    ids = {x["name"]: x["user_id"] for x in system.xsim.accounts()}
    set_account(system, a, "--dm-invited")
    answer = {"action": "dm", "account": a, "args": {"to": ids[b], "text": "you asked"}}
    assert_policy(agent.error("enqueue", jobs=[answer]), "dm-invited", "args.to", ids[b])
    agent.ok("enqueue", jobs=[{"action": "dm", "account": b, "args": {"to": ids[a], "text": "a question"}}])
    agent.results_of(1)
    read = {"action": "dms", "account": a, "args": {"with": ids[b], "dm_event_fields": "sender_id,dm_conversation_id"}}
    agent.ok("enqueue", jobs=[read])
    result, = agent.results_of(1).values()
    assert [e["sender_id"] for e in result["response"]["data"]] == [ids[b]]
    agent.ok("enqueue", jobs=[answer])
    agent.results_of(1)


def test_policy_says_which_rules_there_are(system):
    agent, a = system.agent("a"), system.accounts[0]
    rules = agent.ok("policy", account=a)["rules"]
    assert [r["rule"] for r in rules] == ["pacing", "quiet-hours", "gap", "day-cap", "same-text", "same-text-elsewhere",
                                          "near-text", "opt-out", "one-reply", "dm-invited"]
    assert {r["rule"] for r in rules if r["on"]} == {"same-text", "opt-out"}
    assert {r["rule"] for r in agent.ok("policy")["rules"] if r["on"]} == {"opt-out"}
    assert all(r["does"] in ("holds", "refuses") and r["why"] and r["settings"] for r in rules)
    assert agent.error("policy", account="nobody")["code"] == "not_found"
    text = system.roost.cli("policy", "show", a).stdout
    assert "same-text" in text and "12h" in text
    assert "near-text" in system.roost.cli("policy", "list").stdout
    shown = json.loads(system.roost.cli("policy", "show", a, "--json").stdout)
    assert shown["rules"] == rules


@pytest.mark.parametrize("flag,value,words", [
    ("--tz", "Mars/Olympus", "no time zone"), ("--quiet-hours", "late", "22:00-07:00"), ("--slots", "25:00", "08:30"),
    ("--near-text-likeness", "20", "70 to 100"), ("--gap", "soon", "duration"), ("--pacing", "fast", "burst|spread|slots")])
def test_settings_that_make_no_sense_are_refused(system, flag, value, words):
    run = system.roost.cli("account", "set", system.accounts[0], flag, value, check=False)
    assert run.returncode != 0 and words in run.stderr, run.stderr


def test_posting_at_named_times_needs_times(system):
    a, b = system.accounts
    refused = lambda *what: system.roost.cli(*what, check=False)
    run = refused("account", "set", a, "--pacing", "slots")
    assert run.returncode == 1 and f"account {a} " in run.stderr and "--slots" in run.stderr, run.stderr
    assert "the app" in refused("app", "set", "demo", "--pacing", "slots").stderr
    set_account(system, a, "--pacing", "slots", "--slots", "08:30")
    assert f"account {a} " in refused("account", "set", a, "--unset", "slots").stderr
    set_account(system, a, "--slots", "09:30")
    system.roost.cli("app", "set", "demo", "--slots", "10:00")
    set_account(system, a, "--unset", "slots")
    set_account(system, b, "--pacing", "slots")
    assert "would post" in refused("app", "set", "demo", "--unset", "slots").stderr
    for account in (a, b):
        set_account(system, account, "--unset", "pacing")
    system.roost.cli("app", "set", "demo", "--unset", "slots")


def verdict_of(agent, job):
    return agent.ok("explain", id=job)["verdict"]


def test_a_cap_and_a_gap_hold_with_rule_number_and_end_over_a_kill(system):
    agent, a = system.agent("a"), system.accounts[0]
    set_account(system, a, "--cap-posts", "2", "--tz", "Europe/Berlin")
    agent.ok("enqueue", jobs=[post(a, "first"), post(a, "second")])
    agent.results_of(2)
    third = agent.ok("enqueue", jobs=[post(a, "third")])["jobs"][0]["id"]
    for _ in range(2):
        verdict = lab.wait_for("the cap to hold", lambda: v if (v := verdict_of(agent, third))["blocker"] == "policy" else None)
        assert verdict["ref"] == "day-cap", verdict
        assert verdict["text"].startswith("rule day-cap: 2 posts of 2 today, resets ") and "00:00 Europe/Berlin" in verdict["text"]
        assert verdict["until"] > agent.ok("ping")["time"]
        restart(system)
    set_account(system, a, "--cap-posts", "3", "--gap", "1h")
    agent.results_of(1)
    fourth = agent.ok("enqueue", jobs=[{"action": "repost", "account": a, "args": {"post": system.xsim.targets()["posts"][0]}}])
    held = lab.wait_for("the gap to hold", lambda: v if (v := verdict_of(agent, fourth["jobs"][0]["id"]))["blocker"] == "policy"
                        else None)
    assert held["ref"] == "gap" and "at least 3600s between two actions" in held["text"], held
    set_account(system, a, "--unset", "gap")
    agent.results_of(1)


def test_quiet_hours_and_slots_hold_posts_and_not_reads(system):
    agent, (a, b) = system.agent("a"), system.accounts
    now = agent.ok("ping")["time"] // 60_000 % 1440
    clock = lambda minutes: f"{(now + minutes) % 1440 // 60:02d}:{(now + minutes) % 60:02d}"
    set_account(system, a, "--quiet-hours", f"{clock(-5)}-{clock(120)}")
    set_account(system, b, "--pacing", "slots", "--slots", clock(90))
    quiet, slotted = [e["id"] for e in agent.ok("enqueue", jobs=[post(a, "shh"), post(b, "on time")])["jobs"]]
    agent.ok("enqueue", jobs=[{"action": "get_me", "account": a, "args": {}}])
    agent.results_of(1)
    assert verdict_of(agent, quiet)["ref"] == "quiet-hours" and clock(120) in verdict_of(agent, quiet)["text"]
    verdict = verdict_of(agent, slotted)
    assert verdict["blocker"] == "time" and verdict["ref"] == "pacing" and clock(90) + " UTC" in verdict["text"], verdict


# Last: it changes what all accounts have.
def test_an_app_and_the_configuration_have_defaults(system):
    agent, a = system.agent("a"), system.accounts[0]
    for account in system.accounts:
        set_account(system, account, "--unset", "same_text")
    agent.ok("enqueue", jobs=[post(a, "by default"), post(a, "by default")])
    system.roost.cli("app", "set", "demo", "--same-text", "3h")
    agent.ok("enqueue", jobs=[post(a, "hello")])
    assert_policy(agent.error("enqueue", jobs=[post(a, "hello")]), "same-text", "args.text", "3h apart")
    set_account(system, a, "--same-text", "2h")
    assert_policy(agent.error("enqueue", jobs=[post(a, "hello")]), "same-text", "args.text", "2h apart")
    with open(system.roost.config, "a", encoding="utf-8") as f:
        f.write('policy: {defaults: "one_reply=true same_text=5h"}\n')
    restart(system)
    rules = {r["rule"]: r for r in agent.ok("policy", account=a)["rules"]}
    assert rules["one-reply"]["on"] and rules["one-reply"]["settings"][0]["from"] == "configuration"
    same = {s["name"]: s for s in rules["same-text"]["settings"]}["same_text"]
    assert same == {"name": "same_text", "value": "2h", "from": "account"}
    other = {r["rule"]: r for r in agent.ok("policy", account=system.accounts[1])["rules"]}
    assert other["same-text"]["settings"][0] == {"name": "same_text", "value": "3h", "from": "app"}
