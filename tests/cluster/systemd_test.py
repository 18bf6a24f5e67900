"""The units of deploy/systemd under systemd itself, which is process 1 of namespaces that the test has made: files and processes of this
machine stay as they are."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from cluster import TOP
from processes import await_that

from system import children_of, command_of, free_port  # noqa: E402

EVERDIAL = TOP / "build" / os.environ.get("EVERDIAL_BUILD", "release") / "src/main/everdial"
UNIT = "everdial-component@rule_engine"

# What a machine with the package has, in memory: the user, the configuration, the program, the units. Nothing of what a boot does to a
# machine is wanted, and all files of this one are read-only.
BOOT = """
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/systemd /run/systemd/system /run/everdial
mount -t cgroup -o none,name=systemd systemd /sys/fs/cgroup/systemd || mount -t cgroup2 cgroup2 /sys/fs/cgroup
(cat /etc/passwd; echo everdial:x:64999:64999::/nonexistent:/usr/sbin/nologin) > /run/passwd
(cat /etc/group; echo everdial:x:64999:) > /run/group
mount --bind /run/passwd /etc/passwd
mount --bind /run/group /etc/group
cp $1/everdial $1/everdial.yaml /run/everdial
cp $1/*.service $1/*.target /run/systemd/system
for memory in /tmp /var/tmp /var/lib; do mount -t tmpfs tmpfs $memory; done
mount -o remount,bind,ro /
container=other exec /lib/systemd/systemd --system --unit=everdial-test.target --show-status=no --log-target=null
"""


class Systemd(unittest.TestCase):
    def setUp(self):
        folder = Path(tempfile.mkdtemp(prefix="everdial-systemd."))
        folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.addCleanup(subprocess.run, [TOP / "tests/pg.sh", "stop", folder / "pg"], check=True)
        self.uri = subprocess.run([TOP / "tests/pg.sh", "start", folder / "pg", str(free_port())], check=True, stdout=subprocess.PIPE,
                                  text=True).stdout.strip()
        boot = folder / "boot"
        boot.mkdir()
        shutil.copy2(EVERDIAL, boot)
        (boot / "everdial.yaml").write_text(f"""\
server: {{name: as1, components: [rule_engine, load_monitor]}}
data_dir: /var/lib/everdial
database: {{uri: "{self.uri}"}}
rpc: {{listen_host: 127.0.0.1}}
health: {{listen: "127.0.0.1:{free_port()}"}}
""")
        for unit in (TOP / "deploy/systemd").glob("*.service"):
            text = unit.read_text().replace("/usr/bin/everdial", "/run/everdial/everdial")
            (boot / unit.name).write_text(text.replace("/etc/everdial/", "/run/everdial/"))
        for target in ("everdial-test", "sysinit", "basic", "network-online", "time-sync"):
            (boot / f"{target}.target").write_text("[Unit]\nDefaultDependencies=no\n")
        subprocess.run([EVERDIAL, "migrate", "--config", boot / "everdial.yaml"], check=True, stdout=subprocess.DEVNULL)
        apart = ["unshare", "--fork", "--pid", "--mount", "--ipc", "--uts", "--cgroup", "--kill-child"]
        outside = subprocess.Popen([*apart, "bash", "-c", BOOT, "boot", boot], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        self.addCleanup(outside.wait)
        self.addCleanup(outside.kill)
        self.systemd = await_that(lambda: next(iter(children_of(outside.pid)), None), 10, "the namespaces have their first process")
        await_that(lambda: self.ctl("is-active", "everdial-test.target").stdout == "active\n", 20, "systemd has started")

    def test_S_02_S_03_systemctl_starts_stops_kills_and_watches_one_component_of_a_server(self):
        self.do("start", "everdial", UNIT)
        self.await_component("active", "MASTER")
        rule_engine, load_monitor = self.pid("rule_engine"), self.pid("load_monitor")

        os.kill(rule_engine, 9)
        await_that(lambda: self.pid("rule_engine") not in (None, rule_engine), 10, "the server has started it again")
        await_that(lambda: int(self.shown("NRestarts")) >= 1, 10, "the unit has ended with its component")
        self.await_component("active", "MASTER")

        rule_engine = self.pid("rule_engine")
        self.do("kill", "--signal=KILL", UNIT)
        await_that(lambda: self.pid("rule_engine") not in (None, rule_engine), 10, "the component was killed, and runs again")
        self.await_component("active", "MASTER")

        self.do("stop", UNIT)
        self.assertEqual(self.shown("ActiveState"), "inactive")
        self.assertIsNone(self.pid("rule_engine"))
        self.assertEqual(self.sql("select stopped from server"), "{rule_engine}", "as the console shows it")
        self.do("start", UNIT)
        self.await_component("active", "MASTER")
        self.assertEqual(self.pid("load_monitor"), load_monitor, "the others go on")

        self.do("stop", "everdial")
        await_that(lambda: self.shown("ActiveState") != "active", 10, "without its server the unit is not up")

    # ---- words -------------------------------------------------------------------------------------------------------------------

    def ctl(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(["nsenter", "-t", str(self.systemd), "-m", "-p", "systemctl", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60)

    def do(self, *arguments: str):
        done = self.ctl(*arguments)
        self.assertEqual(done.returncode, 0, f"systemctl {' '.join(arguments)}: {done.stdout}")

    def shown(self, what: str) -> str:
        return self.ctl("show", "--value", f"--property={what}", UNIT).stdout.strip()

    def await_component(self, state: str, status: str):
        await_that(lambda: (self.shown("ActiveState"), self.shown("StatusText")) == (state, status), 15,
                   f"{UNIT} is {state}, {status}, not {self.ctl('status', UNIT).stdout}", every=0.1)

    def pid(self, component: str) -> int | None:
        server = int(self.ctl("show", "--value", "--property=MainPID", "everdial").stdout)
        outside = [pid for pid in children_of(self.systemd) if command_of(pid)[1:2] == ["server"]]
        self.assertTrue(server and outside, "everdial.service runs")
        return next((pid for pid in children_of(outside[0]) if command_of(pid)[1:2] == [component]), None)

    def sql(self, statement: str) -> str:
        return subprocess.run(["psql", self.uri, "-Atqc", statement], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
