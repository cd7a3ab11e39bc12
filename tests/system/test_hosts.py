"""Worker hosts as network namespaces, behind CURVE; one is cut off in the middle. A short form; ctest has one of 5,000 jobs (long)."""
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
JOBS = os.environ.get("ROOST_HOST_JOBS", "150")


def test_two_hosts_drain_the_queue_and_one_is_cut_off(tmp_path):
    done = subprocess.run(["unshare", "-r", "-n", "-m", "--kill-child", "-p", "-f", "--mount-proc", "/usr/bin/python3",
                           os.path.join(HERE, "hosts_world.py"), str(tmp_path), JOBS],
                          capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0 and "lost 0 twice 0" in done.stdout, done.stdout[-4000:] + done.stderr[-4000:]
    print(done.stdout)
