/**
 * Runs the launch page as a service of a hub. These lines of jupyterhub_config.py make the hub start it:
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
 * At their first login, users allow the service to start and stop their own servers.
 */
import { serve } from "@hono/node-server";
import { JupyterHub } from "jupyterhub-client";
import { createLaunchPage } from "./app.js";

const { JUPYTERHUB_SERVICE_NAME: name, JUPYTERHUB_SERVICE_PREFIX: prefix } = process.env;
if (!name || !prefix) throw new Error("A hub has to start this program, as one of its services.");

const { hostname, port } = new URL(process.env["JUPYTERHUB_SERVICE_URL"] ?? "http://127.0.0.1:0");
const { fetch } = createLaunchPage({ hub: new JupyterHub(), name, prefix });
serve({ fetch, hostname, port: Number(port) });
