// Stripe for Node can be configured with a host and a port but no path, so its route is mounted at `/v1`.

import assert from "node:assert/strict";
import Stripe from "stripe";
import { KEY, describeSdk } from "./sdk.mjs";

const CHARGE = { id: "ch_1", object: "charge", amount: 100, currency: "eur" };

describeSdk("stripe", {
  connect(origin, token, maxNetworkRetries) {
    const { hostname, port } = new URL(origin);
    return new Stripe(token, { host: hostname, port, protocol: "http", maxNetworkRetries, telemetry: false });
  },
  credential: ["authorization", `Bearer ${KEY}`],
  served: [
    {
      what: "a charge",
      path: "/stripe/v1/charges",
      body: CHARGE,
      call: (client) => client.charges.create({ amount: 100, currency: "eur" }),
      check: ({ id }) => assert.equal(id, "ch_1"),
    },
    {
      what: "a list",
      path: "/stripe/v1/charges",
      body: { object: "list", url: "/v1/charges", has_more: false, data: [CHARGE] },
      call: (client) => client.charges.list({ limit: 1 }),
      check: ({ data }) => assert.equal(data[0].id, "ch_1"),
    },
  ],
  forbidden: (client) => client.refunds.create({ charge: "ch_1" }),
  error: ({ statusCode, message }) => ({ status: statusCode, text: message }),
});
