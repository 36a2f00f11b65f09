# about: docker's own client pulls an image of five layers from a daemon that sends the messages of a pull.
# debian: docker.io
# command: docker pull tool:1.0
import http.server
import json
import os
import subprocess
import sys
import threading
import time

LAYERS = {
    "1f3e46996e29": 3_623_807,
    "8b4a0c9b7f5d": 448_640,
    "c2d5c5d1a6a4": 11_985_612,
    "f7a8d9b1e2c3": 1_207_044,
    "4f4fb700ef54": 32,
}
SLOTS = 3  # so many layers are downloaded at once


def said(layer, status, current=None, total=None):
    detail = {} if current is None else {"current": current, "total": total}
    return {"status": status, "progressDetail": detail, "id": layer}


def pull():
    """The messages of a pull: some layers are downloaded at once, then extracted in their order."""
    yield {"status": "Pulling from library/tool", "id": "1.0"}
    for number, layer in enumerate(LAYERS):
        yield said(layer, "Pulling fs layer")
        if number >= SLOTS:
            yield said(layer, "Waiting")
    waiting, loading, done, extracted = list(LAYERS), {}, set(), []
    while len(extracted) < len(LAYERS):
        while waiting and len(loading) < SLOTS:
            loading[waiting.pop(0)] = 0
        for layer in list(loading):
            loading[layer] += 700_000
            if loading[layer] < LAYERS[layer]:
                yield said(layer, "Downloading", loading[layer], LAYERS[layer])
                continue
            del loading[layer]
            done.add(layer)
            yield said(layer, "Verifying Checksum")
            yield said(layer, "Download complete")
        while len(extracted) < len(LAYERS) and list(LAYERS)[len(extracted)] in done:
            layer = list(LAYERS)[len(extracted)]
            for part in (0.3, 0.7, 1):
                yield said(layer, "Extracting", int(LAYERS[layer] * part), LAYERS[layer])
            yield said(layer, "Pull complete")
            extracted.append(layer)
    yield {"status": "Digest: sha256:0d9b4a2f2b7a1d1be6c1b9e7a6d21c1f0b9f0cbd8f1b3f6c5a4d3e2f1a0b9c8d"}
    yield {"status": "Status: Downloaded newer image for tool:1.0"}


class Daemon(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("API-Version", "1.41")
        self.send_header("OSType", "linux")
        self.end_headers()
        self.wfile.write(b"OK" if self.path.endswith("_ping") else b"{}")

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("API-Version", "1.41")
        self.end_headers()

    def do_POST(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        for message in pull():
            self.wfile.write(json.dumps(message).encode() + b"\r\n")
            time.sleep(0.04)

    def log_message(self, *_arguments):
        pass


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Daemon) as server:
    threading.Thread(target=server.serve_forever).start()
    env = {**os.environ, "DOCKER_HOST": f"tcp://127.0.0.1:{server.server_port}"}
    try:
        code = subprocess.run(["docker", "pull", "tool:1.0"], env=env).returncode
    finally:
        server.shutdown()
sys.exit(code)
