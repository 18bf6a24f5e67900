"""The cluster's PostgreSQL: on its own address alone, with a password; and SQL for those who look on, past the network and its faults."""

import os
import secrets
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Callable

from network import Network, run

TOP = Path(__file__).resolve().parents[2]
HOST, LAST = "database", 2
END = "--end-of-answer--"


class Answers:
    """SQL over a connection that stays: asked every few milliseconds by those who measure."""

    def __init__(self, connect: Callable[[], list[str]], password_file: Path | None = None):
        self._connect, self._password_file, self._psql = connect, password_file, None

    def rows(self, sql: str) -> list[list[str]]:
        """The answer as texts."""
        if self._psql is None:
            secret = {"PGPASSWORD": self._password_file.read_text().strip()} if self._password_file else {}
            command = ["psql", *self._connect(), "-XqAtF", "\t", "-v", "ON_ERROR_STOP=1"]
            self._psql = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                          env={**os.environ, **secret})
        rows = []
        try:
            self._psql.stdin.write(f"{sql};\n\\echo {END}\n")
            self._psql.stdin.flush()
            while (line := self._psql.stdout.readline().rstrip("\n")) != END:
                if not line and self._psql.wait() is not None:
                    raise BrokenPipeError
                rows.append(line.split("\t"))
        except BrokenPipeError:
            said = self._psql.stderr.read().strip()
            self.close()
            raise RuntimeError(f"{said} at: {sql}") from None
        return rows

    def value(self, sql: str) -> str:
        return self.rows(sql)[0][0]

    def close(self):
        if self._psql:
            with suppress(BrokenPipeError):
                self._psql.stdin.close()
            self._psql.wait()
            self._psql.stdout.close()
            self._psql.stderr.close()
            self._psql = None


class Database(Answers):
    hosts = [HOST]

    def __init__(self, network: Network, directory: Path):
        self.network, self.directory = network, directory
        self.password_file = directory / "everdial.password"
        self.uri = f"postgresql://everdial@{network.address(LAST)}:5432/everdial"
        super().__init__(lambda: self._socket("everdial"))

    def start(self):
        self.network.attach(HOST, LAST)
        self.directory.mkdir()
        self.directory.chmod(0o755)
        access = self.directory / "pg_hba.conf"
        access.write_text(f"local all all trust\nhost everdial everdial {self.network.address(0)}/24 scram-sha-256\n")
        settings = [f"listen_addresses={self.network.address(LAST)}", f"hba_file={access}"]
        run(*self.network.inside(HOST, TOP / "tests/pg.sh", "start", self.directory, 5432, *settings))
        password = secrets.token_urlsafe(12)
        self.password_file.write_text(password + "\n")
        self.password_file.chmod(0o600)
        run("psql", "-Xv", "ON_ERROR_STOP=1", *self._socket("postgres"), "-qc", f"create role everdial login password '{password}'",
            "-c", "create database everdial owner everdial")

    def stop(self):
        self.close()
        if self.directory.exists():
            run(TOP / "tests/pg.sh", "stop", self.directory)

    def _socket(self, database: str) -> list[str]:
        return ["-h", str(self.directory), "-p", "5432", "-U", "postgres", "-d", database]

    def processor_s(self) -> float:
        """What all its processes have used so far, those included that are gone."""
        used = 0
        for pid in self.network.processes(HOST):
            with suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                # utime, stime; of the children that were waited for: cutime, cstime
                used += sum(map(int, fields[11:15]))
        return used / os.sysconf("SC_CLK_TCK")

    def restore(self):
        """Nothing happens to it."""
