"""Reads of several pages: each page is a call of its own, none is read twice, and nothing is lost when programs die in the middle."""
import json
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402

PAGES = 6
POSTS = 5 * (PAGES - 1) + 3  # of the account that is read: five pages of five and one of three


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = rig.System(tmp_path_factory.mktemp("reads"), accounts=3, account_limits=False)
    system.writer = system.agent("writer")
    jobs = [rig.post(system.accounts[0], f"post number {n} for @{system.accounts[1]}") for n in range(POSTS)]
    ids = [j["id"] for j in system.writer.ok("enqueue", jobs=jobs)["jobs"]]
    ended = system.writer.results_of(POSTS)
    assert all(ended[i]["state"] == "done" for i in ids), ended
    system.posts = sorted((ended[i]["x_id"] for i in ids), key=int, reverse=True)
    yield system
    system.stop()


class Reader:
    """Enqueues one read and takes its results, one after the other."""

    def __init__(self, system, name):
        self.system, self.agent, self.ack = system, system.agent(name), 0

    def enqueue(self, action="timeline", **args):
        job = {"action": action, "account": self.system.accounts[0], "args": {"max_results": 5, **args}}
        return self.agent.ok("enqueue", jobs=[job])["jobs"][0]

    def next(self):
        """The next result, acknowledged."""
        answer = lab.wait_for("a result", lambda: (a := self.agent.ok("results", max=1, wait_ms=500, ack=self.ack))["results"] and a)
        result = answer["results"][0]
        self.ack = result["seq"]
        return result

    def nothing_more(self):
        answer = self.agent.ok("results", ack=self.ack)
        assert answer["results"] == [] and answer["pending"] == 0, answer

    def read(self, action="timeline", **args):
        self.enqueue(action, **args)
        return self.next()


@pytest.fixture(name="reader")
def fixture_reader(system, request):
    return Reader(system, request.node.name.split("[")[0][-60:])


def ids_of(response):
    return [item["id"] for item in response["data"]]


def test_one_result_has_all_pages(system, reader):
    result = reader.read(pages=10)
    assert result["state"] == "done" and result["http_status"] == 200, result
    assert ids_of(result["response"]) == system.posts
    assert result["response"]["meta"] == {"result_count": POSTS, "pages": PAGES, "stopped": "end",
                                          "newest_id": system.posts[0], "oldest_id": system.posts[-1]}
    assert (result["page"], result["pages"]) == (PAGES, 10)
    reader.nothing_more()


def test_what_is_included_on_several_pages_is_there_once(system, reader):
    response = reader.read(pages=3, expansions="author_id", user_fields="username")["response"]
    assert ids_of(response) == system.posts[:15]
    assert [u["username"] for u in response["includes"]["users"]] == [system.accounts[0]]


def test_it_stops_at_the_pages_asked_for_and_says_how_to_go_on(system, reader):
    first = reader.read(pages=2)
    assert ids_of(first["response"]) == system.posts[:10]
    assert first["response"]["meta"]["stopped"] == "pages"
    rest = reader.read(pages=100, pagination_token=first["response"]["meta"]["next_token"])
    assert ids_of(rest["response"]) == system.posts[10:]
    assert rest["response"]["meta"]["stopped"] == "end"


def test_each_page_is_a_result_of_its_own(system, reader):
    job = reader.enqueue(pages=3, each=True)
    for page in (1, 2, 3):
        result = reader.next()
        assert result["id"] == job["id"] and (result["page"], result["pages"]) == (page, 3)
        assert result["state"] == ("done" if page == 3 else "ready")
        assert ids_of(result["response"]) == system.posts[5 * page - 5:5 * page]
        assert result["error"] is None
    reader.nothing_more()


def test_bounds_hold_on_every_page(system, reader):
    result = reader.read(pages=10, since_id=system.posts[-2], until_id=system.posts[1])
    assert ids_of(result["response"]) == system.posts[2:-2]


@pytest.mark.parametrize("action, args", [
    ("timeline", {}), ("mentions", {"user": "@demo2"}), ("home", {"max_results": 5}), ("likes", {}), ("followers", {"max_results": 2}),
    ("following", {"max_results": 2}), ("dms", {"with": "@demo2", "max_results": 2}), ("search", {"query": "number", "max_results": 10}),
    ("getUsersPosts", {"id": "1900000000000000001"}), ("getPostsRepostedBy", {"id": "1900000000000000001", "max_results": 10})])
def test_every_list_takes_pages(reader, action, args):
    result = reader.read(action, pages=2, **args)
    assert result["state"] == "done", result
    meta = result["response"]["meta"]
    assert meta["result_count"] == len(result["response"]["data"]) and meta["pages"] in (1, 2)


@pytest.mark.parametrize("args, words", [
    ({"pages": 0}, "1 to 100 are allowed"), ({"pages": -3}, "1 to 100 are allowed"), ({"pages": 101}, "1 to 100 are allowed"),
    ({"pages": "all"}, "must be a whole number"), ({"each": 1}, "must be true or false")])
def test_bounds_of_pages(system, reader, args, words):
    error = reader.agent.error("enqueue", jobs=[{"action": "timeline", "account": system.accounts[0], "args": args}])
    assert error["code"] == "invalid_argument" and error["field"] == "jobs[0].args." + list(args)[0], error
    assert words in error["message"], error


