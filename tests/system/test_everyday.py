"""Everyday actions that read: what one action did, another one sees, through roost and the simulator's state."""
import json
import os
import re
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402
from films import made, send  # noqa: E402


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = rig.System(tmp_path_factory.mktemp("everyday"), account_limits=False)
    yield system
    system.stop()


@pytest.fixture(name="act", scope="module")
def fixture_act(system):
    """Does one action by an account (a number) and gives its result."""
    agent = system.agent("everyday")

    def act(number, action, **args):
        job = {"action": action, "account": system.accounts[number], "args": args}
        entry = agent.ok("enqueue", jobs=[job])["jobs"][0]
        return agent.results_of(1)[entry["id"]]

    return act


@pytest.fixture(name="ids", scope="module")
def fixture_ids(system):
    by_name = {a["name"]: a["user_id"] for a in system.xsim.accounts()}
    return [by_name[name] for name in system.accounts]


def done(result):
    assert result["state"] == "done", result
    return result["response"]


def listed(result):
    return [item["id"] for item in done(result).get("data", [])]


def test_a_like_appears_in_likes_and_is_gone_when_taken_back(act):
    post = act(0, "post", text="to be liked")["x_id"]
    done(act(1, "like", post=post))
    assert post in listed(act(1, "likes"))
    done(act(1, "unlike", post=post))
    assert post not in listed(act(1, "likes"))


def test_a_follow_appears_on_both_sides_and_brings_posts_home(act, ids):
    post = act(2, "post", text="for followers")["x_id"]
    assert post not in listed(act(3, "home"))
    done(act(3, "follow", user=ids[2]))
    assert ids[2] in listed(act(3, "following"))
    assert ids[3] in listed(act(3, "followers", user=ids[2]))
    assert post in listed(act(3, "home", max_results=100))
    done(act(3, "unfollow", user=ids[2]))
    assert post not in listed(act(3, "home"))


def test_a_mention_is_found_by_mentions_and_by_search(act, system):
    post = act(0, "post", text=f"dear @{system.accounts[1]}, xylophone")["x_id"]
    assert post in listed(act(1, "mentions"))
    assert listed(act(2, "search", query="xylophone")) == [post]
    assert listed(act(2, "search", query=f"xylophone -from:{system.accounts[0]}")) == []


def test_messages_are_read_by_person_and_by_conversation(act, ids):
    sent = act(0, "dm", to=ids[1], text="a word")
    event, talk = sent["x_id"], sent["response"]["data"]["dm_conversation_id"]
    assert event in listed(act(1, "dms", **{"with": ids[0]}))
    assert event in listed(act(0, "dms", conversation=talk))
    done(act(0, "delete_dm", event=event))
    assert event not in listed(act(0, "dms", conversation=talk))
    assert event in listed(act(1, "dms", conversation=talk))


def test_a_group_begins_with_a_message_that_all_see(act, ids):
    sent = act(0, "dm_group", participants=[ids[1], ids[2]], text="all of you")
    talk = done(sent)["data"]["dm_conversation_id"]
    assert sent["x_id"] in listed(act(2, "dms", conversation=talk))
    assert listed(act(3, "dms", conversation=talk)) == []


def test_bookmarks_and_mutes_appear_in_their_lists(act, ids):
    post = act(0, "post", text="for later")["x_id"]
    done(act(1, "bookmark", post=post))
    assert listed(act(1, "getUsersBookmarks")) == [post]
    assert listed(act(2, "getUsersBookmarks")) == []
    done(act(1, "unbookmark", post=post))
    assert listed(act(1, "getUsersBookmarks")) == []
    done(act(1, "mute", user=ids[3]))
    assert listed(act(1, "getUsersMuting")) == [ids[3]]
    done(act(1, "unmute", user=ids[3]))
    assert listed(act(1, "getUsersMuting")) == []


def test_a_post_knows_who_liked_reposted_and_quoted_it(act, ids):
    post = act(0, "post", text="well known")["x_id"]
    done(act(1, "like", post=post)), done(act(2, "like", post=post))
    done(act(2, "repost", post=post))
    quote = act(3, "quote", post=post, text="read this")["x_id"]
    assert listed(act(0, "getPostsLikingUsers", id=post)) == [ids[2], ids[1]]
    assert listed(act(0, "getPostsRepostedBy", id=post)) == [ids[2]]
    assert listed(act(0, "getPostsQuotedPosts", id=post)) == [quote]
    assert any(text.startswith("RT @") for text in (p["text"] for p in done(act(1, "timeline", user=ids[2]))["data"]))
    done(act(2, "unrepost", post=post))
    assert listed(act(0, "getPostsRepostedBy", id=post)) == []


