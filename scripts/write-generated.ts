/**
 * Owns what is generated: the corrected document, the functions and types made of it, and the table of
 * its operations. Writes all of it below any folder, laid out as below the root, so that it can be
 * compared before it replaces anything. Nothing else writes these files.
 */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { correctedDocument } from "./document.js";
import { generateClient } from "./generate-client.js";
import { operationTable } from "./operation-table.js";

export async function writeGenerated(root: string, target: string): Promise<void> {
  const { document, text, header } = correctedDocument(root);
  mkdirSync(join(target, "openapi"), { recursive: true });
  writeFileSync(join(target, "openapi/jupyterhub.yaml"), text);
  await generateClient(
    join(target, "openapi/jupyterhub.yaml"),
    join(target, "generated"),
    document,
    header,
  );
  writeFileSync(join(target, "generated/operations.gen.ts"), operationTable(document, header));
  cpSync(
    join(root, "node_modules/@hey-api/openapi-ts/LICENSE.md"),
    join(target, "generated/LICENSE.md"),
  );
}
