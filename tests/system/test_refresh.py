"""Many jobs meet an access token that runs out: one renewal serves them all, and no refresh token is presented twice."""
import json

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
