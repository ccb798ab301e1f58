/**
 * npm run corrections              writes docs/upstream-corrections.md
 * npm run corrections -- --check   writes nothing; fails if the page is out of date
 *
 * The page is for JupyterHub's maintainers: what their document says, what hubs do, the evidence and the
 * commands that show it. All of it comes from openapi/overlay.yaml and the document that it corrects.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readArguments } from "./arguments.js";
import { corrections, type Correction, type Difference } from "./corrections-collect.js";
import { evidenceOf } from "./corrections-evidence.js";
import { differenceText, placeText, valueText, yamlBlock } from "./corrections-text.js";
import {
  correctedDocument,
  operationsOf,
  readSources,
  readUpstream,
  readYaml,
  sourceToCorrect,
  type DocumentedOperation,
} from "./document.js";
import type { JsonObject } from "./json.js";
import { keyOf } from "./operation-table.js";

/** A correction with all places that it changes in the same way. */
interface Item extends Correction {
  places: readonly string[];
}

/** A correction that changes at least this many places has a single entry, in the section "Many operations". */
const several = 4;

export function correctionsPage(root: string): string {
  const source = sourceToCorrect(readSources(root));
  const overlay = readYaml(join(root, "openapi/overlay.yaml"));
  const { document } = correctedDocument(root);
  const operations = new Map(operationsOf(document).map((one) => [keyOf(one), one]));
  const all = itemsOf(corrections(readUpstream(root, source), overlay));
  // Other corrections refer to an added shared part by its name, so it is listed in a section of its own.
  const isPart = ({ place, differences: [first] }: Item): boolean =>
    !operations.has(place) && first?.path.length === 0 && first.was === undefined;
  const [parts, items] = [all.filter(isPart), all.filter((item) => !isPart(item))];
  const general = items.filter(({ places }) => places.length >= several);
  const single = items.filter(({ places }) => places.length < several);
  const places = [...new Set(single.flatMap((item) => item.places))];
  const inOrder = [
    ...[...operations.keys()].filter((place) => places.includes(place)),
    ...places.filter((place) => !operations.has(place)).toSorted(),
  ];
  const sections = [
    { title: "Many operations", items: general },
    ...inOrder.map((place) => ({
      title: titleOf(place),
      items: single
        .filter((item) => item.places.includes(place))
        .map((item) => ({ ...item, place })),
    })),
  ].filter((section) => section.items.length > 0);

  return [
    ...introduction(source, items.length),
    ...sections.map(({ title, items: own }) => `- [${title}](#${anchorOf(title)}) (${own.length})`),
    `- [New shared parts](#new-shared-parts) (${parts.length})`,
    ...sections.flatMap(({ title, items: own }) => [
      "",
      `## ${title}`,
      ...own.flatMap((item, index) => itemLines(item, index + 1, document, operations)),
    ]),
    "",
    "## New shared parts",
    "",
    "The corrections above refer to these by name.",
    ...parts.flatMap(partLines),
    "",
  ].join("\n");
}

const setUp = [
  ["POST", "/users", '{"usernames":["ada","grace"]}'],
  ["POST", "/groups/class", '{"users":["ada"]}'],
  ["POST", "/services/announcer", '{"display":true}'],
  ["PUT", "/users/ada/servers/lab", "{}"],
  ["PUT", "/users/ada/servers/notes", "{}"],
  ["PUT", "/users/grace/servers/lab", "{}"],
].map(
  ([method, path, body]) =>
    `curl -X ${method} -H "Authorization: token $TOKEN" --json '${body}' "$HUB${path}"`,
);

const introduction = (
  { version, file }: { version: string; file: string },
  count: number,
): string[] => [
  "<!-- Written by `npm run corrections` from openapi/overlay.yaml. Do not edit. -->",
  "",
  "# Corrections to JupyterHub's REST API document",
  "",
  `The document is \`${file}\` of JupyterHub ${version}. This page lists ${count} corrections to it. Each`,
  "one says what the document has, what hubs do, on which release that was seen, and the commands that show it",
  "where requests alone can show it. A dash means that the document or the hub does not have it. Every section can",
  "be used as the text of an issue.",
  "",
  "The commands need a hub for tests with `allow_named_servers` and `enable_auth_state`, the two variables, and what",
  "the commands below create. Use a new hub for each section, since some commands leave a hub in a state in which",
  "others fail. A comment above a command says what its token must be. Other variables, such as `$CLIENT_ID`, are those",
  "of an OAuth client.",
  "",
  "```sh",
  "HUB=http://127.0.0.1:8000/hub/api",
  "TOKEN=… # of an admin who is not one of the users below, unless a comment says otherwise",
  ...setUp,
  "```",
  "",
];

