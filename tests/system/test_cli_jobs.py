"""The commands on a running roost: what they print, in which shape, with which exit code."""
import json
import os
import subprocess
import time

import cli_lab
import lab
from cli_lab import world  # noqa: F401  (a fixture)

JOB = {"id", "key", "action", "account", "state", "attempts", "enqueued_at", "meta", "args", "priority", "max_attempts",
       "run_at", "expires_at", "batch", "tags", "price_usd_micros"}
ENTRY = {"id", "state", "duplicate", "eta", "price_usd_micros"}
LATER = "2030-01-01T00:00:00Z"


def later(world, *more):
    return world.json("post", "for later", "--account", world.accounts[0], "--at", LATER, "--no-wait", *more)


def test_an_action_waits_for_its_result_and_tells_it(world):
    job = world.json("post", "hello, world", "--account", world.accounts[0], "--key", "words-1")
    assert JOB <= set(job) and job["state"] == "done" and job["http_status"] == 201
    assert job["x_id"] == job["response"]["data"]["id"]
    code, out, err = world.run("post", "a text for people", "--account", world.accounts[0])
    assert code == 0 and err == "" and " done " in out
    same = world.json("post", "hello, world", "--account", world.accounts[0], "--key", "words-1")
    assert same["id"] == job["id"]
    code, out, err = world.run("post", "other words", "--account", world.accounts[0], "--key", "words-1")
    assert code == 1 and out == "" and "words-1" in err or "key" in err


def test_no_wait_prints_what_was_kept(world):
    entry = later(world)
    assert ENTRY <= set(entry) and entry["state"] == "scheduled" and entry["duplicate"] is False


def test_a_text_comes_from_standard_input(world):
    job = world.json("post", "-", "--account", world.accounts[0], input="from a pipe \N{ROCKET}\n")
    assert job["args"]["text"] == "from a pipe \N{ROCKET}"


def test_any_action_is_done_by_its_name(world):
    made = world.json("do", "createLists", json.dumps({"name": "birds"}), "--description", "of all kinds", "--account", world.accounts[0])
    assert made["state"] == "done" and made["args"] == {"name": "birds", "description": "of all kinds"}
    one = made["response"]["data"]["id"]
    seen = world.json("do", "getListsById", "--id", one, "--list.fields", "description", "--account", world.accounts[1])
    assert seen["response"]["data"] == {"id": one, "name": "birds", "description": "of all kinds"}
    assert world.json("do", "delete-post", "--post", "5", "--account", world.accounts[0], "--no-wait")["state"] in ("ready", "running")
    code, out, err = world.run("do", "createLists", "--account", world.accounts[0])
    assert code == 1 and out == "" and "needs 'name'" in err


def test_a_poll_is_its_options_or_json(world):
    job = world.json("post", "tea or coffee?", "--account", world.accounts[0], "--poll", "tea;coffee")
    assert job["state"] == "done" and job["args"]["poll"] == {"options": ["tea", "coffee"], "duration_minutes": 1440}
    poll = {"options": ["yes", "no; never"], "duration_minutes": 60, "reply_settings": "following"}
    job = world.json("post", "sure?", "--account", world.accounts[0], "--poll", json.dumps(poll))
    assert job["state"] == "done" and job["args"]["poll"] == poll
    code, out, err = world.run("post", "broken?", "--account", world.accounts[0], "--poll", '{"options": ["a"')
    assert code == 2 and out == "" and "duration_minutes" in err and "';'" in err
    code, _, err = world.run("post", "one?", "--account", world.accounts[0], "--poll", "tea")
    assert code == 1 and "2 to 4" in err


def test_what_x_refuses_is_exit_1_with_its_words(world):
    code, out, err = world.run("post", "x" * 281, "--account", world.accounts[0])
    assert code == 1 and out == "" and "280" in err and "args.text" in err
    code, _, err = world.run("post", "hi", "--account", "nobody")
    assert code == 1 and "nobody" in err
    code, _, err = world.run("post", "two accounts, none named")
    assert code == 2 and "--account" in err


