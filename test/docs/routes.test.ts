// The pages that list routes against the tables of routes, both ways.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ROUTES } from "../../packages/contract/src/routes.ts";
import { OPERATOR_ENDPOINTS } from "../../packages/contract/src/schema/operator-endpoints.ts";
import { OPERATOR_ROUTES } from "../../packages/gateway/src/operator/operator-routes.ts";
import { page, section, tableRows } from "./pages.ts";

const MARKET = "/market/v1/";
/** Answered by the node itself, whatever it serves. */
const OF_THE_NODE = ["`GET /health/live` no", "`GET /health/ready` no", "`GET /metrics` no"];

/** `METHOD path` of every code span of a table's first column; a form in short is written out. */
function listed(text: string): readonly string[] {
  return tableRows(text)
    .flatMap(([first = ""]) => {
      const [whole = "", ...more] = [...first.matchAll(/`([^`]+)`/g)].map(([, span = ""]) => span);
      const begin = whole.slice(0, whole.indexOf("/limits/"));
      return [whole, ...more.map((short) => short.replace("…", begin))];
    })
    .filter((span) => /^[A-Z]+ \//.test(span))
    .sort();
}

test("REST page: lists exactly the routes, and which of them are signed", () => {
  const rows = tableRows(section(page("docs/protocol/rest.md"), "## Routes"));
  const found = rows.map(([route = "", signed = ""]) => `${route} ${signed}`).sort();
  const expected = ROUTES.filter(({ path }) => !path.startsWith(MARKET))
    .map(({ method, path, signed }) => `\`${method} ${path}\` ${signed ? "yes" : "no"}`)
    .concat(OF_THE_NODE);
  assert.deepEqual(found, expected.sort());
});

test("market data page: has every public route of the market", () => {
  const text = page("docs/protocol/market-data.md");
  const routes = ROUTES.filter(({ path }) => path.startsWith(MARKET));
  assert.ok(routes.length > 3);
  const missing = routes.filter(({ method, path }) => !text.includes(`${method} ${path}`));
  assert.deepEqual(missing, []);
});

test("operator page: lists exactly the operators' routes", () => {
  const expected = OPERATOR_ROUTES.map(({ method, path }) => {
    return `${method} ${path.replace(/:(\w+)/g, "{$1}")}`;
  }).sort();
  assert.deepEqual(listed(section(page("docs/protocol/operator.md"), "## Requests")), expected);
  assert.deepEqual(Object.keys(OPERATOR_ENDPOINTS).sort(), expected, "so does their document");
});
