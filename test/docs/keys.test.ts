// The page about keys against the table of needs: every signed route and command, both ways.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  COMMANDS_NEED,
  type Need,
  ON_DISCONNECT_NEED,
  OP_NEEDS,
  ROUTE_NEEDS,
  STREAM_NEED,
} from "../../packages/contract/src/permissions.ts";
import { ROUTES, STREAM_PATH } from "../../packages/contract/src/routes.ts";
import { page, section, tableRows } from "./pages.ts";

function row(request: string, { anyOf, isAccountWide }: Need): readonly string[] {
  const needs = anyOf.map((each) => `\`${each}\``).join(", ");
  return [request, needs, isAccountWide ? "yes" : "no"];
}

test("keys page: its table says what each request needs", () => {
  const expected = [
    ...ROUTES.filter(({ signed }) => signed).map(({ name, method, path }) => {
      const need = Object.entries(ROUTE_NEEDS).find(([each]) => each === name)?.[1];
      assert.ok(need !== undefined, name);
      return row(`\`${method} ${path}\``, need);
    }),
    row(`\`WebSocket ${STREAM_PATH}\``, STREAM_NEED),
    row(`\`WebSocket ${STREAM_PATH}?commands=1\``, COMMANDS_NEED),
    row(`\`WebSocket ${STREAM_PATH}?cancel_on_disconnect=1\``, ON_DISCONNECT_NEED),
    ...Object.entries(OP_NEEDS).map(([op, need]) => row(`command \`${op}\``, need)),
  ];
  const rows = tableRows(section(page("docs/concepts/keys.md"), "## Permissions"));
  const documented = rows.filter((cells) => cells.length === 3);
  assert.deepEqual([...documented].sort(), [...expected].sort());
});
