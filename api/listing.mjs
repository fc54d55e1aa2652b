// Applies the query of a list: search, order and pages.

import { invalid } from "./envelope.mjs";

const PER_PAGE = 20;
const MOST_PER_PAGE = 100;

/**
 * The requested page of `items`, and its `result_info`.
 *
 * @param items all items, oldest first
 * @param query the request's URLSearchParams
 * @param orders the names of the fields that `order` may name
 */
export function pageOf(items, query, orders) {
  const sorted = inOrder(items, query, orders);
  const page = Math.max(1, whole(query, "page", 1));
  // The schema's minimum is 0, which is surely a mistake.
  const perPage = whole(query, "per_page", PER_PAGE) || PER_PAGE;
  if (perPage > MOST_PER_PAGE) throw invalid("invalid_per_page");
  const result = sorted.slice((page - 1) * perPage, page * perPage);
  const info = {
    count: result.length,
    page,
    per_page: perPage,
    total_count: sorted.length,
    total_pages: Math.ceil(sorted.length / perPage),
  };
  return { result, info };
}

/** The secrets that have the text in their name or comment, and all of the requested scopes. */
export function matching(secrets, query) {
  const text = (query.get("search") ?? "").toLowerCase();
  const holds = (field) => (field ?? "").toLowerCase().includes(text);
  // Clients write an array of a query as `scopes=a&scopes=b`, `scopes[]=a` or `scopes=a,b`.
  const scopes = [...query.getAll("scopes"), ...query.getAll("scopes[]")].flatMap((each) => each.split(","));
  return secrets.filter(
    (secret) => (holds(secret.name) || holds(secret.comment)) && scopes.every((scope) => secret.scopes.includes(scope)),
  );
}

function inOrder(items, query, orders) {
  const order = query.get("order") ?? "created";
  const direction = query.get("direction") ?? "asc";
  if (!orders.includes(order)) throw invalid("invalid_order");
  if (!["asc", "desc"].includes(direction)) throw invalid("invalid_direction");
  // Compares code units, so that the order is the same on every machine. Equal items keep the order of creation.
  const compare = (left, right) => (left < right ? -1 : Number(left > right));
  const sorted = items.toSorted((left, right) => compare(left[order] ?? "", right[order] ?? ""));
  return direction === "asc" ? sorted : sorted.toReversed();
}

function whole(query, name, otherwise) {
  const text = query.get(name);
  if (text === null) return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw invalid(`invalid_${name}`);
  return Number(text);
}
