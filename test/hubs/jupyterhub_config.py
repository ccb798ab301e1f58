"""The configuration of every tested hub, 1.2 to 6: an in-memory proxy (requests go to the hub's own
port; /user/ and /services/ are not routed) or a real one that already runs, logins with one
password, stub servers that behave as their user_options say, and services with all, few and
filtered scopes.

Ports, secrets and the scratch folder come from the environment; the file contains none. `extra.py`
of the scratch folder has additional lines for one test.
"""

import asyncio
import os
import shutil
import signal
import sys
import threading
from pathlib import Path

from jupyterhub.proxy import Proxy
from jupyterhub.services.service import Service
from jupyterhub.spawner import SimpleLocalProcessSpawner
from tornado.web import HTTPError

c = get_config()  # noqa: F821 (given by the hub)

env = os.environ
scratch = Path(env["HUB_SCRATCH"])


def die_with_the_parent():
    """Ends our process group when stdin closes, which happens if the test process is killed."""
    while os.read(0, 1024):
        pass
    shutil.rmtree(str(scratch), ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)


# Only if this process leads its own process group: never kill the shell of a user who runs this
# file by hand.
if os.getpid() == os.getpgrp() and not sys.stdin.isatty():
    threading.Thread(target=die_with_the_parent, daemon=True).start()


class MemoryProxy(Proxy):
    should_start = False
    table = {}

    async def add_route(self, routespec, target, data):
        self.table[routespec] = {"routespec": routespec, "target": target, "data": data}

    async def delete_route(self, routespec):
        self.table.pop(routespec, None)

    async def get_all_routes(self):
        return dict(self.table)


class BehavingSpawner(SimpleLocalProcessSpawner):
    """Behaves as `user_options` say; without any, the server is ready at once.

    {"behave": "slow"}       start takes `seconds` (5) and reports progress: the POST answers 202
    {"behave": "fail"}       start raises, after `seconds` (0)
    {"behave": "refuse"}     start raises an HTTP error with a message for the user and `status` (409)
    {"behave": "hang"}       start takes longer than its timeout, which is `seconds` (4)
    {"behave": "die"}        the process exits before it listens
    {"behave": "deaf"}       the server never answers; the hub waits `seconds` (4)
    {"behave": "slow-stop"}  stop takes `seconds` (4): the DELETE answers 202
    """

    def option(self, key, default=None):
        options = self.user_options
        return options.get(key, default) if isinstance(options, dict) else default

    def get_env(self):
        return {**super().get_env(), "SINGLE_USER_BEHAVE": str(self.option("behave", ""))}

    async def start(self):
        if self.option("behave") == "fail":
            await asyncio.sleep(self.option("seconds", 0))
            raise RuntimeError("This server fails on request")
        if self.option("behave") == "refuse":
            raise HTTPError(self.option("status", 409), "No GPU is left")
        if self.option("behave") == "slow":
            await asyncio.sleep(self.option("seconds", 5))
        if self.option("behave") == "hang":
            await asyncio.sleep(600)
        return await super().start()

    def run_pre_spawn_hook(self):
        seconds, behave = self.option("seconds", 4), self.option("behave")
        self.start_timeout = seconds if behave == "hang" else 60
        self.http_timeout = seconds if behave == "deaf" else c.Spawner.http_timeout
        return super().run_pre_spawn_hook()

    async def stop(self, now=False):
        if self.option("behave") == "slow-stop":
            await asyncio.sleep(self.option("seconds", 4))
        await super().stop(now=now)

    async def progress(self):
        if self.option("behave") != "slow":
            yield {"progress": 50, "message": "Starting"}
            return
        # An event without progress or message, and with a key that only this Spawner sends.
        yield {"html_message": "<i>Soon</i>", "node": {"name": "n1"}}
        for percent in (20, 40, 60, 80):
            yield {
                "progress": percent,
                "message": f"Slowly: {percent} %",
                "html_message": f"Slowly: <b>{percent} %</b>",
            }
            await asyncio.sleep(self.option("seconds", 5) / 5)


