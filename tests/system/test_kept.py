"""Operations of X's specification that the simulator keeps state of: what one made, others show until it is deleted.

Through roost, by operationId; every answer is held against the specification (tests/xsim/operations.json).
"""
import json
import os
import re
import sys

import jsonschema
import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

XSIM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../xsim")
with open(os.path.join(XSIM, "operations.json"), encoding="utf-8") as operations_file:
    OPERATIONS = {o["name"]: o for o in json.load(operations_file)}
USED = set()


def kept():
    """The operations that have state: the rows of kept.def, and those of more.c."""
    names = set()
    for file, row in (("kept.def", r'^X\("(\w+)"'), ("more.c", r'^\t\t\{"(\w+)",')):
        with open(os.path.join(XSIM, "calls", file), encoding="utf-8") as f:
            names |= set(re.findall(row, f.read(), re.M))
    return names


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = rig.System(tmp_path_factory.mktemp("kept"), account_limits=False)
    yield system
    system.stop()


@pytest.fixture(name="ids", scope="module")
def fixture_ids(system):
    by_name = {a["name"]: a["user_id"] for a in system.xsim.accounts()}
    return [by_name[name] for name in system.accounts]


@pytest.fixture(name="ask", scope="module")
def fixture_ask(system):
    """Does one action by an account (a number) and gives its result."""
    agent = system.agent("kept")

    def ask(number, action, **args):
        entry = agent.ok("enqueue", jobs=[{"action": action, "account": system.accounts[number], "args": args}])["jobs"][0]
        result = agent.results_of(1)[entry["id"]]
        if action in OPERATIONS:
            USED.add(action)
            data = (result["response"] or {}).get("data") if result["state"] == "done" else None
            if data is not None and "post.fields" not in {p["name"] for p in OPERATIONS[action]["parameters"]}:
                jsonschema.validate(data, OPERATIONS[action]["answer"])
        return result

    return ask


@pytest.fixture(name="act", scope="module")
def fixture_act(ask):
    """The same for what is to be done; gives "data" of the answer, or an empty list."""
    def act(number, action, **args):
        result = ask(number, action, **args)
        assert result["state"] == "done", (action, result)
        return result["response"].get("data", [])

    return act


def ids_of(things, key="id"):
    return [t[key] for t in things]


def failed(result, status):
    return (result["state"], result["http_status"]) == ("failed", status)


def test_a_list_has_a_name_members_followers_and_posts(act, ask, ids):
    made = act(0, "createLists", name="birds", description="of all kinds", private=False)
    assert made["name"] == "birds"
    it = {"id": made["id"]}
    assert act(0, "addListsMember", user_id=ids[1], **it) == {"is_member": True}
    assert ids_of(act(2, "getListsMembers", **it)) == [ids[1]]
    assert ids_of(act(2, "getUsersListMemberships", id=ids[1])) == [made["id"]]
    post = act(1, "post", text="a bird speaks")["id"]
    assert post in ids_of(act(2, "getListsPosts", **it))
    assert act(2, "followList", list_id=made["id"]) == {"following": True}
    assert ids_of(act(0, "getListsFollowers", **it)) == [ids[2]]
    assert ids_of(act(0, "getUsersFollowedLists", id=ids[2])) == [made["id"]]
    fields = ["description", "member_count", "follower_count"]
    seen = act(1, "getListsById", **it, **{"list.fields": fields})
    assert seen == {**made, "description": "of all kinds", "member_count": 1, "follower_count": 1}
    assert act(1, "getListsById", **it) == made  # no more than was asked for
    assert act(0, "updateLists", name="fish", **it) == {"updated": True}
    assert act(0, "getUsersOwnedLists", id=ids[0]) == [{"id": made["id"], "name": "fish"}]
    assert failed(ask(1, "updateLists", name="mine", **it), 403) and failed(ask(1, "addListsMember", user_id=ids[1], **it), 403)
    assert act(0, "removeListsMemberByUserId", user_id=ids[1], **it) == {"is_member": False}
    assert act(0, "getListsMembers", **it) == [] and act(2, "getListsPosts", **it) == []
    assert act(2, "unfollowList", list_id=made["id"]) == {"following": False}
    assert act(0, "getListsFollowers", **it) == []
    assert act(0, "deleteLists", **it) == {"deleted": True}
    assert act(0, "getUsersOwnedLists", id=ids[0]) == [] and ask(0, "getListsById", **it)["state"] == "failed"


