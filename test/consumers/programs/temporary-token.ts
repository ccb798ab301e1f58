/** `await using`, for compilers whose library has `Symbol.asyncDispose`. */
import { JupyterHub } from "jupyterhub-client";

export async function withTemporaryToken(hub: JupyterHub): Promise<string> {
  await using token = await hub.tokens.createTemporary("ada", { expires_in: undefined });
  return token.token;
}
