"""roost run: manifests, what an account lacks, renewal before the program runs, and a program of somebody else's."""
import json
import os
import subprocess
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SHOW = "import os, json; print(json.dumps({k: os.environ.get(k) for k in ('X_ACCESS_TOKEN', 'X_ACCESS_TOKEN_EXPIRES_AT')}))"


@pytest.fixture(scope="module")
def roost(tmp_path_factory):
    directory = tmp_path_factory.mktemp("manifest")
    xsim = lab.Xsim(str(directory), 3)
    xsim.send("POST", "/_xsim/accounts", {"username": "demo2", "scopes": "tweet.read tweet.write users.read offline.access"})
    roost = lab.Roost(directory, xsim.url, workers=0)
    roost.connect(xsim)
    roost.xsim = xsim
    roost.admin = lab.Agent("ipc://" + os.path.join(roost.dir, "state", "admin.sock"))
    yield roost
    roost.admin.close()
    roost.stop()
    xsim.stop()
    lab.end_all()


def roost_run(roost, *args):
    """What follows "--" is the program's, so the settings come first."""
    return subprocess.run([os.path.join(lab.BIN, "roost"), "--config", roost.config, "run", *args], capture_output=True, text=True,
                          timeout=120, check=False)


def run(roost, manifest, *command, account="demo2"):
    path = os.path.join(roost.dir, "bot.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(manifest)
    options = ["--account", account] if account else []
    done = roost_run(roost, "--manifest", path, *options, "--", *command)
    return done.returncode, done.stdout, done.stderr.replace(path, "bot.yaml")


def needs(*rows):
    return "requirements:\n  integrations:\n" + "".join(f"    - {row}\n" for row in rows)


def test_the_program_gets_the_token_and_its_exit_code_is_ours(roost):
    token = [a for a in roost.xsim.accounts() if a["name"] == "demo2"][0]
    code, out, err = run(roost, needs("key: x.tweet.write"), "/usr/bin/python3", "-c", SHOW)
    assert code == 0 and err == "", err
    got = json.loads(out)
    assert got["X_ACCESS_TOKEN"] == token["access_token"]
    assert got["X_ACCESS_TOKEN_EXPIRES_AT"].endswith("Z") and got["X_ACCESS_TOKEN_EXPIRES_AT"][10] == "T"
    assert run(roost, needs("key: x.tweet.write"), "sh", "-c", "exit 41")[0] == 41
    assert run(roost, needs("key: x.tweet.write"), "sh", "-c", 'echo "$1" | grep -q -- --account', "sh", "--account")[0] == 0
    code, _, err = run(roost, needs("key: x.tweet.write"), "no-such-program")
    assert code == 127 and "no-such-program" in err
    assert run(roost, needs("key: x.tweet.write"), roost.dir)[0] == 126
    last = roost.admin.ok("audit", limit=1)["records"][0]
    assert (last["what"], last["whom"]) == ("account.token", "account demo2") and token["access_token"] not in json.dumps(last)


def test_what_is_required_and_missing_is_named_with_its_remedy(roost):
    code, out, err = run(roost, needs("key: x.tweet.write", "{key: x.dm.write, description: Answer DMs}", "key: x.dm.read"), "echo", "ran")
    assert code == 77 and out == ""
    assert "x.dm.write (Answer DMs), x.dm.read" in err
    remedy = err.split("connect it again with: ")[1].strip().split()
    assert remedy[:6] == ["roost", "connect", "demo2", "--app", "demo", "--for"]
    assert {"x.dm.write", "x.dm.read", "x.tweet.write"} <= set(remedy[6].split(","))
    code, out, err = run(roost, needs("{key: x.dm.read, description: Read DMs, optional: true}"), "echo", "ran")
    assert code == 0 and out == "ran\n" and "warning" in err and "x.dm.read (Read DMs)" in err


def test_other_tools_have_keys_of_their_own_in_a_manifest(roost):
    code, out, err = run(roost, "name: bot\nbuild: {image: x}\n" + needs("key: x.tweet.write"), "echo", "ran")
    assert code == 0 and out == "ran\n" and "ignored: name, build" in err, err


@pytest.mark.parametrize("manifest,code,words", [
    ("requirements:\n  integrations:\n    - key: x.mail.read\n", 65, "bot.yaml:3:12: there is no capability 'x.mail.read'"),
    ("requirements:\n  integration: []\n", 65, "bot.yaml:2:3: there is no key 'integration'"),
    ("requirements: [\n", 65, "bot.yaml:2:1: "),
])
def test_a_manifest_that_is_wrong_says_where(roost, manifest, code, words):
    got, out, err = run(roost, manifest, "echo", "ran")
    assert got == code and out == "" and words in err


def test_words_for_other_mistakes(roost):
    code, _, err = run(roost, needs("key: x.tweet.write"), "echo", account=None)
    assert code == 2 and "--account" in err
    code, _, err = run(roost, needs("key: x.tweet.write"), "echo", account="nobody")
    assert code == 1 and "nobody" in err
    missing = roost_run(roost, "--manifest", "/nowhere/bot.yaml", "--", "echo")
    assert missing.returncode == 66 and "/nowhere/bot.yaml" in missing.stderr
    assert roost_run(roost, "--", "echo").returncode == 2


def short(roost, name, seconds):
    """The account again, with a token that roost takes to end soon."""
    account = [a for a in roost.xsim.accounts() if a["name"] == name][0]
    roost.admin.ok("account_import", **{**account, "app": "demo", "expires_at": int((time.time() + seconds) * 1000)})
    return account


def test_a_token_that_ends_soon_is_renewed_once_for_all_who_ask(roost):
    old = short(roost, "demo1", 60)
    before = roost.xsim.stats()["refreshes"]
    roost.xsim.fault(route="token", kind="delay", delay_ms=500, count=1)
    many = [lab.Agent("ipc://" + os.path.join(roost.dir, "state", "admin.sock")) for _ in range(5)]
    for agent in many:
        agent.send_raw(lab.msgpack.packb({"op": "account_token", "name": "demo1", "seq": 1}))
    answers = [agent.receive(30000) for agent in many]
    assert all(a["ok"] for a in answers), answers
    assert len({a["access_token"] for a in answers}) == 1 and answers[0]["access_token"] != old["access_token"]
    assert roost.xsim.stats()["refreshes"] == before + 1
    assert answers[0]["expires_at"] > (time.time() + 300) * 1000
    for agent in many:
        agent.close()


def test_when_x_does_not_renew_it(roost):
    old = short(roost, "demo1", 60)
    roost.xsim.fault(route="token", kind="503", count=1)
    assert roost.admin.ok("account_token", name="demo1")["access_token"] == old["access_token"]  # it lives a minute longer
    short(roost, "demo1", -60)
    roost.xsim.fault(route="token", kind="503", count=1)
    error = roost.admin.error("account_token", name="demo1")
    assert error["code"] == "unavailable" and "try again" in error["message"]
    short(roost, "demo3", -60)
    roost.xsim.send("POST", "/_xsim/accounts", {"username": "demo3", "revoke": True})
    error = roost.admin.error("account_token", name="demo3")
    assert error["code"] == "not_connected" and "roost connect demo3 --app demo" in error["message"]
    assert roost.admin.error("account_token", name="demo3")["code"] == "not_connected"
    agent = lab.Agent(roost.endpoint)
    assert agent.error("account_token", name="demo1")["code"] == "unknown_op"  # it is no operation of agents
    agent.close()


def test_a_tweepy_program_posts_unmodified(tmp_path):
    done = subprocess.run(["unshare", "-r", "-n", "-m", "/usr/bin/python3", os.path.join(HERE, "tweepy_world.py"), str(tmp_path)],
                          capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0 and "posted" in done.stdout, done.stdout + done.stderr
