# about: uv installs five packages into a directory, over a slow line: a server here sends their wheels.
# pypi: uv
# command: uv pip install --target site requests
import http.server
import pathlib
import subprocess
import sys
import threading
import time
import zipfile

PIP = [
    sys.executable,
    "-m",
    "pip",
    "--isolated",
    "download",
    "--quiet",
    "--disable-pip-version-check",
    "--only-binary",
    ":all:",
]
UV = ["uv", "pip", "install", "--no-config", "--no-cache", "--target", "site", "--python", sys.executable]
WHEELS = pathlib.Path("wheels")
BYTES, SECONDS = 8_000, 0.06


def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA")))


class Index(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.strip("/").split("/")[-1]
        if self.path.endswith(".metadata"):
            self.answer("text/plain", metadata(WHEELS / name.removesuffix(".metadata")))
        elif self.path.endswith(".whl"):
            self.answer("application/octet-stream", (WHEELS / name).read_bytes(), SECONDS)
        else:
            files = [path.name for path in WHEELS.iterdir() if path.name.split("-")[0].replace("_", "-") == name]
            links = [f'<a href="/{file}" data-core-metadata="true">{file}</a>' for file in files]
            self.answer("text/html", "".join(["<!DOCTYPE html><html><body>", *links, "</body></html>"]).encode())

    def answer(self, kind, content, seconds=0.0):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        for start in range(0, len(content), BYTES):
            self.wfile.write(content[start : start + BYTES])
            time.sleep(seconds)

    def log_message(self, *_arguments):
        pass


subprocess.run([*PIP, "--dest", WHEELS, "requests"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
    threading.Thread(target=server.serve_forever).start()
    try:
        index = f"http://127.0.0.1:{server.server_port}/"
        code = subprocess.run([*UV, "--default-index", index, "requests"]).returncode
    finally:
        server.shutdown()
sys.exit(code)