/** Combines corrections that change several places in the same way. */
function itemsOf(all: readonly Correction[]): Item[] {
  const items = new Map<string, Item>();
  for (const correction of all) {
    const { place, ...rest } = correction;
    const key = JSON.stringify(rest);
    const known = items.get(key);
    items.set(key, { ...(known ?? correction), places: [...(known?.places ?? []), place] });
  }
  return [...items.values()];
}

const titleOf = (place: string): string => {
  const [kind, name] = place.split("/");
  const kinds: Readonly<Record<string, string>> = {
    schemas: "Schema",
    parameters: "Parameter",
    responses: "Response",
  };
  return kinds[kind ?? ""] ? `${kinds[kind ?? ""]} ${name}` : place;
};

/** Returns how a sentence refers to the part of the document that a place is in: "the operation" or "this schema". */
const wholeOf = (place: string): string =>
  place.includes(" ") ? "the operation" : `this ${place.split("/")[0]?.replace(/s$/, "")}`;

/** The anchor that GitHub gives a heading. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

function itemLines(
  item: Item,
  number: number,
  document: JsonObject,
  operations: ReadonlyMap<string, DocumentedOperation>,
): string[] {
  const { why, seen, places, place, differences } = item;
  const isGeneral = places.length >= several;
  const evidence =
    seen === undefined ? undefined : evidenceOf(seen, isGeneral ? places : [place], operations);
  return [
    "",
    `### ${number}. ${headingOf(differences, wholeOf(place))}`,
    "",
    why.trim(),
    "",
    ...(isGeneral ? [`In ${places.map((place) => `\`${place}\``).join(", ")}.`, ""] : []),
    ...differenceLines(differences, document, wholeOf(place)),
    ...(evidence ? [`Seen on JupyterHub ${evidence.release}: ${evidence.text}.`] : []),
    ...(evidence && evidence.commands.length > 0 ? ["", "```sh", ...evidence.commands, "```"] : []),
  ];
}

/** Returns the Markdown for differences: a table, then a block for each one that needs several lines. */
function differenceLines(
  differences: readonly Difference[],
  document: JsonObject,
  whole: string,
): string[] {
  const rows: string[] = [];
  const blocks: string[] = [];
  for (const difference of differences) {
    const { path, was, now } = difference;
    const [before, after] = [was, now].map((value) => valueText(path, value, document));
    if (before !== undefined && after !== undefined) {
      const cells = [placeText(path), before, after].map((cell) => cell.replaceAll("|", "\\|"));
      rows.push(`| ${cells.join(" | ")} |`);
    } else blocks.push(...blockLines(difference, before, after, whole));
  }
  const table =
    rows.length > 0 ? ["| | the document | hubs |", "| --- | --- | --- |", ...rows, ""] : [];
  return [...table, ...blocks];
}

/** Shows a difference in a sentence, or in blocks if a value is long. */
function blockLines(
  { path, was, now }: Difference,
  before: string | undefined,
  after: string | undefined,
  whole: string,
): string[] {
  const place = placeText(path) || whole;
  const missing = placeText(path) ? `has no ${place}` : `leaves out ${whole}`;
  const lines = (title: string, value: Difference["was"], text: string | undefined): string[] => {
    if (text !== undefined) return [`${title}: ${text}.`, ""];
    return [`${title}:`, "", ...yamlBlock(path, value ?? null), ""];
  };
  if (was === undefined) return lines(`The document ${missing}. Hubs have`, now, after);
  if (now === undefined) return lines(`The document has ${place}, hubs do not`, was, before);
  return [
    ...lines(`The document has, as ${place}`, was, before),
    ...lines("It should be", now, after),
  ];
}

/** Summarises the first two differences, and counts the others. */
function headingOf(differences: readonly Difference[], whole: string): string {
  const texts = [...new Set(differences.map((difference) => differenceText(difference, whole)))];
  const more = texts.length > 2 ? `, and ${texts.length - 2} more` : "";
  return texts.slice(0, 2).join("; ") + more;
}

const partLines = ({ place, differences: [part] }: Item): string[] => [
  "",
  `### ${titleOf(place)}`,
  "",
  ...yamlBlock([place.split("/").at(-1) ?? ""], part?.now ?? null),
];

if (process.argv[1] === import.meta.filename) {
  const { values } = readArguments("npm run corrections [-- --check]", {
    check: { type: "boolean" },
  });
  const root = join(import.meta.dirname, "..");
  const file = join(root, "docs/upstream-corrections.md");
  const page = correctionsPage(root);
  if (!values.check) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, page);
    console.log("docs/upstream-corrections.md is written.");
  } else if (existsSync(file) && readFileSync(file, "utf8") === page) {
    console.log("docs/upstream-corrections.md is up to date.");
  } else {
    console.error(
      "docs/upstream-corrections.md is out of date: run `npm run corrections`, and commit it.",
    );
    process.exitCode = 1;
  }
}
