"""One whole system for a file of tests, and raw frames for those that test the wire itself.

A spec is a dict of key -> type or types: check_shape() holds a map to it, so that an answer with a key too few, or of
another type or unit, is seen. A key that is not in the spec has to be one of docs/protocol.md: answers may grow, with their page.
"""
import json
import os

import msgpack
import zmq

import lab

LATE = 4102444800000  # the year 2100, in Unix milliseconds
NONE = type(None)
MS_LEAST, MS_MOST = 1600000000000, LATE + 86400000  # what an instant of these tests can be, as Unix milliseconds


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/protocol.md"), encoding="utf-8") as page:
    PAGE = page.read()


class Ms:
    """An instant as the page says: an integer, Unix milliseconds."""


SHAPES = {
    "error": {"code": str, "message": str, "field": (str, "absent")},
    "job_error": (NONE, {"code": str, "message": str, "x": (NONE, dict, str)}),
    "verdict": {"blocker": str, "ref": str, "until": (Ms, NONE), "text": str},
}
RESULT = {"seq": int, "id": str, "key": (str, NONE), "action": str, "account": str, "state": str,
          "http_status": (int, NONE), "response": (dict, NONE), "x_id": (str, NONE), "error": SHAPES["job_error"],
          "attempts": int, "settled": bool, "price_usd_micros": int, "enqueued_at": Ms, "started_at": (Ms, NONE),
          "finished_at": (Ms, NONE), "meta": object}
LIVE = {"id": str, "key": (str, NONE), "action": str, "account": str, "state": str, "attempts": int,
        "enqueued_at": Ms, "meta": object, "args": dict, "priority": int, "max_attempts": int, "run_at": (Ms, NONE),
        "expires_at": (Ms, NONE), "batch": (str, NONE), "tags": list, "price_usd_micros": int,
        "verdict": SHAPES["verdict"], "eta": (Ms, NONE)}
ENDED = {**LIVE, **{k: RESULT[k] for k in ("http_status", "response", "x_id", "error", "settled", "started_at",
                                           "finished_at")}}


def fits(value, kind):
    if kind is object:
        return True
    if kind is Ms:
        return type(value) is int and MS_LEAST <= value <= MS_MOST
    if isinstance(kind, tuple):
        return any(fits(value, k) for k in kind if k != "absent")
    if isinstance(kind, dict):
        return isinstance(value, dict) and not mismatch(value, kind)
    return type(value) is kind


def mismatch(value, shape):
    """What differs, as text; empty when nothing does."""
    wrong = [f"{k} is {value[k]!r}" for k in value if k in shape and not fits(value[k], shape[k])]
    wrong += [f"{k} is missing" for k, v in shape.items() if k not in value and "absent" not in (v if isinstance(v, tuple) else ())]
    wrong += [f"{k} is not in docs/protocol.md" for k in value if k not in shape and f"`{k}`" not in PAGE]
    return "; ".join(wrong)


def check_shape(value, shape):
    assert isinstance(value, dict), value
    assert not mismatch(value, shape), mismatch(value, shape)


