"""Worker hosts of their own: network namespaces, joined to the dispatcher's by a wire each, with CURVE over it.

    unshare -r -n -m hosts_world.py DIRECTORY JOBS

The agent's jobs are drained by the two hosts' workers. In the middle the wire of one is cut, and mended later. What agents were told and
what X holds have to agree: lost 0, twice 0. Run by test_hosts.py, and with 5,000 jobs by ctest (label long).
"""
import collections
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import time

import keyed
import lab

ACCOUNTS = 50
POSTS_EACH = 40  # X takes 50 in half an hour of an account that is not verified


def sh(*argv):
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP


class Host:
    """A network namespace with one wire to here: it is 10.9.N.2, and we are 10.9.N.1."""

    def __init__(self, number):
        self.number, self.wire = number, f"wire{number}"
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
        lab.wait_for("the namespace", lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != os.readlink("/proc/self/ns/net"))
        sh("ip", "link", "add", self.wire, "type", "veth", "peer", "name", "eth0", "netns", str(self.holder.pid))
        sh("ip", "addr", "add", f"10.9.{number}.1/24", "dev", self.wire)
        sh("ip", "link", "set", self.wire, "up")
        sh(*self.inside("ip", "addr", "add", f"10.9.{number}.2/24", "dev", "eth0"))
        sh(*self.inside("ip", "link", "set", "eth0", "up"))
        sh(*self.inside("ip", "link", "set", "lo", "up"))

    def inside(self, *argv):
        return ["nsenter", "-t", str(self.holder.pid), "-n", *argv]

    def cut(self):
        sh("ip", "link", "set", self.wire, "down")

    def mend(self):
        sh("ip", "link", "set", self.wire, "up")

    def end(self):
        self.holder.kill()
        self.holder.wait()


FORWARDER = """
import asyncio, sys
async def pipe(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
async def joined(reader, writer):
    try:
        there, back = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
    except OSError:
        writer.close()
        return
    await asyncio.gather(pipe(reader, back), pipe(there, writer))
async def main():
    servers = [await asyncio.start_server(joined, address, int(sys.argv[1])) for address in sys.argv[2:]]
    print("ready", flush=True)
    await asyncio.gather(*(s.serve_forever() for s in servers))
asyncio.run(main())
"""


def start_worker(roost, host, port):
    """A worker on a host, with nothing but the file that was printed for it."""
    name = f"host{host.number}"
    path = os.path.join(roost.dir, name + ".yaml")
    roost.cli("worker", "add", name, "--endpoint", f"tcp://10.9.{host.number}.1:{roost.ports['workers']}", "--out", path)
    with open(path, encoding="utf-8") as f:
        text = f.read().replace(f"127.0.0.1:{port}", f"10.9.{host.number}.1:{port}")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    worker = lab.Process(os.path.join(roost.dir, name + ".log"), *host.inside(os.path.join(lab.BIN, "roost-worker"), "--config", path),
                         env={"HOME": roost.dir})
    roost.workers.append(worker)


def collect(agent, count, at):
    """{id: result} of all jobs; `at` are things to do when so many have ended."""
    ended, ack = {}, 0
    end = time.monotonic() + 600
    while len(ended) < count:
        assert time.monotonic() < end, f"{len(ended)} of {count} ended"
        answer = agent.ok("results", max=500, wait_ms=500, ack=ack)
        for result in answer["results"]:
            ack = result["seq"]
            if result["state"] in lab.FINAL:
                assert result["id"] not in ended, "a job ended twice"
                ended[result["id"]] = result
        while at and len(ended) >= at[0][0]:
            at.pop(0)[1]()
    return ended


def main(directory, count):
    loopback_up()
    keyed.SETTINGS = keyed.SETTINGS.replace("workers: tcp://127.0.0.1", "workers: tcp://0.0.0.0")
    xsim = lab.Xsim(directory, max(ACCOUNTS, count // POSTS_EACH))
    port = int(xsim.url.rsplit(":", 1)[1])
    hosts = [Host(1), Host(2)]
    forwarder = subprocess.Popen([sys.executable, "-c", FORWARDER, str(port), "10.9.1.1", "10.9.2.1"], stdout=subprocess.PIPE)
    assert forwarder.stdout.readline() == b"ready\n"
    roost = keyed.Roost(directory, xsim.url)
    names = roost.connect(xsim)
    agent = keyed.Agent(roost.endpoint, roost.add_agent("first", "--allow", "*"))
    for host in hosts:
        start_worker(roost, host, port)
    jobs = [{"action": "post", "account": names[i % len(names)], "key": f"h{i}", "args": {"text": f"from a host, number {i}"}} for i in range(count)]
    for i in range(0, count, 1000):
        agent.ok("enqueue", jobs=jobs[i:i + 1000])
    ended = collect(agent, count, [(count // 3, hosts[1].cut), (count * 2 // 3, hosts[1].mend)])
    states = collections.Counter(r["state"] for r in ended.values())
    posted = collections.Counter(e["text"] for e in xsim.ledger() if "text" in e)
    wanted = {job["args"]["text"] for job in jobs}
    lost, twice = wanted - set(posted), [t for t, n in posted.items() if n > 1]
    by = [sum(1 for _ in open(os.path.join(directory, f"host{h.number}.log"), encoding="utf-8")) for h in hosts]
    print(f"jobs {count} states {dict(states)} lost {len(lost)} twice {len(twice)} log lines by host {by}")
    assert states == {"done": count} and not lost and not twice
    agent.close()
    for worker in roost.workers:
        worker.kill()
    roost.workers.clear()
    roost.stop()
    forwarder.send_signal(signal.SIGTERM)
    forwarder.wait()
    xsim.stop()
    for host in hosts:
        host.end()


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]))
    finally:
        lab.end_all()
