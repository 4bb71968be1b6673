// What doctor says of a gateway whose clock is another.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { runCommand } from "./command-line.ts";

const JSON_HEADERS = { "Content-Type": "application/json" };
const KEY_REFUSED = { code: 10010008, message: "no", details: "", reason: "api_key_invalid" };

test("cli: doctor says by how much clocks differ, how much may be, and where to look", async (t) => {
  for (const [aheadMs, side] of [
    [60_000, "ahead of"],
    [-60_000, "behind"],
  ] as const) {
    const server = createServer(({ url: path }, response) => {
      const isTime = path === "/time";
      const told = isTime ? { code: 0, data: { timestamp: Date.now() - aheadMs } } : KEY_REFUSED;
      response.writeHead(isTime ? 200 : 401, JSON_HEADERS).end(JSON.stringify(told));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { output } = await runCommand(["doctor"], { environment: { COUNTERMAND_URL: url } });
    assert.match(
      output,
      new RegExp(`^FAIL  clock: this machine is \\d+ ms ${side} the gateway`, "m"),
    );
    assert.match(output, /A signature may be 300000 ms off, or .*, 1000 at least$/m);
    assert.match(output, /check NTP on this machine, then on the gateway's/);
    assert.match(output, /^ok {4}gateway: .*, version not told$/m);
  }
});
