"""roost connect and disconnect against the simulated X: PKCE, callbacks of every kind, words for every trouble."""
import base64
import json
import os
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

import lab
from lab import visit


@pytest.fixture(scope="module")
def roost(tmp_path_factory):
    directory = tmp_path_factory.mktemp("connect")
    xsim = lab.Xsim(str(directory), 5, "enterprise", "--code-life", "5")
    callback = f"http://localhost:{lab.free_port()}/settings/secrets/oauth/x"
    roost = lab.Roost(directory, xsim.url, workers=1)
    text = open(roost.config, encoding="utf-8").read()
    text = text.replace(f'api_url: "{xsim.url}"', f'api_url: "{xsim.url}", authorize_url: "{xsim.url}/i/oauth2/authorize", '
                        f'callback_url: "{callback}"')
    with open(roost.config, "w", encoding="utf-8") as f:
        f.write(text)
    roost.dispatcher.stop()
    roost.start_dispatcher()
    xsim.send("POST", "/_xsim/app", {"redirect_uri": callback})
    app = json.loads(xsim.get("/_xsim/app"))
    roost.cli("app", "add", "web", "--plan", "enterprise",
              env={"X_CLIENT_ID": app["client_id"], "X_CLIENT_SECRET": app["client_secret"]})
    roost.cli("app", "add", "native", "--plan", "enterprise", env={"X_CLIENT_ID": app["public"]["client_id"], "X_CLIENT_SECRET": ""})
    roost.xsim, roost.callback, roost.app = xsim, callback, app
    yield roost
    roost.stop()
    xsim.stop()
    lab.end_all()


class Connect:
    """A `roost connect` that waits for its browser."""

    def __init__(self, roost, *args):
        self.proc = subprocess.Popen([os.path.join(lab.BIN, "roost"), "connect", *args, "--no-browser", "--json", "--config",
                                      roost.config], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.url = None
        for line in self.proc.stderr:
            if line.startswith("http"):
                self.url = line.strip()
                break
        assert self.url, self.proc.communicate()
        self.query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.url).query))

    def consent(self, user, **more):
        """The user says yes at X; the address that X sends the browser to."""
        status, body, location = visit(self.url + "&" + urllib.parse.urlencode({"xsim_user": user, **more}))
        assert status == 302, body
        return location

    def back(self, location, **more):
        """The browser goes there; waits for the listener."""
        def go():
            try:
                return visit(location, **more)
            except (urllib.error.URLError, ConnectionError):
                return None
        return lab.wait_for("the callback to be listened to", go)

    def end(self):
        out, err = self.proc.communicate(timeout=90)
        return self.proc.returncode, (json.loads(out) if out.strip() else None), err


def account(roost, name):
    answer = json.loads(roost.cli("account", "list", "--json").stdout)
    return [a for a in answer if a["name"] == name][0]


def test_a_confidential_app_connects_an_account(roost):
    c = Connect(roost, "acme", "--app", "web")
    assert c.query["code_challenge_method"] == "S256" and len(c.query["code_challenge"]) == 43
    assert c.query["response_type"] == "code" and c.query["redirect_uri"] == roost.callback
    assert len(c.query["state"]) == 52
    assert set(c.query["scope"].split()) == {"tweet.read", "tweet.write", "users.read", "media.write", "tweet.moderate.write", "offline.access"}
    status, body, _ = c.back(c.consent("demo1"))
    assert status == 200 and "connected" in body
    code, said, err = c.end()
    assert code == 0, err
    assert said["username"] == "demo1" and said["missing"] == "" and said["renewable"] is True
    assert account(roost, "acme")["state"] == "connected"
    done = json.loads(roost.cli("post", "--account", "acme", "hello from connect", "--json").stdout)
    assert done["state"] == "done"


