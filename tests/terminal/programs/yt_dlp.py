# about: yt-dlp downloads a file from a slow server here.
# pypi: yt-dlp
# command: yt-dlp http://127.0.0.1/film.mp4
import http.server
import subprocess
import sys
import threading
import time

SIZE, BYTES, SECONDS = 3_000_000, 30_000, 0.02


class Films(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", str(SIZE))
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        for _ in range(SIZE // BYTES):
            self.wfile.write(b"\0" * BYTES)
            time.sleep(SECONDS)

    def log_message(self, *_arguments):
        pass


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Films) as server:
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/film.mp4"
        code = subprocess.run(["yt-dlp", "--ignore-config", "--no-update", url]).returncode
    finally:
        server.shutdown()
sys.exit(code)
