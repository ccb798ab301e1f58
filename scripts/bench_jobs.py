"""`bench_jobs.py CLIENT JOB` runs one job of bench-jobs.ts with a Python client. It prints as JSON the job's time, its
CPU time and the fault, if any. The jobs do what users of these clients write by hand."""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

url, token = os.environ["BENCH_HUB_URL"], os.environ["BENCH_HUB_TOKEN"]
client, job = sys.argv[1:]

some_users = [f"user-{index}" for index in range(1_000)]
new_users = [f"new-{index}" for index in range(200)]
starting = some_users[:20]
total = 5_000


def shortage(users):
    return None if len(users) >= total else f"{len(users)} users of {total}, and no error"


def with_threads(work):
    with ThreadPoolExecutor(len(starting)) as threads:
        list(threads.map(work, starting))


class Requests:
    def __init__(self):
        import requests

        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def send(self, method, path, **more):
        response = self.session.request(method, url + path, timeout=60, **more)
        response.raise_for_status()
        return response.json() if response.content else None

    def wait(self, name, done):
        while not done(self.send("GET", f"/users/{name}")["servers"]):
            time.sleep(1)

    def get(self):
        for name in some_users:
            self.send("GET", f"/users/{name}")

    def list(self):
        users = []
        while True:
            page = self.send("GET", "/users", params={"offset": len(users), "limit": 200})
            users += page
            if len(page) < 200:
                return shortage(users)

    def create(self):
        self.send("POST", "/users", json={"usernames": new_users})
        for name in new_users:
            self.send("DELETE", f"/users/{name}")

    def start(self):
        def begin(name):
            self.send("POST", f"/users/{name}/server")
            self.wait(name, lambda servers: servers.get("", {}).get("ready"))

        def end(name):
            self.send("DELETE", f"/users/{name}/server")
            self.wait(name, lambda servers: "" not in servers)

        with_threads(begin)
        with_threads(end)


class JhClient:
    def __init__(self):
        import jh_client

        self.module = jh_client
        settings = jh_client.Configuration(host=url, access_token=token)
        self.api = jh_client.DefaultApi(jh_client.ApiClient(settings))

    def wait(self, name, done):
        while not done(self.api.users_name_get(name).servers or {}):
            time.sleep(1)

    def get(self):
        for name in some_users:
            self.api.users_name_get(name)

    def list(self):
        return shortage(self.api.users_get())

    def create(self):
        body = self.module.UsersPostRequest(usernames=new_users)
        self.api.users_post(body)
        for name in new_users:
            self.api.users_name_delete(name)

    def start(self):
        def begin(name):
            self.api.users_name_server_post(name)
            self.wait(name, lambda servers: "" in servers and servers[""].ready)

        def end(name):
            self.api.users_name_server_delete(name)
            self.wait(name, lambda servers: "" not in servers)

        with_threads(begin)
        with_threads(end)


work = getattr({"requests": Requests, "jh-client": JhClient}[client](), job)
begun, before = time.perf_counter(), time.process_time()
try:
    fault = work()
except Exception as error:
    fault = f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"
result = {
    "wall": (time.perf_counter() - begun) * 1000,
    "cpu": (time.process_time() - before) * 1000,
}
print(json.dumps({**result, **({"fault": fault} if fault else {})}))
