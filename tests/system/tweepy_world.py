"""A network and a file system of its own in which api.twitter.com is the simulated X. Run by test_manifest.py, by unshare -r -n -m."""
import datetime
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import time

import lab

HERE = os.path.dirname(os.path.abspath(__file__))
NAME = "api.twitter.com"
MANIFEST = "requirements:\n  integrations:\n    - key: x.tweet.write\n    - key: x.dm.read\n      optional: true\n"
UP = 0x1


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", UP))  # SIOCSIFFLAGS


def name_the_simulator(directory):
    hosts = os.path.join(directory, "hosts")
    with open(hosts, "w", encoding="utf-8") as f:
        f.write(f"127.0.0.1 localhost {NAME}\n")
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)


def make_certificate(directory):
    cert, key = os.path.join(directory, "cert.pem"), os.path.join(directory, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=" + NAME, "-addext", f"subjectAltName=DNS:{NAME},IP:127.0.0.1", "-out", cert, "-keyout", key],
                   check=True, capture_output=True)
    return cert, key


def main(directory):
    loopback_up()
    name_the_simulator(directory)
    cert, key = make_certificate(directory)
    os.environ["SSL_CERT_FILE"] = cert
    xsim = lab.Xsim(directory, 1, "enterprise", "--port", "443", "--tls", "--cert", cert, "--key", key)
    roost = lab.Roost(directory, "https://" + NAME, workers=0, extra="")
    with open(roost.config, encoding="utf-8") as f:
        text = f.read().replace("x: {", f'x: {{ca_file: "{cert}", ')
    with open(roost.config, "w", encoding="utf-8") as f:
        f.write(text)
    roost.dispatcher.stop()
    roost.start_dispatcher()
    app = json.loads(xsim.get("/_xsim/app"))
    roost.cli("app", "add", "demo", env={"X_CLIENT_ID": app["client_id"], "X_CLIENT_SECRET": app["client_secret"]})
    account = xsim.accounts()[0]
    # Two minutes are left, as far as roost was told: it is renewed before the program runs.
    account.update(app="demo", expires_at=int((time.time() + 120) * 1000))
    roost.cli("account", "import", "-", input=json.dumps(account))
    manifest = os.path.join(directory, "bot.yaml")
    with open(manifest, "w", encoding="utf-8") as f:
        f.write(MANIFEST)
    run = subprocess.run([os.path.join(lab.BIN, "roost"), "--config", roost.config, "run", "--manifest", manifest, "--",
                          "/usr/bin/python3", os.path.join(HERE, "tweepy_bot.py"), "by tweepy"], capture_output=True, text=True,
                         timeout=120, check=False, env={**os.environ, "REQUESTS_CA_BUNDLE": cert})
    assert run.returncode == 17, run.stdout + run.stderr
    post, until = run.stdout.split()
    effects = [e for e in xsim.ledger() if e.get("id") == post or post in json.dumps(e)]
    assert len(effects) == 1 and "by tweepy" in json.dumps(effects[0]), effects
    left = datetime.datetime.fromisoformat(until.replace("Z", "+00:00")).timestamp() - time.time()
    assert left > 300, left
    assert xsim.stats()["refreshes"] == 1
    assert xsim.accounts()[0]["access_token"] != account["access_token"]
    roost.stop()
    xsim.stop()
    print("posted", post)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    finally:
        lab.end_all()
