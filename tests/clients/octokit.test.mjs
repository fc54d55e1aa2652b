// Octokit sends its token as `Authorization: token …`, and parses a body as JSON depending on its media type.

import assert from "node:assert/strict";
import { Octokit } from "@octokit/rest";
import { KEY, describeSdk } from "./sdk.mjs";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

describeSdk("@octokit/rest", {
  connect: (origin, auth) => new Octokit({ auth, baseUrl: `${origin}/github`, log: silent }),
  credential: ["authorization", `Bearer ${KEY}`],
  served: [
    {
      what: "a user",
      path: "/github/user",
      body: { login: "octocat" },
      call: (client) => client.users.getAuthenticated(),
      check: ({ data }) => assert.equal(data.login, "octocat"),
    },
    {
      what: "a list",
      path: "/github/repos/o/r/issues",
      body: [{ number: 1 }],
      call: (client) => client.paginate(client.issues.listForRepo, { owner: "o", repo: "r" }),
      check: (issues) => assert.equal(issues[0].number, 1),
    },
  ],
  forbidden: (client) => client.gists.list(),
  error: ({ status, message }) => ({ status, text: message }),
});
