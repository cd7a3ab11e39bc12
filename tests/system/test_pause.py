"""What operators pause, and what roost pauses by itself when X only fails."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402


class System(rig.System):
    def __init__(self, directory):
        super().__init__(directory, accounts=3)
        self.asks = self.agent("a")

    def take(self, action, args, account=0):
        return self.asks.ok("enqueue", jobs=[
            {"action": action, "account": self.accounts[account], "args": args}])["jobs"][0]["id"]

    def job(self, job):
        return self.asks.ok("get", ids=[job])["jobs"][0]

    def blocker(self, job):
        return self.asks.ok("explain", id=job)["verdict"]["blocker"]

    def done(self, job):
        lab.wait_for(f"{job} to be done", lambda: self.job(job)["state"] == "done")

    def paused(self):
        return rig.cli_json(self, "pause", "--list")


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = System(str(tmp_path_factory.mktemp("pause")))
    yield system
    system.stop()


@pytest.mark.parametrize("options, held, free", [
    ([], [("post", 0), ("repost", 1)], []),
    (["--account", 0], [("post", 0), ("repost", 0)], [("post", 1)]),
    (["--action", "post"], [("post", 0), ("post", 1)], [("bookmark", 0)]),
    (["--app", "demo"], [("post", 0), ("bookmark", 1)], []),
])
def test_what_is_paused_waits_over_a_restart_until_it_is_resumed(system, options, held, free):
    post = system.xsim.targets(6, 2)["posts"][0]
    args = {"post": lambda: {"text": f"one of {os.urandom(6).hex()}"}, "bookmark": lambda: {"post": post},
            "repost": lambda: {"post": post}}
    options = [system.accounts[o] if isinstance(o, int) else o for o in options]
    system.roost.cli("pause", *options)
    waiting = [system.take(action, args[action](), account) for action, account in held]
    going = [system.take(action, args[action](), account) for action, account in free]
    for job in going:
        system.done(job)
    assert system.roost.dispatcher.stop() == 0
    system.roost.start_dispatcher()
    for job in waiting:
        assert system.blocker(job) == "pause" and system.job(job)["attempts"] == 0
        assert "roost resume" in system.asks.ok("explain", id=job)["verdict"]["text"] or "--account" in options
    system.roost.cli("resume", *options)
    for job in waiting:
        system.done(job)
    assert system.paused() == {"everything": False, "apps": [], "accounts": [], "actions": [], "breakers": []}


def test_the_list_names_what_is_paused(system):
    system.roost.cli("pause", "--action", "dm")
    system.roost.cli("pause", "--account", system.accounts[2])
    listed = system.paused()
    assert listed["actions"] == ["dm"] and listed["accounts"] == [system.accounts[2]]
    assert "dm" in system.roost.cli("pause", "--list").stdout
    system.roost.cli("resume", "--action", "dm")
    system.roost.cli("resume", "--account", system.accounts[2])
    bad = system.roost.cli("pause", "--action", "shout", check=False)
    assert bad.returncode == 1 and "no action 'shout'" in bad.stderr


