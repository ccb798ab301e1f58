"""The single-user server of the test hubs, so that a spawn needs no notebook server: answers 200 on
the port that the hub chose, but redirects a request without a token at its address to the hub's login,
as Jupyter does. With the behaviour "die", it exits before it listens.
"""

import os
import re
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode, urlparse


def chosen_port():
    # Hubs before 2.0 pass the port on the command line, later ones in the environment.
    url = urlparse(os.environ.get("JUPYTERHUB_SERVICE_URL", ""))
    return url.port or int(re.search(r"--port=(\d+)", " ".join(sys.argv)).group(1))


env = os.environ
prefix = env.get("JUPYTERHUB_SERVICE_PREFIX", "/")
login = env.get("JUPYTERHUB_HOST", "") + env.get("JUPYTERHUB_BASE_URL", "/") + "hub/api/oauth2/authorize?"
login += urlencode({
    "client_id": env.get("JUPYTERHUB_CLIENT_ID", ""),
    "redirect_uri": env.get("JUPYTERHUB_OAUTH_CALLBACK_URL", prefix + "oauth_callback"),
    "response_type": "code",
})


class Ok(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":  # only on its own port
            os._exit(1)
        needs_login = self.path == prefix and "Authorization" not in self.headers
        self.send_response(302 if needs_login else 200)
        if needs_login:
            self.send_header("Location", login)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass


# The hub stops it with SIGINT, which should not leave a traceback in the log.
signal.signal(signal.SIGINT, lambda *args: os._exit(0))
behave = env.get("SINGLE_USER_BEHAVE")
if behave == "die":
    sys.exit("exits on request")
if behave == "deaf":
    signal.pause()
ThreadingHTTPServer(("127.0.0.1", chosen_port()), Ok).serve_forever()
