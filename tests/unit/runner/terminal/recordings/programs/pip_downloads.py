"""Three wheels downloaded one after the other."""

import http.server
import io
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

MEGABYTES = {"first": 2, "second": 3, "third": 2}


def wheel(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
        archive.writestr("data", b"\0" * MEGABYTES[name] * 1_000_000)
    return file.getvalue()


class Wheels(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = wheel(self.path.strip("/").partition("-")[0])
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        for start in range(0, len(content), 50_000):
            self.wfile.write(content[start : start + 50_000])
            time.sleep(0.01)

    def log_message(self, *_arguments: object) -> None:
        pass


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Wheels) as server, tempfile.TemporaryDirectory() as place:
    threading.Thread(target=server.serve_forever).start()
    try:
        urls = [f"http://127.0.0.1:{server.server_port}/{name}-1.0-py3-none-any.whl" for name in MEGABYTES]
        options = ["--isolated", "--disable-pip-version-check", "download", "--no-deps", "--no-cache-dir", "--no-index"]
        subprocess.run([sys.executable, "-m", "pip", *options, "--dest", place, *urls], check=True)
    finally:
        server.shutdown()
