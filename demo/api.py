"""Everdial's REST API as the demo needs it. A server that is away is asked again, at the next address, until it answers."""

import json
import ssl
import time
import urllib.error
import urllib.request
import uuid
from functools import cached_property


# By load: after this nothing is restricted by old data (L-02).
HELD_BACK_AT_MOST_S = 900


class ApiError(Exception):
    pass


class Api:
    def __init__(self, urls: list[str], patience_s: float = 20, ca_file=None, answer_s: float = 10):
        self.urls, self.patience_s, self.answer_s, self.token, self.at = list(urls), patience_s, answer_s, None, 0
        self.ca_file = ca_file

    @cached_property
    def tls(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None

    def _open(self, request: urllib.request.Request):
        return urllib.request.urlopen(request, timeout=self.answer_s, context=self.tls)

    def request(self, method: str, path: str, body=None, content_type="application/json"):
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type} if data is not None else {}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        if method != "GET":
            headers["Idempotency-Key"] = str(uuid.uuid4())  # so that a request whose answer was lost can be repeated
        until = time.monotonic() + self.patience_s
        held_until = time.monotonic() + HELD_BACK_AT_MOST_S
        while True:
            url = self.urls[self.at % len(self.urls)] + "/api/v1" + path
            try:
                with self._open(urllib.request.Request(url, data, headers, method=method)) as answer:
                    text = answer.read()
                    return json.loads(text) if text else None
            except urllib.error.HTTPError as error:
                problem = error.read().decode(errors="replace")
                if "Everdial-Restricted" in error.headers and time.monotonic() < held_until:
                    time.sleep(float(error.headers["Retry-After"]))
                    continue
                if error.code not in (429, 502, 503, 504) or time.monotonic() > until:
                    raise ApiError(f"{method} {path}: {error.code} {problem}") from None
            except (OSError, ValueError) as error:
                if time.monotonic() > until:
                    raise ApiError(f"{method} {path}: no server answers ({error})") from None
            self.at += 1
            time.sleep(0.1)

    def log_in(self, name: str, password: str):
        """With a session only long enough to make a token, which every server takes."""
        login = urllib.request.Request(self.urls[0] + "/api/v1/login", json.dumps({"name": name, "password": password}).encode(),
                                       {"Content-Type": "application/json"}, method="POST")
        with self._open(login) as answer:
            session = json.load(answer)
            cookies = "; ".join(c.split(";")[0] for c in answer.headers.get_all("Set-Cookie", []))
        headers = {"Content-Type": "application/json", "Cookie": cookies, "X-CSRF-Token": session["csrf_token"]}
        make = urllib.request.Request(self.urls[0] + "/api/v1/tokens", b'{"name": "demo"}', headers, method="POST")
        with self._open(make) as answer:
            self.token = json.load(answer)["token"]

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body=None):
        return self.request("POST", path, body)

    def upload(self, list_id: int, file_name: str, data: bytes, chunk: int = 4 << 20) -> int:
        started = self.post("/imports", {"kind": "contacts", "list_id": list_id, "file_name": file_name, "size_bytes": len(data)})
        for first in range(0, len(data), chunk):
            self.request("PUT", f"/imports/{started['id']}/chunks/{first}", data[first : first + chunk], "application/octet-stream")
        self.post(f"/imports/{started['id']}/complete")
        return started["id"]

    def pages(self, path: str):
        cursor = ""
        while cursor is not None:
            page = self.get(path + ("&" if "?" in path else "?") + "limit=500" + (f"&cursor={cursor}" if cursor else ""))
            yield from page["items"]
            cursor = page.get("next")
