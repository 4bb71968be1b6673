// Goal: whoever follows a place hears of one connection at a time, and of none once it wants none.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConnectionOptions, Line } from "./line.ts";
import type { SocketListener } from "./socket.ts";

/** A line whose address, refusals, sockets and timers are the test's. */
function lineOf(reconnect: ConnectionOptions["reconnect"] = {}) {
  const told: string[] = [];
  const sockets: SocketListener[] = [];
  const timers = new Set<{ readonly ms: number; readonly run: () => void }>();
  const address = Promise.withResolvers<{ url: string; headers: Record<string, string> }>();
  const refusal = Promise.withResolvers<string>();
  const line = new Line(
    {
      reconnect,
      after: (ms, run) => {
        const timer = { ms, run };
        timers.add(timer);
        return { cancel: () => timers.delete(timer) };
      },
      openSocket: (_url, _headers, listener) => {
        sockets.push(listener);
        return { send: () => {}, close: () => {} };
      },
    },
    {
      address: () => address.promise,
      opened: () => told.push("opened"),
      received: (text) => told.push(text),
      lost: (reason) => told.push(`lost: ${reason}`),
      whyRefused: () => refusal.promise,
      ended: ({ message }) => told.push(`ended: ${message}`),
    },
  );
  const opened = async (count: number): Promise<SocketListener> => {
    line.connect();
    address.resolve({ url: "ws://gateway", headers: {} });
    await settled();
    const socket = sockets[count - 1];
    assert.ok(socket !== undefined && sockets.length === count);
    return socket;
  };
  return { line, told, sockets, timers, address, refusal, opened };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("line: an address that comes too late opens nothing, and one that fails is no loss", async () => {
  for (const isFound of [true, false]) {
    const { line, told, sockets, timers, address } = lineOf();
    line.connect();
    line.pause();
    if (isFound) address.resolve({ url: "ws://gateway", headers: {} });
    else address.reject(new Error("no key"));
    await settled();
    assert.deepEqual([sockets.length, timers.size, told], [0, 0, []]);
  }
});

test("line: why a handshake failed is of no interest to one that wants no connection", async () => {
  for (const isRefused of [true, false]) {
    const { line, told, timers, refusal, opened } = lineOf();
    (await opened(1)).closed(1006, "");
    assert.equal(timers.size, 0, "a connection that is gone cannot be silent");
    line.pause();
    if (isRefused) refusal.reject(new Error("not let in"));
    else refusal.resolve("not now");
    await settled();
    assert.deepEqual([timers.size, told], [0, []]);
  }
});

test("line: a connection that was given up tells nothing of its own", async () => {
  const { told, timers, refusal, opened } = lineOf();
  const first = await opened(1);
  const second = await opened(2);
  first.opened();
  first.received("late");
  first.closed(1000, "late");
  assert.deepEqual(told, []);
  second.closed(1006, "");
  refusal.resolve("no WebSocket here");
  await settled();
  assert.deepEqual([told, timers.size], [["lost: no WebSocket here"], 1]);
});

test("line: a first wait that is longer than the longest is the longest", async () => {
  const { timers, opened } = lineOf({ firstMs: 60_000 });
  const socket = await opened(1);
  socket.opened();
  socket.closed(1006, "");
  const [{ ms } = { ms: 0 }] = timers;
  assert.ok(ms >= 30_000 && ms <= 60_000, String(ms));
});
