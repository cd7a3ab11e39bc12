"""A roost whose sockets want keys (CURVE), and agents that have them."""
import json
import os
import re

import zmq

import lab

SETTINGS = """\
state: {{dir: {state}}}
listen:
  agents: tcp://127.0.0.1:{agents}
  workers: tcp://127.0.0.1:{workers}
  events: ipc://{dir}/events.sock
  http: 127.0.0.1:{http}
x: {{api_url: "{api}"}}
security: {{curve: "on"}}
settle: {{delays: [500ms, 1s, 2s]}}
dispatch: {{lease: 6s, worker_silence: 1500ms, heartbeat: 300ms, retry_base: 100ms, retry_cap: 2s}}
"""
KEY = re.compile(r'(server_key|secret_key): "([^"]+)"')


class Roost(lab.Roost):
    """Workers and agents are added by key; nothing is open but the administrators' socket."""

    def __init__(self, directory, api):
        self.dir = str(directory)
        self.api = api
        self.ports = {name: lab.free_port() for name in ("agents", "workers", "http")}
        self.config = os.path.join(self.dir, "roost.yaml")
        self.db = os.path.join(self.dir, "state", "roost.db")
        self.admin_endpoint = "ipc://" + os.path.join(self.dir, "state", "admin.sock")
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(SETTINGS.format(state=os.path.join(self.dir, "state"), dir=self.dir, api=api, **self.ports))
        self.endpoint = f"tcp://127.0.0.1:{self.ports['agents']}"
        self.dispatcher = None
        self.workers = []
        self.started = 0
        self.start_dispatcher()

    def start_dispatcher(self):
        self.dispatcher = lab.Process(os.path.join(self.dir, "dispatcher.log"), os.path.join(lab.BIN, "roost-dispatcher"),
                                      "--config", self.config)
        probe = lab.Agent(self.admin_endpoint)
        try:
            lab.wait_for("the dispatcher to answer", lambda: not self.dispatcher.alive or probe.try_call("ping", 200))
            assert self.dispatcher.alive, self.log_tail()
        finally:
            probe.close()

    def admin(self, op, **keys):
        agent = lab.Agent(self.admin_endpoint)
        try:
            return agent.ok(op, **keys)
        finally:
            agent.close()

    def add_worker(self, name):
        """A worker with nothing but the file that was printed for it. Its process."""
        path = os.path.join(self.dir, name + ".yaml")
        self.cli("worker", "add", name, "--out", path)
        return self.run_worker(path, name)

    def run_worker(self, path, name):
        worker = lab.Process(os.path.join(self.dir, name + ".log"), os.path.join(lab.BIN, "roost-worker"), "--config", path,
                             env={"HOME": self.dir})
        self.workers.append(worker)
        return worker

    def add_agent(self, name, *options):
        """Adds an agent; its keys: {"server_key": ..., "secret_key": ...}."""
        return dict(KEY.findall(self.cli("agent", "add", name, *options).stdout))


class Agent(lab.Agent):
    """An agent with keys: a pair of its own, and the server's."""

    def __init__(self, endpoint, keys, name=None, routing_id=None):
        self.name = name
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.linger = 0
        if routing_id:
            self.socket.setsockopt(zmq.IDENTITY, routing_id)
        secret = keys["secret_key"].encode()
        self.socket.curve_secretkey = secret
        self.socket.curve_publickey = zmq.curve_public(secret)
        self.socket.curve_serverkey = keys["server_key"].encode()
        self.socket.connect(endpoint)
        self.seq = 0


def stranger(server_key):
    """Keys that nobody was told of."""
    return {"server_key": server_key, "secret_key": zmq.curve_keypair()[1].decode()}


def names(answer, what):
    return [row["name"] for row in answer[what]]


def audit(roost):
    return [json.loads(line) for line in roost.cli("audit", "--json").stdout.splitlines()]
