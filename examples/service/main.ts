/**
 * The service as a hub runs it, by these lines of jupyterhub_config.py:
 *
 *     c.JupyterHub.services = [{
 *         "name": "portal",
 *         "url": "http://127.0.0.1:10101",
 *         "command": ["npx", "tsx", "examples/service/main.ts"],
 *     }]
 *     c.JupyterHub.load_roles = [{"name": "user", "scopes": ["self", "access:services!service=portal"]}]
 */
import { serve } from "@hono/node-server";
import { JupyterHub } from "jupyterhub-client";
import { createService } from "./app.js";

const { JUPYTERHUB_SERVICE_NAME: name, JUPYTERHUB_SERVICE_PREFIX: prefix } = process.env;
if (!name || !prefix) throw new Error("This is to be started by a hub, as one of its services.");

const { hostname, port } = new URL(process.env["JUPYTERHUB_SERVICE_URL"] ?? "http://127.0.0.1:0");
const { fetch } = createService({ hub: new JupyterHub(), name, prefix });
serve({ fetch, hostname, port: Number(port) });
