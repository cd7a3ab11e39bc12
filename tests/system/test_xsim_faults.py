"""Every fault of roost-xsim, seen on the wire; TLS; the ledger under broken answers; hostile requests."""
import http.client
import json
import os
import select
import socket
import ssl
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from xsimlab import User, Xsim, context_trusting, fixture  # noqa: E402

POST = {"route": "create_post"}


@pytest.fixture(name="xsim", params=[()])
def fixture_xsim(request):
    xsim = Xsim(*request.param)
    yield xsim
    assert xsim.stop() == 0


@pytest.fixture(name="user")
def fixture_user(xsim):
    return User(xsim, xsim.accounts()[0])


def request(user, text="x"):
    """The bytes of one POST /2/tweets."""
    body = json.dumps({"text": text}).encode()
    return (b"POST /2/tweets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + user.token.encode()
            + b"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def texts(xsim):
    return [e["text"] for e in xsim.ledger()]


@pytest.mark.parametrize("kind, name, done", [
    ("500", "500-internal-server-error", False), ("503", "503-service-unavailable", False),
    ("500_after", "500-internal-server-error", True), ("503_after", "503-service-unavailable", True),
])
def test_errors_that_did_or_did_not_do_it(xsim, user, kind, name, done):
    xsim.fault(**POST, kind=kind)
    answer = user.post("/2/tweets", {"text": "x"})
    assert (answer.status, answer.json) == (int(name[:3]), fixture(name))
    assert texts(xsim) == (["x"] if done else [])
    assert user.post("/2/tweets", {"text": "y"}).status == 201  # count is 1
    assert xsim.stats()["faults"] == 1


def test_a_429_uses_up_the_window(xsim, user):
    xsim.fault(**POST, kind="429")
    for _ in range(2):  # the second is refused by the window itself
        answer = user.post("/2/tweets", {"text": "x"})
        assert (answer.status, answer.json) == (429, fixture("429-rate-limit"))
        assert answer.window()[:2] == (100, 0) and answer.window()[2] > time.time()
    assert xsim.stats()["real_429"] == 1 and texts(xsim) == []


@pytest.mark.parametrize("name", ["402-credits-depleted", "403-spend-cap-reached", "403-client-not-enrolled",
                                  "429-usage-capped", "429-rate-limit-code-88"])
def test_any_fixture_can_be_the_answer(xsim, user, name):
    xsim.fault(**POST, kind="fixture", fixture=name)
    answer = user.post("/2/tweets", {"text": "x"})
    assert (answer.status, answer.json) == (int(name[:3]), fixture(name)) and texts(xsim) == []


@pytest.mark.parametrize("kind, end, done", [
    ("close_before", "closed", False), ("reset_before", "reset", False),
    ("close_after", "closed", True), ("reset_after", "reset", True),
])
def test_silence(xsim, user, kind, end, done):
    xsim.fault(**POST, kind=kind)
    got, how = xsim.raw(request(user))
    assert got == b"" and (how == end or not done)  # unread bytes make a close a reset
    assert texts(xsim) == (["x"] if done else [])


@pytest.mark.parametrize("kind", ["cut_head", "cut_body", "garbage"])
def test_broken_answers_to_what_was_done(xsim, user, kind):
    xsim.fault(**POST, kind=kind)
    got, how = xsim.raw(request(user))
    head, _, body = got.partition(b"\r\n\r\n")
    assert how == "closed" and texts(xsim) == ["x"]
    if kind == "cut_head":
        assert got.startswith(b"HTTP/1.1 201 ") and b"\r\n\r\n" not in got
    elif kind == "cut_body":
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        assert got.startswith(b"HTTP/1.1 201 ") and 0 < len(body) < length
    else:
        assert got and not got.startswith(b"HTTP/")


@pytest.mark.parametrize("kind, done", [("hang", False), ("hang_after", True)])
def test_a_hang_says_nothing_and_keeps_the_connection(xsim, user, kind, done):
    xsim.fault(**POST, kind=kind)
    assert xsim.raw(request(user), timeout=0.3) == (b"", "open")
    assert texts(xsim) == (["x"] if done else [])
    xsim.fault(**POST, kind=kind, delay_ms=50)
    assert xsim.raw(request(user, "y"))[1] == "closed"


def test_a_drip_comes_whole_in_pieces(xsim, user):
    xsim.fault(**POST, kind="drip", gap_ms=1)
    with socket.create_connection((xsim.url.hostname, xsim.url.port), 30) as s:
        s.sendall(request(user))
        pieces = [s.recv(65536)]
        while not b"".join(pieces).endswith(b"}}"):
            pieces.append(s.recv(65536))
    assert len(pieces) > 20 and b"".join(pieces).startswith(b"HTTP/1.1 201 ")


def test_a_delayed_answer_comes_after_its_effect(xsim, user):
    xsim.fault(**POST, kind="delay", delay_ms=3000)
    with socket.create_connection((xsim.url.hostname, xsim.url.port), 30) as s:
        s.sendall(request(user))
        while not xsim.ledger():
            pass
        assert select.select([s], [], [], 0)[0] == []
        assert s.recv(65536).startswith(b"HTTP/1.1 201 ")


@pytest.mark.parametrize("kind", ["reuse_close", "reuse_reset"])
def test_a_connection_dies_when_it_is_used_again(xsim, user, kind):
    xsim.fault(route="get_me", kind=kind)
    c = xsim.connection()
    assert xsim.send("GET", "/2/users/me", token=user.token, connection=c).status == 200
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)):
        xsim.send("GET", "/2/users/me", token=user.token, connection=c)
    c.close()
    assert user.get("/2/users/me").status == 200


