/** How the document's marks appear in the generated types. */
import { describe, expect, it } from "vitest";
import { addDocTags } from "../../scripts/doc-tags.js";

describe("a mark", () => {
  it.each([
    [{ "x-since": "5.0" }, "@since 5.0"],
    [{ "x-until": "2.0", description: "Old." }, "Old.\n\n@until 2.0"],
    [
      { "x-scope": "read:users", "x-since": "2.0", description: "Roles.\n" },
      "Roles.\n\n@since 2.0\n@scope read:users",
    ],
  ])("%j becomes a tag after the description", (node, description) => {
    const document = { properties: { field: { ...node } } };
    addDocTags(document);
    expect(document.properties.field).toMatchObject({ description });
  });

  it("of another kind leaves the description unchanged", () => {
    const document = { "x-feature": "shares", description: "Shares." };
    addDocTags(document);
    expect(document.description).toBe("Shares.");
  });
});
