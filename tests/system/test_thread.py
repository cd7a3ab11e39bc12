"""Threads: a chain of posts, each kept before the next is sent; what becomes of it when one is unsure or fails."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = rig.System(tmp_path_factory.mktemp("thread"), settle="100ms, 200ms, 400ms", timeout="2s")
    yield system
    system.stop()


@pytest.fixture(name="agent")
def fixture_agent(system, request):
    return system.agent(rig.name_of(request))


def thread(account, mark, count=4, args=None, **more):
    return {"action": "thread", "account": account, **more,
            "args": {"posts": [{"text": f"{mark}, part {n}"} for n in range(count)], **(args or {})}}


def enqueue(agent, job):
    entry = agent.ok("enqueue", jobs=[job])["jobs"][0]
    return entry["id"], entry["posts"]


def made(system, mark):
    """What X holds of a thread: (text, what it answers), in the order it was made."""
    return [e for e in system.xsim.ledger() if e["action"] in ("post", "reply") and e["text"].startswith(mark)]


def is_whole(system, mark, results, whole, posts):
    effects = made(system, mark)
    assert [e["text"] for e in effects] == [f"{mark}, part {n}" for n in range(len(posts))]
    assert [e["target"] for e in effects[1:]] == [e["id"] for e in effects[:-1]]
    ids = [results[p]["x_id"] for p in posts]
    assert ids == [e["id"] for e in effects]
    assert results[whole]["state"] == "done" and results[whole]["x_id"] == ids[0]
    assert results[whole]["response"] == {"data": {"id": ids[0], "ids": ids}}


def test_a_thread_is_a_chain_with_a_result_for_each_post_and_one_for_the_whole(system, agent):
    job = thread(system.accounts[0], "whole", meta={"n": 1}, key="t")
    whole, posts = enqueue(agent, job)
    assert len(posts) == 4
    results = agent.results_of(5)
    is_whole(system, "whole", results, whole, posts)
    assert {r["meta"]["n"] for r in results.values()} == {1} and results[whole]["key"] == "t"
    assert sum(r["price_usd_micros"] for r in results.values()) == 4 * 15000
    again = agent.ok("enqueue", jobs=[job])["jobs"][0]
    assert again["duplicate"] and again["id"] == whole
    kept = agent.ok("get", ids=[whole, posts[2]])["jobs"]
    assert kept[0]["after"] == posts and kept[1]["after"] == [posts[1]] and kept[1]["batch"] == whole


@pytest.mark.parametrize("kind", ["close_after", "close_before", "500_after", "cut_head"])
def test_an_unsure_post_holds_the_rest_until_it_is_settled(system, agent, kind):
    system.xsim.fault(route="create_post", kind=kind, count=1, after=1)
    whole, posts = enqueue(agent, thread(system.accounts[1], kind))
    results = agent.results_of(5)
    is_whole(system, kind, results, whole, posts)


def test_an_unsure_post_that_is_asked_about_holds_the_rest(system, agent):
    system.xsim.fault(route="create_post", kind="close_after", count=1, after=1)
    whole, posts = enqueue(agent, thread(system.accounts[0], "asked", on_unsure="ask"))
    asked = lab.wait_for("the question", lambda: [r for r in agent.ok("results")["results"] if r["state"] == "unsure"])
    assert [r["id"] for r in asked] == [posts[1]]
    assert agent.ok("explain", id=posts[2])["verdict"]["text"] == f"it waits for {posts[1]}, which is unsure"
    assert [j["state"] for j in agent.ok("get", ids=[posts[2], posts[3], whole])["jobs"]] == ["waiting"] * 3
    agent.ok("resolve", id=posts[1], x_id=made(system, "asked")[1]["id"], **{"as": "done"})
    is_whole(system, "asked", agent.results_of(5), whole, posts)


def fails_at(system, at):
    system.xsim.fault(route="create_post", kind="fixture", fixture="403-not-permitted-or-too-long", count=1, after=at)


def test_when_a_post_fails_the_rest_does_too_and_a_retry_goes_on_at_the_first_that_is_missing(system, agent):
    fails_at(system, 2)
    whole, posts = enqueue(agent, thread(system.accounts[0], "finish"))
    results = agent.results_of(5)
    assert [results[p]["state"] for p in posts] == ["done", "done", "failed", "failed"]
    error = results[whole]["error"]
    assert error["code"] == "dependency" and error["message"] == f"post 3 of 4 ({posts[2]}) did not end well; 2 were posted"
    assert error["x"]["data"]["ids"] == [results[p]["x_id"] for p in posts[:2]]
    assert len(made(system, "finish")) == 2
    assert agent.ok("retry", ids=[whole])["jobs"][0]["state"] == "waiting"
    results.update(agent.results_of(3))
    is_whole(system, "finish", results, whole, posts)


def test_a_thread_may_wait_for_the_post_that_failed(system, agent):
    fails_at(system, 1)
    whole, posts = enqueue(agent, thread(system.accounts[0], "wait", args={"on_failure": "wait"}))
    results = agent.results_of(2)
    assert [results[p]["state"] for p in posts[:2]] == ["done", "failed"]
    assert [j["state"] for j in agent.ok("get", ids=[posts[2], posts[3], whole])["jobs"]] == ["waiting"] * 3
    why = agent.ok("explain", id=posts[2])["verdict"]["text"]
    assert why == f"it waits for {posts[1]}, which is failed: say `roost retry {posts[1]}`, or cancel this"
    system.restart()
    agent.ok("retry", ids=[posts[1]])
    results.update(agent.results_of(4))
    is_whole(system, "wait", results, whole, posts)


def test_a_thread_may_delete_what_was_posted(system, agent):
    fails_at(system, 2)
    whole, posts = enqueue(agent, thread(system.accounts[0], "delete", args={"on_failure": "delete"}))
    results = agent.results_of(7)
    assert results[whole]["error"]["message"].endswith("2 were posted, and will be deleted")
    deleted = [r for r in results.values() if r["action"] == "delete_post"]
    assert {r["state"] for r in deleted} == {"done"}
    gone = [e["target"] for e in system.xsim.ledger() if e["action"] == "delete_post"]
    assert gone == [results[p]["x_id"] for p in posts[1::-1]]


def test_a_cancelled_thread_sends_nothing_more_and_deletes_nothing(system, agent):
    whole, posts = enqueue(agent, thread(system.accounts[0], "cancel", run_at=rig.LATE, args={"on_failure": "delete"}))
    assert agent.ok("cancel", ids=[whole])["cancelled"] == 5
    assert {r["state"] for r in agent.results_of(5).values()} == {"cancelled"} and len(posts) == 4
    assert made(system, "cancel") == []


def test_a_thread_is_approved_as_a_whole(system, agent):
    whole, posts = enqueue(agent, thread(system.accounts[0], "held", count=2, approval=True))
    assert [j["state"] for j in agent.ok("get", ids=[whole, *posts])["jobs"]] == ["waiting", "held", "waiting"]
    agent.ok("approve", ids=[whole])
    is_whole(system, "held", agent.results_of(3), whole, posts)


def test_a_thread_that_is_wrong_is_refused_whole_with_its_field(system, agent):
    account = system.accounts[0]
    for args, code, field in (
            ({}, "invalid_argument", "jobs[0].args.posts"),
            ({"posts": [{"text": "alone"}]}, "invalid_argument", "jobs[0].args.posts"),
            ({"posts": [{"text": "x"}] * 26}, "invalid_argument", "jobs[0].args.posts"),
            ({"posts": [{"text": "x"}, {"text": "y" * 281}]}, "invalid_argument", "jobs[0].args.posts[1].text"),
            ({"posts": [{"text": "x"}, {"to": "1", "text": "y"}]}, "invalid_argument", "jobs[0].args.posts[1].to"),
            ({"posts": [{"text": "x"}, "y"]}, "invalid_argument", "jobs[0].args.posts[1]"),
            ({"posts": [{"text": "x"}, {"text": "y"}], "on_failure": "pray"}, "invalid_argument", "jobs[0].args.on_failure")):
        error = agent.error("enqueue", jobs=[{"action": "thread", "account": account, "args": args}])
        assert (error["code"], error["field"]) == (code, field), error
    many = [thread(account, f"m{n}", 25) for n in range(41)]
    assert agent.error("enqueue", jobs=many)["code"] == "too_big"
    assert agent.ok("list")["jobs"] == []


def test_what_comes_after_a_thread_comes_after_its_last_post(system, agent):
    account = system.accounts[0]
    jobs = agent.ok("enqueue", jobs=[thread(account, "then", count=3, key="t"),
                                     {"action": "bookmark", "account": account, "args": {"post": {"$ref": "t", "path": "data.ids.2"}}}])["jobs"]
    results = agent.results_of(5)
    last = results[jobs[0]["posts"][-1]]["x_id"]
    assert results[jobs[1]["id"]]["state"] == "done"
    assert [e["target"] for e in system.xsim.ledger() if e["action"] == "bookmark"] == [last]


def test_a_plan_has_a_row_for_the_thread_and_for_each_post(system, agent):
    rows = agent.ok("plan", jobs=[thread(system.accounts[0], "plan", count=3, key="p")])["jobs"]
    assert [r["action"] for r in rows] == ["thread", "post", "reply", "reply"]
    assert [r["price_usd_micros"] for r in rows] == [0, 15000, 15000, 15000]
    ends = [r["end"] for r in rows]
    assert ends[0] == ends[3] and ends[1] < ends[2] < ends[3]


def test_the_command_line_posts_a_thread(system, agent):
    del agent
    run = system.roost.cli("thread", "cli, part 0", "cli, part 1", "cli, part 2", "--account", system.accounts[0])
    effects = made(system, "cli")
    assert len(effects) == 3 and effects[0]["id"] in run.stdout
    assert system.roost.cli("thread", "alone", "--account", system.accounts[0], check=False).returncode == 1
