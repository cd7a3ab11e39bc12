"""A roost on this machine for tests and the demo: simulator, dispatcher, workers, agents, checker.

Every server listens on loopback, on a port the system chose. Nothing here waits on time: wait_for()
waits on a condition, with a generous bound.
"""
import atexit
import fcntl
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import msgpack
import zmq

BIN = os.environ.get("ROOST_BIN", "build/dev/bin")
BOUND = float(os.environ.get("ROOST_TEST_BOUND", "60"))  # seconds until a condition must hold
FINAL = {"done", "failed", "cancelled", "expired"}


CLAIMS = []  # locked files, one a port, open as long as this process runs


def free_port():
    """
    A port that nothing else gets: below those that the system hands out by itself, and claimed with a lock against other
    tests on this machine. Else a dispatcher that is killed and started again finds its port taken, or the worker of
    one test joins the dispatcher of another.
    """
    claims = os.path.join(tempfile.gettempdir(), "roost-test-ports")
    os.makedirs(claims, exist_ok=True)
    while True:
        port = random.SystemRandom().randrange(12000, 32000)
        claim = open(os.path.join(claims, str(port)), "w", encoding="utf-8")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as s:
                s.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        CLAIMS.append(claim)
        return port


def wait_for(what, condition, bound=None):
    """Waits until condition() is true and returns its value; fails with `what` after the bound."""
    end = time.monotonic() + (bound or BOUND)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.01)


STARTED = []  # every program started here, for end_all()


def end_all():
    """Kills what still runs of the programs started here: for the way out of a failure."""
    for process in STARTED:
        if process.proc.poll() is None:
            process.kill()


atexit.register(end_all)  # also where a test failed before it could say who is to be stopped


class Process:
    """A program with its output in a file; ended by pid."""

    def __init__(self, log, *argv, env=None, stdout=None):
        self.argv = [str(a) for a in argv]
        self.log = open(log, "ab")
        self.proc = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=stdout or self.log,
                                     stderr=self.log, env={**os.environ, **(env or {})})
        STARTED.append(self)

    def kill(self):
        self.proc.send_signal(signal.SIGKILL)
        self.proc.wait()

    def stop(self, bound=30):
        """SIGTERM; returns the exit code."""
        if self.proc.poll() is None:
            self.proc.send_signal(signal.SIGTERM)
        try:
            code = self.proc.wait(bound)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.argv[0]} did not end on SIGTERM") from None
        finally:
            self.log.close()
        return code

    @property
    def alive(self):
        return self.proc.poll() is None


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


BROWSER = urllib.request.build_opener(NoRedirect)


def visit(url, host=None):
    """(status, body, Location) of one GET."""
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with BROWSER.open(request, timeout=60) as r:
            return r.status, r.read().decode(), r.headers.get("Location")
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode(), e.headers.get("Location")


