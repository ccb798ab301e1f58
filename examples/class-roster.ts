/**
 * Creates the users and groups of a class before the lesson. With --start, it also starts the users' servers. Running
 * it again changes nothing. Users who are on the hub but not in the file are left alone.
 * `npx tsx examples/class-roster.ts examples/roster.csv [--start]` · scopes admin:users, list:users, admin:groups,
 * groups, list:groups and, to start, start:servers (servers before hub 6.0) and read:servers
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parse } from "csv-parse/sync";
import { JupyterHub } from "jupyterhub-client";
import { bar } from "./progress-bar.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { start: { type: "boolean", default: false } },
});
const [file] = positionals;
if (!file) throw new Error("Give a CSV file with the columns name and group.");
const options = {
  columns: true,
  trim: true,
  skip_empty_lines: true,
  skip_records_with_empty_values: true,
} as const;
const rows = parse<{ name: string; group: string }>(readFileSync(file), options);
for (const row of rows) {
  if (!row.name || row.group === undefined) {
    throw new Error(`${file} needs the columns name and group.`);
  }
  // Hubs store names in lower case.
  row.name = row.name.toLowerCase();
}
const hub = new JupyterHub();

const known = new Set((await hub.users.list()).map(({ name }) => name));
const names = [...new Set(rows.map(({ name }) => name))];
const missing = names.filter((name) => !known.has(name));
if (missing.length > 0) await hub.users.createMany({ usernames: missing });
console.log(`users: ${missing.length} created, ${names.length - missing.length} existed`);

const groups = await hub.groups.list();
for (const group of new Set(rows.map((row) => row.group).filter(Boolean))) {
  const existing = groups.find(({ name }) => name === group);
  if (!existing) await hub.groups.create(group);
  const members = rows.filter((row) => row.group === group).map(({ name }) => name);
  const users = members.filter((name) => !existing?.users?.includes(name));
  if (users.length > 0) await hub.groups.addUsers(group, { users });
  console.log(
    `group ${group}: ${users.length} added, ${members.length - users.length} were members`,
  );
}

if (values.start) {
  let done = 0;
  for await (const { user, error } of hub.servers.startMany(names)) {
    done += 1;
    const percent = (100 * done) / names.length;
    console.log(
      `${bar(percent)} ${done}/${names.length} ${user}: ${error ? String(error) : "ready"}`,
    );
    if (error) process.exitCode = 1;
  }
}
