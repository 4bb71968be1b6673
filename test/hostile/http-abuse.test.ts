/**
 * HTTP as an enemy sends it, over bare sockets, whichever way through the gateway it takes: request
 * smuggling (RFC 9112, 11.2) and clients that never end a request.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { answerClientError } from "../../packages/gateway/src/http/client-error.ts";
import { nodeServer } from "../../packages/gateway/src/http/node-server.ts";
import { selfSigned } from "../../packages/gateway/src/http/tls-fixture.ts";
import { REAL_TIME, startInProcess } from "../e2e/gateway-in-process.ts";
import { OPERATOR_TOKEN } from "../e2e/operator-client.ts";
import { KEY_1 } from "../e2e/signed-client.ts";
import { inPieces } from "./http-conversation.ts";
import { LAST_ANSWERS, TRADE_LAST_ANSWERS, toldAtLast } from "./last-answers.ts";
import { operatorSite, operatorTarget, slowOperatorClients } from "./operator-site.ts";
import { SLOW_MS_MAX, slowClients, untilClosed } from "./slow-clients.ts";
import { runSmuggling, traderTarget } from "./smuggling-run.ts";
import { smugglingSet, smugglingSetAt } from "./smuggling-set.ts";

test("HTTP abuse", { concurrency: true }, async (t) => {
  const { url, operatorUrl } = await startInProcess(t, REAL_TIME, {
    COUNTERMAND_OPERATOR_PORT: "0",
    COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
  });
  assert.ok(operatorUrl !== null);
  const target = traderTarget(url, KEY_1);
  const operators = operatorTarget(operatorUrl);
  // Most of a slow client's time is waiting: the other tests run meanwhile.
  const slow = t.test("slow clients: every connection is taken back, with one answer", async () => {
    const clients = [
      ...slowClients(KEY_1).map((client) => [target.port, client] as const),
      ...slowOperatorClients().map((client) => [operators.port, client] as const),
    ];
    const ended = await Promise.all(clients.map(([port, client]) => untilClosed(port, client)));
    assert.deepEqual(
      ended.map(({ name, statuses }) => [name, statuses]),
      clients.map(([, { name, statuses }]) => [name, statuses]),
    );
  });
  const silent = t.test("slow clients: who begins no TLS keeps no connection", async () => {
    const server = nodeServer({}, selfSigned(), () => assert.fail("nobody asked"));
    server.on("clientError", answerClientError);
    server.listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const ended = await untilClosed(port, { name: "silence", start: "", drip: "", statuses: [] });
    assert.ok(ended.ms < SLOW_MS_MAX, `${ended.ms} ms`);
  });
  const whole = t.test("smuggling: requests in one piece", async () => {
    const cases = smugglingSet(KEY_1, "whole");
    assert.deepEqual(await runSmuggling(target, cases, (bytes) => [bytes]), []);
  });
  const cut = t.test("smuggling: requests in many pieces", async () => {
    const cases = smugglingSet(KEY_1, "cut");
    assert.deepEqual(await runSmuggling(target, cases, (bytes) => inPieces(bytes, 29)), []);
  });
  const ofOperators = t.test("smuggling: to the operators' listener", async () => {
    const cases = smugglingSetAt(operatorSite(KEY_1), "O");
    assert.deepEqual(await runSmuggling(operators, cases, (bytes) => [bytes]), []);
  });
  const last = t.test("last answers: they reach a client that goes on sending", async () => {
    const cases = [
      ...[...LAST_ANSWERS, ...TRADE_LAST_ANSWERS].map((each) => [target.port, each] as const),
      ...LAST_ANSWERS.map((each) => [operators.port, each] as const),
    ];
    const told = await Promise.all(cases.map(([port, each]) => toldAtLast(port, each)));
    assert.deepEqual(
      told.map((text, index) => [cases[index]?.[1].name, text]),
      cases.map(([, { name, status }]) => [name, `${status} closed`]),
    );
  });
  await Promise.all([slow, silent, whole, cut, ofOperators, last]);
});