class Xsim(Process):
    def __init__(self, directory, accounts=5, plan="enterprise", *options):
        super().__init__(os.path.join(directory, "xsim.log"), os.path.join(BIN, "roost-xsim"), "--port", 0,
                         "--accounts", accounts, "--plan", plan, *options, stdout=subprocess.PIPE)
        line = self.proc.stdout.readline().decode()
        assert line.startswith("roost-xsim ready: "), line
        self.url = line.split()[-1]

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as r:
            return r.read().decode()

    def send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as r:
            return r.read().decode()

    def fault(self, **fault):
        self.send("POST", "/_xsim/faults", fault)

    def ledger(self):
        return [json.loads(line) for line in self.get("/_xsim/ledger").splitlines() if line]

    def stats(self):
        return json.loads(self.get("/_xsim/stats"))

    def accounts(self):
        return [json.loads(line) for line in self.get("/_xsim/accounts").splitlines() if line]

    def api(self, path, token):
        """One GET of the simulated X API."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=30) as r:
            return json.loads(r.read())

    def targets(self, users=60, readers=20):
        """
        Users and posts of the simulated world to act on: {"users": [id or "@name"...], "posts": [id...], "names":
        {id: "@name"}}; the last are the users that "users" has by name.
        """
        token = self.accounts()[0]["access_token"]
        names = [f"crowd{i:03d}" for i in range(1, users + 1)]
        crowd = self.api("/2/users/by?usernames=" + ",".join(names), token)["data"]
        posts = []
        for user in crowd[:readers]:
            page = self.api(f"/2/users/{user['id']}/tweets?max_results=100", token)
            posts += [post["id"] for post in page.get("data", [])]
        named = {u["id"]: "@" + u["username"] for u in crowd[-5:]}
        return {"users": [u["id"] for u in crowd[:-5]] + list(named.values()), "posts": posts, "names": named}

    def stop(self, bound=30):
        self.proc.stdout.close()
        return super().stop(bound)


SETTINGS = """\
state: {{dir: {state}}}
listen:
  agents: tcp://127.0.0.1:{agents}
  workers: tcp://{workers_at}:{workers}
  events: tcp://127.0.0.1:{events}
  http: 127.0.0.1:{http}
x: {{api_url: "{api}"{x}}}
settle: {{delays: [{settle}]}}
worker:
  dispatchers: ["tcp://{workers_at}:{workers}"]
  timeout: {timeout}
