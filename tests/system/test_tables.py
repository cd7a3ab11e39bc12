"""X's tables as files: an operator's own plan, replaced by SIGHUP, and a broken file."""
import os
import signal
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402

LIMITS = "method,path,scope,limit,window_seconds,tier,source\n"
PLANS = "plan,what,rule,since,reason,source\n"
CAPS = "plan,objects,cap,source\n# as of 2026-09: ours\n"


class System:
    def __init__(self, directory):
        self.files = {name: os.path.join(directory, name) for name in ("limits.csv", "entitlements.csv", "read-caps.csv")}
        self.write("limits.csv", LIMITS + "GET,/2/users/me,user,3,900,mine,ours\nGET,/2/users/me,user,75,900,ppu,X\n")
        self.write("entitlements.csv", PLANS + "mine,post,refused,2026-01-02,we only read,ours\n")
        self.write("read-caps.csv", CAPS + "payg,posts,50,ours\n")
        self.xsim = lab.Xsim(directory, 1)
        self.roost = lab.Roost(directory, self.xsim.url, workers=1)
        with open(self.roost.config, encoding="utf-8") as f:
            text = f.read()
        text = text.replace("x: {", f"x: {{limits: {self.files['limits.csv']}, entitlements: {self.files['entitlements.csv']}, "
                            f"read_caps: {self.files['read-caps.csv']}, ")
        with open(self.roost.config, "w", encoding="utf-8") as f:
            f.write(text)
        assert self.roost.dispatcher.stop() == 0
        self.roost.start_dispatcher()
        self.account = self.roost.connect(self.xsim, "mine")[0]
        self.agent = lab.Agent(self.roost.endpoint, "a")

    def write(self, name, text):
        with open(self.files[name], "w", encoding="utf-8") as f:
            f.write(text)

    def enqueue(self, action, args):
        return self.agent.call("enqueue", jobs=[{"action": action, "account": self.account, "args": args}])

    def limit(self):
        rows = [w for w in self.agent.ok("limits")["windows"] if w["family"] == "GET /2/users/me"]
        return rows[0]["limit"] - rows[0]["drift"] if rows else None

    def hup(self):
        self.roost.dispatcher.proc.send_signal(signal.SIGHUP)

    def logged(self, words):
        return words in self.roost.log_tail()

    def stop(self):
        self.agent.close()
        codes = self.roost.stop()
        assert codes == [0] * len(codes), self.roost.log_tail()
        assert self.xsim.stop() == 0


@pytest.fixture(name="system")
def fixture_system(tmp_path):
    system = System(str(tmp_path))
    yield system
    system.stop()


def test_a_plan_of_the_operators_own_is_in_force_and_sighup_replaces_it(system):
    error = system.enqueue("post", {"text": "hello"})["error"]
    assert error["code"] == "not_entitled" and "we only read" in error["message"]
    job = system.enqueue("get_me", {})["jobs"][0]["id"]
    lab.wait_for("the read", lambda: system.agent.ok("get", ids=[job])["jobs"][0]["state"] == "done")
    assert system.limit() == 3

    waiting = system.agent.ok("enqueue", jobs=[{"action": "get_me", "account": system.account, "args": {},
                                                "run_at": 4102444800000}])["jobs"][0]["id"]
    system.write("entitlements.csv", PLANS + "other,like,refused,2026-01-02,no,ours\n")
    system.write("limits.csv", LIMITS + "GET,/2/users/me,user,9,900,mine,ours\n")
    system.hup()
    lab.wait_for("the new table", lambda: system.enqueue("post", {"text": "hello"})["ok"])
    assert system.agent.ok("get", ids=[waiting])["jobs"][0]["state"] == "scheduled"
    again = system.enqueue("get_me", {})["jobs"][0]["id"]
    lab.wait_for("the read", lambda: system.agent.ok("get", ids=[again])["jobs"][0]["state"] == "done")
    assert system.limit() == 9


def test_a_broken_table_leaves_the_old_one_in_force_and_says_so(system):
    system.write("entitlements.csv", PLANS + "mine,post,perhaps,2026-01-02,x,ours\n")
    system.hup()
    lab.wait_for("the words", lambda: system.logged("entitlements.csv: line 2: rule is 'perhaps'"))
    assert system.enqueue("post", {"text": "hello"})["error"]["code"] == "not_entitled"


def test_objects_read_in_a_month_are_counted_over_a_kill_and_what_is_too_much_waits(system):
    admin = lab.Agent("ipc://" + os.path.join(system.roost.dir, "state", "admin.sock"))
    admin.ok("app_set", name="demo", plan="payg")
    user = system.xsim.targets(6, 2)["users"][0]
    read = lambda most: system.enqueue("timeline", {"user": user, "max_results": most})
    first = read(40)["jobs"][0]["id"]
    lab.wait_for("the read", lambda: system.agent.ok("get", ids=[first])["jobs"][0]["state"] == "done")
    came = len(system.agent.ok("get", ids=[first])["jobs"][0]["response"]["data"])

    def cap():
        rows = [w for w in system.agent.ok("limits", account=system.account)["windows"] if w["family"] == "posts read"]
        return [(w["owner"], w["scope"], w["limit"], w["used"]) for w in rows]

    assert 0 < came <= 40 and cap() == [("demo", "app", 50, came)]
    assert system.agent.ok("limits")["tables"]["read_caps"] == "2026-09"
    error = read(51)["error"]
    assert error["code"] == "quota" and "51 posts" in error["message"] and "50 a month" in error["message"]
    most = read(50)["jobs"][0]["id"]
    for _ in range(2):
        verdict = lab.wait_for("the cap to hold it", lambda: v if (v := system.agent.ok("explain", id=most)["verdict"])[
            "blocker"] == "window" else None)
        assert verdict["ref"] == "posts read app demo month" and f"{came} are read" in verdict["text"], verdict
        assert verdict["until"] > system.agent.ok("ping")["time"]
        system.roost.dispatcher.kill()
        system.roost.start_dispatcher()
    assert cap() == [("demo", "app", 50, came)]
    system.write("read-caps.csv", CAPS + "payg,posts,500,ours\n")
    system.hup()
    lab.wait_for("the read", lambda: system.agent.ok("get", ids=[most])["jobs"][0]["state"] == "done")
    admin.close()
