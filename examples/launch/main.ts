/**
 * The launch page as a hub runs it, by these lines of jupyterhub_config.py:
 *
 *     c.JupyterHub.services = [{
 *         "name": "launch",
 *         "url": "http://127.0.0.1:10102",
 *         "command": ["npx", "tsx", "examples/launch/main.ts"],
 *         "cwd": "/path/to/jupyterhub-client",
 *         "oauth_client_allowed_scopes": ["servers!user"],
 *     }]
 *     c.JupyterHub.load_roles = [
 *         {"name": "user", "scopes": ["self", "access:services!service=launch"]},
 *     ]
 *
 * Users allow the service, at their first login, to start and stop their own servers.
 */
import { serve } from "@hono/node-server";
import { JupyterHub } from "jupyterhub-client";
import { createLaunchPage } from "./app.js";

const { JUPYTERHUB_SERVICE_NAME: name, JUPYTERHUB_SERVICE_PREFIX: prefix } = process.env;
if (!name || !prefix) throw new Error("A hub has to start this program, as one of its services.");

const { hostname, port } = new URL(process.env["JUPYTERHUB_SERVICE_URL"] ?? "http://127.0.0.1:0");
const { fetch } = createLaunchPage({ hub: new JupyterHub(), name, prefix });
serve({ fetch, hostname, port: Number(port) });
