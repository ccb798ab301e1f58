/** `shares.revoke` and `shareCodes.revoke` revoke only what their input names. */
import { describe, expect, it } from "vitest";
import { InvalidInputError, JupyterHub } from "../../src/index.js";
import type { RevokeShareCodeInput, RevokeShareInput } from "../../src/index.js";

interface Sent {
  route: string;
  body: unknown;
}

/** A hub that sends the same response to every request. */
function hubThatAnswers(answer: unknown, status = 200): { hub: JupyterHub; sent: Sent[] } {
  const sent: Sent[] = [];
  const url = "http://hub.test.local/hub/api";
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const text = await request.text();
    sent.push({
      route: `${request.method} ${request.url.replace(url, "")}`,
      body: text === "" ? undefined : JSON.parse(text),
    });
    return new Response(answer === undefined ? null : JSON.stringify(answer), {
      status,
      headers: { "X-JupyterHub-Version": "6.1.1", "Content-Type": "application/json" },
    });
  };
  return { hub: new JupyterHub({ url, token: "a-token", fetch }), sent };
}

const share = {
  server: { name: "gpu", user: { name: "ada" } },
  user: { name: "grace" },
  group: null,
  scopes: ["access:servers!server=ada/gpu"],
  kind: "user",
};

describe("shares.revoke", () => {
  it.each<[what: string, input: RevokeShareInput, route: string, body: object]>([
    [
      "everything if no scopes are given",
      { user: "grace", server: "gpu" },
      "PATCH /shares/ada/gpu",
      { user: "grace" },
    ],
    [
      "scopes that have no filter, with the server added as their filter",
      { user: "grace", server: "gpu", scopes: ["read:servers", "access:servers"] },
      "PATCH /shares/ada/gpu",
      {
        user: "grace",
        scopes: ["read:servers!server=ada/gpu", "access:servers!server=ada/gpu"],
      },
    ],
    [
      "scopes of the default server",
      { group: "staff", scopes: ["read:servers"] },
      "PATCH /shares/ada/",
      { group: "staff", scopes: ["read:servers!server=ada/"] },
    ],
    [
      "scopes that have a filter, without changing them",
      {
        group: "staff",
        server: "gpu",
        scopes: ["read:servers!server=ada/gpu", "access:servers!user=ada", "read:servers"],
      },
      "PATCH /shares/ada/gpu",
      {
        group: "staff",
        scopes: [
          "read:servers!server=ada/gpu",
          "access:servers!user=ada",
          "read:servers!server=ada/gpu",
        ],
      },
    ],
  ])("revokes %s", async (_, input, route, body) => {
    const { hub, sent } = hubThatAnswers(share);
    const before = structuredClone(input);
    await hub.shares.revoke("ada", input);
    expect(sent).toEqual([{ route, body }]);
    expect(input).toEqual(before);
  });

  it("does not percent-encode the owner and the server in a filter", async () => {
    const { hub, sent } = hubThatAnswers(share);
    await hub.shares.revoke("ada@x y", { user: "grace", server: "a/b", scopes: ["read:servers"] });
    expect(sent).toEqual([
      {
        route: "PATCH /shares/ada%40x%20y/a%2Fb",
        body: { user: "grace", scopes: ["read:servers!server=ada@x y/a/b"] },
      },
    ]);
  });

  it.each([[[]], [null]])(
    "refuses the scopes %j and sends nothing, since hubs would revoke all scopes",
    async (scopes) => {
      const { hub, sent } = hubThatAnswers(share);
      const revoked = hub.shares.revoke("ada", { user: "grace", scopes: scopes as string[] });
      await expect(revoked).rejects.toMatchObject({
        name: "InvalidInputError",
        message: expect.stringContaining("use `shares.revokeAll`") as string,
      });
      expect(sent).toEqual([]);
    },
  );

  it("resolves with the share as it is after the revocation", async () => {
    const { hub } = hubThatAnswers(share);
    expect(await hub.shares.revoke("ada", { user: "grace", server: "gpu" })).toEqual(share);
  });

  it("resolves with undefined if no share remains, which the hub reports as {}", async () => {
    const { hub } = hubThatAnswers({});
    expect(await hub.shares.revoke("ada", { user: "grace", server: "gpu" })).toBeUndefined();
  });
});

describe("shares.grant", () => {
  it("sends scopes unchanged, since hubs add the filter for the server", async () => {
    const { hub, sent } = hubThatAnswers(share);
    const granted = await hub.shares.grant("ada", { user: "grace", scopes: ["read:servers"] });
    expect(granted).toEqual(share);
    expect(sent).toEqual([
      { route: "POST /shares/ada/", body: { user: "grace", scopes: ["read:servers"] } },
    ]);
  });
});

describe("shareCodes.revoke", () => {
  it.each<[by: string, input: RevokeShareCodeInput, route: string]>([
    ["id", { id: "sc_12" }, "DELETE /share-codes/ada/?id=sc_12"],
    [
      "id, for a given server",
      { id: "sc_12", server: "gpu" },
      "DELETE /share-codes/ada/gpu?id=sc_12",
    ],
    ["code", { code: "a&b" }, "DELETE /share-codes/ada/?code=a%26b"],
  ])("revokes one code by its %s", async (_, input, route) => {
    const { hub, sent } = hubThatAnswers(undefined, 204);
    await expect(hub.shareCodes.revoke("ada", input)).resolves.toBeUndefined();
    expect(sent).toEqual([{ route, body: undefined }]);
  });

  it.each<[what: string, input: object]>([
    ["neither id nor code", { server: "gpu" }],
    ["an empty id", { id: "" }],
    ["an empty code", { code: "" }],
    ["an undefined id", { id: undefined }],
    ["null for an id", { id: null }],
    ["both id and code", { id: "sc_12", code: "abc" }],
  ])("refuses %s and sends nothing, since hubs might revoke all codes", async (_, input) => {
    const { hub, sent } = hubThatAnswers(undefined, 204);
    const revoked = hub.shareCodes.revoke("ada", input as RevokeShareCodeInput);
    await expect(revoked).rejects.toBeInstanceOf(InvalidInputError);
    expect(sent).toEqual([]);
  });

  it("leaves the revocation of all codes to revokeAll, which sends one request", async () => {
    const { hub, sent } = hubThatAnswers(undefined, 204);
    await hub.shareCodes.revokeAll("ada", { server: "gpu" });
    expect(sent).toEqual([{ route: "DELETE /share-codes/ada/gpu", body: undefined }]);
  });
});