dispatch: {{lease: {lease}, worker_silence: 1500ms, heartbeat: 300ms, retry_base: 100ms, retry_cap: 2s}}
"""


def settings(state, ports, api="http://127.0.0.1:9", lease="6s", timeout="4s", settle="1s", x="", workers_at="127.0.0.1"):
    """A settings file with short times."""
    return SETTINGS.format(state=state, api=api, lease=lease, timeout=timeout, settle=settle, x=x, workers_at=workers_at, **ports)


class Roost:
    """A dispatcher and its workers over one directory."""

    def __init__(self, directory, api, workers=2, lease="6s", timeout="4s", settle="500ms, 1s, 2s, 4s", extra="",
                 account_limits=True, workers_at="127.0.0.1", more_x=""):
        self.dir = str(directory)
        self.ports = {name: free_port() for name in ("agents", "workers", "events", "http")}
        self.config = os.path.join(self.dir, "roost.yaml")
        self.db = os.path.join(self.dir, "state", "roost.db")
        x = more_x if account_limits else f'{more_x}, account_limits: "{self.no_account_limits()}"'
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(settings(os.path.join(self.dir, "state"), self.ports, api=api, lease=lease, timeout=timeout, settle=settle,
                             x=x, workers_at=workers_at) + extra)
        self.endpoint = f"tcp://127.0.0.1:{self.ports['agents']}"
        self.dispatcher = None
        self.workers = []
        self.started = 0
        self.start_dispatcher()
        for _ in range(workers):
            self.start_worker()

    def no_account_limits(self):
        """A table in which accounts have no limits but the API's, as in the simulated X: for many posts in a short time."""
        path = os.path.join(self.dir, "account-limits.csv")
        with open(path, "w", encoding="utf-8") as f:
            f.write("group,method,path,kind,accounts,limit,window_seconds,source\n")
        return path

    def start_dispatcher(self):
        self.dispatcher = Process(os.path.join(self.dir, "dispatcher.log"), os.path.join(BIN, "roost-dispatcher"),
                                  "--config", self.config)
        probe = Agent(self.endpoint)
        try:
            wait_for("the dispatcher to answer", lambda: not self.dispatcher.alive or probe.try_call("ping", 200))
            assert self.dispatcher.alive, self.log_tail()
        finally:
            probe.close()

    def log_tail(self):
        with open(os.path.join(self.dir, "dispatcher.log"), encoding="utf-8", errors="replace") as f:
            return f.read()[-2000:]

    def start_worker(self):
        self.started += 1
        worker = Process(os.path.join(self.dir, f"worker{self.started}.log"), os.path.join(BIN, "roost-worker"),
                         "--config", self.config, "--name", f"w{self.started}")
        self.workers.append(worker)
        return worker

    def cli(self, *args, input=None, check=True, env=None):
        run = subprocess.run([os.path.join(BIN, "roost"), *map(str, args), "--config", self.config], input=input,
                             capture_output=True, text=True, timeout=300, env={**os.environ, **(env or {})})
        assert not check or run.returncode == 0, f"{args}: {run.returncode} {run.stdout} {run.stderr}"
        return run

    def connect(self, xsim, plan="enterprise"):
        """The simulator's app and accounts become roost's. Returns their names."""
        app = json.loads(xsim.get("/_xsim/app"))
        self.cli("app", "add", "demo", "--plan", plan,
                 env={"X_CLIENT_ID": app["client_id"], "X_CLIENT_SECRET": app["client_secret"]})
        accounts = xsim.accounts()
        for account in accounts:
            account["app"] = "demo"
        self.cli("account", "import", "-", input="\n".join(json.dumps(a) for a in accounts))
        return [a["name"] for a in accounts]

    def tell(self):
        """In a test, the ends of all logs, on standard error: pytest shows them when it failed."""
        if "PYTEST_CURRENT_TEST" not in os.environ:
            return
        for name in ["dispatcher.log"] + [f"worker{n + 1}.log" for n in range(self.started)]:
            path = os.path.join(self.dir, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    print(f"--- {name}\n" + "".join(f.readlines()[-40:]), end="", file=sys.stderr)

    def stop(self):
        self.tell()
        codes = [w.stop() for w in self.workers if w.alive]
        codes.append(self.dispatcher.stop())
        return codes


class Agent:
    """One agent over ZeroMQ and MessagePack, written from the protocol's page alone."""

    def __init__(self, endpoint, name=None):
        self.name = name
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.connect(endpoint)
        self.seq = 0

    def close(self):
        self.socket.close()

    def send_raw(self, *frames):
        self.socket.send_multipart(list(frames))

    def receive(self, timeout_ms):
        if not self.socket.poll(timeout_ms):
            return None
        return msgpack.unpackb(self.socket.recv_multipart()[-1])

    def try_call(self, op, timeout_ms=10000, **keys):
        """The answer, or None when none came in time."""
        self.seq += 1
        body = {"op": op, "seq": self.seq, **keys}
        if self.name:
            body["agent"] = self.name
        self.socket.send(msgpack.packb(body))
        end = time.monotonic() + timeout_ms / 1000
        while (left := end - time.monotonic()) > 0:
            answer = self.receive(int(left * 1000) + 1)
            if answer and answer.get("seq") == self.seq:
                return answer
        return None

    def call(self, op, **keys):
        """The answer; asked again until there is one. Only for what may be repeated (keys!)."""
        return wait_for(f"an answer to {op}", lambda: self.try_call(op, 5000, **keys))

    def ok(self, op, **keys):
        answer = self.call(op, **keys)
        assert answer["ok"], answer
        return answer

    def error(self, op, **keys):
        answer = self.call(op, **keys)
        assert not answer["ok"], answer
        return answer["error"]

    def results_of(self, count, bound=None):
        """Collects and acknowledges results until `count` jobs have ended: {id: result}."""
        ended = {}
        ack = 0
        end = time.monotonic() + (bound or BOUND)
        while len(ended) < count:
            assert time.monotonic() < end, f"{len(ended)} of {count} ended"
            answer = self.ok("results", max=500, wait_ms=500, ack=ack)
            for result in answer["results"]:
                ack = result["seq"]
                if result["state"] in FINAL:
                    assert result["id"] not in ended, "a job ended twice"
                    ended[result["id"]] = result
        self.ok("ack", upto=ack)
        return ended