def test_a_public_app_connects_an_account(roost):
    c = Connect(roost, "pub", "--app", "native", "--for", "x.tweet.write,x.dm.write")
    assert "dm.write" in c.query["scope"].split()
    assert c.back(c.consent("demo2"))[0] == 200
    code, said, err = c.end()
    assert code == 0 and said["username"] == "demo2", err
    assert account(roost, "pub")["token"] == "fresh"


def test_an_account_that_is_connected_again_keeps_its_jobs(roost):
    Agent = lab.Agent(roost.endpoint)
    roost.cli("account", "pause", "acme")
    job = Agent.ok("enqueue", jobs=[{"action": "post", "account": "acme", "args": {"text": "kept"}}])["jobs"][0]["id"]
    roost.cli("disconnect", "acme")
    assert account(roost, "acme")["state"] == "disconnected"
    roost.cli("account", "resume", "acme")
    assert Agent.ok("explain", id=job)["verdict"]["blocker"] == "grant"
    c = Connect(roost, "acme", "--app", "web")
    c.back(c.consent("demo1"))
    assert c.end()[0] == 0
    assert Agent.results_of(1)[job]["state"] == "done"
    Agent.close()


def test_disconnect_revokes_at_x(roost):
    c = Connect(roost, "leaves", "--app", "web")
    c.back(c.consent("demo3"))
    assert c.end()[0] == 0

    def answers():
        return roost.xsim.stats()["routes"].get("revoke", {"answers": {}})["answers"].get("200", 0)
    before = answers()
    roost.xsim.fault(route="revoke", kind="503", count=1)
    run = roost.cli("disconnect", "leaves", check=False)
    assert run.returncode == 1 and "again" in run.stderr
    assert answers() == before and account(roost, "leaves")["token"] == "dead"  # off here, whatever X says
    assert "taken its tokens back" in roost.cli("account", "disconnect", "leaves").stdout
    assert answers() == before + 2  # the refresh token and the access token


# Callback variants: wrong state, wrong host, open redirect (test_the_listener_...), twice (test_a_callback_counts_once), late
# (test_a_late_code_...), no verifier (test_a_code_without_its_verifier_...): each is refused, and the earlier grant goes on.
@pytest.mark.parametrize("change", ["state", "no_state", "two_states", "no_code", "path", "host", "post"])
def test_callbacks_that_are_not_the_answer_change_nothing(roost, change):
    c = Connect(roost, "variants", "--app", "web")
    good = c.consent("demo4")
    parts = urllib.parse.urlsplit(good)
    query = urllib.parse.parse_qs(parts.query)
    host = None
    if change == "state":
        query["state"] = ["x" * 52]
    elif change == "no_state":
        del query["state"]
    elif change == "two_states":
        query["state"] *= 2
    elif change == "no_code":
        del query["code"]
    elif change == "path":
        parts = parts._replace(path=parts.path + "/")
    elif change == "host":
        host = "evil.example.com"
    bad = parts._replace(query=urllib.parse.urlencode(query, doseq=True)).geturl()
    if change == "post":
        def post():
            try:
                with lab.BROWSER.open(urllib.request.Request(good, data=b"x=1"), timeout=30) as r:
                    return r.status, "", None
            except urllib.error.HTTPError as e:
                return e.code, "", e.headers.get("Location")
            except (urllib.error.URLError, ConnectionError):
                return None
        status, _, location = lab.wait_for("the listener", post)
    else:
        status, _, location = c.back(bad, host=host)
    assert status in (403, 404) and location is None  # refused, and sent nowhere else
    assert c.proc.poll() is None  # it still waits for the real one
    assert c.back(good)[0] == 200
    code, said, err = c.end()
    assert code == 0 and said["username"] == "demo4", err


