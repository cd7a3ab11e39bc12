"""One worker that serves several dispatchers: each has its share, and none of them needs the other."""
import json
import os

import lab


def roost_of(directory, name, xsim, accounts):
    path = directory / name
    path.mkdir()
    roost = lab.Roost(path, xsim.url, workers=0)
    app = json.loads(xsim.get("/_xsim/app"))
    roost.cli("app", "add", "demo", "--plan", "enterprise", env={"X_CLIENT_ID": app["client_id"], "X_CLIENT_SECRET": app["client_secret"]})
    roost.cli("account", "import", "-", input="\n".join(json.dumps({**a, "app": "demo"}) for a in accounts))
    return roost


def posts(roost, account, text):
    return json.loads(roost.cli("post", "--account", account, text, "--json").stdout)["state"]


def test_a_worker_serves_all_dispatchers_that_it_lists(tmp_path):
    xsim = lab.Xsim(str(tmp_path), 2)
    theirs = xsim.accounts()
    one, other = roost_of(tmp_path, "one", xsim, theirs[:1]), roost_of(tmp_path, "other", xsim, theirs[1:])
    config = tmp_path / "worker.yaml"
    config.write_text("x: {api_url: \"%s\"}\nworker:\n  dispatchers: [\"tcp://127.0.0.1:%d\", \"tcp://127.0.0.1:%d\"]\n" %
                      (xsim.url, one.ports["workers"], other.ports["workers"]))
    worker = lab.Process(str(tmp_path / "worker.log"), os.path.join(lab.BIN, "roost-worker"), "--config", str(config), "--name", "both")
    assert posts(one, "demo1", "by one") == "done" and posts(other, "demo2", "by the other") == "done"
    one.dispatcher.kill()
    assert posts(other, "demo2", "the other goes on") == "done"
    one.start_dispatcher()
    assert posts(one, "demo1", "one is back") == "done"
    assert worker.stop() == 0
    for roost in (one, other):
        roost.stop()
    xsim.stop()