c.JupyterHub.hub_bind_url = env["HUB_URL"]
c.JupyterHub.bind_url = env["HUB_PUBLIC_URL"]
c.JupyterHub.db_url = env["HUB_DATABASE"]
if "HUB_PROXY_API" in env:
    c.ConfigurableHTTPProxy.should_start = False  # it runs separately, with CONFIGPROXY_AUTH_TOKEN
    c.ConfigurableHTTPProxy.api_url = env["HUB_PROXY_API"]
else:
    c.JupyterHub.proxy_class = MemoryProxy
c.JupyterHub.cookie_secret = bytes.fromhex(env["HUB_COOKIE_SECRET"])
# A start that takes longer than 3 s answers 202 (10 s by default), a stop after 2 s.
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 3, "slow_stop_timeout": 2}

c.JupyterHub.authenticator_class = "jupyterhub.auth.DummyAuthenticator"
c.DummyAuthenticator.password = env["HUB_PASSWORD"]
c.Authenticator.admin_users = {env["HUB_ADMIN_USER"]}
c.Authenticator.allow_all = True  # needed from 5.0, unknown before
c.Authenticator.enable_auth_state = True
c.CryptKeeper.keys = [env["HUB_CRYPT_KEY"]]

c.JupyterHub.allow_named_servers = True
c.JupyterHub.spawner_class = BehavingSpawner
c.SimpleLocalProcessSpawner.home_dir_template = str(scratch)  # any user name, however odd
# For this long, the hub reports a crashed server as pending (30 s by default).
c.Spawner.http_timeout = 10
c.Spawner.cmd = [sys.executable, str(Path(__file__).with_name("single_user.py"))]
# In the hub's own process group, so that ending the group ends the servers too.
c.LocalProcessSpawner.popen_kwargs = {"start_new_session": False}

# No `url`: hub 6 would wait 30 s for it. The OAuth keys make it an OAuth client.
webapp = {
    "name": "webapp",
    "api_token": env["HUB_OAUTH_SECRET"],
    "oauth_client_id": env["HUB_OAUTH_ID"],
    "oauth_redirect_uri": env["HUB_OAUTH_REDIRECT"],
}
# The permissions that the web app may request from users: scopes since 3.0, roles on 2.x.
if "oauth_client_allowed_scopes" in Service.class_trait_names():
    webapp["oauth_client_allowed_scopes"] = ["read:users!user", "read:servers!user"]
elif "oauth_roles" in Service.class_trait_names():
    webapp["oauth_roles"] = ["user"]

c.JupyterHub.services = [
    {"name": "admin", "api_token": env["HUB_TOKEN_ADMIN"], "admin": True},
    {"name": "reader", "api_token": env["HUB_TOKEN_READER"]},
    {"name": "filtered", "api_token": env["HUB_TOKEN_FILTERED"]},
    webapp,
]

try:
    from jupyterhub.scopes import scope_definitions
except ImportError:  # before 2.0 there is `admin` and nothing else
    scope_definitions = {}

if scope_definitions:
    # A hub does not start with an unknown scope.
    def known(*scopes):
        return [scope for scope in scopes if scope.partition("!")[0] in scope_definitions]

    # Metascopes stand for the permissions of a token's owner. A service has no use for them.
    meta = {"(no_scope)", "self", "all", "inherit"}
    c.JupyterHub.load_roles = [
        {
            "name": "everything",
            "services": ["admin"],
            "scopes": sorted({*scope_definitions} - meta),
        },
        {
            "name": "reader",
            "services": ["reader"],
            "scopes": known("list:users", "read:users:name"),
        },
        {"name": "filtered", "services": ["filtered"], "scopes": ["read:users!user=ada"]},
        # Every user may log in to the web app.
        {"name": "user", "scopes": ["self", "access:services!service=webapp"]},
    ]

extra = scratch / "extra.py"
if extra.exists():
    exec(compile(extra.read_text(), str(extra), "exec"))
