/** Compares two operations: their names, parameters, bodies, responses and scopes. */
import { isDeepStrictEqual } from "node:util";
import { at, isObject, type Json } from "./json.js";
import {
  childNode,
  resolveNode,
  listOf,
  sharesReference,
  type DocumentNode,
} from "./document-node.js";
import { diffSchemas } from "./schema-diff.js";
import { diffMarks, type Report } from "./schema-limits.js";
import type { Direction } from "./semver-rules.js";

export function diffOperations(
  base: DocumentNode,
  revision: DocumentNode,
  reportOf: (direction: Direction) => Report,
): void {
  const [request, response] = [reportOf("request"), reportOf("response")];
  const [oldId, newId] = [base, revision].map((place) => at(place.value)["operationId"]);
  if (oldId !== undefined && newId !== undefined && oldId !== newId) {
    request("operation renamed", revision, "", `${String(oldId)} → ${String(newId)}`);
  }
  diffMarks(base, revision, "", request);
  diffParameterLists(base, revision, request);
  diffBodies(childNode(base, "requestBody"), childNode(revision, "requestBody"), request);
  diffStatuses(childNode(base, "responses"), childNode(revision, "responses"), response);
  diffScopes(base, revision, request);
}

/** Returns the parameters of an operation and of its path, by location and name: "query sort". */
function parametersOf(operation: DocumentNode): Map<string, DocumentNode> {
  const { document, path } = operation;
  const item: DocumentNode = {
    document,
    path: path.slice(0, -1),
    value: at(document, "paths", String(path[1])),
  };
  const all = [item, operation].flatMap((holder) =>
    listOf(at(holder.value)["parameters"]).map((_, index) =>
      childNode(holder, "parameters", index),
    ),
  );
  return new Map(
    all.map((place) => {
      const { in: location, name } = at(resolveNode(place).value);
      return [`${String(location)} ${String(name)}`, place];
    }),
  );
}

const nameOf = (place: DocumentNode): string =>
  `parameter ${String(at(resolveNode(place).value)["name"])}`;

function diffParameterLists(base: DocumentNode, revision: DocumentNode, report: Report): void {
  const [before, after] = [parametersOf(base), parametersOf(revision)];
  for (const [key, place] of after) {
    const known = before.get(key);
    if (known) {
      if (!sharesReference(known, place)) diffParameters(known, place, nameOf(place), report);
      continue;
    }
    const isRequired = Boolean(at(resolveNode(place).value)["required"]);
    report(isRequired ? "added as required" : "added", place, nameOf(place));
  }
  for (const [key, place] of before) {
    if (!after.has(key)) report("removed", place, nameOf(place));
  }
}

export function diffParameters(
  base: DocumentNode,
  revision: DocumentNode,
  label: string,
  report: Report,
): void {
  const [before, after] = [resolveNode(base), resolveNode(revision)];
  diffRequired(before, after, label, report);
  diffMarks(before, after, label, report);
  diffSchemas(childNode(before, "schema"), childNode(after, "schema"), label, report);
}

function diffRequired(
  before: DocumentNode,
  after: DocumentNode,
  label: string,
  report: Report,
): void {
  const [was, is] = [before, after].map((place) => Boolean(at(place.value)["required"]));
  if (was !== is) report(is ? "now required" : "no longer required", after, label);
}

function diffBodies(base: DocumentNode, revision: DocumentNode, report: Report): void {
  const [before, after] = [resolveNode(base), resolveNode(revision)];
  if (before.value === undefined && after.value === undefined) return;
  if (before.value === undefined) {
    report(at(after.value)["required"] ? "added as required" : "added", revision, "body");
  } else if (after.value === undefined) {
    report("removed", base, "body");
  } else {
    diffRequired(before, after, "body", report);
    diffResponses(base, revision, "body", report);
  }
}

/** Compares the contents of two responses, or of two request bodies. */
export function diffResponses(
  base: DocumentNode,
  revision: DocumentNode,
  label: string,
  report: Report,
): void {
  if (sharesReference(base, revision)) return;
  const [before, after] = [resolveNode(base), resolveNode(revision)];
  diffMarks(before, after, label, report);
  const [old, now] = [childNode(before, "content"), childNode(after, "content")];
  for (const type of Object.keys({ ...at(old.value), ...at(now.value) })) {
    const [one, other] = [childNode(old, type), childNode(now, type)];
    if (one.value === undefined) report("media type added", other, label, type);
    else if (other.value === undefined) report("media type removed", one, label, type);
    else diffSchemas(childNode(one, "schema"), childNode(other, "schema"), label, report);
  }
}

function diffStatuses(base: DocumentNode, revision: DocumentNode, report: Report): void {
  const statuses = Object.keys({ ...at(base.value), ...at(revision.value) });
  const isError = (status: string): boolean => !/^[123]/.test(status);
  const contentOf = (place: DocumentNode): Json => at(resolveNode(place).value)["content"] ?? {};
  /** Whether one of the success statuses in `responses` has a body with this `content`. */
  const hasBody = (responses: DocumentNode, content: Json): boolean =>
    Object.keys(at(responses.value)).some(
      (status) =>
        !isError(status) && isDeepStrictEqual(contentOf(childNode(responses, status)), content),
    );
  for (const status of statuses) {
    const [one, other] = [childNode(base, status), childNode(revision, status)];
    if (one.value !== undefined && other.value !== undefined) {
      diffResponses(one, other, status, report);
    } else if (isError(status)) {
      const isNew = one.value === undefined;
      report(isNew ? "error status added" : "error status removed", isNew ? other : one, status);
    } else if (one.value === undefined) {
      const isKnown = hasBody(base, contentOf(other));
      report(isKnown ? "status added" : "widened", other, status, isKnown ? "" : "a new body");
    } else {
      report("status removed", one, status);
    }
  }
}

const anyCredentials = "any credentials";

/** Returns the sets of scopes that suffice for a call. A single empty set means that the call needs no credentials. */
function alternativesOf({ document, value }: DocumentNode): string[][] {
  const declared = at(value)["security"] ?? document["security"];
  const requirements = listOf(declared).filter(isObject);
  if (requirements.length === 0) return [[]];
  const scoped = requirements.map((one) => listOf(one["oauth2"]).map(String));
  const named = scoped.filter((scopes) => scopes.length > 0);
  return named.length > 0 ? named : [[anyCredentials]];
}

function diffScopes(base: DocumentNode, revision: DocumentNode, report: Report): void {
  const [before, after] = [alternativesOf(base), alternativesOf(revision)];
  const suffices = (scopes: readonly string[], some: readonly string[][]): boolean =>
    some.some((needed) =>
      needed.every((scope) =>
        scope === anyCredentials ? scopes.length > 0 : scopes.includes(scope),
      ),
    );
  const text = (some: readonly string[][]): string =>
    some.map((scopes) => scopes.join(" + ") || "none").join(" or ");
  const detail = `${text(before)} → ${text(after)}`;
  if (before.some((scopes) => !suffices(scopes, after))) {
    report("scopes tightened", revision, "", detail);
  }
  if (after.some((scopes) => !suffices(scopes, before))) {
    report("scopes loosened", revision, "", detail);
  }
}
