/** Types that a check narrows. */
import {
  isJupyterHubError,
  type BadRequestError,
  type ForbiddenError,
  type JupyterHubError,
} from "jupyterhub-client";

/** Asks for one class of errors after the other. */
export function oneByOne(error: JupyterHubError): string {
  if (isJupyterHubError(error, "NotFoundError")) return "none";
  if (isJupyterHubError(error, "ForbiddenError")) return error.requiredScopes.join();
  return error.message;
}

/** Distinguishes errors by name. */
export const byName = (error: BadRequestError | ForbiddenError): string =>
  error.name === "ForbiddenError" ? error.requiredScopes.join() : error.reason;
