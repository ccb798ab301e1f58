/** Services from the configuration, and those created at run time. */
import { send, tokenWith, type Scenario } from "./scenario.js";

const own = { since: "5.0" };

export const services: Scenario[] = [
  {
    name: "services read",
    steps: [
      send("GET /services"),
      send("GET /services", { as: "reader" }),
      send("GET /services/reader"),
      send("GET /services/webapp"),
      send("GET /services/none"),
      send("GET /services/reader", { as: "reader" }),
      tokenWith("service-reader", ["read:services!service=reader"]),
      send("GET /services/reader", { as: "{service-reader}" }),
      send("GET /services/webapp", { as: "{service-reader}" }),
      tokenWith("service-lister", ["list:services"]),
      send("GET /services", { as: "{service-lister}" }),
      send("GET /services/reader", { as: "{service-lister}" }),
    ],
  },
  {
    name: "services made at run time",
    steps: [
      send("POST /services/extra", { body: { display: false, info: { key: 1 } }, ...own }),
      send("POST /services/extra", { body: { admin: false }, ...own }),
      send("POST /services/empty", { body: {}, ...own }),
      send("POST /services/empty", own),
      send("POST /services/keyed", { body: { color: "red" }, ...own }),
      send("POST /services/keyed", { body: { admin: "yes" }, ...own }),
      send("POST /services/managed", { body: { command: ["sleep", "1"] }, ...own }),
      send("POST /services/listed", { body: ["x"], ...own }),
      send("POST /services/denied", { body: { admin: false }, as: "reader", ...own }),
      send("GET /services/extra", own),
      send("DELETE /services/extra", { as: "reader", ...own }),
      send("DELETE /services/extra", own),
      send("DELETE /services/extra", own),
      send("DELETE /services/reader", own),
      send("GET /services/extra"),
    ],
  },
];
