import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { fault } from "@countermand/contract";
import { refuseUpgrade } from "./refuse-upgrade.ts";

/** A connection whose client is gone before the answer has left. */
class LostConnection extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: string, done: (error: Error) => void): void {
    done(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
  }
}

test("refuse upgrade: a client that resets the connection meanwhile ends nothing but it", async () => {
  const socket = new LostConnection();
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const request = { headers: {} } as IncomingMessage;
  refuseUpgrade(request, socket, fault("STARTING", "the gateway is reading its journal"));
  await closed;
  assert.ok(socket.destroyed);
});