def test_a_callback_counts_once(roost):
    c = Connect(roost, "variants", "--app", "web")
    location = c.consent("demo4")
    assert c.back(location)[0] == 200
    assert c.end()[0] == 0
    admin = lab.Agent("ipc://" + os.path.join(roost.dir, "state", "admin.sock"))
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
    error = admin.error("connect_finish", state=query["state"], code=query["code"])
    assert error["code"] == "not_allowed" and "used before" in error["message"]
    assert admin.error("connect_finish", state="made-up", code=query["code"])["code"] == "not_allowed"
    # A code of another beginning has another challenge: X refuses it, and so the words say what to do.
    first = admin.ok("connect_begin", account="variants", app="web")
    second = admin.ok("connect_begin", account="variants", app="web")
    status, _, back = visit(first["url"] + "&xsim_user=demo4")
    stolen = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))["code"]
    error = admin.error("connect_finish", state=second["state"], code=stolen)
    assert error["code"] == "not_connected" and "30 seconds" in error["message"] and roost.callback in error["message"]
    admin.close()


def test_a_late_code_is_told_as_such(roost):
    c = Connect(roost, "variants", "--app", "web")
    location = c.consent("demo4")
    born = lab.time.monotonic()
    lab.wait_for("the code to be too old", lambda: lab.time.monotonic() - born > 5.5)
    assert c.back(location)[0] == 400
    code, _, err = c.end()
    assert code == 1 and "30 seconds" in err, err


def test_a_user_who_says_no(roost):
    c = Connect(roost, "variants", "--app", "web")
    assert c.back(c.consent("demo4", xsim_deny="1"))[0] == 400
    code, _, err = c.end()
    assert code == 1 and "did not allow" in err, err
    assert account(roost, "variants")["state"] == "connected"  # the earlier grant goes on


def test_another_user_does_not_take_an_account(roost):
    c = Connect(roost, "acme", "--app", "web")
    assert c.back(c.consent("demo5"))[0] == 400
    code, _, err = c.end()
    assert code == 1 and "@demo1" in err and "@demo5" in err, err
    assert account(roost, "acme")["username"] == "demo1"


def test_wrong_client_and_app_that_is_not_approved(roost):
    roost.cli("app", "add", "wrong", "--plan", "enterprise", env={"X_CLIENT_ID": roost.app["client_id"], "X_CLIENT_SECRET": "wrong"})
    c = Connect(roost, "wrong", "--app", "wrong")
    c.back(c.consent("demo5"))
    code, _, err = c.end()
    assert code == 1 and "roost app set wrong" in err and "Keys and tokens" in err, err
    roost.xsim.fault(route="get_me", kind="fixture", fixture="403-client-not-enrolled", count=1)
    c = Connect(roost, "wrong", "--app", "web")
    c.back(c.consent("demo5"))
    code, _, err = c.end()
    assert code == 1 and "Project" in err, err


NOT_NOW = "connect again in a minute"
TROUBLES = [  # what X does, and words of the sentence that says what to change, and where
    ({"route": "token", "kind": "fixture", "fixture": "token-400-invalid-authorization-code"}, ["30 seconds", "must be exactly CALLBACK"]),
    ({"route": "token", "kind": "fixture", "fixture": "token-400-invalid-grant"}, ["30 seconds", "must be exactly CALLBACK"]),
    ({"route": "token", "kind": "fixture", "fixture": "token-401-missing-client-auth"}, ["Client Secret", "Keys and tokens", "roost app set web"]),
    ({"route": "token", "kind": "429"}, ["rate limited", NOT_NOW]),
    ({"route": "token", "kind": "500"}, [NOT_NOW]),
    ({"route": "token", "kind": "503"}, ["overloaded", NOT_NOW]),
    ({"route": "token", "kind": "garbage"}, [NOT_NOW]),
    ({"route": "token", "kind": "reset_after"}, [NOT_NOW]),
    ({"route": "get_me", "kind": "fixture", "fixture": "401-invalid-token"}, ["try again in a minute"]),
    ({"route": "get_me", "kind": "fixture", "fixture": "402-credits-depleted"}, ["no credits", "developer console"]),
    ({"route": "get_me", "kind": "fixture", "fixture": "403-client-not-enrolled"}, ["Project", "developer console"]),
    ({"route": "get_me", "kind": "fixture", "fixture": "429-rate-limit"}, ["15 minutes"]),
    ({"route": "get_me", "kind": "500"}, [NOT_NOW]),
]


