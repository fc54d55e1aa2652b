// The twelve operations of the Secrets Store API, as https://developers.cloudflare.com/api/resources/secrets_store/ has
// them. Requests may also have the forms of an older reference: one secret instead of an array, `secret_ids`, a
// duplicate without scopes. Responses are in the current form.

import { invalid } from "./envelope.mjs";
import { matching, pageOf } from "./listing.mjs";
import { commentOf, nameOf, scopesOf, valueOf } from "./secret-fields.mjs";
import { MOST_SECRETS } from "./secrets-store.mjs";

const STORE_ORDERS = ["created", "name", "modified"];
const SECRET_ORDERS = ["created", "name", "comment", "modified", "status"];

const STORE = "stores/:store";
const SECRETS = `${STORE}/secrets`;
const SECRET = `${SECRETS}/:secret`;

/**
 * The operations by name. `run` gets the stores and `{account, params, query, body}`, and returns the result, or a page
 * with its `result_info`. There is a `body` if the operation has `takes`.
 */
export const OPERATIONS = {
  "quota.get": {
    method: "GET",
    path: "quota",
    run: async (stores) => ({ result: { secrets: { quota: MOST_SECRETS, usage: await stores.usage() } } }),
  },
  "stores.list": {
    method: "GET",
    path: "stores",
    run: (stores, { account, query }) => pageOf(stores.stores().map((store) => owned(store, account)), query, STORE_ORDERS),
  },
  "stores.create": {
    method: "POST",
    path: "stores",
    takes: isObject,
    run: (stores, { account, body }) => ({ result: owned(stores.createStore(body.name), account) }),
  },
  "stores.get": {
    method: "GET",
    path: STORE,
    run: (stores, { account, params }) => ({ result: owned(stores.store(params.store), account) }),
  },
  "stores.delete": {
    method: "DELETE",
    path: STORE,
    run: async (stores, { params, query }) => {
      await stores.deleteStore(params.store, query.get("force") === "true");
      return { result: null };
    },
  },
  "secrets.list": {
    method: "GET",
    path: SECRETS,
    run: async (stores, { params, query }) => pageOf(matching(await stores.secrets(params.store), query), query, SECRET_ORDERS),
  },
  "secrets.create": {
    method: "POST",
    path: SECRETS,
    takes: (body) => isObject(body) || Array.isArray(body),
    run: async (stores, { params, body }) => {
      stores.store(params.store);
      const asked = Array.isArray(body) ? body : [body];
      if (asked.length === 0 || !asked.every(isObject)) throw invalid("invalid_json_body");
      const secrets = asked.map((each) => ({ name: nameOf(each), value: valueOf(each), scopes: scopesOf(each), comment: commentOf(each) }));
      return { result: await stores.create(params.store, secrets) };
    },
  },
  "secrets.delete_many": {
    method: "DELETE",
    path: SECRETS,
    status: 202,
    takes: isObject,
    run: async (stores, { params, body }) => {
      const ids = body.ids ?? body.secret_ids;
      if (!Array.isArray(ids) || !ids.every((id) => typeof id === "string")) throw invalid("invalid_json_body");
      await stores.delete(params.store, ids);
      return { result: null };
    },
  },
  "secrets.get": {
    method: "GET",
    path: SECRET,
    run: async (stores, { params }) => ({ result: await stores.secret(params.store, params.secret) }),
  },
  "secrets.update": {
    method: "PATCH",
    path: SECRET,
    takes: isObject,
    run: async (stores, { params, body }) => {
      await stores.secret(params.store, params.secret);
      const fields = { value: valueOf, scopes: scopesOf, comment: commentOf };
      // A name cannot change.
      const asked = Object.entries(fields).filter(([name]) => body[name] !== undefined);
      const changes = Object.fromEntries(asked.map(([name, parse]) => [name, parse(body)]));
      return { result: await stores.update(params.store, params.secret, changes) };
    },
  },
  "secrets.delete": {
    method: "DELETE",
    path: SECRET,
    status: 202,
    run: async (stores, { params }) => {
      await stores.delete(params.store, [params.secret]);
      return { result: null };
    },
  },
  "secrets.duplicate": {
    method: "POST",
    path: `${SECRET}/duplicate`,
    takes: isObject,
    run: async (stores, { params, body }) => {
      await stores.secret(params.store, params.secret);
      const copy = { name: nameOf(body), scopes: body.scopes && scopesOf(body), comment: commentOf(body) };
      return { result: await stores.duplicate(params.store, params.secret, copy) };
    },
  },
};

/** The operation of a method and the segments after `secrets_store`, with its path parameters; undefined when there is none. */
export function operationOf(method, segments) {
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const params = operation.method === method ? parameters(operation.path.split("/"), segments) : undefined;
    if (params !== undefined) return { name, operation, params };
  }
  return undefined;
}

function parameters(pattern, segments) {
  if (pattern.length !== segments.length) return undefined;
  const params = {};
  for (const [at, part] of pattern.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = segments[at];
    else if (part !== segments[at]) return undefined;
  }
  return params;
}

// All accounts share the stores: the account of the request is shown as their owner.
const owned = (store, account) => ({ ...store, account_id: account });

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
