"""Jobs that come after others, and use their results: `after` and `$ref`."""
import json
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402
from rig import post  # noqa: E402


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = rig.System(tmp_path_factory.mktemp("after"), settle="100ms, 200ms, 400ms")
    yield system
    system.stop()


@pytest.fixture(name="agent")
def fixture_agent(system, request):
    return system.agent(rig.name_of(request))


def enqueue(agent, *jobs):
    return [e["id"] for e in agent.ok("enqueue", jobs=list(jobs))["jobs"]]


def get(agent, job):
    return agent.ok("get", ids=[job])["jobs"][0]


def by_id(system):
    return {e["id"]: e for e in system.xsim.ledger() if e.get("id")}


def ref(job, path="data.id"):
    return {"$ref": job, "path": path}


def test_a_chain_goes_in_its_order_and_each_uses_what_came_before(system, agent):
    [account, *_] = system.accounts
    ids = enqueue(agent, post(account, "the first", key="first"),
                  {"action": "reply", "account": account, "key": "second", "after": ["first"],
                   "args": {"to": ref("first"), "text": "the second"}},
                  {"action": "reply", "account": account, "args": {"to": ref("second"), "text": "the third"}},
                  {"action": "bookmark", "account": account, "args": {"post": {"$ref": "second"}}})
    results = agent.results_of(4)
    assert {r["state"] for r in results.values()} == {"done"}, results
    made = by_id(system)
    x = [results[i]["x_id"] for i in ids[:3]]
    assert [made[i]["text"] for i in x] == ["the first", "the second", "the third"]
    assert [made[i]["target"] for i in x[1:]] == x[:2]
    assert x == sorted(x, key=int), "made in their order"
    assert [e["target"] for e in system.xsim.ledger() if e["action"] == "bookmark"] == [x[1]]
    job = get(agent, ids[2])
    assert job["after"] == [ids[1]] and job["args"]["to"] == x[1]


def test_what_waits_says_for_whom_and_since_when_it_is_not_held_by_limits(system, agent):
    [account, *_] = system.accounts
    first, second = enqueue(agent, post(account, "late one", key="late", run_at=rig.LATE), post(account, "later one", after=["late"]))
    assert [get(agent, i)["state"] for i in (first, second)] == ["scheduled", "waiting"]
    why = agent.ok("explain", id=second)
    assert why["verdict"]["blocker"] == "after" and why["verdict"]["ref"] == first
    assert why["verdict"]["text"] == f"it waits for {first}, which is scheduled"
    assert why["chain"][0]["blocker"] == "after" and why["eta_by"] == "walk" and why["eta"] >= rig.LATE
    assert system.roost.cli("explain", second, "--json").stdout
    agent.ok("cancel", ids=[first])
    result = agent.results_of(2)[second]
    assert result["state"] == "failed" and result["error"]["code"] == "dependency"
    assert result["error"]["message"] == f"it came after {first}, which is cancelled"


def test_a_failure_fails_all_that_come_after_and_a_retry_needs_the_first_first(system, agent):
    [account, *_] = system.accounts
    system.xsim.fault(route="create_post", kind="fixture", fixture="403-not-permitted-or-too-long", count=1)
    a, b, c = enqueue(agent, post(account, "refused", key="a"), post(account, "b", key="b", after=["a"]), post(account, "c", after=["b"]))
    results = agent.results_of(3)
    assert [results[i]["state"] for i in (a, b, c)] == ["failed"] * 3
    assert [results[i]["error"]["code"] for i in (b, c)] == ["dependency"] * 2
    said = agent.ok("retry", ids=[c])["jobs"][0]
    assert said["error"]["code"] == "wrong_state" and b in said["error"]["message"]
    assert [e["state"] for e in agent.ok("retry", ids=[a, b, c])["jobs"]][1:] == ["waiting", "waiting"]
    results = agent.results_of(3)
    assert {r["state"] for r in results.values()} == {"done"}


def test_what_cannot_be_waited_for_is_refused_with_its_field(system, agent):
    [account, *_] = system.accounts
    other = system.agent("another-agent")
    [foreign] = enqueue(other, post(account, "not yours", run_at=rig.LATE))
    for jobs, code, field in (
            ([post(account, after=["nobody"])], "not_found", "jobs[0].after[0]"),
            ([post(account, after=[foreign])], "not_found", "jobs[0].after[0]"),
            ([post(account, after=["j99999999"])], "not_found", "jobs[0].after[0]"),
            ([post(account, key="me", after=["me"])], "invalid_argument", "jobs[0].after[0]"),
            ([post(account, "one", key="one", after=["two"]), post(account, "two", key="two", after=["one"])], "invalid_argument",
             "jobs[0].after[0]"),
            ([{"action": "reply", "account": account, "args": {"to": ref("nobody"), "text": "x"}}], "not_found", "jobs[0].args.to"),
            ([{"action": "reply", "account": account, "args": {"to": {"$ref": 1}, "text": "x"}}], "invalid_argument", "jobs[0].args.to"),
            ([{"action": "timeline", "account": account, "args": {"max_results": ref("x")}}], "invalid_argument",
             "jobs[0].args.max_results")):
        error = agent.error("enqueue", jobs=jobs)
        assert (error["code"], error["field"]) == (code, field), error
    assert agent.ok("list")["jobs"] == []
    other.ok("cancel", ids=[foreign])


