/**
 * Every operation has a method or a reason to have none, every method has a contract test, and no operation of other
 * clients is missing.
 */
import { describe, expect, it } from "vitest";
import { methodOperations, localMethods, rawOnly } from "../../scripts/method-operations.js";
import { JupyterHub } from "../../src/index.js";
import { operationsOf } from "../../src/testing/mock/document.js";
import { corrected } from "../mock/openapi-files.js";
import { calls } from "./calls.js";
import { go, python, thirdParty } from "./other-clients.js";

const known = new Set(Object.values(methodOperations).flat());

describe("the table of methods", () => {
  it("lists every operation of the document once", () => {
    const accounted = [...known, ...Object.keys(rawOnly)].toSorted();
    expect(accounted).toEqual(
      operationsOf(corrected())
        .map(({ key }) => key)
        .toSorted(),
    );
  });

  it("lists exactly the methods of a client", () => {
    const hub = new JupyterHub({ url: "http://127.0.0.1:8000" });
    const own = methodsOf(hub);
    const grouped = Object.entries(hub)
      .filter(([name, value]) => typeof value === "object" && name !== "client")
      .flatMap(([name, group]) => methodsOf(group as object).map((method) => `${name}.${method}`));
    expect([...Object.keys(methodOperations), ...localMethods].toSorted()).toEqual(
      [...own, ...grouped].toSorted(),
    );
  });

  it("lists exactly the methods that have a contract test", () => {
    expect(new Set(calls.map(({ method }) => method))).toEqual(
      new Set(Object.keys(methodOperations)),
    );
  });
});

const methodsOf = (object: object): string[] =>
  Object.getOwnPropertyNames(Object.getPrototypeOf(object)).filter(
    (name) => name !== "constructor",
  );

describe.each([
  ["the Go client of hub 4.0", go, 36],
  ["the Python client of hub 4.0.2", python, 36],
  ["a third party's document of hub 5.2", thirdParty, thirdParty.length],
])("%s", (_, operations, count) => {
  it("has no operation that is missing in this package", () => {
    expect(operations).toHaveLength(count);
    const missing = operations.filter(
      (operation) => !known.has(operation) && !(operation in rawOnly),
    );
    expect(missing).toEqual([]);
  });
});
