"""Lets whoever tests a running system break it: POST /kill/SERVER/COMPONENT is kill -9 of that component's processes, which their server
starts again."""

import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from system import System


class Faults:
    def __init__(self, system: System):
        self.system = system
        faults = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                match self.path.split("/"):
                    case ["", "kill", server, component]:
                        killed = faults.kill(server, component)
                    case _:
                        killed = 0
                self.send_response(204 if killed else 404)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def kill(self, server: str, component: str) -> int:
        those = [pid for pid, at, what in self.system.components() if at == server and what.split()[0] == component]
        for pid in those:
            os.kill(pid, signal.SIGKILL)
        return len(those)