def test_the_price_is_of_all_pages_and_what_came_is_paid(reader):
    one = reader.enqueue("followers", max_results=100)["price_usd_micros"]
    ten = reader.enqueue("followers", max_results=100, pages=10)["price_usd_micros"]
    assert ten == 10 * one > 0
    reader.next(), reader.next()


def test_a_page_that_a_limit_refuses_is_asked_for_again(system, reader):
    before = calls(system)
    system.xsim.fault(route="user_posts", kind="500", after=2, count=1)
    result = reader.read(pages=10)
    assert ids_of(result["response"]) == system.posts and result["response"]["meta"]["pages"] == PAGES
    assert calls(system) - before == PAGES + 1  # and no page but the refused one twice


def test_a_page_that_x_refuses_ends_it_with_what_came(system, reader):
    system.xsim.fault(route="user_posts", kind="fixture", fixture="400-validation", after=2, count=1)
    result = reader.read(pages=10)
    assert result["state"] == "failed" and result["error"]["message"], result
    assert ids_of(result["response"]) == system.posts[:10]
    assert result["response"]["meta"]["stopped"] == "failed" and result["page"] == 2
    assert result["response"]["errors"][-1]["title"] and result["error"]["x"] is None
    reader.agent.ok("retry", ids=[result["id"]])
    again = reader.next()  # it goes on after the pages that it has
    assert again["state"] == "done" and ids_of(again["response"]) == system.posts
    assert again["response"]["meta"]["pages"] == PAGES


def held_after(system, reader, pages, **args):
    """A read of which X answers so many pages and then no more, until it is let go."""
    system.xsim.fault(route="user_posts", kind="hang", after=pages, count=1, delay_ms=600000)
    job = reader.enqueue(pages=10, **args)
    lab.wait_for("the pages before", lambda: get(reader, job)["page"] == pages)
    return job


def get(reader, job):
    return reader.agent.ok("get", ids=[job["id"]])["jobs"][0]


def calls(system):
    return system.xsim.stats()["routes"]["user_posts"]["seen"]


def test_a_killed_dispatcher_and_a_killed_worker_go_on_where_they_were(system, reader):
    job = held_after(system, reader, 3, each=True)
    for page in (1, 2, 3):
        assert ids_of(reader.next()["response"]) == system.posts[5 * page - 5:5 * page]
    system.roost.workers.pop().kill()
    system.restart()
    assert get(reader, job)["page"] == 3
    system.roost.start_worker()
    for page in (4, 5, 6):
        result = reader.next()
        assert ids_of(result["response"]) == system.posts[5 * page - 5:5 * page], result
    assert result["state"] == "done"
    reader.nothing_more()


def test_pages_kept_for_one_result_survive_kills(system, reader):
    held_after(system, reader, 4)
    system.restart()
    system.roost.workers.pop().kill()
    system.roost.start_worker()
    result = reader.next()
    assert result["state"] == "done" and ids_of(result["response"]) == system.posts
    reader.nothing_more()


def test_what_waits_between_pages_is_told_changed_and_cancelled(system, reader):
    job = held_after(system, reader, 2)
    explained = reader.agent.ok("explain", id=job["id"])
    assert (explained["page"], explained["pages"]) == (2, 10)
    refused = reader.agent.error("update", id=job["id"], args={"max_results": 10, "pages": 2})
    assert refused["code"] == "wrong_state"
    assert reader.agent.ok("cancel", ids=[job["id"]])["cancelled"] == 1
    result = reader.next()
    assert result["state"] == "cancelled" and ids_of(result["response"]) == system.posts[:10]
    meta = result["response"]["meta"]
    assert meta["stopped"] == "cancelled" and meta["next_token"]
    system.xsim.send("DELETE", "/_xsim/faults")


def test_a_token_of_another_read_is_refused(reader):
    token = reader.read(pages=1)["response"]["meta"]["next_token"]
    result = reader.read("followers", pages=2, pagination_token=token)
    assert result["state"] == "failed" and result["http_status"] == 400, result
    result = reader.read(pages=2, pagination_token="n0123456789abcdef")
    assert result["state"] == "failed" and "pagination_token" in result["error"]["message"]


def test_plan_knows_the_price_of_all_pages(system, reader):
    job = {"action": "followers", "account": system.accounts[0], "args": {"max_results": 100, "pages": 7}}
    answer = reader.agent.ok("plan", jobs=[job])
    assert answer["jobs"][0]["price_usd_micros"] == 7 * 100 * reader.agent.ok(
        "plan", jobs=[{**job, "args": {"max_results": 1}}])["jobs"][0]["price_usd_micros"]


def test_the_example_and_the_command_line_show_pages_as_they_come(system):
    example = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/examples/read_pages.py")
    run = subprocess.run([sys.executable, example, system.roost.endpoint, "example", system.accounts[0], "@demo1", "4"],
                         capture_output=True, text=True, timeout=60, check=True)
    assert [line.split()[0] for line in run.stdout.splitlines()] == system.posts[:20]
    assert run.stderr.startswith("at most ")
    out = system.roost.cli("timeline", "@demo1", "--account", "demo1", "--max-results", 5, "--pages", 3, "--each", "true").stdout
    assert [n for n in (1, 2, 3) if f"page {n} of at most 3" in out] == [1, 2]  # the last one comes with the end
    assert all(post in out for post in system.posts[:15]) and system.posts[15] not in out
    whole = json.loads(system.roost.cli("timeline", "@demo1", "--account", "demo1", "--max_results", 5, "--pages", 9, "--json").stdout)
    assert ids_of(whole["response"]) == system.posts
