"""Many jobs meet an access token that runs out: one renewal serves them all, and no refresh token is presented twice."""
import json
import os

import lab

JOBS = 1000


def test_a_thousand_jobs_meet_an_expiring_token(tmp_path):
    xsim = lab.Xsim(str(tmp_path), 1)
    roost = lab.Roost(tmp_path, xsim.url)
    roost.connect(xsim)
    account = xsim.accounts()[0]
    account.update(app="demo", expires_at=1000)  # ran out long ago
    roost.cli("account", "import", "-", input=json.dumps(account))
    agent = lab.Agent(roost.endpoint)
    agent.ok("enqueue", jobs=[{"action": "get_me", "account": account["name"], "args": {}} for _ in range(JOBS)])
    lab.wait_for("a renewal", lambda: xsim.stats()["refreshes"])
    agent.ok("enqueue", jobs=[{"action": "post", "account": account["name"], "args": {"text": "after it"}, "key": "last",
                               "priority": 9}])
    lab.wait_for("the post", lambda: agent.ok("get", keys=["last"])["jobs"][0]["state"] == "done")
    stats = xsim.stats()
    assert stats["refreshes"] == 1 and stats["refresh_presented_twice"] == 0 and stats["families_killed"] == 0
    agent.close()
    roost.stop()
    xsim.stop()
    lab.end_all()


def token_of(roost, name):
    """What roost says of an account's token."""
    agent = lab.Agent("ipc://" + os.path.join(roost.dir, "state", "admin.sock"))
    token = {a["name"]: a["token"] for a in agent.ok("accounts")["accounts"]}[name]
    agent.close()
    return token


def test_a_stop_waits_for_the_renewal_under_way(tmp_path):
    xsim = lab.Xsim(str(tmp_path), 1)
    roost = lab.Roost(tmp_path, xsim.url)
    roost.connect(xsim)
    account = xsim.accounts()[0]
    account.update(app="demo", expires_at=1000)
    xsim.fault(route="token", kind="delay", delay_ms=1500)
    roost.cli("account", "import", "-", input=json.dumps(account))
    agent = lab.Agent(roost.endpoint)
    agent.ok("enqueue", jobs=[{"action": "get_me", "account": account["name"], "args": {}, "key": "it"}])
    lab.wait_for("the renewal", lambda: token_of(roost, account["name"]) == "refreshing")
    assert roost.dispatcher.stop() == 0
    roost.start_dispatcher()
    assert token_of(roost, account["name"]) == "fresh"
    lab.wait_for("the job", lambda: agent.ok("get", keys=["it"])["jobs"][0]["state"] == "done")
    assert xsim.stats()["refreshes"] == 1 and xsim.stats()["refresh_presented_twice"] == 0
    agent.close()
    roost.stop()
    xsim.stop()
    lab.end_all()
