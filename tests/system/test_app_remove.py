"""roost app remove: refused while accounts are connected; then secret, settings and refusals are gone, the accounts' jobs are not."""
import os
import sqlite3
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402


@pytest.fixture(name="roost")
def fixture_roost(tmp_path):
    xsim = lab.Xsim(str(tmp_path), 3)
    roost = lab.Roost(tmp_path, xsim.url, workers=1)
    roost.connect(xsim)
    roost.xsim = xsim
    roost.admin = lab.Agent("ipc://" + os.path.join(roost.dir, "state", "admin.sock"))
    yield roost
    roost.admin.close()
    codes = roost.stop()
    assert codes == [0] * len(codes)
    xsim.stop()
    lab.end_all()


def rows(roost, sql):
    with sqlite3.connect(f"file:{roost.db}?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()


def apps(roost):
    return [a["name"] for a in roost.admin.ok("app_list")["apps"]]


def account(roost, name):
    return [a for a in roost.admin.ok("accounts")["accounts"] if a["name"] == name][0]


def restart(roost):
    assert roost.dispatcher.stop() == 0
    roost.start_dispatcher()


def test_an_app_with_connected_accounts_is_not_removed(roost):
    run = roost.cli("app", "remove", "demo", check=False)
    assert run.returncode == 1 and "demo1, demo2, demo3" in run.stderr and "roost account disconnect" in run.stderr
    assert apps(roost) == ["demo"]
    assert account(roost, "demo1")["state"] == "connected"
    assert "roost app list" in roost.admin.error("app_remove", name="none")["message"]


def test_a_removed_app_is_gone_and_its_accounts_jobs_are_not(roost):
    roost.admin.ok("app_set", name="demo", settings={"budget_day_usd_micros": 5000000})
    tokens = {a["name"]: a for a in roost.xsim.accounts()}
    roost.xsim.fault(route="revoke", kind="503", count=99)  # so that the tokens are of use further down
    for name in tokens:
        assert not roost.admin.ok("account_disconnect", name=name)["revoked"]
        assert account(roost, name)["state"] == "disconnected"
    agent = lab.Agent(roost.endpoint)
    job = agent.ok("enqueue", jobs=[{"action": "post", "account": "demo1", "args": {"text": "waits"}}])["jobs"][0]["id"]
    assert len(rows(roost, "SELECT 1 FROM apps")) == 1 and len(rows(roost, "SELECT 1 FROM settings WHERE kind = 0")) == 1
    roost.cli("app", "remove", "demo")
    for _ in range(2):  # also after a restart
        assert apps(roost) == [] and account(roost, "demo1")["app"] is None
        assert rows(roost, "SELECT 1 FROM apps") == [] and rows(roost, "SELECT 1 FROM settings WHERE kind = 0") == []
        assert agent.ok("explain", id=job)["verdict"]["blocker"] == "grant"
        error = roost.admin.error("account_import", **{**tokens["demo1"], "app": "demo"})
        assert error["code"] == "not_found" and "roost app add demo" in error["message"]
        assert "no app 'demo'" in roost.admin.error("connect_begin", account="demo1", app="demo")["message"]
        restart(roost)
    # An app of that name is another one; an account that is connected to it goes on with its jobs.
    roost.admin.ok("app_add", name="demo", client_id="other", client_secret="other")
    assert apps(roost) == ["demo"] and account(roost, "demo2")["app"] is None
    assert rows(roost, "SELECT id FROM apps") == [(2,)]
    restart(roost)
    assert apps(roost) == ["demo"] and account(roost, "demo2")["app"] is None
    assert roost.admin.ok("app_list")["apps"][0]["settings"] == {}
    roost.admin.ok("account_import", **{**tokens["demo1"], "app": "demo"})
    assert account(roost, "demo1")["app"] == "demo"
    assert agent.results_of(1)[job]["state"] == "done"
    agent.close()
