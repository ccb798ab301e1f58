/**
 * Runs the web service as a service of a hub. These lines of jupyterhub_config.py make the hub start it:
 *
 *     c.JupyterHub.services = [{
 *         "name": "portal",
 *         "url": "http://127.0.0.1:10101",
 *         "command": ["npx", "tsx", "examples/service/main.ts"],
 *         "cwd": "/path/to/jupyterhub-client",
 *     }]
 *     c.JupyterHub.load_groups = {"portal": ["ada", "grace"]}
 *     c.JupyterHub.load_roles = [
 *         {"name": "portal-users", "groups": ["portal"], "scopes": ["access:services!service=portal"]},
 *         {"name": "portal", "services": ["portal"], "scopes": ["tokens!group=portal"]},
 *     ]
 *
 * The second role lets the service revoke the token of somebody who logs out. It also lets the service create
 * tokens for the members of this group, with all permissions that they have. So keep administrators out of the group,
 * or leave the role out.
 */
import { serve } from "@hono/node-server";
import { JupyterHub } from "jupyterhub-client";
import { createService } from "./app.js";

const { JUPYTERHUB_SERVICE_NAME: name, JUPYTERHUB_SERVICE_PREFIX: prefix } = process.env;
if (!name || !prefix) throw new Error("This is to be started by a hub, as one of its services.");

const { hostname, port } = new URL(process.env["JUPYTERHUB_SERVICE_URL"] ?? "http://127.0.0.1:0");
const { fetch } = createService({ hub: new JupyterHub(), name, prefix });
serve({ fetch, hostname, port: Number(port) });
