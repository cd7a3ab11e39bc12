"""roost-xsim seen from outside, with Python's standard library alone: nothing of roost's takes part in the judging."""
import base64
import http.client
import json
import os
import socket
import ssl
import subprocess
import urllib.parse

BIN = os.environ.get("ROOST_BIN", "build/dev/bin")
FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "x-errors")


def fixture(name):
    with open(os.path.join(FIXTURES, name + ".json"), encoding="utf-8") as f:
        return json.load(f)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.raw = response.read()

    @property
    def json(self):
        return json.loads(self.raw)

    def window(self, group="x-rate-limit"):
        """(limit, remaining, reset) of a group of headers, None where there is none."""
        return tuple(int(v) if (v := self.headers.get(f"{group}-{part}")) else None
                     for part in ("limit", "remaining", "reset"))


class Xsim:
    """The program, and requests to it over a connection of their own each."""

    def __init__(self, *options):
        self.proc = subprocess.Popen([os.path.join(BIN, "roost-xsim"), "--port", "0", *map(str, options)],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        line = self.proc.stdout.readline().decode()
        assert line.startswith("roost-xsim ready: "), line
        self.url = urllib.parse.urlsplit(line.split()[-1])
        self.tls = None

    def stop(self):
        self.proc.terminate()
        code = self.proc.wait(30)
        self.proc.stdout.close()
        return code

    def connection(self, timeout=30):
        if self.url.scheme == "https":
            return http.client.HTTPSConnection("localhost", self.url.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=timeout)

    def send(self, method, path, body=None, token=None, headers=None, connection=None):
        c = connection or self.connection()
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        try:
            c.request(method, path, body, headers)
            return Answer(c.getresponse())
        finally:
            if not connection:
                c.close()

    def form(self, path, fields, basic=None):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if basic:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
        return self.send("POST", path, urllib.parse.urlencode(fields), headers=headers)

    def admin(self, path, body=None, method=None):
        a = self.send(method or ("POST" if body is not None else "GET"), "/_xsim/" + path, body)
        assert a.status == 200, a.raw
        return a

    def accounts(self):
        return [json.loads(line) for line in self.admin("accounts").raw.splitlines()]

    def ledger(self, since=0):
        return [json.loads(line) for line in self.admin(f"ledger?since={since}").raw.splitlines()]

    def stats(self):
        return self.admin("stats").json

    def fault(self, **fault):
        self.admin("faults", fault)

    def raw(self, data, timeout=10):
        """Sends bytes over a socket of its own and returns all that comes until the other side closes or is reset."""
        got = b""
        with socket.create_connection((self.url.hostname, self.url.port), timeout) as s:
            s.sendall(data)
            try:
                while chunk := s.recv(65536):
                    got += chunk
            except ConnectionResetError:
                return got, "reset"
            except socket.timeout:
                return got, "open"
        return got, "closed"


class User:
    """One demo account."""

    def __init__(self, xsim, account):
        self.xsim, self.token, self.id, self.name = xsim, account["access_token"], account["user_id"], account["username"]
        self.account = account

    def get(self, path):
        return self.xsim.send("GET", path, token=self.token)

    def post(self, path, body):
        return self.xsim.send("POST", path, body, token=self.token)

    def delete(self, path):
        return self.xsim.send("DELETE", path, token=self.token)

    def tweet(self, text, **more):
        answer = self.post("/2/tweets", {"text": text, **more})
        assert answer.status == 201, answer.raw
        return answer.json["data"]["id"]


def context_trusting(path):
    return ssl.create_default_context(cafile=path)
