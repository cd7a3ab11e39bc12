"""Every call of roost-xsim: its good answer, what it changes, and how it refuses, held against the fixtures."""
import json
import os
import re
import subprocess
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from xsimlab import User, Xsim, fixture  # noqa: E402

MISSING = "1000000000000000001"


@pytest.fixture(name="xsim", params=[()])
def fixture_xsim(request):
    xsim = Xsim(*request.param)
    yield xsim
    assert xsim.stop() == 0


@pytest.fixture(name="users")
def fixture_users(xsim):
    return [User(xsim, a) for a in xsim.accounts()]


def crowd(user, name):
    return user.get(f"/2/users/by/username/{name}").json["data"]["id"]


def assert_fixture(answer, name):
    assert answer.status == int(name[:3]), answer.raw
    assert answer.json == fixture(name)
    assert answer.headers["content-type"].startswith("application/problem+json")


def assert_invalid(answer, *words):
    assert answer.status == 400, answer.raw
    assert answer.json["title"] == "Invalid Request" and answer.json["type"].endswith("/problems/invalid-request")
    for word in words:
        assert word in answer.json["errors"][0]["message"]


def same_shape(a, b):
    """Whether two errors have the same keys all the way down, values of ids and texts apart."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_shape(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return bool(a) == bool(b) and all(same_shape(x, b[0]) for x in a)
    return type(a) is type(b)


# --- who asks ---


def test_who_has_no_token_a_wrong_kind_or_too_little_scope_is_refused(xsim, users):
    assert_fixture(xsim.send("GET", "/2/users/me"), "401-invalid-token")
    assert_fixture(xsim.send("GET", "/2/users/me", token="made-up"), "401-invalid-token")
    bearer = xsim.admin("app").json["bearer_token"]
    assert_fixture(xsim.send("GET", "/2/users/me", token=bearer), "403-unsupported-authentication")
    assert xsim.send("GET", f"/2/users/{users[0].id}", token=bearer).status == 200
    xsim.admin("accounts", {"username": "demo1", "scopes": "tweet.read users.read"})
    assert_fixture(users[0].post("/2/tweets", {"text": "no"}), "403-missing-scope")
    assert users[0].get("/2/users/me").status == 200
    xsim.admin("accounts", {"username": "demo2", "expire": True})
    assert_fixture(users[1].get("/2/users/me"), "401-invalid-token")


def test_paths_and_methods_that_do_not_exist_have_no_body(xsim, users):
    for method, path, status in (("GET", "/2/nothing", 404), ("PUT", "/2/tweets", 405)):
        answer = xsim.send(method, path, token=users[0].token)
        assert (answer.status, answer.raw) == (status, b"")
    assert xsim.stats()["unknown_paths"] == 2


def test_every_answer_carries_the_headers_of_x(users):
    answer = users[0].get("/2/users/me")
    assert answer.headers["api-version"] == "2.167" and answer.headers["x-access-level"] == "read-write-directmessages"
    assert answer.headers["x-transaction-id"] and answer.headers["content-type"].startswith("application/json")
    assert answer.window()[:2] == (75, 74)


# --- posts ---


def test_a_post_is_made_found_listed_and_deleted(xsim, users):
    ann, ben = users[:2]
    answer = ann.post("/2/tweets", {"text": "a < b & c https://example.com/long/path?x=1"})
    assert answer.status == 201
    made = answer.json["data"]
    assert made.keys() == {"id", "text", "edit_history_tweet_ids"}
    assert made["text"].startswith("a &lt; b &amp; c https://t.co/") and "example" not in made["text"]
    (line,) = xsim.ledger()
    assert line["action"] == "post" and line["id"] == made["id"] and line["account"] == ann.id
    assert line["text"] == "a < b & c https://example.com/long/path?x=1"

    fields = "created_at,author_id,conversation_id,entities,in_reply_to_user_id,referenced_tweets"
    post = ben.get(f"/2/tweets/{made['id']}?tweet.fields={fields}").json["data"]
    assert post["author_id"] == ann.id and post["conversation_id"] == made["id"]
    (url,) = post["entities"]["urls"]
    assert url["expanded_url"] == "https://example.com/long/path?x=1" and post["text"].endswith(url["url"])
    assert post["text"][url["start"]:url["end"]] == url["url"]
    assert abs(int(post["id"]) >> 22) + 1288834974657 <= time.time() * 1000 + 1000

    page = ben.get(f"/2/users/{ann.id}/tweets").json
    assert [p["id"] for p in page["data"]] == [made["id"]]
    assert page["meta"] == {"result_count": 1, "newest_id": made["id"], "oldest_id": made["id"]}
    assert_fixture(ben.delete(f"/2/tweets/{made['id']}"), "403-delete-not-owner")
    assert ann.delete(f"/2/tweets/{made['id']}").json == {"data": {"deleted": True}}
    assert ben.get(f"/2/users/{ann.id}/tweets").json == {"meta": {"result_count": 0}}
    assert ann.delete(f"/2/tweets/{made['id']}").status == 404


def test_a_missing_post_is_200_with_errors_and_no_data(users):
    alone = users[0].get(f"/2/tweets/{MISSING}")
    assert alone.status == 200 and same_shape(alone.json, fixture("200-only-not-found"))
    made = users[0].tweet("still here")
    both = users[0].get(f"/2/tweets?ids={made},{MISSING}")
    assert both.status == 200 and same_shape(both.json, fixture("200-partial-not-found"))
    assert both.json["errors"][0]["detail"] == f"Could not find tweet with ids: [{MISSING}]."
    assert_invalid(users[0].get("/2/tweets?ids=12ab"), "The `ids` query parameter value [12ab] is not valid")
    assert_invalid(users[0].get("/2/tweets"), "ids")
    assert_invalid(users[0].get("/2/tweets?ids=" + ",".join(["1"] * 101)), "101")


def test_the_same_text_twice_is_a_duplicate_until_it_is_deleted(users):
    first = users[0].tweet("twice")
    assert_fixture(users[0].post("/2/tweets", {"text": "twice"}), "403-duplicate-content")
    users[1].tweet("twice")
    users[0].delete(f"/2/tweets/{first}")
    users[0].tweet("twice")


def test_a_reply_begins_with_the_name_and_says_what_it_answers(xsim, users):
    ann, ben = users[:2]
    post = ann.tweet("question")
    reply = ben.tweet("answer", reply={"in_reply_to_tweet_id": post})
    fields = "tweet.fields=referenced_tweets,in_reply_to_user_id,conversation_id"
    seen = ann.get(f"/2/tweets/{reply}?{fields}").json["data"]
    assert seen["text"] == f"@{ann.name} answer" and seen["in_reply_to_user_id"] == ann.id
    assert seen["referenced_tweets"] == [{"type": "replied_to", "id": post}] and seen["conversation_id"] == post
    assert xsim.ledger()[-1]["text"] == "answer" and xsim.ledger()[-1]["target"] == post
    assert ann.get(f"/2/tweets/{reply}?post.fields=referenced_posts").json["data"]["referenced_posts"]
    assert ann.get(f"/2/users/{ben.id}/tweets?exclude=replies").json == {"meta": {"result_count": 0}}
    gone = ben.post("/2/tweets", {"text": "late", "reply": {"in_reply_to_tweet_id": MISSING}})
    assert gone.status == 403 and "deleted or not visible" in gone.json["detail"]


@pytest.mark.parametrize("path, body, words", [
    ("upload/initialize", {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": "9"}, "$.total_bytes: string found"),
    ("upload/initialize", {"media_type": "image/png", "media_category": "tweet_image", "size": 9}, "$.size: is not defined"),
    ("upload", {"media": "AAAA"}, "$.media_category: is missing"),
    ("metadata", {"id": "1", "metadata": {"alt_text": {"text": "x" * 1001}}}, "may only be 1000 characters"),
])
def test_json_about_media_is_held_against_the_specification(users, path, body, words):
    assert_invalid(users[0].post("/2/media/" + path, body), words)


def test_a_quote_says_what_it_quotes(users):
    post = users[0].tweet("worth quoting")
    quote = users[1].tweet("see", quote_tweet_id=post)
    seen = users[0].get(f"/2/tweets/{quote}?tweet.fields=referenced_tweets").json["data"]
    assert seen["referenced_tweets"] == [{"type": "quoted", "id": post}]
    assert_invalid(users[1].post("/2/tweets", {"text": "x", "quote_tweet_id": MISSING}), "quote")


@pytest.mark.parametrize("body, words", [
    ({}, "$.text: is missing"),
    ({"text": ""}, "$.text: is missing"),
    ({"text": 7}, "$.text: integer found, string expected"),
    ({"text": "x", "colour": "red"}, "$.colour: is not defined in the schema"),
    ({"text": "x", "reply": {"in_reply_to_tweet_id": "abc"}}, "$.reply.in_reply_to_tweet_id: does not match"),
    ({"text": "x", "reply": {}}, "$.reply.in_reply_to_tweet_id: is missing"),
    ({"text": "x", "reply_settings": "nobody"}, "$.reply_settings: does not have a value in the enumeration"),
    ({"text": "x", "poll": {"options": ["a"], "duration_minutes": 5}}, "$.poll.options: there must be a minimum of 2"),
    ({"text": "x", "poll": {"options": ["a", "b"], "duration_minutes": 4}}, "$.poll.duration_minutes: must have a minimum"),
    ({"text": "x", "media": {"media_ids": []}}, "$.media.media_ids: there must be a minimum of 1"),
    ({"text": "x", "media": {"media_ids": ["1"], "tagged_user_ids": [str(n) for n in range(11)]}}, "$.media.tagged_user_ids: there must be a maximum"),
    ({"text": "x", "media": {"media_ids": ["1"], "tagged_user_ids": ["ann"]}}, "$.media.tagged_user_ids[0]: does not match"),
    ({"text": "x", "media": {"tagged_user_ids": ["1"]}}, "$.media.media_ids: is missing"),
    ({"text": "x", "media": {"media_ids": ["1"], "call_to_actions": {"visit_site": {}}}}, "visit_site.url: is missing"),
    ({"text": "x", "edit_options": {}}, "$.edit_options.previous_post_id: is missing"),
    ({"text": "x", "edit_options": {"previous_post_id": "last"}}, "$.edit_options.previous_post_id: does not match"),
])
def test_a_body_is_held_against_the_specification(xsim, users, body, words):
    assert_invalid(users[0].post("/2/tweets", body), words)
    assert xsim.ledger() == []


def test_a_body_must_be_json_and_say_so(users):
    xsim, token = users[0].xsim, users[0].token
    for body, kind in ((b'{"text":"x"', "application/json"), (b'{"text":"\xff"}', "application/json"),
                       (b'{"text":"x"}', "text/plain"), (b'{"text":"x","text":"y"}', "application/json")):
        assert_invalid(xsim.send("POST", "/2/tweets", body, token, {"Content-Type": kind}))
    assert xsim.ledger() == []


def test_exclusive_keys_unknown_media_and_long_texts_are_refused(xsim, users):
    answer = users[0].post("/2/tweets", {"text": "x", "quote_tweet_id": MISSING,
                                         "poll": {"options": ["a", "b"], "duration_minutes": 5}})
    expected = fixture("400-exclusive-parameters")
    assert answer.status == 400 and answer.json["errors"][0]["message"] == expected["errors"][0]["message"]
    assert answer.json["errors"][0]["parameters"] == {"poll": ["[object]"], "quote_tweet_id": [MISSING]}
    answer = users[0].post("/2/tweets", {"media": {"media_ids": ["1700000000000000123"]}})
    assert_fixture(answer, "400-invalid-media-ids")
    for text in ("x" * 281, "\u5b57" * 141, "\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}" * 141,
                 "https://example.com/" + "y" * 300 + " " + "x" * 257):
        assert_fixture(users[0].post("/2/tweets", {"text": text}), "403-not-permitted-or-too-long")
    for text in ("x" * 280, "\u5b57" * 140, "\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}" * 140,
                 "https://example.com/" + "y" * 300 + " " + "x" * 256):
        users[0].tweet(text)
    xsim.admin("accounts", {"username": "demo1", "premium": True})
    users[0].tweet("x" * 281)


# --- timelines ---


def test_a_timeline_is_paged_both_ways_and_bounded(users):
    ann = users[0]
    ids = [ann.tweet(f"post {i}") for i in range(12)][::-1]
    path = f"/2/users/{ann.id}/tweets?max_results=5"
    first = ann.get(path).json
    assert [p["id"] for p in first["data"]] == ids[:5] and "previous_token" not in first["meta"]
    second = ann.get(path + "&pagination_token=" + first["meta"]["next_token"]).json
    assert [p["id"] for p in second["data"]] == ids[5:10]
    third = ann.get(path + "&pagination_token=" + second["meta"]["next_token"]).json
    assert [p["id"] for p in third["data"]] == ids[10:] and "next_token" not in third["meta"]
    back = ann.get(path + "&pagination_token=" + third["meta"]["previous_token"]).json
    assert [p["id"] for p in back["data"]] == ids[5:10]

    def found(bounds):
        return [p["id"] for p in ann.get(f"/2/users/{ann.id}/tweets?max_results=100&{bounds}").json.get("data", [])]

    assert found(f"since_id={ids[3]}") == ids[:3] and found(f"until_id={ids[3]}") == ids[4:]
    assert found("start_time=2099-01-01T00:00:00Z") == [] and found("end_time=2020-01-01T00:00:00Z") == []
    assert found("start_time=2020-01-01T00:00:00Z&end_time=2099-01-01T00:00:00Z") == ids


@pytest.mark.parametrize("query, words", [
    ("max_results=4", "between 5 and 100"), ("max_results=101", "between 5 and 100"), ("max_results=x", "max_results"),
    ("pagination_token=nonsense", "pagination_token"), ("since_id=abc", "since_id"), ("start_time=yesterday", "start_time"),
    ("exclude=everything", "is not one of"), ("tweet.fields=colour", "is not one of"), ("colour=red", "colour"),
    ("tweet.fields=", "can not be empty"),
])
def test_a_query_is_held_against_the_specification(users, query, words):
    assert_invalid(users[0].get(f"/2/users/{users[0].id}/tweets?{query}"), words)


def test_timelines_of_nobody_and_of_protected_users_are_errors_in_a_200(xsim, users):
    answer = users[0].get(f"/2/users/{MISSING}/tweets")
    assert answer.status == 200 and answer.json["errors"][0]["title"] == "Not Found Error" and "data" not in answer.json
    users[1].tweet("secret")
    xsim.admin("accounts", {"username": "demo2", "protected": True})
    answer = users[0].get(f"/2/users/{users[1].id}/tweets")
    assert answer.json["errors"][0]["type"].endswith("/problems/not-authorized-for-resource")
    assert users[1].get(f"/2/users/{users[1].id}/tweets").json["meta"]["result_count"] == 1


# --- ties ---


def test_a_repost_is_listed_once_and_repeated_it_is_400(xsim, users):
    ann, ben = users[:2]
    post = ann.tweet("spread this")
    path = f"/2/users/{ben.id}/retweets"
    assert ben.post(path, {"tweet_id": post}).json == {"data": {"retweeted": True, "rest_id": post}}
    assert_fixture(ben.post(path, {"tweet_id": post}), "400-already-reposted")
    page = ben.get(f"/2/users/{ben.id}/tweets?tweet.fields=referenced_tweets").json["data"]
    assert page[0]["text"] == f"RT @{ann.name}: spread this"
    assert page[0]["referenced_tweets"] == [{"type": "retweeted", "id": post}]
    assert ben.get(f"/2/users/{ben.id}/tweets?exclude=retweets").json["meta"]["result_count"] == 0
    assert ben.delete(f"{path}/{post}").json == {"data": {"retweeted": False}}
    assert ben.delete(f"{path}/{post}").json == {"data": {"retweeted": False}}
    assert ben.get(f"/2/users/{ben.id}/tweets").json["meta"]["result_count"] == 0
    assert ben.post(path, {"tweet_id": post}).status == 200
    assert ben.post(path, {"tweet_id": MISSING}).status == 404
    assert [(e["action"], e["changed"]) for e in xsim.ledger()[1:]] == [
        ("repost", True), ("unrepost", True), ("unrepost", False), ("repost", True)]


@pytest.mark.parametrize("make, undo, path, key, word", [
    ("like", "unlike", "likes", "tweet_id", "liked"),
    ("bookmark", "unbookmark", "bookmarks", "tweet_id", "bookmarked"),
    ("mute", "unmute", "muting", "target_user_id", "muting"),
    ("follow", "unfollow", "following", "target_user_id", "following"),
])
def test_ties_are_made_repeated_and_undone(xsim, users, make, undo, path, key, word):
    ann, ben = users[:2]
    target = ann.tweet("tie me") if key == "tweet_id" else ann.id
    before = len(xsim.ledger())
    base = f"/2/users/{ben.id}/{path}"
    for _ in range(2):
        answer = ben.post(base, {key: target})
        assert answer.status == 200 and answer.json["data"][word] is True
    for _ in range(2):
        assert ben.delete(f"{base}/{target}").json == {"data": {word: False}}
    assert [(e["action"], e["changed"], e["target"]) for e in xsim.ledger(before)] == [
        (make, True, target), (make, False, target), (undo, True, target), (undo, False, target)]
    assert ben.post(base, {key: MISSING}).status == 404
    assert_invalid(ben.post(base, {key: "abc"}), "does not match the regex pattern")
    assert_invalid(ben.post(base, {}), f"$.{key}: is missing")
    assert_invalid(ben.post(f"/2/users/{ann.id}/{path}", {key: target}), "must be the same as the authenticating user")


def test_following_a_protected_user_stays_pending(xsim, users):
    xsim.admin("accounts", {"username": "demo2", "protected": True})
    path = f"/2/users/{users[0].id}/following"
    assert users[0].post(path, {"target_user_id": users[1].id}).json == {
        "data": {"following": False, "pending_follow": True}}
    assert users[0].post(path, {"target_user_id": users[2].id}).json == {
        "data": {"following": True, "pending_follow": False}}
    assert_invalid(users[0].post(path, {"target_user_id": users[0].id}), "authenticating user")


# --- users ---


def test_users_are_found_by_id_and_name(users):
    ann, ben = users[:2]
    me = ann.get("/2/users/me").json["data"]
    assert me.keys() == {"id", "name", "username"} and me["username"] == "demo1" and me["id"] == ann.id
    full = ann.get("/2/users/me?user.fields=created_at,protected,public_metrics").json["data"]
    assert full["protected"] is False and full["public_metrics"]["tweet_count"] == 0 and full["created_at"].endswith("Z")
    assert ann.get(f"/2/users/{ben.id}").json["data"]["username"] == "demo2"
    assert ann.get("/2/users/by/username/DEMO2").json["data"]["id"] == ben.id
    both = ann.get(f"/2/users?ids={ben.id},{MISSING}").json
    assert [u["id"] for u in both["data"]] == [ben.id] and both["errors"][0]["value"] == MISSING
    both = ann.get("/2/users/by?usernames=demo2,nobody_here").json
    assert [u["id"] for u in both["data"]] == [ben.id] and both["errors"][0]["value"] == "nobody_here"
    for path in (f"/2/users/{MISSING}", "/2/users/by/username/nobody_here"):
        answer = ann.get(path)
        assert answer.status == 200 and "data" not in answer.json and answer.json["errors"][0]["resource_type"] == "user"
    assert_invalid(ann.get("/2/users/abc"), "is not valid")
    assert_invalid(ann.get("/2/users/by?usernames=not-a-name"), "is not valid")
    assert_invalid(ann.get("/2/users/by/username/not-a-name"), "does not match")


# --- direct messages ---


def events(user, path="/2/dm_events", query=""):
    fields = "id,text,event_type,created_at,sender_id,dm_conversation_id"
    return user.get(f"{path}?dm_event.fields={fields}{query}").json


def test_a_message_reaches_both_and_is_deleted_for_one(xsim, users):
    ann, ben, cem = users[:3]
    sent = ann.post(f"/2/dm_conversations/with/{ben.id}/messages", {"text": "hi & bye"})
    pair = "-".join(sorted((ann.id, ben.id), key=int))
    assert sent.status == 201 and sent.json["data"]["dm_conversation_id"] == pair
    event = sent.json["data"]["dm_event_id"]
    for user, path in ((ann, f"/2/dm_conversations/with/{ben.id}/dm_events"), (ben, "/2/dm_events"),
                       (ben, f"/2/dm_conversations/{pair}/dm_events")):
        (seen,) = events(user, path)["data"]
        assert seen["id"] == event and seen["sender_id"] == ann.id and seen["text"] == "hi &amp; bye"
        assert seen["event_type"] == "MessageCreate" and seen["dm_conversation_id"] == pair
    assert events(cem) == {"meta": {"result_count": 0}}
    assert events(cem, f"/2/dm_conversations/{pair}/dm_events") == {"meta": {"result_count": 0}}
    assert cem.delete(f"/2/dm_events/{event}").status == 404
    assert ann.delete(f"/2/dm_events/{event}").json == {"data": {"deleted": True}}
    assert ann.delete(f"/2/dm_events/{event}").status == 404
    assert events(ann) == {"meta": {"result_count": 0}} and len(events(ben)["data"]) == 1
    assert ben.get(f"/2/dm_events/{event}").json["data"] == {"id": event, "event_type": "MessageCreate", "text": "hi &amp; bye"}
    (line, _) = xsim.ledger()
    assert line["action"] == "dm" and line["text"] == "hi & bye" and line["target"] == ben.id


def test_conversations_by_id_and_groups(users):
    ann, ben, cem = users[:3]
    pair = "-".join(sorted((ann.id, ben.id), key=int))
    assert ann.post(f"/2/dm_conversations/{pair}/messages", {"text": "one"}).status == 201
    assert ben.post(f"/2/dm_conversations/{pair}/messages", {"text": "two"}).json["data"]["dm_conversation_id"] == pair
    assert_fixture(cem.post(f"/2/dm_conversations/{pair}/messages", {"text": "three"}), "403-dm-not-permitted")
    body = {"conversation_type": "Group", "participant_ids": [ben.id, cem.id], "message": {"text": "all"}}
    groups = [ann.post("/2/dm_conversations", body).json["data"]["dm_conversation_id"] for _ in range(2)]
    assert groups[0] != groups[1] and groups[0].isdigit()
    assert cem.post(f"/2/dm_conversations/{groups[0]}/messages", {"text": "here"}).status == 201
    assert [e["text"] for e in events(ben, f"/2/dm_conversations/{groups[0]}/dm_events")["data"]] == ["here", "all"]
    page = events(ben, query="&max_results=2")
    assert [e["text"] for e in page["data"]] == ["here", "all"]
    rest = events(ben, query="&max_results=2&pagination_token=" + page["meta"]["next_token"])
    assert len(rest["data"]) == 2 and "two" in [e["text"] for e in rest["data"]] + [e["text"] for e in events(
        ben, query="&max_results=2&pagination_token=" + rest["meta"]["next_token"])["data"]]
    assert events(ben, query="&event_types=ParticipantsJoin") == {"meta": {"result_count": 0}}


def test_messages_that_may_not_be_sent(xsim, users):
    ann, ben = users[:2]
    xsim.admin("accounts", {"username": "demo2", "dm_closed": True})
    for other in (ben.id, ann.id, MISSING):
        assert_fixture(ann.post(f"/2/dm_conversations/with/{other}/messages", {"text": "x"}), "403-dm-not-permitted")
    path = f"/2/dm_conversations/with/{users[2].id}/messages"
    assert_invalid(ann.post(path, {}), "any of the schemas")
    assert_invalid(ann.post(path, {"text": ""}), "at least 1 characters long")
    assert_invalid(ann.post(path, {"attachments": [{"media_id": "1"}]}), "media IDs")
    body = {"conversation_type": "group", "participant_ids": [users[2].id, users[3].id], "message": {"text": "x"}}
    assert_invalid(ann.post("/2/dm_conversations", body), "$.conversation_type: does not have a value")
    body = {"conversation_type": "Group", "participant_ids": [users[2].id], "message": {"text": "x"}}
    assert_invalid(ann.post("/2/dm_conversations", body), "minimum of 2 items")
    assert xsim.ledger() == []


# --- the plan ---


@pytest.mark.parametrize("xsim", [("--plan", "payg")], indirect=True)
def test_a_self_serve_app_is_refused_what_it_lost(xsim, users):
    ann, ben = users[:2]
    post = ann.tweet("hello world")
    for method, path, body in (("POST", "likes", {"tweet_id": post}), ("DELETE", f"likes/{post}", None),
                               ("POST", "following", {"target_user_id": ann.id}), ("DELETE", f"following/{ann.id}", None)):
        answer = xsim.send(method, f"/2/users/{ben.id}/{path}", body, ben.token)
        assert_fixture(answer, "403-not-permitted-or-too-long")
    assert_fixture(ben.post("/2/tweets", {"text": "q", "quote_tweet_id": post}), "403-quote-not-allowed")
    reply = {"text": "r", "reply": {"in_reply_to_tweet_id": post}}
    assert_fixture(ben.post("/2/tweets", reply), "403-reply-not-summoned")
    assert ben.post("/2/tweets", {"text": "$ABC and $XYZ"}).status == 403
    ben.tweet("$ABC costs $5")
    ann.tweet("a thread", reply={"in_reply_to_tweet_id": post})
    summons = ann.tweet(f"what do you think, @{ben.name}?")
    ben.tweet("a lot", reply={"in_reply_to_tweet_id": summons})


# --- windows ---


def test_windows_count_down_refuse_and_are_of_one_user(xsim, users):
    ann, ben = users[:2]
    path = f"/2/dm_conversations/with/{users[2].id}/messages"
    resets = set()
    for i in range(15):
        answer = ann.post(path, {"text": f"message {i}"})
        limit, remaining, reset = answer.window()
        assert (answer.status, limit, remaining) == (201, 15, 14 - i)
        assert answer.window("x-user-limit-24hour")[:2] == (1440, 1439 - i)
        assert answer.window("x-app-limit-24hour")[:2] == (1440, 1439 - i)
        resets.add(reset)
    assert len(resets) == 1 and time.time() < resets.pop() <= time.time() + 901
    refused = ann.post(path, {"text": "too many"})
    assert_fixture(refused, "429-rate-limit")
    assert refused.window()[:2] == (15, 0)
    # the three ways to send share one window
    pair = "-".join(sorted((ann.id, ben.id), key=int))
    assert_fixture(ann.post(f"/2/dm_conversations/{pair}/messages", {"text": "other door"}), "429-rate-limit")
    assert ben.post(path, {"text": "mine is another"}).status == 201
    assert len(xsim.ledger()) == 16 and xsim.stats()["real_429"] == 2


@pytest.mark.parametrize("xsim", [("--scale", "450")], indirect=True)
def test_a_scaled_window_opens_again_when_it_says(users):
    path = f"/2/dm_conversations/with/{users[2].id}/messages"
    answer = None
    for i in range(40):
        answer = users[0].post(path, {"text": f"message {i}"})
        if answer.status == 429:
            break
    reset = answer.window()[2]
    assert answer.status == 429 and reset <= time.time() + 4
    while time.time() < reset:
        time.sleep(0.05)
    assert users[0].post(path, {"text": "open again"}).window()[:2] == (15, 14)


def test_windows_can_be_scaled_and_reset_while_it_runs(xsim, users):
    for _ in range(75):
        assert users[0].get("/2/users/me").status == 200
    assert_fixture(users[0].get("/2/users/me"), "429-rate-limit")
    xsim.admin("windows", {"reset": True, "scale": 90})
    answer = users[0].get("/2/users/me")
    assert answer.window()[:2] == (75, 74) and answer.window()[2] <= time.time() + 11


def test_an_app_only_token_draws_on_the_window_of_the_app(xsim, users):
    bearer = xsim.admin("app").json["bearer_token"]
    assert xsim.send("GET", f"/2/users/{users[0].id}", token=bearer).window()[:2] == (300, 299)
    assert users[0].get(f"/2/users/{users[0].id}").window()[:2] == (900, 899)
    assert xsim.send("GET", f"/2/users/{users[0].id}", token=bearer).window()[:2] == (300, 297)


def test_the_same_seed_gives_the_same_world_and_tokens():
    def facts(*options):
        xsim = Xsim(*options)
        accounts = [{k: v for k, v in a.items() if k != "expires_at"} for a in xsim.accounts()]
        assert xsim.stop() == 0
        return json.dumps(accounts)

    assert facts("--seed", 5) == facts("--seed", 5) != facts("--seed", 6)


# --- its page ---


def test_its_page_knows_every_option_call_and_fault(xsim):
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "..", "..", "docs", "xsim.md"), encoding="utf-8") as f:
        page = f.read()
    usage = subprocess.run([xsim.proc.args[0], "--help"], capture_output=True, text=True, check=True).stdout
    options = set(re.findall(r"^  (--[a-z-]+)", usage, re.M)) - {"--help"}
    assert len(options) > 10 and {o for o in options if f"`{o}" not in page and f" {o} " not in page} == set()
    faults = page.split("## Faults")[1].split("On `token`")[0]
    kinds = [k for row in re.findall(r"^\| (`.+?) \|", faults, re.M) for k in re.findall(r"`([a-z0-9_]+)`", row)]
    calls = page.split("## Calls")[1].split("A call passes")[0]
    routes = [k for row in re.findall(r"^\| (`.+?) \|", calls, re.M) for k in re.findall(r"`([a-z_]+)`", row)]
    assert len(kinds) == 21 and len(routes) == 49
    for kind in kinds:
        xsim.admin("faults", {"kind": kind, **({"fixture": "402-credits-depleted"} if kind == "fixture" else {}), "after": 99})
    xsim.admin("faults", method="DELETE")
    for route in routes:
        xsim.admin("faults", {"kind": "500", "route": route, "after": 99})
