import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConnectionRoom, connectionRoom } from "./connection-room.ts";
import { FILES_RESERVED } from "./limits.ts";

const CASES: readonly [filesMax: number, hasOperators: boolean, room: ConnectionRoom][] = [
  [Number.POSITIVE_INFINITY, true, { clients: 40_000, operators: 256 }],
  [65_536, true, { clients: 40_000, operators: 256 }],
  [1_024, false, { clients: 864, operators: 0 }],
  [1_024, true, { clients: 608, operators: 256 }],
  [260, true, { clients: 50, operators: 50 }],
  [100, true, { clients: 16, operators: 16 }],
];

for (const [filesMax, hasOperators, room] of CASES) {
  const who = hasOperators ? "clients and operators" : "clients";
  test(`connection room: of ${filesMax} files for ${who}`, () => {
    assert.deepEqual(connectionRoom(hasOperators, filesMax), room);
    const used = room.clients + room.operators;
    if (filesMax > 200) assert.ok(used + FILES_RESERVED <= filesMax, "the journal has its own");
  });
}
