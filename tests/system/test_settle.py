"""Outcomes that nobody can know: roost looks at X, adopts what is its own, and never repeats blindly."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import films  # noqa: E402
import lab  # noqa: E402
import rig  # noqa: E402
from rig import post  # noqa: E402

DONE_BUT_SILENT = ["close_after", "reset_after", "hang_after", "cut_head", "garbage", "500_after", "503_after"]
NOT_DONE_AND_SILENT = ["close_before", "reset_before", "hang", "500", "503"]


class System(rig.System):
    def __init__(self, directory):
        super().__init__(directory, lease="5s", timeout="2s", settle="100ms, 200ms, 400ms, 800ms")
        self.asks = self.agent("settler")

    def enqueue(self, *jobs):
        return [e["id"] for e in self.asks.ok("enqueue", jobs=list(jobs))["jobs"]]

    def made(self, *actions):
        """Effects at X, {id: text}."""
        return {e["id"]: e["text"] for e in self.xsim.ledger() if e["action"] in actions}


@pytest.fixture(name="system")
def fixture_system(tmp_path):
    system = System(str(tmp_path))
    yield system
    system.stop()


@pytest.mark.parametrize("kind", DONE_BUT_SILENT)
def test_a_post_that_was_made_in_silence_is_found_and_adopted(system, kind):
    system.xsim.fault(route="create_post", kind=kind, count=1)
    text = f"It is <done> & said to nobody: {kind} https://example.com/a?b=1&c=2"
    [job] = system.enqueue(post(system.accounts[0], text))
    result = system.asks.results_of(1)[job]
    assert result["state"] == "done" and result["settled"] is True
    assert list(system.made("post")) == [result["x_id"]]


@pytest.mark.parametrize("kind", NOT_DONE_AND_SILENT)
def test_a_post_that_was_not_made_is_looked_for_and_sent_once_more(system, kind):
    system.xsim.fault(route="create_post", kind=kind, count=1)
    [job] = system.enqueue(post(system.accounts[0], f"It was never made: {kind}"))
    result = system.asks.results_of(1)[job]
    assert result["state"] == "done" and list(system.made("post")) == [result["x_id"]]


def test_posts_of_nearly_equal_text_never_adopt_each_other(system):
    system.xsim.fault(route="create_post", kind="close_after", count=8, probability=0.6)
    texts = ["Good morning", "good  morning!", "Good morning.", "GOOD MORNING ...", "Good morning \N{SUN WITH FACE}"]
    texts += [f"Good morning, part {n} of 15" for n in range(1, 16)]
    ids = system.enqueue(*[post(system.accounts[0], text) for text in texts])
    results = system.asks.results_of(20)
    made = system.made("post")
    assert len(made) == 20 and {r["state"] for r in results.values()} == {"done"}
    assert sum(r["settled"] for r in results.values()) == 8
    assert [made[results[job]["x_id"]] for job in ids] == texts
    assert len({r["x_id"] for r in results.values()}) == 20


def test_what_x_does_to_a_text_hides_no_post(system):
    """Escapes, links whole and bare, a mention before a reply, links behind media and quotes, a long text, a poll, an edit."""
    name, [target, other] = system.accounts[0], system.xsim.targets()["posts"][:2]
    mine = next(a for a in system.xsim.accounts() if a["username"] == name)
    system.xsim.send("POST", "/_xsim/accounts", {"username": mine["username"], "premium": True})
    system.roost.cli("account", "set", name, "--premium")
    picture = films.send(system.asks, films.made("image/png", 3000), "image/png")["media"]
    long_text = "A long one & with <links> https://example.com/first?a=1&b=2 " + "word " * 100 + "https://example.org/last"
    jobs = {
        "escapes": post(name, "a < b && c > d, &amp; as it is"),
        "links": post(name, "see example.com and https://example.com/Path?x=1&y=(2), then http://example.org/#z."),
        "reply": {"action": "reply", "account": name, "args": {"to": target, "text": "so it is"}},
        "quote": {"action": "quote", "account": name, "args": {"post": other, "text": "read this"}},
        "media": {"action": "post", "account": name, "args": {"text": "a picture & a link https://example.com/", "media": [picture]}},
        "media alone": {"action": "post", "account": name, "args": {"media": [picture]}},
        "long": post(name, long_text),
        "poll": {"action": "post", "account": name, "args": {"text": "which?", "poll": {"options": ["this", "that"],
                                                                                         "duration_minutes": 60}}},
    }
    [first] = system.enqueue(post(name, "an early thought"))
    edited = system.asks.results_of(1)[first]["x_id"]
    jobs["edit"] = {"action": "post", "account": name, "args": {"text": "a second thought", "edit": edited}}
    system.xsim.fault(route="create_post", kind="close_after", count=len(jobs))
    ids = dict(zip(jobs, system.enqueue(*jobs.values())))
    results = system.asks.results_of(len(jobs))
    ends = {kind: (results[job]["state"], results[job]["settled"]) for kind, job in ids.items()}
    assert ends == {kind: ("done", True) for kind in jobs}
    made = system.made("post", "reply", "quote")
    made.pop(edited)
    assert len(made) == len(jobs) and set(made) == {results[job]["x_id"] for job in ids.values()}
    assert made[results[ids["long"]]["x_id"]] == long_text


def test_a_reply_is_found_by_its_target(system):
    posts = system.xsim.targets()["posts"]
    system.xsim.fault(route="create_post", kind="close_after", count=2)
    ids = system.enqueue(*[{"action": "reply", "account": system.accounts[0],
                            "args": {"to": target, "text": f"thank you, {n}"}} for n, target in enumerate(posts[:2])])
    results = system.asks.results_of(2)
    assert all(results[i]["state"] == "done" and results[i]["settled"] for i in ids)
    assert set(system.made("reply", "post")) == {results[i]["x_id"] for i in ids}


def test_a_message_is_found_in_its_conversation(system):
    user = system.xsim.targets()["users"][0]
    system.xsim.fault(route="dm_user", kind="close_after", count=1)
    [job] = system.enqueue({"action": "dm", "account": system.accounts[0], "args": {"to": user, "text": "see you at 8"}})
    result = system.asks.results_of(1)[job]
    assert result["state"] == "done" and result["settled"] is True
    assert list(system.made("dm")) == [result["x_id"]]


def test_a_message_that_cannot_be_found_is_asked_about_once(system):
    user = system.xsim.targets()["users"][0]
    system.xsim.fault(route="dm_user", kind="close_before", count=1)
    [job] = system.enqueue({"action": "dm", "account": system.accounts[0], "args": {"to": user, "text": "lost?"}})
    asked = lab.wait_for("the question", lambda: system.asks.ok("results")["results"])
    assert [(r["id"], r["state"]) for r in asked] == [(job, "unsure")] and not system.made("dm")
    assert system.asks.ok("explain", id=job)["verdict"]["text"]
    system.asks.ok("ack", upto=asked[0]["seq"])
    looks = system.asks.ok("get", ids=[job])["jobs"][0]["looks"]
    assert [look["look"] for look in looks] == ["absent"] * 4
    shown = system.roost.cli("resolve", job).stdout
    assert "look 4 of 4" in shown and "nothing since it began matches" in shown and f"roost resolve {job} done X_ID" in shown
    assert system.asks.ok("resolve", id=job, **{"as": "retry"})["looks"] == looks
    assert system.asks.results_of(1)[job]["state"] == "done"
    assert list(system.made("dm").values()) == ["lost?"]
    assert "looks" not in system.asks.ok("get", ids=[job])["jobs"][0]


def test_an_agent_that_wants_to_be_asked_is_asked_at_once(system):
    system.xsim.fault(route="create_post", kind="close_after", count=1)
    [job] = system.enqueue(post(system.accounts[0], "ask me", on_unsure="ask"))
    asked = lab.wait_for("the question", lambda: system.asks.ok("results")["results"])
    assert [(r["id"], r["state"]) for r in asked] == [(job, "unsure")]
    [x_id] = system.made("post")
    done = system.asks.ok("resolve", id=job, x_id=x_id, **{"as": "done"})["job"]
    assert done["state"] == "done" and done["x_id"] == x_id