def test_a_result_without_what_was_asked_for_fails_the_job_by_name(system, agent):
    [account, *_] = system.accounts
    _, job = enqueue(agent, post(account, "has no such thing", key="p"),
                     {"action": "get_post", "account": account, "args": {"post": ref("p", "data.nothing.0")}})
    error = agent.results_of(2)[job]["error"]
    assert error["code"] == "dependency" and error["message"] == "the result of p has no text or number at 'data.nothing.0'"


def test_a_settled_job_gives_its_id_too(system, agent):
    [account, *_] = system.accounts
    system.xsim.fault(route="create_post", kind="close_after", count=1)
    a, b = enqueue(agent, post(account, "made in silence", key="s"),
                   {"action": "reply", "account": account, "args": {"to": ref("s"), "text": "and answered"}})
    results = agent.results_of(2)
    assert results[a]["settled"] and results[b]["state"] == "done", results
    assert by_id(system)[results[b]["x_id"]]["target"] == results[a]["x_id"]


def test_a_chain_survives_the_dispatcher(system, agent):
    [account, *_] = system.accounts
    system.roost.cli("account", "pause", account)
    ids = enqueue(agent, *[post(account, f"link {n}", key=f"l{n}", **({"after": [f"l{n - 1}"]} if n else {})) for n in range(6)])
    assert agent.ok("enqueue", jobs=[post(account, "link 1", key="l1", after=["l0"])])["jobs"][0]["duplicate"]
    system.restart()
    assert [get(agent, i)["state"] for i in ids] == ["ready"] + ["waiting"] * 5
    system.roost.cli("account", "resume", account)
    results = agent.results_of(6)
    x = [int(results[i]["x_id"]) for i in ids]
    assert x == sorted(x) and len(set(x)) == 6


def test_a_plan_keeps_the_order(system, agent):
    [account, *_] = system.accounts
    rows = agent.ok("plan", jobs=[post(account, "then", key="a", run_at=rig.LATE), post(account, "next", key="b", after=["a"]),
                                  post(account, "last", after=["b"]), post(account, "lost", after=["nobody"])], until=rig.LATE + 60000)
    assert [r["error"]["code"] for r in rows["refused"]] == ["not_found"]
    starts = [r["start"] for r in rows["jobs"]]
    assert starts[0] >= rig.LATE and starts == sorted(starts) and rows["jobs"][1]["start"] >= rows["jobs"][0]["end"]


def test_a_held_job_of_a_chain_is_decided_on_its_own(system, agent):
    [account, *_] = system.accounts
    a, b = enqueue(agent, post(account, "goes first", key="g"), post(account, "needs a person", after=["g"], approval=True))
    assert agent.results_of(1)[a]["state"] == "done"
    assert get(agent, b)["state"] == "held"
    agent.ok("approve", ids=[b])
    assert agent.results_of(1)[b]["state"] == "done"


def test_arguments_of_a_waiting_job_may_still_change(system, agent):
    [account, *_] = system.accounts
    a, b = enqueue(agent, post(account, "wait for it", key="w", run_at=rig.LATE),
                   {"action": "reply", "account": account, "args": {"to": ref("w"), "text": "old"}})
    assert agent.error("update", id=b, args={"to": ref("nobody"), "text": "x"})["code"] == "not_found"
    agent.ok("update", id=b, args={"to": ref("w", "data.id"), "text": "new"})
    agent.ok("update", id=a, run_at=1)
    results = agent.results_of(2)
    made = by_id(system)[results[b]["x_id"]]
    assert (made["text"], made["target"]) == ("new", results[a]["x_id"])


def test_the_command_line_waits_too(system, agent):
    del agent
    [account, *_] = system.accounts
    first = json.loads(system.roost.cli("post", "by hand", "--account", account, "--at", "+1h", "--no-wait", "--json").stdout)["id"]
    second = json.loads(system.roost.cli("post", "after by hand", "--account", account, "--after", first, "--no-wait", "--json").stdout)
    assert second["state"] == "waiting"
    assert "it waits for " + first in system.roost.cli("explain", second["id"]).stdout
    assert first in system.roost.cli("job", second["id"]).stdout
    system.roost.cli("cancel", first, second["id"])
