"""What roost pauses by itself, with real processes: a call that only fails, and many refused tokens at once. Waits for probes."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402


@pytest.fixture(name="system")
def fixture_system(tmp_path):
    system = rig.System(tmp_path, accounts=5)
    system.asks = system.agent("a")
    yield system
    system.stop()


def take(system, action, account, **args):
    job = {"action": action, "account": system.accounts[account], "args": args, "max_attempts": 20}
    return system.asks.ok("enqueue", jobs=[job])["jobs"][0]["id"]


def verdict(system, job):
    return system.asks.ok("explain", id=job)["verdict"]


def job_of(system, job):
    return system.asks.ok("get", ids=[job])["jobs"][0]


def test_a_call_that_only_fails_is_tried_by_one_job_at_a_time(system):
    target = system.xsim.targets(6, 2)["posts"][0]
    system.xsim.fault(route="get_post", kind="503", count=5)
    first = take(system, "get_post", 0, post=target)
    lab.wait_for("the breaker to open", lambda: system.asks.ok("stats")["breakers_opened"] == 1)
    others = [take(system, "get_post", i, post=target) for i in range(1, 5)]
    free = take(system, "get_me", 1)
    lab.wait_for("another call to go on", lambda: job_of(system, free)["state"] == "done")
    held = lab.wait_for("the breaker to hold", lambda: v if (v := verdict(system, others[0]))["blocker"] == "pause" else None)
    assert held["ref"] == "breaker app demo getPostsById" and "errors of its own" in held["text"], held
    assert 0 < held["until"] - system.asks.ok("ping")["time"] <= 31000
    assert [b["app"] for b in rig.cli_json(system, "pause", "--list")["breakers"]] == ["demo"]
    assert system.xsim.stats()["routes"]["get_post"]["seen"] == 5
    for job in [first, *others]:
        lab.wait_for("all to be done after a probe", lambda j=job: job_of(system, j)["state"] == "done")
    assert {job_of(system, j)["attempts"] for j in others} == {1}
    assert system.xsim.stats()["routes"]["get_post"]["seen"] == 5 + 5
    assert rig.cli_json(system, "pause", "--list")["breakers"] == []


def test_refused_tokens_of_three_accounts_pause_the_app_and_burn_no_token(system):
    before = system.xsim.stats()["refreshes"]
    system.xsim.fault(route="get_me", kind="fixture", fixture="401-invalid-token", count=3)
    jobs = [take(system, "get_me", i) for i in range(3)]
    lab.wait_for("the storm", lambda: system.asks.ok("stats")["token_storms"] == 1)
    late = take(system, "get_me", 4)
    held = lab.wait_for("the storm to hold", lambda: v if (v := verdict(system, late))["blocker"] == "pause" else None)
    assert held["ref"].startswith("breaker app demo") and "tokens of several accounts" in held["text"], held
    assert {a["state"] for a in system.asks.ok("accounts")["accounts"]} == {"connected"}
    for job in [*jobs, late]:
        lab.wait_for("all to be done after a probe", lambda j=job: job_of(system, j)["state"] == "done")
    stats = system.xsim.stats()
    assert stats["refresh_presented_twice"] == 0 and stats["families_killed"] == 0
    assert stats["refreshes"] - before <= 3, "not every token was renewed"
    assert {a["state"] for a in system.asks.ok("accounts")["accounts"]} == {"connected"}
