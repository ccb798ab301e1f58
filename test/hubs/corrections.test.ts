/**
 * Runs the commands of docs/upstream-corrections.md on a real hub, for each correction that is about the status of an
 * error. At least one command of the correction must receive this status. The bodies of the responses are not validated
 * here.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startHub, type RunningHub } from "./hub.js";
import { release } from "./hub-fixture.js";

const page = readFileSync(new URL("../../docs/upstream-corrections.md", import.meta.url), "utf8");
const commandsIn = (text: string): string[] =>
  [...text.matchAll(/^curl .*$/gm)].map(([command]) => command);

const setUp = commandsIn(page.slice(0, page.indexOf("\n## ")));
const corrections = page
  .split(/\n## /)
  .slice(1)
  .flatMap((section) => {
    const [place = ""] = section.split("\n");
    return section
      .split("\n### ")
      .slice(1)
      .map((text) => {
        const [heading = ""] = text.split("\n");
        const statuses = [...heading.matchAll(/(?:Missing|Wrong): response ([45]\d\d)/g)];
        const expected = statuses.map(([, status]) => Number(status));
        return { title: `${place}: ${heading}`, expected, commands: commandsIn(text) };
      });
  })
  .filter(({ expected, commands }) => expected.length > 0 && commands.length > 0);

let real: RunningHub;
beforeAll(async () => {
  real = await startHub(release);
});
afterAll(() => real?.stop());

/** Sends the request of a curl command. Returns the status of the response. */
async function run(command: string): Promise<number> {
  const { clientId, clientSecret, redirectUri } = real.oauth;
  const variables: Readonly<Record<string, string>> = {
    HUB: real.url,
    TOKEN: real.tokens.admin,
    CLIENT_ID: clientId,
    CLIENT_SECRET: clientSecret,
    REDIRECT_URI: redirectUri,
  };
  const text = command.replaceAll(/\$([A-Z_]+)/g, (name, key: string) => variables[key] ?? name);
  const valuesOf = (option: string): string[] =>
    [...text.matchAll(new RegExp(` ${option} (?:"(.*?)"|'(.*?)'|(\\S+))`, "g"))].map(
      ([, ...values]) => values.find((value) => value !== undefined) ?? "",
    );
  const headers = new Headers(
    valuesOf("-H").map((line) => line.split(": ", 2) as [string, string]),
  );
  const [method = "GET"] = valuesOf("-X");
  const [json] = valuesOf("--json");
  const form = valuesOf("-d").map((pair) => pair.split("=", 2) as [string, string]);
  const body = json ?? (form.length > 0 ? new URLSearchParams(form) : null);
  const url = / "([^"]*)"$/.exec(text)?.[1] ?? "";
  const response = await fetch(url, { method, headers, body, redirect: "manual" });
  await response.arrayBuffer();
  return response.status;
}

describe("a command of docs/upstream-corrections.md", () => {
  it("creates what the other commands need", async () => {
    for (const command of setUp) expect([command, await run(command)]).toEqual([command, 201]);
  });

  it.each(corrections)(
    "receives the status of the corrected error: $title",
    async ({ expected, commands }) => {
      const received: number[] = [];
      for (const command of commands) received.push(await run(command));
      expect(received).toEqual(expect.arrayContaining(expected));
    },
  );
});
