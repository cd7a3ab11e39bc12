"""Tokens and keys that were obtained elsewhere: used while X takes them, and then somebody is told what to do."""
import datetime
import json
import os
import subprocess

import pytest
import requests
import requests_oauthlib

import lab


@pytest.fixture(scope="module")
def roost(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tokens")
    xsim = lab.Xsim(str(directory), 6)
    roost = lab.Roost(directory, xsim.url, workers=1)
    roost.xsim = xsim
    app = json.loads(xsim.get("/_xsim/app"))
    roost.cli("app", "add", "demo", "--plan", "enterprise",
              env={"X_CLIENT_ID": app["client_id"], "X_CLIENT_SECRET": app["client_secret"]})
    roost.keys = {k["name"]: k for k in map(json.loads, xsim.get("/_xsim/keys").splitlines())}
    roost.tokens = {a["name"]: a for a in xsim.accounts()}
    yield roost
    roost.stop()
    xsim.stop()


def give(roost, name, check=True, options=(), **variables):
    return roost.cli("account", "give", name, "--app", "demo", *options, "--json", check=check, env=variables)


def give_keys(roost, name, of, check=True, **changes):
    keys = {**roost.keys[of], **changes}
    return give(roost, name, check, X_ACCESS_TOKEN=keys["access_token"], X_ACCESS_TOKEN_SECRET=keys["access_token_secret"],
                X_API_KEY=keys["api_key"], X_API_SECRET=keys["api_secret"])


def account(roost, name):
    return next(a for a in json.loads(roost.cli("account", "list", "--json").stdout) if a["name"] == name)


def told(roost, name, job):
    agent = lab.Agent(roost.endpoint)
    verdict = agent.ok("explain", id=job)["verdict"]
    agent.close()
    return verdict


def post(roost, name, text):
    agent = lab.Agent(roost.endpoint)
    job = agent.ok("enqueue", jobs=[{"action": "post", "account": name, "args": {"text": text}}])["jobs"][0]["id"]
    agent.close()
    return job


def state(roost, job):
    agent = lab.Agent(roost.endpoint)
    answer = agent.ok("get", ids=[job])["jobs"][0]["state"]
    agent.close()
    return answer


def test_what_others_sign_the_simulator_takes(roost):
    """requests_oauthlib knows nothing of roost: so the simulator checks what X checks."""
    keys = roost.keys["demo1"]
    auth = requests_oauthlib.OAuth1(keys["api_key"], keys["api_secret"], keys["access_token"], keys["access_token_secret"])
    url = roost.xsim.url + "/2/users/by?usernames=demo1,demo2&user.fields=id,name"
    assert requests.get(url, auth=auth, timeout=30).status_code == 200
    said = requests.post(roost.xsim.url + "/2/tweets", auth=auth, json={"text": "signed by another library"}, timeout=30)
    assert said.status_code == 201, said.text
    # The same request a second time: its nonce was used.
    again = requests.Request("GET", url, auth=auth).prepare()
    with requests.Session() as session:
        assert session.send(again, timeout=30).status_code == 200
        replayed = session.send(again, timeout=30)
    assert replayed.status_code == 401 and replayed.json()["title"] == "Unauthorized"
    for change in ({"client_key": "nobody"}, {"client_secret": "x"}, {"resource_owner_secret": "x"}, {"resource_owner_key": "1-x"},
                   {"timestamp": "1000000000"}):
        wrong = {"client_key": keys["api_key"], "client_secret": keys["api_secret"],
                 "resource_owner_key": keys["access_token"], "resource_owner_secret": keys["access_token_secret"], **change}
        assert requests.get(url, auth=requests_oauthlib.OAuth1(**wrong), timeout=30).status_code == 401, change


def test_an_account_with_keys_of_oauth_1_posts_looks_up_and_reads(roost):
    assert json.loads(give_keys(roost, "signed", "demo1").stdout)["username"] == "demo1"
    assert account(roost, "signed")["token"] == "keys" and account(roost, "signed")["token_until"] is None
    done = json.loads(roost.cli("post", "--account", "signed", "Hello Ladies + Gentlemen, a signed request! \u00fc", "--json").stdout)
    assert done["state"] == "done"
    assert any(e.get("text") == "Hello Ladies + Gentlemen, a signed request! \u00fc" for e in roost.xsim.ledger())
    done = json.loads(roost.cli("follow", "--account", "signed", "@crowd001", "--json").stdout)
    assert done["state"] == "done"
    agent = lab.Agent(roost.endpoint)
    job = agent.ok("enqueue", jobs=[{"action": "search", "account": "signed", "args": {"query": "a b & c=d + \u00e9 from:demo1"}}])
    assert agent.results_of(1)[job["jobs"][0]["id"]]["state"] == "done"  # a query that has to be encoded for its signature
    agent.close()
    assert roost.xsim.stats()["signed"] >= 5


def test_an_import_names_its_user_and_asks_nobody(roost):
    line = {**roost.keys["demo2"], "name": "imported"}
    roost.cli("account", "import", "-", input=json.dumps(line))
    assert account(roost, "imported")["username"] == "demo2"
    assert json.loads(roost.cli("post", "--account", "imported", "imported keys", "--json").stdout)["state"] == "done"


def test_wrong_keys_park_the_account_with_a_sentence(roost):
    line = {**roost.keys["demo3"], "name": "wrong", "access_token_secret": "not-the-secret-of-demo3-at-all-0000000000000"}
    roost.cli("account", "import", "-", input=json.dumps(line))
    job = post(roost, "wrong", "never")
    lab.wait_for("the account to be parked", lambda: account(roost, "wrong")["token"] == "dead")
    verdict = told(roost, "wrong", job)
    assert verdict["blocker"] == "grant" and "OAuth 1.0a" in verdict["text"] and "roost account import" in verdict["text"], verdict
    assert state(roost, job) in ("ready", "waiting", "scheduled")
    assert any(r["what"] == "account.lost" and r["whom"] == "account wrong"
               for r in map(json.loads, roost.cli("audit", "--json").stdout.splitlines()))
    # The right ones, and the job goes on.
    give_keys(roost, "wrong", "demo3")
    lab.wait_for("the job to be done", lambda: state(roost, job) == "done")


def test_keys_that_x_refuses_are_told_at_once_when_x_is_asked(roost):
    run = give_keys(roost, "stranger", "demo4", check=False, access_token_secret="x" * 45)
    assert run.returncode != 0 and "X does not take" in run.stderr, run.stderr
    assert "stranger" not in [a["name"] for a in json.loads(roost.cli("account", "list", "--json").stdout)]
    run = give_keys(roost, "signed", "demo4", check=False)
    assert run.returncode != 0 and "@demo1" in run.stderr and "@demo4" in run.stderr, run.stderr


def test_a_token_that_was_given_serves_while_it_lives(roost):
    token = roost.tokens["demo5"]["access_token"]
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=75)
    give(roost, "given", X_ACCESS_TOKEN=token, X_ACCESS_TOKEN_EXPIRES_AT=until.isoformat(timespec="seconds"))
    assert account(roost, "given")["token"] == "given"
    assert json.loads(roost.cli("post", "--account", "given", "while it lives", "--json").stdout)["state"] == "done"
    seen = subprocess.run([os.path.join(lab.BIN, "roost"), "run", "--account", "given", "--manifest", manifest(roost), "--config", roost.config,
                           "--", "sh", "-c", "echo $X_ACCESS_TOKEN_EXPIRES_AT"], capture_output=True, text=True, timeout=60, check=True).stdout
    assert seen.strip().startswith(until.strftime("%Y-%m-%dT%H:%M:%S"))


