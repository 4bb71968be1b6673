// Connections that use up the files a process may open close nobody else's, and never the journal.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { freePort } from "./free-port.ts";
import { GATEWAY_ENTRY, Workplace } from "./gateway-process.ts";
import { KEY_1, SignedClient } from "./signed-client.ts";
import { restingOrder } from "./wire-orders.ts";

const FILES_MAX = 220;
const ORDER = restingOrder();

test("open files: more connections than files may be open, and orders go on", async (t) => {
  const place = Workplace.of(t);
  const operatorPort = await freePort();
  const script = `ulimit -n ${FILES_MAX}; exec "$0" "$@"`;
  const gateway = place.run("sh", ["-c", script, process.execPath, GATEWAY_ENTRY], {
    COUNTERMAND_PORT: "0",
    COUNTERMAND_DATA_DIR: place.path("data"),
    COUNTERMAND_OPERATOR_PORT: String(operatorPort),
    COUNTERMAND_OPERATOR_TOKEN: "0123456789abcdef0123456789abcdef",
  });
  const url = await gateway.seen("the ready line", ({ stdout }) => {
    return /^countermand ready (http:\/\/\S+)\n/m.exec(stdout)?.[1] ?? null;
  });
  const client = new SignedClient(url, KEY_1, 1);
  t.after(() => client.close());
  await client.place(ORDER);

  const ports = [Number(new URL(url).port), operatorPort];
  const sockets = ports.flatMap((port) => {
    return Array.from({ length: 2 * FILES_MAX }, () => connect(port, "127.0.0.1"));
  });
  t.after(() => sockets.forEach((socket) => void socket.destroy()));
  const closed = sockets.map((socket) => {
    socket.on("error", () => {});
    socket.resume();
    return once(socket, "close");
  });
  // Of each listener some are refused: as many as it takes are open.
  await Promise.race(closed.slice(0, closed.length / 2));
  await Promise.race(closed.slice(closed.length / 2));

  // Each commit is followed by a new head file.
  for (let count = 0; count < 5; count += 1) await client.place(ORDER);
  assert.equal(gateway.exit, null, gateway.stderr);
  for (const socket of sockets) socket.destroy();
  gateway.kill("SIGTERM");
  assert.deepEqual(await gateway.exited, { code: 0, signal: null }, gateway.stderr);
});
