"""The cluster's PostgreSQL: on its own address alone, with a password; and SQL for those who look on, past the network and its faults."""

import secrets
import subprocess
from pathlib import Path

from network import Network, run

TOP = Path(__file__).resolve().parents[2]
HOST, LAST = "database", 2
END = "--end-of-answer--"


class Database:
    def __init__(self, network: Network, directory: Path):
        self.network, self.directory = network, directory
        self.password_file = directory / "everdial.password"
        self.uri = f"postgresql://everdial@{network.address(LAST)}:5432/everdial"
        self._psql = None

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
        run("psql", *self._socket("postgres"), "-qc", f"create role everdial login password '{password}'",
            "-c", "create database everdial owner everdial")

    def stop(self):
        self.close()
        if self.directory.exists():
            run(TOP / "tests/pg.sh", "stop", self.directory)

    def _socket(self, database: str) -> list[str]:
        return ["-h", str(self.directory), "-p", "5432", "-U", "postgres", "-d", database, "-X", "-v", "ON_ERROR_STOP=1"]

    def rows(self, sql: str) -> list[list[str]]:
        """The answer as texts, over a connection that stays: asked every few milliseconds by those who measure."""
        if self._psql is None:
            command = ["psql", *self._socket("everdial"), "-qAtF", "\t"]
            self._psql = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._psql.stdin.write(f"{sql};\n\\echo {END}\n")
        self._psql.stdin.flush()
        rows = []
        while (line := self._psql.stdout.readline().rstrip("\n")) != END:
            if not line and self._psql.poll() is not None:
                self._psql = None
                raise RuntimeError(f"psql has ended at: {sql}")
            rows.append(line.split("\t"))
        return rows

    def value(self, sql: str) -> str:
        return self.rows(sql)[0][0]

    def close(self):
        if self._psql:
            self._psql.stdin.close()
            self._psql.wait()
            self._psql.stdout.close()
            self._psql = None
