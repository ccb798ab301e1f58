import { defineConfig } from "@hey-api/openapi-ts";

/** Where the generated functions import from, relative to `generated/`, by name. */
const modules: Readonly<Record<string, string>> = {
  // The wrapper's own types of a call: no option that would bypass the transport, an `error` that is
  // always an Error, and no `request` in the result, since it holds the token.
  Client: "../src/core/raw-call.js",
  Options: "../src/core/raw-call.js",
  RequestResult: "../src/core/raw-call.js",
  TDataShape: "./client/types.gen.js",
  ClientMeta: "./core/types.gen.js",
  // Past `client/index.ts`, which would load modules that nothing needs.
  urlSearchParamsBodySerializer: "./core/bodySerializer.gen.js",
};

/** Whether a schema belongs to a request: `scripts/inputs.ts` marks those, and a query contains them. */
const isInput = (schema: { properties?: object }): boolean =>
  "x-input" in schema || Object.values(schema.properties ?? {}).some(isInput);

/**
 * How the corrected document becomes code; `scripts/generate-client.ts` runs this. The wrapper owns base
 * URL, credentials and the client, so the generated functions hold none of them.
 */
export default defineConfig({
  // The leading ./ matters: without it this is taken for a name in a registry.
  input: "./openapi/jupyterhub.yaml",
  logs: { file: false, level: "warn" },
  output: {
    path: "./generated",
    entryFile: false,
    module: { extension: ".js" },
    tsConfigPath: null,
  },
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
    {
      name: "@hey-api/typescript",
      $resolvers: {
        // The client changes no input, so lists may be readonly.
        array: ({ $, nodes, schema, ...context }) =>
          // A nullable list has the mark on its union and on its items.
          isInput(schema) || schema.items?.some(isInput)
            ? $.type("Readonly").generic(nodes.base({ $, nodes, schema, ...context }))
            : undefined,
        // With exactOptionalPropertyTypes, only `| undefined` allows an optional key that is undefined.
        object: ({ $, nodes, schema, walk, ...context }) => {
          const { properties = {}, required = [] } = schema;
          const inputs = Object.entries(properties).filter(([, part]) => isInput(part));
          const optional = new Set(
            inputs.filter(([name]) => !required.includes(name)).map(([, part]) => part),
          );
          return nodes.base({
            $,
            nodes,
            schema,
            ...context,
            walk: (part, at) => {
              const result = walk(part, at);
              if (!optional.has(part)) return result;
              return { ...result, type: $.type.or(result.type, $.type("undefined")) };
            },
          });
        },
        // A newer hub may add values to an open enumeration: other strings are allowed as well.
        enum: ({ $, nodes, schema, ...context }) =>
          "x-open" in schema
            ? $.type.or(
                nodes.base({ $, nodes, schema, ...context }),
                $.type.and($.type("string"), $.type.object()),
              )
            : undefined,
      },
    },
    {
      name: "@hey-api/sdk",
      auth: false,
      client: false,
      operations: { strategy: "flat" },
      $hooks: {
        events: {
          "symbol:register:before": ({ symbol }) => {
            if (symbol.external) symbol.external = modules[symbol.name] ?? symbol.external;
          },
        },
      },
    },
    { name: "@hey-api/client-fetch", baseUrl: false },
  ],
});