def test_connections_can_be_refused(xsim, user):
    xsim.fault(kind="refuse", count=2)
    for _ in range(2):
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)):
            user.get("/2/users/me")
    assert user.get("/2/users/me").status == 200


def test_count_after_route_and_chance(xsim, user):
    xsim.fault(route="get_me", kind="503", count=2, after=1)
    assert [user.get("/2/users/me").status for _ in range(5)] == [200, 503, 503, 200, 200]
    assert user.get(f"/2/users/{user.id}").status == 200
    xsim.fault(route="*", kind="500", count=1000, probability=0.5)
    seen = [user.get(f"/2/users/{user.id}").status for _ in range(60)]
    assert 10 < seen.count(500) < 50 and set(seen) == {200, 500}
    waiting = xsim.admin("faults").json
    assert [(f["kind"], f["route"]) for f in waiting] == [("503", "get_me"), ("500", "*")]
    assert waiting[0]["left"] == 0 and waiting[1]["struck"] == seen.count(500)
    xsim.admin("faults", method="DELETE")
    assert user.get("/2/users/me").status == 200


@pytest.mark.parametrize("fault", [
    {}, {"kind": "earthquake"}, {"kind": "500", "route": "nowhere"}, {"kind": "500", "count": -1},
    {"kind": "500", "probability": 2}, {"kind": "500", "colour": "red"}, {"kind": "fixture"},
    {"kind": "fixture", "fixture": "nothing"}, {"kind": "refuse", "route": "get_me"}, {"kind": "500", "delay_ms": "1"},
])
def test_a_fault_that_makes_no_sense_is_refused(xsim, fault):
    answer = xsim.send("POST", "/_xsim/faults", fault)
    assert answer.status == 400 and answer.json["errors"][0]["message"]
    assert xsim.admin("faults").json == []


def test_faults_strike_the_token_endpoint_and_a_lost_answer_has_used_the_token(xsim):
    app, account = xsim.admin("app").json, xsim.accounts()[0]
    basic = (app["client_id"], app["client_secret"])
    fields = {"grant_type": "refresh_token", "refresh_token": account["refresh_token"]}
    for kind in ("503", "429"):
        xsim.fault(route="token", kind=kind)
        assert xsim.form("/2/oauth2/token", fields, basic).status == int(kind)
    xsim.fault(route="token", kind="close_after")
    with pytest.raises(http.client.RemoteDisconnected):
        xsim.form("/2/oauth2/token", fields, basic)
    assert xsim.stats()["refreshes"] == 1
    assert xsim.form("/2/oauth2/token", fields, basic).json == fixture("token-400-invalid-refresh-token")


