/** Checks that recorded responses show every unexpected hub behaviour. Other tests compare the fake hub with them. */
import { expect, it } from "vitest";
import { behaviours } from "./behaviours.js";
import { readRecording } from "./recording.js";
import { scenariosOf, suites } from "./suites.js";

it.each(behaviours)(
  "$what",
  ({ scenario, version = "6.1.1", suite: name = "standard", request, shows }) => {
    const suite = suites.find((one) => one.name === name)!;
    expect(scenariosOf(suite, version).map((one) => one.name)).toContain(scenario);
    const responses = (readRecording(version, name)[scenario] ?? [])
      .filter((one) => one.request.startsWith(request))
      .map((one) => JSON.stringify(one));
    const shown = responses.filter((one) => shows.every((part) => one.includes(part)));
    expect(shown, responses.join("\n")).not.toEqual([]);
  },
);
