/** Tests the doc tags of the generated types, which come from extensions of the document such as `x-since`. */
import { describe, expect, it } from "vitest";
import { addDocTags } from "../../scripts/doc-tags.js";

describe("addDocTags", () => {
  it.each([
    [{ "x-since": "5.0" }, "@since 5.0"],
    [{ "x-until": "2.0", description: "Old." }, "Old.\n\n@until 2.0"],
    [
      { "x-scope": "read:users", "x-since": "2.0", description: "Roles.\n" },
      "Roles.\n\n@since 2.0\n@scope read:users",
    ],
  ])("appends doc tags to the description of %j", (node, description) => {
    const document = { properties: { field: { ...node } } };
    addDocTags(document);
    expect(document.properties.field).toMatchObject({ description });
  });

  it("adds no doc tag for other extensions, such as x-feature", () => {
    const document = { "x-feature": "shares", description: "Shares." };
    addDocTags(document);
    expect(document.description).toBe("Shares.");
  });
});
