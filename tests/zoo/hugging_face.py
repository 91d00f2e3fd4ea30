"""A small server that speaks as much of the Hugging Face hub as a preset needs."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

FILE = re.compile(r"/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>.+)")
API = re.compile(r"/api/models/(?P<repo>[^/]+/[^/]+)/(?P<verb>[a-z]+)/(?P<revision>[^/?]+)")


class Hub:
    """Repositories: for each revision a commit, for each commit its files."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, bytes]] = {}
        self.revisions: dict[tuple[str, str], str] = {}
        self.requests: list[str] = []
        self.lies: dict[str, bytes] = {}
        self.address = ""

    def commit(self, repo: str, files: dict[str, bytes], revision: str = "main") -> str:
        """Puts files in a repository, and returns the commit."""
        content = json.dumps({name: value.hex() for name, value in sorted(files.items())})
        commit = hashlib.sha1(content.encode()).hexdigest()
        self.files[commit] = dict(files)
        self.revisions[repo, revision] = self.revisions[repo, commit] = commit
        return commit


class Handler(BaseHTTPRequestHandler):
    """Answers as the hub does."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_HEAD(self) -> None:
        self.file(body=False)

    def do_GET(self) -> None:
        if self.path.startswith("/api/"):
            self.about()
        else:
            self.file(body=True)

    def file(self, body: bool) -> None:
        """Serves a file of a commit, with the headers by which the hub tells what it is."""
        self.hub.requests.append(f"{self.command} {self.path}")
        asked = FILE.fullmatch(unquote(self.path.partition("?")[0]))
        commit = self.hub.revisions.get((asked["repo"], asked["revision"])) if asked else None
        if asked is None or commit is None:
            self.refuse("RevisionNotFound" if self.known(asked) else "RepoNotFound")
        elif asked["name"] not in self.hub.files[commit]:
            self.refuse("EntryNotFound", commit)
        else:
            content = self.hub.files[commit][asked["name"]]
            content = self.hub.lies.get(asked["name"], content)
            self.reply(200, content, body, commit)

    def known(self, asked: Any) -> bool:
        return asked is not None and any(repo == asked["repo"] for repo, _ in self.hub.revisions)

    def about(self) -> None:
        """Tells of a repository."""
        self.hub.requests.append(f"GET {self.path}")
        repo = self.path.partition("?")[0].removeprefix("/api/models/").split("/revision/")[0]
        commit = self.hub.revisions.get((repo, "main"))
        if commit is None:
            self.refuse("RepoNotFound")
            return
        names = [{"rfilename": name} for name in self.hub.files[commit]]
        self.reply(200, json.dumps({"id": repo, "sha": commit, "siblings": names}).encode())

    def do_POST(self) -> None:
        """Makes repositories and takes commits of small files."""
        self.hub.requests.append(f"POST {self.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = API.match(unquote(self.path))
        if self.path.startswith("/api/repos/create"):
            made = json.loads(body)
            repo = f"{made.get('organization') or 'me'}/{made['name']}"
            self.hub.revisions.setdefault((repo, "main"), self.hub.commit(repo, {}))
            told: Any = {"url": f"{self.hub.address}{repo}", "id": repo}
        elif asked and asked["verb"] == "preupload":
            files = json.loads(body)["files"]
            plan = {"uploadMode": "regular", "shouldIgnore": False, "oid": None}
            told = {"files": [{"path": file["path"], **plan} for file in files]}
        elif asked and asked["verb"] == "commit":
            lines = [json.loads(line) for line in body.splitlines() if line.strip()]
            files = {
                line["value"]["path"]: base64.b64decode(line["value"]["content"])
                for line in lines
                if line["key"] == "file"
            }
            old = self.hub.files[self.hub.revisions[asked["repo"], asked["revision"]]]
            commit = self.hub.commit(asked["repo"], {**old, **files}, asked["revision"])
            address = f"{self.hub.address}{asked['repo']}/commit/{commit}"
            told = {"commitOid": commit, "commitUrl": address, "success": True}
        else:
            # Cards are validated, which a test has no need of.
            told = {"errors": [], "warnings": []}
        self.reply(200, json.dumps(told).encode())

    def refuse(self, code: str, commit: str = "") -> None:
        self.reply(404, b"", headers={"X-Error-Code": code, "X-Error-Message": code}, commit=commit)

    def reply(
        self,
        status: int,
        content: bytes,
        body: bool = True,
        commit: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
        if commit:
            self.send_header("X-Repo-Commit", commit)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Writes nothing."""


@contextmanager
def hub_on_this_machine() -> Iterator[Hub]:
    """Runs a hub while the block does."""
    hub = Hub()
    handler = type("HandlerOfHub", (Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        hub.address = f"http://127.0.0.1:{server.server_port}/"
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
