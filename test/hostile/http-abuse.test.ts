/**
 * HTTP as an enemy sends it, over bare sockets, whichever way through the gateway it takes: request
 * smuggling (RFC 9112, 11.2) and clients that never end a request.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { REAL_TIME, startInProcess } from "../e2e/gateway-in-process.ts";
import { KEY_1 } from "../e2e/signed-client.ts";
import { inPieces } from "./http-conversation.ts";
import { slowClients, untilClosed } from "./slow-clients.ts";
import { runSmuggling } from "./smuggling-run.ts";
import { smugglingSet } from "./smuggling-set.ts";

test("HTTP abuse", { concurrency: true }, async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const target = { url, port: Number(new URL(url).port), key: KEY_1 };
  // Most of a slow client's time is waiting: the other tests run meanwhile.
  const slow = t.test("slow clients: every connection is taken back, with one answer", async () => {
    const clients = slowClients(KEY_1);
    const ended = await Promise.all(clients.map((client) => untilClosed(target.port, client)));
    const said = ended.map(({ name, statuses }) => [name, statuses]);
    assert.deepEqual(
      said,
      clients.map(({ name, statuses }) => [name, statuses]),
    );
  });
  const whole = t.test("smuggling: requests in one piece", async () => {
    const cases = smugglingSet(KEY_1, "whole");
    assert.deepEqual(await runSmuggling(target, cases, (bytes) => [bytes]), []);
  });
  const cut = t.test("smuggling: requests in many pieces", async () => {
    const cases = smugglingSet(KEY_1, "cut");
    assert.deepEqual(await runSmuggling(target, cases, (bytes) => inPieces(bytes, 29)), []);
  });
  await Promise.all([slow, whole, cut]);
});