def test_lists_are_pinned_and_a_deleted_one_is_in_no_list(act, ask, ids):
    first, second = (act(3, "createLists", name=n)["id"] for n in ("one", "two"))
    for name in (first, second):
        assert act(3, "pinList", list_id=name) == {"pinned": True}
    assert ids_of(act(3, "getUsersPinnedLists")) == [second, first]
    act(3, "unpinList", list_id=first)
    assert ids_of(act(3, "getUsersPinnedLists")) == [second]
    act(3, "deleteLists", id=second)
    assert act(3, "getUsersPinnedLists") == []
    assert failed(ask(3, "pinList", list_id=second), 404)


def test_lists_come_in_pages(ask, act, ids):
    made = [act(2, "createLists", name=f"list {n}")["id"] for n in range(5)]
    first = ask(2, "getUsersOwnedLists", id=ids[2], max_results=3)["response"]
    assert ids_of(first["data"]) == made[:1:-1]
    second = ask(2, "getUsersOwnedLists", id=ids[2], max_results=3, pagination_token=first["meta"]["next_token"])["response"]
    assert ids_of(second["data"]) == made[1::-1] and "next_token" not in second["meta"]


def test_a_bookmark_lies_in_its_folder(act, ask):
    folder = act(0, "createUsersBookmarkFolder", name="later")
    assert act(0, "getUsersBookmarkFolders") == [folder] and act(1, "getUsersBookmarkFolders") == []
    post = act(1, "post", text="to be kept for later")["id"]
    act(0, "bookmark", post=post, folder_id=folder["id"])
    assert act(0, "getUsersBookmarksByFolderId", folder_id=folder["id"]) == [{"id": post}]
    assert failed(ask(1, "bookmark", post=post, folder_id=folder["id"]), 404)
    act(0, "unbookmark", post=post)
    assert act(0, "getUsersBookmarksByFolderId", folder_id=folder["id"]) == []


def test_a_note_is_written_found_and_deleted(act, ask):
    post = act(1, "post", text="the moon is cheese")["id"]
    info = {"text": "it is not: https://example.com/moon", "classification": "misinformed_or_potentially_misleading",
            "misleading_tags": ["factual_error"], "trustworthy_sources": True}
    note = act(0, "createCommunityNotes", test_mode=True, post_id=post, info=info)["id"]
    (seen,) = act(0, "searchCommunityNotesWritten", test_mode=True)
    assert seen["id"] == note and seen["info"]["text"] == info["text"]
    assert act(1, "searchCommunityNotesWritten", test_mode=True) == []
    assert failed(ask(1, "deleteCommunityNotes", id=note), 403)
    assert act(0, "deleteCommunityNotes", id=note) == {"deleted": True}
    assert act(0, "searchCommunityNotesWritten", test_mode=True) == []
    assert failed(ask(0, "createCommunityNotes", test_mode=True, post_id="5", info=info), 404)


def test_a_draft_becomes_a_post_once(act, ask):
    draft = act(0, "articleCreateDraft", title="On perches", content_state={"blocks": [], "entities": []})
    post = act(0, "articlePublish", article_id=draft["id"])["post_id"]
    assert act(1, "get_post", post=post)["text"] == "On perches"
    assert failed(ask(0, "articlePublish", article_id=draft["id"]), 404)


def test_whoever_blocks_messages_gets_none(act, ask, ids):
    assert act(2, "blockUsersDms", id=ids[3]) == {"blocked": True}
    assert failed(ask(3, "dm", to=ids[2], text="are you there?"), 403)
    assert act(2, "unblockUsersDms", id=ids[3]) == {"blocked": False}
    act(3, "dm", to=ids[2], text="are you there?")


def test_reposts_are_found_from_both_sides(act):
    post = act(0, "post", text="say it again")["id"]
    act(1, "repost", post=post)
    (repost,) = act(2, "getPostsReposts", id=post)
    assert repost["id"] in ids_of(act(1, "timeline"))
    assert post in ids_of(act(0, "getUsersRepostsOfMe")) and post not in ids_of(act(2, "getUsersRepostsOfMe"))
    act(1, "unrepost", post=post)
    assert act(2, "getPostsReposts", id=post) == [] and post not in ids_of(act(0, "getUsersRepostsOfMe"))


def test_what_search_finds_is_counted(act, ask):
    for n in range(3):
        act(0, "post", text=f"zyzzyva number {n}")
    for granularity, most in (("day", 9), ("hour", 170)):
        response = ask(1, "getPostsCountsRecent", query="zyzzyva", granularity=granularity)["response"]
        assert response["meta"]["total_tweet_count"] == sum(b["post_count"] for b in response["data"]) == 3
        assert len(response["data"]) <= most