def test_a_post_with_every_setting_is_taken(act, ids):
    """Polls, who may reply, communities, disclosures: X's specification, to which the simulator holds each request, takes them."""
    settings = {"reply_settings": "mentionedUsers", "community_id": "1900000000000000001", "share_with_followers": True,
                "made_with_ai": True, "paid_partnership": True, "nullcast": False, "place_id": "5a110d312052166f"}
    first = done(act(0, "post", text="what now?", poll={"options": ["this", "that"], "duration_minutes": 60}, **settings))["data"]["id"]
    done(act(1, "reply", to=first, text="that", exclude_reply_user_ids=[ids[2]], auto_populate_reply_metadata=True, made_with_ai=True))
    done(act(2, "quote", post=first, text="they ask", reply_settings="following"))


def test_an_edit_takes_the_place_of_a_post_and_keeps_its_history(act, system):
    system.xsim.send("POST", "/_xsim/accounts", {"username": system.accounts[0], "premium": True})
    first = act(0, "post", text="a wrod")["x_id"]
    second = act(0, "post", text="a word", edit=first)["x_id"]
    seen = done(act(1, "get_post", post=second))["data"]
    assert (seen["text"], seen["edit_history_tweet_ids"]) == ("a word", [first, second])
    timeline = listed(act(0, "timeline"))
    assert second in timeline and first not in timeline
    done(act(0, "delete_post", post=first))
    assert act(0, "get_post", post=second)["state"] == "failed"  # with any version all go
    system.xsim.send("POST", "/_xsim/accounts", {"username": system.accounts[0], "premium": False})


def test_what_x_does_not_let_be_edited_fails_with_x_s_reason(act, system):
    mine = act(1, "post", text="without Premium")["x_id"]
    assert act(1, "post", text="may not", edit=mine)["http_status"] == 403
    system.xsim.send("POST", "/_xsim/accounts", {"username": system.accounts[1], "premium": True})
    poll = act(1, "post", text="choose", poll={"options": ["a", "b"], "duration_minutes": 5, "reply_settings": "following"})["x_id"]
    last = mine
    for n in range(5):
        last = done(act(1, "post", text=f"edit {n}", edit=last))["data"]["id"]
    for why, edited in (("a poll", poll), ("another's", act(0, "post", text="another's own")["x_id"]), ("a sixth edit", last),
                        ("an old version", mine)):
        result = act(1, "post", text=f"may not edit {why}", edit=edited)
        assert (result["state"], result["http_status"]) == ("failed", 403), (why, result)
    system.xsim.send("POST", "/_xsim/accounts", {"username": system.accounts[1], "premium": False})


def test_users_are_tagged_in_media_that_has_a_button(act, ids, system):
    picture = send(system.agent("everyday"), made("image/png", 777, seed=3), "image/png", "tagged")["media"]
    button = {"visit_site": {"url": "https://example.com/shop"}}
    post = act(0, "post", text="you two", media=[picture], tagged_user_ids=[ids[1], ids[2]], call_to_actions=button)
    assert post["state"] == "done", post
    unknown = act(0, "post", text="you too", media=[picture], tagged_user_ids=["5"])
    assert (unknown["state"], unknown["http_status"]) == ("failed", 400), unknown


def test_every_example_is_done(act, ids, system):
    """`roost actions NAME` shows an example of each everyday action. With ids that there are in the simulated X, each is done there."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../common/xapi/actions.def"), encoding="utf-8") as f:
        rows = re.findall(r'^X\("(\w+)".*"(\{\\".*?\})", ', f.read(), re.M)
    examples = {name: example.replace('\\"', '"') for name, example in rows}
    assert len(examples) > 25 and "thread" in examples
    del examples["thread"]  # becomes several jobs: test_thread.py

    def target(name):
        """A post for the action to be about."""
        post = act(1 if name == "reply" else 0, "post", text=f"to {name} @{system.accounts[0]}")["x_id"]
        return act(1, "reply", to=post, text=f"no, do not {name}")["x_id"] if "hide" in name else post

    makers = {"1900000000000000777": lambda name: act(0, "dm", to=ids[1], text=name)["x_id"], "1900000000000000001": target,
              "@ann_example": lambda _: "@" + system.accounts[1], "2244994945": lambda _: ids[1], "6253282": lambda _: ids[2]}
    for name, example in examples.items():
        for was in (w for w in makers if w in example):
            example = example.replace(was, makers[was](name))
        result = act(0, name, **json.loads(example))
        assert result["state"] == "done", (name, example, result)


def test_only_who_began_a_conversation_hides_its_replies(act):
    post = act(0, "post", text="what do you think?")["x_id"]
    reply = act(1, "reply", to=post, text="not much")["x_id"]
    assert act(2, "hide_reply", post=reply)["state"] == "failed"
    assert done(act(0, "hide_reply", post=reply)) == {"data": {"hidden": True}}
    assert done(act(0, "unhide_reply", post=reply)) == {"data": {"hidden": False}}


def test_home_is_the_accounts_own(act, ids):
    result = act(0, "home", user=ids[1])
    assert result["state"] == "failed" and "must be the account itself" in result["error"]["message"]
