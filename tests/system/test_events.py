"""The events' socket: topics, bodies, nothing said before the commit, and the command that listens."""
import json
import os
import subprocess
import sys

import msgpack
import pytest
import zmq

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402
import rig  # noqa: E402
from rig import post  # noqa: E402


@pytest.fixture(name="system", scope="module")
def fixture_system(tmp_path_factory):
    system = rig.System(tmp_path_factory.mktemp("events"), accounts=2, workers=0)
    system.worker = rig.Worker(system.roost)
    yield system
    system.worker.close()
    system.stop()


class Listener:
    """A SUB socket. It is there once an event of a job of its own has come."""

    def __init__(self, system, agent, prefix=""):
        self.socket = zmq.Context.instance().socket(zmq.SUB)
        self.socket.linger = 0
        self.socket.connect(f"tcp://127.0.0.1:{system.roost.ports['events']}")
        self.socket.subscribe("job.cancelled" if prefix else prefix)
        self.socket.subscribe(prefix)

        def heard():
            job = agent.ok("enqueue", jobs=[post(system.accounts[0], run_at=rig.LATE)])["jobs"][0]["id"]
            agent.ok("cancel", ids=[job])
            return self.socket.poll(100)

        lab.wait_for("the subscription", heard)
        while self.socket.poll(300):
            self.socket.recv_multipart()

    def events(self, job, count):
        """The next `count` events of a job, as (topic, body)."""
        got = []
        while len(got) < count:
            assert self.socket.poll(20000), f"only {[t for t, _ in got]}"
            topic, body = self.socket.recv_multipart()
            body = msgpack.unpackb(body)
            if body["id"] == job:
                got.append((topic.decode(), body))
        return got


def test_each_state_is_told_under_its_topic(system):
    agent = system.agent("a")
    listener = Listener(system, agent)
    account = system.accounts[1]
    job = agent.ok("enqueue", jobs=[post(account, "told", key="k")])["jobs"][0]["id"]
    system.worker.does(**rig.DONE)
    events = listener.events(job, 4)
    topics = [t for t, _ in events]
    assert topics == [f"job.{s}.{account}" for s in ("ready", "running", "running", "done")]
    for _, body in events:
        rig.check_shape(body, {"time": rig.Ms, "id": str, "key": str, "agent": str, "account": str, "action": str, "state": str,
                               "attempts": int, "x_id": (str, type(None)), "error": (str, type(None))})
        assert (body["agent"], body["account"], body["action"], body["key"]) == ("a", account, "post", "k")
    assert events[-1][1]["x_id"] == rig.DONE["x_id"] and events[-1][1]["attempts"] == 1
    assert "told" not in repr(events), "what a job says is nobody's but its agent's"


def test_a_failure_has_its_code(system):
    agent = system.agent("b")
    listener = Listener(system, agent, "job.failed.")
    job = agent.ok("enqueue", jobs=[post(system.accounts[1])])["jobs"][0]["id"]
    system.worker.does(**rig.REFUSED)
    (topic, body), = listener.events(job, 1)
    assert topic == f"job.failed.{system.accounts[1]}" and body["error"] == "invalid_request"


def test_the_command_listens(system):
    agent = system.agent("c")
    command = subprocess.Popen([os.path.join(lab.BIN, "roost"), "events", "--state", "cancelled", "--count", "1", "--json", "--config",
                                system.roost.config], stdout=subprocess.PIPE, text=True)

    def told():
        job = agent.ok("enqueue", jobs=[post(system.accounts[0], run_at=rig.LATE)])["jobs"][0]["id"]
        agent.ok("cancel", ids=[job])
        return command.poll() is not None

    lab.wait_for("the command to end", told)
    event = json.loads(command.stdout.read())
    assert command.returncode == 0 and event["state"] == "cancelled" and event["agent"] == "c"


def test_listeners_that_come_and_go_harm_nobody(system):
    agent = system.agent("d")
    for i in range(20):
        with rig.Raw(f"tcp://127.0.0.1:{system.roost.ports['events']}", zmq.SUB) as raw:
            raw.socket.subscribe(f"x{i}")
        assert agent.ok("ping")
    assert system.roost.dispatcher.alive