def test_users_are_searched_by_name(act, system, ids):
    assert ids[1] in ids_of(act(0, "searchUsers", query=system.accounts[1]))
    assert act(0, "searchUsers", query="nobodyhasthis") == []


def test_a_broadcast_is_scheduled_changed_and_goes_live(act, ask):
    plan = act(0, "createScheduledBroadcast", source_id="s1", scheduled_start_ms="1900000000000", scheduled_end_ms="1900003600000",
               title="dawn")
    it, span = {"id": plan["broadcast_id"]}, {k: plan[k] for k in ("scheduled_broadcast_id", "scheduled_start_ms", "scheduled_end_ms")}
    assert act(0, "updateScheduledBroadcast", title="dusk", **it, **span)["title"] == "dusk"
    assert act(0, "getScheduledBroadcast", **it)["title"] == "dusk"
    other = act(0, "createScheduledBroadcast", source_id="s2", scheduled_start_ms="1900000000000", scheduled_end_ms="1900003600000")
    assert len(act(0, "listScheduledBroadcasts")) == 2 and act(1, "listScheduledBroadcasts") == []
    act(0, "deleteScheduledBroadcast", id=other["broadcast_id"])
    assert ids_of(act(0, "listScheduledBroadcasts"), "broadcast_id") == [it["id"]]
    live = act(0, "goLiveScheduledBroadcast", **it)["broadcast_id"]
    assert act(1, "getBroadcast", id=live)["id"] == live and ids_of(act(0, "listBroadcasts")) == [live]
    act(1, "sendBroadcastChat", id=live, text="good morning")
    (remark,) = act(2, "getBroadcastChat", id=live)
    assert remark["text"] == "good morning"
    assert failed(ask(2, "deleteBroadcastChatMessage", id=live, message_id=remark["id"]), 403)
    act(1, "deleteBroadcastChatMessage", id=live, message_id=remark["id"])
    assert act(2, "getBroadcastChat", id=live) == []
    assert failed(ask(1, "goLiveScheduledBroadcast", **it), 404)


def test_a_subscription_is_listed(act):
    made = act(0, "createActivitySubscription", event_type="post.create", filter={"keyword": "roost"}, tag="birds")["subscription"]
    (seen,) = act(0, "getActivitySubscriptions")
    assert (seen["subscription_id"], seen["tag"]) == (made["subscription_id"], "birds")
    assert act(1, "getActivitySubscriptions") == []


def test_a_public_key_is_seen_by_others(act, ids):
    act(0, "addUserPublicKey", version="1", public_key={"public_key": "AAAA", "signing_public_key": "BBBB",
                                                          "identity_public_key_signature": "CCCC"})
    (key,) = act(1, "getUsersPublicKey", id=ids[0])
    assert (key["public_key"], key["signing_public_key"], key["public_key_version"]) == ("AAAA", "BBBB", "1")
    assert act(0, "getUsersPublicKey", id=ids[1]) == []


def test_a_chat_has_members_and_messages(act, ids):
    keys = [{"user_id": i, "public_key_version": "1", "encrypted_conversation_key": "AAAA"} for i in ids[:2]]
    talk = act(0, "createChatConversation", conversation_id="g1900000000000000001", conversation_key_version="1",
               conversation_participant_keys=keys, group_members=ids[:2], group_admins=ids[:1], group_name="perch")["conversation_id"]
    assert ids_of(act(1, "getChatConversations")) == [talk] and act(2, "getChatConversations") == []
    act(0, "addChatGroupMembers", id=talk, user_ids=[ids[2]])
    assert ids_of(act(2, "getChatConversations")) == [talk]
    assert act(2, "getChatConversation", id=talk)["group_name"] == "perch"
    act(1, "sendChatMessage", id=talk, message_id="m1", encoded_message_create_event="AAAA")
    (event,) = act(2, "getChatConversationEvents", id=talk)
    assert (event["encoded_event"], event["sender_id"]) == ("AAAA", ids[1])
    delete = {"delete_message_action": "delete_for_all", "action_signatures": []}
    act(0, "deleteChatMessages", id=talk, sequence_ids=[event["id"]], **delete)
    assert len(act(2, "getChatConversationEvents", id=talk)) == 1  # only whoever wrote it
    act(1, "deleteChatMessages", id=talk, sequence_ids=[event["id"]], **delete)
    assert act(2, "getChatConversationEvents", id=talk) == []


def test_every_operation_that_has_state_was_used():
    assert kept() and kept() <= USED, sorted(kept() - USED)