def test_stats_count_by_route_and_status(xsim, user):
    user.tweet("x")
    user.post("/2/tweets", {"text": "x"})
    user.get("/2/users/me")
    stats = xsim.stats()
    assert stats["routes"]["create_post"] == {"seen": 2, "answers": {"201": 1, "403": 1}}
    assert stats["routes"]["get_me"] == {"seen": 1, "answers": {"200": 1}}
    assert stats["effects"] == 1 and stats["post_effects"] == 1 and stats["real_429"] == 0


def test_the_ledger_is_a_file_that_may_be_read_while_it_runs(tmp_path):
    path = tmp_path / "ledger.jsonl"
    xsim = Xsim("--ledger", path)
    user = User(xsim, xsim.accounts()[0])
    for i in range(300):
        assert user.post(f"/2/users/{user.id}/muting", {"target_user_id": xsim.accounts()[1 + i % 4]["user_id"]}) \
            .status == (200 if i < 50 else 429)
    user.tweet("the last")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines == xsim.ledger() and [e["seq"] for e in lines] == list(range(1, 52))
    assert xsim.ledger(since=50) == lines[50:] and xsim.ledger(since=51) == []
    assert xsim.stop() == 0


# --- TLS ---


def test_tls_with_a_certificate_of_its_own(tmp_path):
    xsim = Xsim("--tls", "--tls-dir", tmp_path / "tls")
    assert xsim.url.scheme == "https" and (tmp_path / "tls" / "key.pem").stat().st_mode & 0o077 == 0
    xsim.tls = context_trusting(tmp_path / "tls" / "cert.pem")
    user = User(xsim, xsim.accounts()[0])
    user.tweet("sealed")
    assert texts(xsim) == ["sealed"]
    with pytest.raises(ssl.SSLCertVerificationError):
        http.client.HTTPSConnection("localhost", xsim.url.port, timeout=30,
                                    context=ssl.create_default_context()).request("GET", "/2/users/me")
    assert xsim.stop() == 0


# --- hostile requests ---


@pytest.mark.parametrize("head, status", [
    (b"GET /2/users/me HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    (b"GET /2/users/me HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n", 400),
    (b"GET /2/users/me HTTP/3.0\r\nHost: x\r\n\r\n", 505), (b"nonsense\r\n\r\n", 400),
    (b"GET /2/users/me HTTP/1.1\r\n\r\n", 400), (b"GET /2/users/me HTTP/1.1\r\nHost: x\r\n\r\n", 401),
    (b"GET /2/users/me HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20000 + b"\r\n\r\n", 431),
    (b"POST /2/tweets HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413),
])
def test_heads_that_two_readers_could_take_in_two_ways_are_refused(xsim, head, status):
    assert xsim.raw(head, timeout=1)[0].startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize("path", [
    "/2/users/by?usernames=%zz", "/2/users/by?usernames=a&usernames=b", "/2/users/%00", "/2/tweets/" + "9" * 20,
    "/2/users/by?usernames=" + "%ff" * 30, "/2/users/by?" + "&".join(f"x{i}=1" for i in range(40)),
])
def test_queries_and_ids_that_make_no_sense_are_400(user, path):
    assert user.get(path).status == 400


@pytest.mark.parametrize("body", [
    b"[" * 100000, b'{"text":' + b'{"a":' * 3000, b"null", b"7", b'"x"', b"[]", b'{"text":"\\ud800"}', b'{"text":null}',
])
def test_bodies_that_make_no_sense_are_400(xsim, user, body):
    answer = xsim.send("POST", "/2/tweets", body, user.token, {"Content-Type": "application/json"})
    assert answer.status == 400 and texts(xsim) == []
