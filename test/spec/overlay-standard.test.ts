/** Checks that openapi/overlay.yaml is a standard overlay: another program produces the same document from it. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import {
  correctedDocument,
  readSources,
  readYaml,
  sourceToCorrect,
} from "../../scripts/document.js";
import { at, type Json } from "../../scripts/json.js";
import { root, scratchFolder } from "./root.js";

const run = promisify(execFile);
const upstream = `openapi/upstream/${sourceToCorrect(readSources(root)).version}.yml`;

it("redocly and this project's engine produce the same document from the overlay", async () => {
  const output = join(scratchFolder(), "corrected.json");
  await run(
    join(root, "node_modules/.bin/redocly"),
    ["bundle", upstream, "--overlay", "openapi/overlay.yaml", "--ext", "json", "-o", output],
    {
      cwd: root,
      env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
    },
  );
  const theirs = JSON.parse(readFileSync(output, "utf8")) as Json;
  const ours = JSON.parse(JSON.stringify(correctedDocument(root).document)) as Json;
  expect(theirs).toEqual(ours);
  // Both differ from the uncorrected document, which has no operation for /health.
  expect(at(readYaml(join(root, upstream)), "paths", "/health")).toEqual({});
  expect(at(theirs, "paths", "/health", "get")).toMatchObject({ operationId: "get-health" });
});

it("the corrected document equals openapi/jupyterhub.yaml", () => {
  expect(readYaml(join(root, "openapi/jupyterhub.yaml"))).toEqual(correctedDocument(root).document);
});