class System:
    """Simulator, dispatcher and worker; agents by name, closed at the end."""

    def __init__(self, directory, accounts=4, workers=1, plan="enterprise", xsim_options=(), **options):
        self.dir = str(directory)
        self.xsim = lab.Xsim(self.dir, accounts, "enterprise", *xsim_options)
        self.roost = lab.Roost(self.dir, self.xsim.url, workers=workers, **options)
        self.accounts = self.roost.connect(self.xsim, plan)
        self.agents = []

    def agent(self, name):
        agent = lab.Agent(self.roost.endpoint, name)
        self.agents.append(agent)
        return agent

    def posted(self):
        return [e["text"] for e in self.xsim.ledger() if e["action"] == "post"]

    def restart(self):
        """kill -9 of the dispatcher, and a new one."""
        self.roost.dispatcher.kill()
        self.roost.start_dispatcher()

    def log(self):
        with open(os.path.join(self.dir, "dispatcher.log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self):
        for agent in self.agents:
            agent.close()
        codes = self.roost.stop()
        assert codes == [0] * len(codes), self.roost.log_tail()
        assert self.xsim.stop() == 0


def post(account, text="hello", **more):
    return {"action": "post", "account": account, "args": {"text": text}, **more}


class Worker:
    """A worker by script: it does at X nothing at all, and says what it is told to say."""

    def __init__(self, roost, name="scripted", slots=1):
        self.raw = Raw(f"tcp://127.0.0.1:{roost.ports['workers']}")
        self.name, self.slots = name, slots
        self.kept = []  # messages that came while another was awaited
        self.held = {}  # (job, lease): begun
        self.unkept = {}  # (job, lease): its result, sent again until it is kept
        self.hello()

    def close(self):
        self.raw.socket.close()

    def say(self, op, **keys):
        self.raw.send(pack(op=op, **keys))

    def hello(self, holds=None):
        if holds is None:
            holds = [[*key, begun] for key, begun in self.held.items()]
        self.say("hello", worker=self.name, version="script", protocol=1, slots=self.slots, holds=holds)
        welcome = self.hear("welcome")
        if self.unkept:
            self.say("result", items=list(self.unkept.values()))
        return welcome

    def hear(self, op, bound_ms=20000):
        """The next message of that kind; a beat goes out while it is awaited, a hello when it is asked for."""
        for message in self.kept:
            if message["op"] == op:
                self.kept.remove(message)
                return message
        for _ in range(bound_ms // 100):
            if not self.raw.socket.poll(100):
                self.say("beat")
                continue
            message = msgpack.unpackb(self.raw.socket.recv())
            if message["op"] == op:
                return message
            if message["op"] == "hello":
                if op != "welcome":
                    self.hello()
            elif message["op"] != "beat":
                self.kept.append(message)
        raise AssertionError(f"no {op} came")

    def work(self):
        """The next assignment."""
        items = self.hear("assign")["items"]
        if items[1:]:
            self.kept.insert(0, {"op": "assign", "items": items[1:]})
        self.held[items[0]["job"], items[0]["lease"]] = False
        return items[0]

    def begin(self, work):
        """Asks BEGIN; returns whether it may be sent."""
        self.say("begin", items=[[work["job"], work["lease"]]])
        while True:
            for job, lease, go in self.hear("go")["items"]:
                if (job, lease) == (work["job"], work["lease"]):
                    self.held[job, lease] = go
                    return go

    def result(self, work, kept=True, **result):
        key = work["job"], work["lease"]
        self.unkept[key] = {"job": work["job"], "lease": work["lease"], **result}
        self.say("result", items=[self.unkept[key]])
        items = self.hear("kept")["items"] if kept else None
        self.unkept.pop(key)
        self.held.pop(key, None)
        return items

    def finish_all(self):
        """What it holds is done, and kept."""
        items = [{"job": job, "lease": lease, **DONE, "x_id": str(10**18 + job)} for job, lease in self.held]
        self.say("result", items=items)
        kept = set()
        while len(kept) < len(items):
            kept |= {tuple(k[:2]) for k in self.hear("kept")["items"]}
        self.held = {}

    def does(self, **result):
        """Takes one job to its end. On a machine so busy that it was given up meanwhile, the next assignment is the one."""
        work = self.work()
        while work["begin"] and not self.begin(work):
            self.held.pop((work["job"], work["lease"]), None)
            work = self.work()
        self.result(work, **result)
        return work


DONE = {"class": "done", "cause": "none", "status": 201, "x_id": "1900000000000000001",
        "response": {"data": {"id": "1900000000000000001", "text": "x"}}}
REFUSED = {"class": "refused", "cause": "invalid_request", "status": 400, "message": "X says no"}
UNKNOWN = {"class": "unknown", "cause": "no_answer"}


class Raw:
    """A socket of any kind that sends frames as they are."""

    def __init__(self, endpoint, kind=zmq.DEALER, reconnect_ms=100):
        self.socket = zmq.Context.instance().socket(kind)
        self.socket.linger = 0
        self.socket.reconnect_ivl = reconnect_ms
        self.socket.connect(endpoint)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *frames):
        self.socket.send_multipart(list(frames))

    def frames(self, bound_ms=20000):
        assert self.socket.poll(bound_ms), "no answer"
        return self.socket.recv_multipart()

    def ask(self, *frames):
        """Frames out, the last frame of the answer as a map."""
        self.send(*frames)
        return msgpack.unpackb(self.frames()[-1])


def name_of(request):
    """A test's name as a name that agents and workers may have."""
    return "".join(c if c.isalnum() else "-" for c in request.node.name)[:60]


def pack(**keys):
    return msgpack.packb(keys)


def cli_json(system, *args, **options):
    return json.loads(system.roost.cli(*args, "--json", **options).stdout)
