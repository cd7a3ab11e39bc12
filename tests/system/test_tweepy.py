"""
tweepy as Debian ships it against the simulator: what an unmodified client of X finds right is right enough.

tweepy's host is a constant, so requests of its session are led to the simulator by an adapter of python3-requests; not a
line of tweepy is changed.
"""
import os
import sys
import urllib.parse

import pytest
import requests
import tweepy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402


class ToSimulator(requests.adapters.HTTPAdapter):
    """Sends what is meant for api.twitter.com to the simulator."""

    def __init__(self, url):
        super().__init__()
        self.host = urllib.parse.urlsplit(url).netloc

    def send(self, request, **options):
        parts = urllib.parse.urlsplit(request.url)
        assert parts.netloc == "api.twitter.com", request.url
        request.url = urllib.parse.urlunsplit(("http", self.host, parts.path, parts.query, ""))
        return super().send(request, **options)


@pytest.fixture(name="xsim", scope="module")
def fixture_xsim(tmp_path_factory):
    xsim = lab.Xsim(str(tmp_path_factory.mktemp("tweepy")), 4)
    yield xsim
    assert xsim.stop() == 0


def client_of(xsim, number, **options):
    token = xsim.accounts()[number]["access_token"]
    client = tweepy.Client(bearer_token=token, **options)
    client.session.mount("https://api.twitter.com", ToSimulator(xsim.url))
    return client


@pytest.fixture(name="client", scope="module")
def fixture_client(xsim):
    return client_of(xsim, 0)


@pytest.fixture(name="people", scope="module")
def fixture_people(xsim):
    return [int(a["user_id"]) for a in xsim.accounts()]


def test_it_knows_who_it_is(client, xsim):
    me = client.get_me(user_auth=False)
    assert me.data.username == xsim.accounts()[0]["username"]


def test_it_creates_reads_and_deletes_a_post(client):
    made = client.create_tweet(text="from tweepy & roost", user_auth=False)
    read = client.get_tweet(made.data["id"], tweet_fields=["created_at", "author_id"])
    assert read.data.text == "from tweepy &amp; roost" and read.data.created_at
    assert client.delete_tweet(made.data["id"], user_auth=False).data == {"deleted": True}
    assert client.get_tweet(made.data["id"]).errors[0]["title"] == "Not Found Error"


def test_it_likes_and_follows_and_finds_both(client, xsim, people):
    other = client_of(xsim, 1)
    post = other.create_tweet(text="like me", user_auth=False).data["id"]
    assert client.like(post, user_auth=False).data == {"liked": True}
    assert [str(t.id) for t in client.get_liked_tweets(people[0], user_auth=False).data] == [post]
    assert client.unlike(post, user_auth=False).data == {"liked": False}
    assert client.follow_user(people[1], user_auth=False).data["following"] is True
    assert [u.id for u in client.get_users_following(people[0]).data] == [people[1]]
    assert [u.id for u in other.get_users_followers(people[1]).data] == [people[0]]
    assert str(client.get_home_timeline(user_auth=False).data[0].id) == post


def test_it_sends_and_reads_messages(client, xsim, people):
    sent = client.create_direct_message(participant_id=people[2], text="psst", user_auth=False)
    events = client_of(xsim, 2).get_direct_message_events(participant_id=people[0], user_auth=False)
    assert [str(e.id) for e in events.data] == [sent.data["dm_event_id"]] and events.data[0].text == "psst"


def test_it_hides_a_reply_and_searches(client, xsim):
    post = client.create_tweet(text="a question, quokka?", user_auth=False).data["id"]
    reply = client_of(xsim, 1).create_tweet(text="an answer", in_reply_to_tweet_id=post, user_auth=False).data["id"]
    assert client.hide_reply(reply, user_auth=False).data == {"hidden": True}
    assert [str(t.id) for t in client.search_recent_tweets("quokka").data] == [post]
    mentions = client.get_users_mentions(client.get_me(user_auth=False).data.id)
    assert reply in [str(t.id) for t in mentions.data]


def test_its_paginator_walks_a_timeline(xsim, people):
    client = client_of(xsim, 3)
    made = [client.create_tweet(text=f"number {i}", user_auth=False).data["id"] for i in range(23)]
    pages = tweepy.Paginator(client.get_users_tweets, people[3], max_results=5)
    assert [str(t.id) for t in pages.flatten()] == made[::-1]
    assert len(list(tweepy.Paginator(client.get_users_tweets, people[3], max_results=10))) == 3


def test_it_waits_when_it_is_told_to(xsim, people):
    """15 minutes are 5 seconds here, which tweepy waits through; 15 messages may be read in them."""
    client = client_of(xsim, 2, wait_on_rate_limit=True)
    xsim.send("POST", "/_xsim/windows", {"scale": 180, "reset": True})
    before = xsim.stats()["real_429"]
    for _ in range(16):
        client.get_direct_message_events(participant_id=people[3], user_auth=False)
    assert xsim.stats()["real_429"] > before


def test_it_says_so_when_it_may_not_wait(xsim, people):
    client = client_of(xsim, 2)
    xsim.send("POST", "/_xsim/windows", {"scale": 1, "reset": True})
    with pytest.raises(tweepy.TooManyRequests):
        for _ in range(16):
            client.get_direct_message_events(participant_id=people[3], user_auth=False)
