"""The single-user server of the test hubs: answers 200 to everything on the port that the hub
chose, so that a spawn needs no notebook server. With the behaviour "die", it exits before it listens.
"""

import os
import re
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse


def chosen_port():
    # Hubs before 2.0 pass it on the command line, later ones in the environment.
    url = urlparse(os.environ.get("JUPYTERHUB_SERVICE_URL", ""))
    return url.port or int(re.search(r"--port=(\d+)", " ".join(sys.argv)).group(1))


class Ok(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":  # only on its own port
            os._exit(1)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass


# The hub stops it with SIGINT, which should not leave a traceback in the log.
signal.signal(signal.SIGINT, lambda *args: os._exit(0))
behave = os.environ.get("SINGLE_USER_BEHAVE")
if behave == "die":
    sys.exit("exits on request")
if behave == "deaf":
    signal.pause()
ThreadingHTTPServer(("127.0.0.1", chosen_port()), Ok).serve_forever()
