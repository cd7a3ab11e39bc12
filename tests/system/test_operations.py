"""Operations of X's specification through roost: queued, sent, answered by the simulator; and what is refused, and where."""
import json
import os
import re
import sys
import urllib.error

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402
import test_kept  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = rig.System(tmp_path_factory.mktemp("operations"))
    yield system
    system.stop()


@pytest.fixture(name="agent", scope="module")
def fixture_agent(system):
    return system.agent("operations")


@pytest.fixture(name="actions", scope="module")
def fixture_actions(system):
    return {a["name"]: a for a in rig.cli_json(system, "actions")}


def test_every_operation_without_state_is_done_with_its_example(system, agent, actions):
    with open(os.path.join(HERE, "../xsim/operations.json"), encoding="utf-8") as f:
        operations = {o["name"]: o for o in json.load(f)}
    with open(os.path.join(HERE, "../xsim/routes.def"), encoding="utf-8") as f:
        by_hand = f.read()
    generic = [n for n, o in operations.items()
               if n not in test_kept.kept() and (f'"{o["method"]}", ' not in by_hand or f'"{o["path"]}",' not in by_hand)]
    print(len(generic), "by the specification alone:", generic)
    assert len(generic) > 25
    jobs = [{"action": n, "account": system.accounts[i % 4], "args": json.loads(actions[n]["example"])}
            for i, n in enumerate(generic)]
    entries = agent.ok("enqueue", jobs=jobs)["jobs"]
    results = agent.results_of(len(jobs), bound=120)
    for name, entry in zip(generic, entries):
        result = results[entry["id"]]
        assert result["state"] == "done" and "data" in result["response"], (name, result)
    effects = {e["action"] for e in system.xsim.ledger()}
    assert {n for n in generic if operations[n]["method"] != "GET"} <= effects


@pytest.mark.parametrize("action, args, field, words", [
    ("createLists", {"nmae": "a"}, "jobs[0].args.nmae", "did you mean 'name'"),
    ("createPosts", {"text": "a", "reply": {"in_reply_to_tweet_id": "x"}}, "jobs[0].args.reply.in_reply_to_tweet_id", "id of X"),
    ("streamPosts", {}, "jobs[0].action", "is a stream"),
    ("getUsage", {}, "jobs[0].action", "app's own token"),
    ("getSpaceById", {"id": "a"}, "jobs[0].action", "did you mean 'getSpacesById'"),
])
def test_what_is_wrong_is_refused_before_it_is_queued(system, agent, action, args, field, words):
    error = agent.error("enqueue", jobs=[{"action": action, "account": system.accounts[0], "args": args}])
    assert error["code"] == "invalid_argument" and error["field"] == field and words in error["message"], error


def test_an_operation_that_makes_a_post_meets_the_rules_of_posts(system, agent):
    """createPosts is a reply when it has one: the simulator notes its target, and the text is held to its length."""
    account = system.accounts[0]
    first = agent.ok("enqueue", jobs=[{"action": "createPosts", "account": account, "args": {"text": "by its own name"}}])
    post = agent.results_of(1)[first["jobs"][0]["id"]]["x_id"]
    agent.ok("enqueue", jobs=[{"action": "createPosts", "account": account,
                               "args": {"text": "an answer", "reply": {"in_reply_to_tweet_id": post}}}])
    agent.results_of(1)
    assert [e["target"] for e in system.xsim.ledger() if e.get("text") == "an answer"] == [post]
    error = agent.error("enqueue", jobs=[{"action": "createPosts", "account": account, "args": {"text": "x" * 281}}])
    assert error["field"] == "jobs[0].args.text" and "281 units" in error["message"]


@pytest.mark.parametrize("path", ["/2/spaces/not_a_space", "/2/lists/1?colour=red", "/2/lists/1?list.fields=colour",
                                  "/2/spaces/search", "/2/lists/1/members?max_results=101", "/2/media?media_keys=3"])
def test_the_simulator_refuses_what_the_specification_does(system, path):
    token = system.xsim.accounts()[0]["access_token"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        system.xsim.api(path, token)
    assert refused.value.code == 400 and b"Invalid Request" in refused.value.read()


def test_what_the_simulator_has_by_hand_agrees_with_the_specification():
    """routes.def and bodies.json: scopes, parameters and bodies of each row are those of the specification."""
    with open(os.path.join(HERE, "../xsim/operations.json"), encoding="utf-8") as f:
        operations = {(o["method"], o["path"]): o for o in json.load(f)}
    with open(os.path.join(HERE, "../xsim/bodies.json"), encoding="utf-8") as f:
        bodies = json.load(f)
    with open(os.path.join(HERE, "../xsim/routes.def"), encoding="utf-8") as f:
        text = f.read()
    macros = dict(re.findall(r'^#define (\w+)\s+"(.*)"$', text, re.M))
    rows = re.findall(r'^X\("(\w+)",\s*"(\w+)",\s*"([^"]+)",\s*(.*?),\s*[A-Z0| ]+,\s*"(\w*)",\s*(.*),\s+\w+\)$', text, re.M)
    assert len(rows) == len(re.findall(r"^X\(", text, re.M)) > 40

    def words(expression):
        """What a row says in C: texts and macros beside each other."""
        parts = re.findall(r'"([^"]*)"|(\w+)', expression)
        return set(" ".join(said or macros.get(macro, "") for said, macro in parts).split())

    for name, method, path, scopes, body, params in rows:
        operation = operations[method, path]
        assert words(scopes) == set(operation["scopes"].split()), name
        known = {p["name"] for p in operation["parameters"] if p["in"] == "query"}
        assert words(params) - {"tweet.fields"} == known, name  # which X's servers take for post.fields
        if body:
            assert bodies[body] == operation["body"], name
        else:  # media are read field by field
            assert "body" not in operation or "/media/" in path, name