def manifest(roost):
    path = os.path.join(roost.dir, "bot.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write("requirements:\n  integrations:\n    - key: x.tweet.write\n")
    return path


def test_a_token_that_ended_parks_its_account(roost):
    before = roost.xsim.stats()["refreshes"]
    ended = "2026-01-02T03:04:05Z"
    line = {k: roost.tokens["demo6"][k] for k in ("name", "app", "user_id", "username", "access_token", "scopes")}
    roost.cli("account", "import", "-", input=json.dumps({**line, "name": "ended", "expires_at": ended}))
    assert account(roost, "ended")["token"] == "ended"
    job = post(roost, "ended", "too late for that token")
    lab.wait_for("the account to be parked", lambda: account(roost, "ended")["token"] == "dead")
    verdict = told(roost, "ended", job)
    assert verdict["blocker"] == "grant" and "the token given ended at 2026-01-02T03:04:05" in verdict["text"], verdict
    assert "connect the account" in verdict["text"] and "give a new one" in verdict["text"]
    # A new one, of which nobody knows when it ends, and the job goes on; until X refuses it.
    give(roost, "ended", X_ACCESS_TOKEN=line["access_token"])
    lab.wait_for("the job to be done", lambda: state(roost, job) == "done")
    roost.xsim.send("POST", "/_xsim/accounts", {"username": "demo6", "expire": True})
    job = post(roost, "ended", "after X ended it")
    lab.wait_for("the account to be parked", lambda: account(roost, "ended")["token"] == "dead")
    assert "X refuses the token given" in told(roost, "ended", job)["text"]
    assert roost.xsim.stats()["refreshes"] == before  # never renewed
    # A restart forgets none of it.
    roost.dispatcher.kill()
    roost.start_dispatcher()
    assert "X refuses the token given" in told(roost, "ended", job)["text"]
    assert json.loads(roost.cli("post", "--account", "signed", "after a restart", "--json").stdout)["state"] == "done"


def test_a_given_token_replaces_a_refresh_token(roost):
    line = {**roost.tokens["demo5"], "name": "both", "app": "demo"}
    roost.cli("account", "import", "-", input=json.dumps(line))
    assert account(roost, "both")["token"] == "fresh"
    give(roost, "both", X_ACCESS_TOKEN=line["access_token"])
    assert account(roost, "both")["token"] == "given"


def test_keys_are_forgotten_by_disconnect(roost):
    give_keys(roost, "leaving", "demo4")
    said = roost.cli("disconnect", "leaving")
    assert "forgotten here" in said.stdout and "Connected apps" in said.stdout
    assert account(roost, "leaving")["state"] == "disconnected"
    assert "not connected any more" in told(roost, "leaving", post(roost, "leaving", "no more"))["text"]


@pytest.mark.parametrize("change, words", [
    ({"api_secret": None}, "four"),
    ({"access_token_secret": None}, "four"),
    ({"refresh_token": "r"}, "not renewed"),
    ({"expires_at": 1}, "not renewed"),
    ({"access_token": "two\nlines"}, "no token or key"),
    ({"api_key": "x" * 513}, "api_key"),
    ({"user_id": None}, "user_id"),
])
def test_halves_are_refused(roost, change, words):
    line = {k: v for k, v in {**roost.keys["demo2"], "name": "half", **change}.items() if v is not None}
    run = roost.cli("account", "import", "-", input=json.dumps(line), check=False)
    assert run.returncode != 0 and words in run.stderr, run.stderr
    assert roost.keys["demo2"]["access_token_secret"] not in run.stderr


def test_nothing_is_taken_from_a_command_line(roost):
    assert "X_ACCESS_TOKEN" in roost.cli("account", "give", "nobody", "--app", "demo", check=False).stderr
    assert "--app" in roost.cli("account", "give", "nobody", check=False, env={"X_ACCESS_TOKEN": "t"}).stderr
    run = roost.cli("account", "give", "nobody", "--app", "none", check=False, env={"X_ACCESS_TOKEN": "t"})
    assert "roost app add none" in run.stderr
    run = subprocess.run([os.path.join(lab.BIN, "roost"), "run", "--account", "signed", "--manifest", manifest(roost), "--config",
                          roost.config, "--", "true"], capture_output=True, text=True, timeout=60)
    assert run.returncode != 0 and "OAuth 1.0a" in run.stderr