def test_jobs_are_listed_filtered_and_paged(world):
    ids = [later(world, "--batch", "paged")["id"] for _ in range(3)]
    got = world.json("jobs", "--batch", "paged")
    assert [j["id"] for j in got] == ids[::-1] and all(JOB <= set(j) for j in got)
    assert got[0]["verdict"]["text"]
    assert world.json("jobs", "--batch", "paged", "--state", "done") == []
    code, out, err = world.run("jobs", "--batch", "paged", "--limit", 2)
    assert code == 0 and out.splitlines()[0].startswith("ID") and len(out.splitlines()) == 3
    cursor = err.split("--cursor ")[1].split()[0]
    rest = world.json("jobs", "--batch", "paged", "--limit", 2, "--cursor", cursor)
    assert [j["id"] for j in rest] == ids[:1]
    assert len(world.json("jobs", "--batch", "paged", "--limit", 1, "--all")) == 3
    code, _, err = world.run("jobs", "--state", "sleeping")
    assert code == 1 and "scheduled" in err


def test_a_job_is_shown_changed_cancelled_and_retried(world):
    job = later(world)["id"]
    shown = world.json("job", job)
    assert shown["id"] == job and shown["state"] == "scheduled"
    changed = world.json("update", job, "--priority", 9, "--args", '{"text": "other words"}', "--at", "+2h")
    assert changed["priority"] == 9 and changed["args"] == {"text": "other words"}
    assert world.json("cancel", job) == {"cancelled": 1, "errors": []}
    code, out, err = world.run("cancel", job)
    assert code == 1 and "cancelled" in err
    assert world.json("retry", job)[0]["id"] == job
    lab.wait_for("the job to be done", lambda: world.json("job", job)["state"] == "done")
    code, out, err = world.run("job", "j999999", "--json")
    assert code == 1 and out == "" and "j999999" in err
    assert world.run("update", job, "--priority", 10)[0] == 2
    assert world.run("update", job, "--args", "{broken")[0] == 2
    assert world.run("resolve", job, "done")[0] == 1


def test_explain_says_why_a_job_waits_and_until_when(world):
    job = later(world)["id"]
    got = world.json("explain", job)
    assert {"verdict", "eta", "chain"} <= set(got) and got["verdict"]["blocker"] == "time"
    assert got["chain"][0]["until"] == 1893456000000
    assert "2030-01-01T00:00:00" in world.run("explain", job)[1]


def test_a_paused_account_holds_its_jobs_until_it_is_resumed(world):
    name = world.accounts[1]
    assert world.json("account", "pause", name)["account"] == name
    job = world.json("post", "when it goes on", "--account", name, "--no-wait")["id"]
    assert world.json("explain", job)["verdict"]["blocker"] == "pause"
    assert world.json("account", "show", name)["state"] == "paused"
    assert world.json("account", "resume", name)["account"] == name
    lab.wait_for("the job to be done", lambda: world.json("job", job)["state"] == "done")


def test_accounts_and_apps_are_listed_without_secrets(world):
    shape = {"name", "app", "user_id", "username", "state", "token", "token_until", "scopes", "parked_until",
             "park_cause"}
    accounts = world.json("account", "list")
    assert [a["name"] for a in accounts] == world.accounts and all(shape <= set(a) for a in accounts)
    apps = world.json("app", "list")
    assert [a["name"] for a in apps] == ["demo"]
    assert {"name", "client_id", "plan", "public", "state"} <= set(apps[0]) and "client_secret" not in apps[0]
    assert world.run("account", "show", "nobody")[0] == 1


def test_limits_and_stats(world):
    world.json("post", "counts", "--account", world.accounts[0])
    windows = world.json("limits", world.accounts[0])
    assert {"family", "scope", "owner", "window_s", "limit", "used", "resets_at", "learned", "drift"} <= set(windows[0])
    assert any(w["family"] == "POST /2/tweets" and w["used"] >= 1 for w in windows)
    stats = world.json("stats")
    assert stats["workers"] == 1 and stats["jobs"]["done"] >= 0 and "seq" not in stats
    assert "workers" in world.run("stats")[1]


