/** The OpenAPI documents of this repository, as tests read them. */
import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import type { JsonObject } from "./document.js";

/** The hub releases whose own document is kept, and how many operations each one declares. */
export const UPSTREAM = {
  "1.2.2": 35,
  "1.5.1": 35,
  "2.3.1": 35,
  "3.1.1": 35,
  "4.1.6": 36,
  "5.5.4": 51,
  "6.1.1": 54,
} as const;

const read = (file: string): JsonObject =>
  load(readFileSync(new URL(`../../openapi/${file}`, import.meta.url), "utf8")) as JsonObject;

export const upstream = (version: keyof typeof UPSTREAM): JsonObject =>
  read(`upstream/${version}.yml`);

export const corrected = (): JsonObject => read("jupyterhub.yaml");
