/** Reads the OpenAPI documents of this repository for tests. */
import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import type { JsonObject } from "../../src/testing/mock/document.js";

const read = (file: string): JsonObject =>
  load(readFileSync(new URL(`../../openapi/${file}`, import.meta.url), "utf8")) as JsonObject;

export const upstream = (version: string): JsonObject => read(`upstream/${version}.yml`);

export const corrected = (): JsonObject => read("jupyterhub.yaml");