@pytest.mark.parametrize("fault,words", TROUBLES, ids=[f"{f['route']}-{f.get('fixture', f['kind'])}" for f, _ in TROUBLES])
def test_every_trouble_ends_in_what_to_do_and_changes_nothing(roost, fault, words):
    before = account(roost, "acme")
    c = Connect(roost, "acme", "--app", "web")
    location = c.consent("demo1")
    roost.xsim.fault(**fault, count=1)
    assert c.back(location)[0] == 400
    code, _, err = c.end()
    roost.xsim.send("DELETE", "/_xsim/faults")
    assert code in (1, 69), (code, err)
    for text in words:
        assert text.replace("CALLBACK", roost.callback) in err, err
    after = account(roost, "acme")
    assert (after["state"], after["username"]) == (before["state"], before["username"]) == ("connected", "demo1")


@pytest.mark.parametrize("error", ["invalid_scope", "unauthorized_client", "server_error", "<script>"])
def test_an_error_in_the_place_of_a_code_says_where_to_look(roost, error):
    c = Connect(roost, "variants", "--app", "web")
    status, body, to = c.back(f"{roost.callback}?{urllib.parse.urlencode({'state': c.query['state'], 'error': error})}")
    assert status == 400 and to is None and "<script>" not in body
    code, _, err = c.end()
    assert code == 1 and f"'{error}'" in err and "User authentication settings" in err and "developer console" in err, err


def test_a_confidential_app_without_its_secret(roost):
    roost.cli("app", "add", "bare", "--plan", "enterprise", env={"X_CLIENT_ID": roost.app["client_id"], "X_CLIENT_SECRET": ""})
    c = Connect(roost, "bare", "--app", "bare")
    c.back(c.consent("demo5"))
    code, _, err = c.end()
    assert code == 1 and "which has no secret here" in err and "roost app set bare" in err, err


def test_a_token_that_nothing_renews_is_told(roost):
    c = Connect(roost, "brief", "--app", "web")
    c.url = c.url.replace("%20offline.access", "")
    assert c.back(c.consent("demo2"))[0] == 200
    code, said, err = c.end()
    assert code == 0 and said["renewable"] is False, (said, err)


def test_a_code_without_its_verifier_is_of_no_use_to_whoever_sees_it(roost):
    """The sixth of the callback variants: somebody has code and state, and even the app's secret, but not what roost kept to itself."""
    c = Connect(roost, "variants", "--app", "web")
    location = c.consent("demo4")
    code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))["code"]
    pair = f"{roost.app['client_id']}:{roost.app['client_secret']}".encode()
    for extra in ({}, {"code_verifier": c.query["code_challenge"]}):
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": roost.callback, **extra}
        request = urllib.request.Request(roost.xsim.url + "/2/oauth2/token", data=urllib.parse.urlencode(form).encode(),
                                         headers={"Authorization": "Basic " + base64.b64encode(pair).decode()})
        with pytest.raises(urllib.error.HTTPError) as refused:
            lab.BROWSER.open(request, timeout=30)
        assert refused.value.code == 400
    assert c.back(location)[0] == 400  # X counts a code once, also when it was tried in vain
    assert "30 seconds" in c.end()[2]
    assert account(roost, "variants")["username"] == "demo4"  # the earlier grant goes on


def test_scopes_that_x_did_not_grant_are_named(roost):
    c = Connect(roost, "narrow", "--app", "web", "--for", "x.tweet.write,x.dm.write")
    c.url = c.url.replace("dm.read%20dm.write%20", "")  # as an app whose permissions have no direct messages
    assert c.back(c.consent("demo2"))[0] == 200
    code, said, err = c.end()
    assert code == 0 and said["missing"] == "dm.read dm.write", (said, err)
    assert "x.dm.write" not in account(roost, "narrow")["capabilities"]


