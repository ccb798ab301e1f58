/** A library that exports clients and their results without naming their types. */
import { JupyterHub } from "jupyterhub-client";
import { createClient, getUsers, type ApiClient } from "jupyterhub-client/api";

export const client = createClient({ url: "https://hub.example.org" });

export const sameClient = (hub: JupyterHub) => hub.client;

export const newer = (hub: JupyterHub) => hub.client.get({ url: "/newer" });

export const users = (api: ApiClient) => getUsers({ client: api });

export const usersOrError = <Throws extends boolean>(api: ApiClient, throwOnError: Throws) =>
  getUsers({ client: api, throwOnError });

export const getUsersWith = (...options: Parameters<typeof getUsers>) => getUsers(...options);

export const { get } = client;
