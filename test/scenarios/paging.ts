/** Lists in pages: limits, offsets, filters and order. */
import { paged, send, type Scenario } from "./scenario.js";

const many = Array.from({ length: 205 }, (_, index) => `many-${String(index).padStart(3, "0")}`);

const page = (path: string, as = "admin") => send(`GET ${path}`, { headers: paged, as });

export const paging: Scenario[] = [
  {
    name: "pages of users",
    steps: [
      page("/users"),
      page("/users?limit=2"),
      page("/users?limit=2&offset=2"),
      page("/users?limit=0"),
      page("/users?limit=-2"),
      page("/users?limit=1000"),
      page("/users?limit=1.5"),
      page("/users?limit=x"),
      page("/users?offset=x"),
      page("/users?offset=1000"),
      page("/users?limit="),
      page("/users?limit=1&include_stopped_servers=1"),
      page("/users?limit=1", "reader"),
      send("GET /users?limit=1"),
      send("GET /users?limit=1", {
        headers: { Accept: `text/html, ${paged.Accept.toUpperCase()}` },
      }),
      send("GET /users?limit=1", { headers: { Accept: `${paged.Accept};q=1` } }),
    ],
  },
  {
    name: "users in order",
    since: "5.0",
    steps: [
      page("/users?sort=name&limit=3"),
      page("/users?sort=-name&limit=3"),
      page("/users?sort=id&limit=2"),
      page("/users?sort=-id&limit=2"),
      page("/users?sort=last_activity&limit=1"),
      page("/users?sort=created"),
      page("/users?sort="),
      page("/users?sort=-"),
    ],
  },
  {
    name: "users that fit",
    steps: [
      page("/users?name_filter=AD"),
      page("/users?name_filter=a%25"),
      page("/users?name_filter=no-such"),
      page("/users?name_filter="),
      page("/users?state=active"),
      page("/users?state=ready"),
      page("/users?state=inactive&limit=2"),
      page("/users?state=unknown"),
      page("/users?state="),
      send("GET /users?name_filter=ada", { as: "reader" }),
      send("GET /users", { as: "filtered" }),
    ],
  },
  {
    name: "more users than a page holds",
    steps: [
      send("POST /users", { body: { usernames: many } }),
      send("GET /users?name_filter=many-"),
      page("/users?name_filter=many-"),
      page("/users?name_filter=many-&limit=200"),
      page("/users?name_filter=many-&limit=200&offset=200"),
      page("/users?name_filter=many-20&limit=3"),
    ],
  },
];
