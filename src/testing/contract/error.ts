/** The error of a request or response that violates the contract. */

/**
 * A request or a response does not follow the API of a hub. The message and `violations` list each place and what is
 * expected there, but no values. If the request is wrong, change the client. If the response is wrong, the hub has
 * another release, or is a test double that differs from a hub.
 */
export class ContractError extends Error {
  override readonly name = "ContractError";
  /** The operation, such as `GET /users/{name}`; for an unknown operation, the method and path. */
  readonly operation: string;
  /** The release of the hub's API, such as "6.1.1". */
  readonly version: string;
  /** One line for each violation: `request body /usernames: must be array`. */
  readonly violations: readonly string[];

  /** Creates the error for one request or response. */
  constructor(operation: string, version: string, violations: readonly string[]) {
    super(
      `${operation} does not follow the API of JupyterHub ${version}:\n` +
        violations.map((one) => `  ${one}`).join("\n"),
    );
    this.operation = operation;
    this.version = version;
    this.violations = violations;
  }
}
