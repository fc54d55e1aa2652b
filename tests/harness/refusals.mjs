// Refusals of a key without a 401: like Slack, Gemini and a GraphQL API.

import { answer } from "./upstream.mjs";

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

export const REFUSALS = {
  "Slack-like": answer(200, JSON_TYPE, '{"ok":false,"error":"invalid_auth"}'),
  "Gemini-like": answer(400, JSON_TYPE, '{"error":{"code":400,"status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}'),
  "GraphQL-like": answer(200, JSON_TYPE, '{"data":null,"errors":[{"message":"Bad credentials"}]}'),
};