def test_a_port_that_is_taken_is_told(roost):
    port = urllib.parse.urlsplit(roost.callback).port
    with socket.create_server(("127.0.0.1", port)):
        run = roost.cli("connect", "late", "--app", "web", "--no-browser", check=False)
    assert run.returncode != 0 and "cannot be listened to" in run.stderr and "--paste" in run.stderr, run.stderr


def test_the_listener_sends_nobody_anywhere(roost):
    """Whatever stands in the address beside state and code: there is no redirect."""
    c = Connect(roost, "variants", "--app", "web")
    evil = "https://evil.example.com/"
    location = c.consent("demo4")
    for name in ("redirect", "redirect_uri", "next", "url", "return_to"):
        status, body, to = c.back(location.replace("state=", f"state=x&{name}={evil}&was=", 1))
        assert status in (400, 403, 404) and to is None and evil not in body
    status, body, to = c.back(location + f"&redirect_uri={evil}")
    assert to is None and evil not in body
    if status != 200:
        assert c.back(location)[0] == 200
    code, said, err = c.end()
    assert code == 0 and said["username"] == "demo4", err


def test_nobody_comes_back(roost):
    run = roost.cli("connect", "late", "--app", "web", "--no-browser", "--wait", 1, check=False)
    assert run.returncode == 1 and "exactly " + roost.callback in run.stderr
    assert "no app" in roost.cli("connect", "late", "--app", "none", check=False).stderr


def test_an_address_may_be_pasted(roost):
    admin = lab.Agent("ipc://" + os.path.join(roost.dir, "state", "admin.sock"))
    run = subprocess.Popen([os.path.join(lab.BIN, "roost"), "connect", "pasted", "--app", "web", "--paste", "--json", "--config",
                            roost.config], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    url = next(line.strip() for line in run.stderr if line.startswith("http"))
    _, _, location = visit(url + "&xsim_user=demo5")
    out, err = run.communicate(location + "\n", timeout=60)
    assert run.returncode == 0 and json.loads(out)["username"] == "demo5", err
    admin.close()


@pytest.mark.parametrize("route", ["token", "get_me", "revoke"])
def test_a_dispatcher_that_stops_while_x_is_asked_says_so_and_leaves_nothing_behind(roost, route):
    """Under the sanitizers a byte that nobody frees is an exit code."""
    asked = lambda: sum(f["struck"] for f in json.loads(roost.xsim.get("/_xsim/faults")))
    if route == "revoke":
        c = Connect(roost, "leaving", "--app", "web")
        c.back(c.consent("demo5"))
        assert c.end()[0] == 0
    before = asked()
    roost.xsim.fault(route=route, kind="delay", delay_ms=30000, count=1)
    if route == "revoke":
        run = subprocess.Popen([os.path.join(lab.BIN, "roost"), "account", "disconnect", "leaving", "--timeout", "60", "--config",
                                roost.config], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    else:
        c = Connect(roost, "leaving", "--app", "web")
        location = c.consent("demo5")
        browser = subprocess.Popen(["curl", "-s", "--retry", "20", "--retry-connrefused", "--retry-delay", "1", location],
                                   stdout=subprocess.PIPE)
        run = c.proc
    lab.wait_for("X to be asked", lambda: asked() > before)
    assert roost.dispatcher.stop() == 0
    _, err = run.communicate(timeout=90)
    assert run.returncode != 0 and "the dispatcher is stopping" in err, err
    if route != "revoke":
        browser.communicate(timeout=60)
    roost.xsim.send("DELETE", "/_xsim/faults")
    roost.start_dispatcher()


def test_no_token_is_in_a_log(roost):
    tokens = [a[k] for a in roost.xsim.accounts() for k in ("access_token", "refresh_token") if k in a] + [roost.app["client_secret"]]
    for name in os.listdir(roost.dir):
        if name.endswith(".log") and name != "xsim.log":
            with open(os.path.join(roost.dir, name), encoding="utf-8", errors="replace") as f:
                content = f.read()
            assert not [t for t in tokens if t and t in content], name
