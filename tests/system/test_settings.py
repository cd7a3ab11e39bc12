"""Settings of apps, accounts and agents, through the command line and the administrators' socket."""
import json
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402


class System:
    def __init__(self, directory):
        self.xsim = lab.Xsim(directory, 2)
        self.roost = lab.Roost(directory, self.xsim.url, workers=0)
        self.accounts = self.roost.connect(self.xsim)
        self.admin = lab.Agent("ipc://" + os.path.join(self.roost.dir, "state", "admin.sock"))

    def show(self, kind, name):
        return json.loads(self.roost.cli(kind, "show", name, "--json").stdout)

    def stop(self):
        self.admin.close()
        codes = self.roost.stop()
        assert codes == [0] * len(codes), self.roost.log_tail()
        assert self.xsim.stop() == 0


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = System(str(tmp_path_factory.mktemp("settings")))
    yield system
    system.stop()


def test_a_setting_is_kept_over_a_restart_and_can_be_taken_back(system):
    name = system.accounts[0]
    system.roost.cli("account", "set", name, "--tz", "Europe/Berlin", "--premium", "--concurrency", 3)
    wanted = {"tz": "Europe/Berlin", "premium": True, "concurrency": 3}
    assert system.show("account", name)["settings"] == wanted
    assert system.show("account", system.accounts[1])["settings"] == {}

    assert system.roost.dispatcher.stop() == 0
    system.roost.start_dispatcher()
    assert system.show("account", name)["settings"] == wanted

    system.roost.cli("account", "set", name, "--no-premium", "--unset", "tz,concurrency")
    assert system.show("account", name)["settings"] == {"premium": False}
    text = system.roost.cli("account", "show", name).stdout
    assert "UTC (default)" in text


def test_apps_and_agents_have_settings_too(system):
    system.roost.cli("app", "set", "demo", "--note", "of the lab", "--plan", "pro")
    app = system.show("app", "demo")
    assert app["settings"] == {"note": "of the lab"} and app["plan"] == "pro"
    answer = system.roost.cli("agent", "set", "writer", "--note", "new here", "--json").stdout
    assert json.loads(answer)["settings"] == {"note": "new here"}
    assert system.show("agent", "writer") == {
        "name": "writer", "settings": {"note": "new here"}, "grants": [], "key": None, "state": "open"}
    system.admin.ok("agent_set", name="writer", settings={"note": None})
    assert system.show("agent", "writer")["settings"] == {}


def test_a_premium_account_may_post_long_texts(system):
    name = system.accounts[1]
    agent = lab.Agent(system.roost.endpoint, "a")
    job = {"action": "post", "account": name, "args": {"text": "long " * 200}}
    assert agent.error("enqueue", jobs=[job])["field"] == "jobs[0].args.text"
    system.admin.ok("account_set", name=name, settings={"premium": True})
    assert agent.ok("enqueue", jobs=[job])["jobs"][0]["state"] == "ready"
    agent.close()


@pytest.mark.parametrize("op, request_, field, words", [
    ("account_set", {"name": "nobody", "settings": {}}, "name", "no account 'nobody'"),
    ("app_set", {"name": "nobody"}, "name", "no app 'nobody'"),
    ("app_set", {"name": "demo", "plan": "gold"}, "plan", "payg"),
    ("account_set", {"name": None, "settings": {"tzz": "UTC"}}, "settings.tzz", "--help"),
    ("account_set", {"name": None, "settings": {"premium": "true"}}, "settings.premium", "yes or no"),
    ("account_set", {"name": None, "settings": {"concurrency": 65}}, "settings.concurrency", "1 to 64"),
    ("account_set", {"name": None, "settings": {"tz": "x" * 65}}, "settings.tz", "1 to 64 bytes"),
    ("agent_set", {"name": "writer", "settings": {"tz": "UTC"}}, "settings.tz", "no such setting"),
])
def test_what_is_wrong_is_said_and_nothing_is_changed(system, op, request_, field, words):
    name = request_["name"] or system.accounts[0]
    before = system.show("account", system.accounts[0])
    error = system.admin.error(op, **{**request_, "name": name})
    assert error["field"] == field and words in error["message"], error
    assert system.show("account", system.accounts[0]) == before


def test_one_wrong_setting_leaves_the_others_as_they_were(system):
    name = system.accounts[0]
    before = system.show("account", name)["settings"]
    system.admin.error("account_set", name=name, settings={"note": "x", "concurrency": 0})
    assert system.show("account", name)["settings"] == before


def test_agents_may_not_change_settings(system):
    agent = lab.Agent(system.roost.endpoint, "a")
    error = agent.error("account_set", name=system.accounts[0], settings={})
    agent.close()
    assert error["code"] == "unknown_op"