def test_results_are_fetched_acknowledged_and_followed(world):
    agent = ("--agent", "reader")
    for n in range(3):
        world.json("post", f"result {n}", "--account", world.accounts[0], "--no-wait", *agent)
    got = []
    lab.wait_for("three results", lambda: len(got.extend(world.json("results", "--wait", 5, *agent)[len(got):]) or got) == 3)
    assert {"seq", "id", "state", "x_id", "http_status", "response", "error", "attempts", "price_usd_micros",
            "meta"} <= set(got[0])
    assert [r["seq"] for r in got] == sorted(r["seq"] for r in got)
    assert world.json("results", "--max", 2, "--ack", *agent) == got[:2]
    follow = subprocess.Popen([cli_lab.ROOST, "results", "--follow", "--ack", "--json", *agent, "--config", world.config],
                              stdout=subprocess.PIPE, env=cli_lab.environment(), text=True)
    try:
        assert json.loads(follow.stdout.readline()) == got[2]
        world.json("post", "result 3", "--account", world.accounts[0], "--no-wait", *agent)
        assert json.loads(follow.stdout.readline())["seq"] > got[2]["seq"]
        lab.wait_for("what was printed to be acknowledged", lambda: world.json("results", *agent) == [])
    finally:
        follow.terminate()
    assert follow.wait(30) == 0


def test_the_configuration_may_be_named_by_environment(world):
    env = cli_lab.environment(ROOST_CONFIG=world.config)
    code, out, err = cli_lab.run("stats", "--json", env=env)
    assert code == 0, err
    env = cli_lab.environment(ROOST_CONFIG="/nonexistent.yaml")
    code, out, err = cli_lab.run("stats", env=env)
    assert code == 78 and "/nonexistent.yaml" in err
    code, out, err = cli_lab.run("stats", "--config", world.config, env=env)
    assert code == 0


def test_a_client_secret_is_asked_for_without_echo_and_stays_unseen(world):
    """Canaries: by prompt, by environment, in account files; then every place somebody could look at."""
    secret, token, refresh = "canary-secret-1a2b", "canary-access-3c4d", "canary-refresh-5e6f"
    code, shown = cli_lab.on_terminal(cli_lab.ROOST, "app", "add", "asked", "--config", world.config,
                                      typed=["an-id-of-mine", secret])
    assert code == 0 and "canary" not in shown and "client id" in shown
    code, out, err = world.run("app", "add", "told", env=cli_lab.environment(X_CLIENT_ID="an-id",
                                                                             X_CLIENT_SECRET=secret))
    assert code == 0 and "canary" not in out + err
    code, out, err = world.run("app", "add", "none")
    assert code == 2 and "X_CLIENT_ID" in err
    account = {"name": "canaries", "app": "told", "user_id": "12345", "username": "canaries", "access_token": token,
               "refresh_token": refresh, "expires_at": int(time.time() * 1000) + 7200000,
               "scopes": "tweet.read tweet.write users.read"}
    broken = json.dumps(account)[:-1]
    code, out, err = world.run("account", "import", "-", input=broken + "\n" + json.dumps({**account, "app": "gone"}) + "\n")
    assert code == 1 and "line 1" in err and "line 2" in err and "canary" not in out + err
    assert world.json("account", "import", input=json.dumps(account)) == {"imported": 1, "refused": 0}

    seen = []
    for argv in (["app", "list"], ["app", "show", "told"], ["account", "list"], ["account", "show", "canaries"], ["jobs"],
                 ["stats"], ["limits"], ["results"]):
        seen += world.run(*argv)[1:] + world.run(*argv, "--json")[1:]
    for process in (world.roost.dispatcher.proc, world.roost.workers[0].proc):
        with open(f"/proc/{process.pid}/cmdline", "rb") as f:
            seen.append(f.read().decode())
    for folder, _, names in os.walk(world.dir):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not path.endswith(".sock"):
                with open(path, "rb") as f:
                    seen.append(f.read().decode(errors="replace"))
    assert len(seen) > 20
    for text in seen:
        assert "canary" not in text
    world.json("account", "pause", "canaries")
