import { defineConfig } from "@hey-api/openapi-ts";

/**
 * How the corrected document becomes code. `scripts/generate.ts` runs this and finishes the output;
 * the wrapper owns base URL, credentials and the client, so the generated functions hold none of them.
 */
export default defineConfig({
  // The leading ./ matters: without it this is taken for a name in a registry.
  input: "./openapi/jupyterhub.yaml",
  logs: { file: false, level: "warn" },
  output: { path: "./generated", module: { extension: ".js" }, tsConfigPath: null },
  parser: {
    filters: {
      // Generated event streams retry refusals for ever and leak their connection: src/ reads them itself.
      operations: {
        exclude: [
          "GET /users/{name}/server/progress",
          "GET /users/{name}/servers/{server_name}/progress",
        ],
      },
      orphans: true,
    },
  },
  plugins: [
    "@hey-api/typescript",
    { name: "@hey-api/sdk", auth: false, client: false, operations: { strategy: "flat" } },
    { name: "@hey-api/client-fetch", baseUrl: false },
  ],
});
