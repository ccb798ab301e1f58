/**
 * Checks requests and responses strictly against a contract: what the contract does not declare is a violation. Needs
 * no HTTP client and no hub. The lines that describe violations contain no values, and so no secrets.
 */
import type {
  Contract,
  ContractOperation,
  Media,
  Validate,
} from "../../../generated/contract.gen.js";
import { violationsOf } from "./violations.js";

/** The body of a request or response, as it was sent. */
interface Body {
  /** The media type, without parameters and in lower case; empty if there is none. */
  mediaType: string;
  body: string;
}

/** A hub's response. */
export interface Answer extends Body {
  /** "GET /users/{name}" */
  operation: string;
  status: number;
}

/** A request to a hub. */
export interface Sent extends Body {
  /** "GET /users/{name}" */
  operation: string;
  query: URLSearchParams;
}

export function requestViolations(contract: Contract, sent: Sent): readonly string[] {
  const declared = contract.operations[sent.operation];
  if (!declared) return ["the operation is not declared"];
  const { schema } = declared.query;
  const query = violationsOf(
    queryValue(sent.query, declared.query),
    [contract.validators(schema)],
    contract.fields,
  );
  return [
    ...query.map((line) => `query ${line}`),
    ...bodyViolations(contract, declared.body, sent).map((line) => `body ${line}`),
  ];
}

/** Returns the media types that an operation declares for a status; undefined if it does not declare the status. */
export function declaredContent(
  { operations }: Contract,
  operation: string,
  status: number,
): Media | undefined {
  const { responses } = operations[operation] ?? {};
  return responses?.[status] ?? responses?.[`${String(status).charAt(0)}XX`];
}

export function responseViolations(contract: Contract, answer: Answer): readonly string[] {
  const { operation, status, mediaType, body } = answer;
  if (!contract.operations[operation]) return ["the operation is not declared"];
  const content = declaredContent(contract, operation, status);
  if (!content) return [`the status ${status} is not declared`];
  if (body === "") {
    // A stream that ended before its first event has nothing to validate.
    if (mediaType === "text/event-stream") return [];
    const isPromised = Object.values(content).some((schemas) => schemas.length > 0);
    return isPromised ? ["the body is empty, though one is declared"] : [];
  }
  return valueViolations(contract, content, answer);
}

function bodyViolations(
  contract: Contract,
  declared: { required: boolean; media: Media } | undefined,
  sent: Body,
): readonly string[] {
  if (isNoBody(sent)) return declared?.required ? ["is missing"] : [];
  if (!declared) return ["is not declared"];
  return valueViolations(contract, declared.media, sent);
}

/** Whether a hub treats a request as having no body: the body is empty, or the JSON value null. */
const isNoBody = ({ mediaType, body }: Body): boolean =>
  body === "" || (mediaType === "application/json" && body.trim() === "null");

function valueViolations(
  contract: Contract,
  media: Media,
  { mediaType, body }: Body,
): readonly string[] {
  const schemas = media[mediaType];
  if (!schemas) return [`the media type ${mediaType || "(none)"} is not declared`];
  const values = valuesOf(mediaType, body);
  if (!values) return ["the body is not JSON"];
  const validators: readonly Validate[] = schemas.map(contract.validators);
  return [...new Set(values.flatMap((one) => violationsOf(one, validators, contract.fields)))];
}

/**
 * Returns the values in a body: one for JSON or a form, one for each event of a stream, none for other media types;
 * undefined for invalid JSON.
 */
function valuesOf(mediaType: string, body: string): unknown[] | undefined {
  if (mediaType === "application/x-www-form-urlencoded") {
    return [Object.fromEntries(new URLSearchParams(body))];
  }
  const isStream = mediaType === "text/event-stream";
  if (!isStream && mediaType !== "application/json") return [];
  const lines = body.split("\n").filter((line) => line.startsWith("data:"));
  const texts = isStream ? lines.map((line) => line.slice("data:".length)) : [body];
  try {
    return texts.map((text) => JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/**
 * The query parameters as one object. Declared numbers and booleans are converted from text. A parameter that is empty
 * is left out if the operation allows it to be empty.
 */
function queryValue(
  query: URLSearchParams,
  { types, mayBeEmpty = [] }: ContractOperation["query"],
): Record<string, unknown> {
  const parsed = (name: string, text: string): unknown => {
    const isNumber = types[name] === "integer" || types[name] === "number";
    if (isNumber && /^-?\d+$/.test(text)) return Number(text);
    if (types[name] === "boolean") return booleans.get(text.toLowerCase()) ?? text;
    return text;
  };
  const entries = [...new Set(query.keys())].flatMap((name): [string, unknown][] => {
    const values = query.getAll(name);
    if (values.every((text) => text === "") && mayBeEmpty.includes(name)) return [];
    const converted = values.map((text) => parsed(name, text));
    return [[name, converted.length > 1 ? converted : converted[0]]];
  });
  return Object.fromEntries(entries);
}

/**
 * The texts for booleans in a query, in lower case. Hubs ignore the case, and Python clients send `True` and `False`.
 */
const booleans: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);
