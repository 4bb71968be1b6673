// Goal: over real sockets, with the platform's own client: who is let in, what is sent, and that
// the stream survives bad clients, slow readers and the server's stop.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { MARKET_STREAM_PATH, STREAM_PATH } from "@countermand/contract";
import { WebSocket as RawWebSocket } from "ws";
import { upTo } from "../stream/stream-fixture.ts";
import {
  type HandshakeOptions,
  SECOND_KEY,
  StreamClient,
  StreamHarness,
} from "./stream-harness.ts";

interface Refusal {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: { readonly code: number; readonly reason: string; readonly details: string };
}

const UPGRADE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** A handshake that is expected to be refused, read as plain HTTP. */
async function refusal(
  harness: StreamHarness,
  path: string,
  headers: Readonly<Record<string, string>>,
  method = "GET",
): Promise<Refusal> {
  const { port } = harness;
  const sent = request({
    host: "127.0.0.1",
    port,
    path,
    method,
    headers: { ...UPGRADE, ...headers },
  });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const text = (await response.toArray()).join("");
  assert.equal(response.headers["content-length"], String(Buffer.byteLength(text)));
  assert.equal(response.headers["connection"], "close");
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(text) };
}

async function rawClient(
  harness: StreamHarness,
  options: HandshakeOptions = {},
): Promise<RawWebSocket> {
  const client = new RawWebSocket(harness.url(options.query), {
    headers: harness.headers(options),
  });
  client.on("error", () => {});
  await once(client, "open");
  return client;
}

function accountOf(key: typeof SECOND_KEY) {
  assert.ok(key !== undefined);
  return key.account;
}

const cancel = (id: string, orderNo: string) => ({
  op: "cancel",
  id,
  data: { order_no: orderNo, reference_id: "" },
});

test("ws server: pushes of the key's account flow at once, others do not", async () => {
  await StreamHarness.run(async (harness) => {
    await harness.place(2);
    const client = await new StreamClient(harness).open();
    await harness.place(1, accountOf(SECOND_KEY));
    await harness.place(3);
    await client.received(3);
    assert.deepEqual(client.seqs(), [3, 4, 5]);
    assert.equal(harness.hub.sessionCount, 1);
    assert.equal(harness.hub.sentCount, 3);
  });
});

test("ws server: a position must be of the gateway's history, as far as that is shared", async () => {
  await StreamHarness.run(async (harness) => {
    await harness.place(5);
    for (const position of ["3@before", "3@now", "5@now", "5"]) {
      const query = `after_seq=${position}&history=1`;
      const client = await new StreamClient(harness, { query }).open();
      await client.received(1);
      const [first] = client.messages;
      assert.equal(JSON.stringify(first), '{"type":"history","history":"now"}', position);
    }
    for (const position of ["4@before", "0@never"]) {
      const client = new StreamClient(harness, { query: `after_seq=${position}&history=1` });
      assert.deepEqual(await client.closed, { code: 1008, reason: "seq_out_of_range" }, position);
      assert.equal(client.messages[0]?.type, "error", position);
    }
  });
});

test("ws server: nothing is told before it is durable", async () => {
  await StreamHarness.run(async (harness) => {
    harness.journal.hold();
    const placing = harness.place(2);
    const live = await new StreamClient(harness).open();
    const replayed = await new StreamClient(harness, { query: "after_seq=0" }).open();
    const snapshot = await new StreamClient(harness, { query: "snapshot=1" }).open();
    const beyond = new StreamClient(harness, { query: "after_seq=1" });
    assert.deepEqual(await beyond.closed, { code: 1008, reason: "seq_out_of_range" });
    assert.equal(live.messages.length + replayed.messages.length + snapshot.messages.length, 0);
    harness.journal.release();
    await placing;
    await live.received(2);
    await replayed.received(2);
    await snapshot.received(1);
    assert.deepEqual(live.seqs(), [1, 2]);
    assert.deepEqual(replayed.seqs(), [1, 2]);
    assert.equal(snapshot.messages[0]?.type, "snapshot");
    assert.equal(snapshot.messages[0]?.seq, 2);
    assert.equal(snapshot.messages[0]?.data?.orders?.length, 2);
  });
});

test("ws server: a replay goes from archive to memory to live without gap or repeat", async () => {
  await StreamHarness.run(async (harness) => {
    await harness.place(300);
    harness.project();
    await harness.place(200);
    const client = await new StreamClient(harness, { query: "after_seq=10" }).open();
    await harness.place(100);
    await client.received(590);
    assert.deepEqual(client.seqs(), upTo(600, 11));
  });
});

test("ws server: an empty parameter is absent, and the client may ask for heartbeats", async () => {
  await StreamHarness.run(async (harness) => {
    const client = await new StreamClient(harness, { query: "after_seq=&heartbeat=1" }).open();
    await harness.place(1);
    await client.received(1);
    harness.fakeClock.advance(1_000);
    const [, heartbeat] = await client.received(2);
    assert.equal(heartbeat?.type, "heartbeat");
    assert.equal(heartbeat?.data?.seq, 1);
  });
});

test("ws server: a handshake is refused as HTTP, before the upgrade", async () => {
  await StreamHarness.run(async (harness) => {
    const good = harness.headers();
    const wrong = { ...good, "X-API-Signature": Buffer.alloc(32).toString("base64") };
    const cases = [
      ["/ws/other", good, 404, "unknown_path"],
      [STREAM_PATH, {}, 401, "authentication_missing"],
      [STREAM_PATH, wrong, 401, "signature_invalid"],
      [`${STREAM_PATH}?after_seq=1`, good, 401, "signature_invalid"],
      [STREAM_PATH, { ...good, "Sec-WebSocket-Version": "8" }, 426, "upgrade_required"],
      [STREAM_PATH, { ...good, "Sec-WebSocket-Key": "short" }, 400, "malformed_request"],
      [STREAM_PATH, { ...good, "Sec-WebSocket-Protocol": "," }, 400, "malformed_request"],
      [STREAM_PATH, { ...good, "Content-Length": "5" }, 400, "body_not_taken"],
      [STREAM_PATH, { ...good, "Transfer-Encoding": "chunked" }, 400, "body_not_taken"],
    ] as const;
    for (const [path, headers, status, reason] of cases) {
      const refused = await refusal(harness, path, headers);
      assert.deepEqual([refused.status, refused.body.reason], [status, reason]);
    }
    const query = "after_seq=1&snapshot=1";
    const refused = await refusal(harness, `${STREAM_PATH}?${query}`, harness.headers({ query }));
    assert.equal(refused.status, 400);
    assert.equal(refused.body.reason, "invalid_stream_parameter");
    const posted = await refusal(harness, STREAM_PATH, good, "POST");
    assert.equal(posted.status, 405);
    assert.equal(posted.headers.allow, "GET");
    const { body } = await refusal(harness, "/ws/other", good);
    assert.equal(body.details, `WebSockets are at ${STREAM_PATH} and ${MARKET_STREAM_PATH}`);
    const named = await refusal(harness, "/", { "X-Request-Id": "abc-1" });
    assert.equal(named.headers["x-request-id"], "abc-1");
    assert.equal(harness.hub.sessionCount, 0);
  });
});

test("ws server: a handshake with commands works once, one without often", async () => {
  await StreamHarness.run(async (harness) => {
    const query = "commands=1";
    const headers = harness.headers({ query });
    const open = async (url: string, used: Record<string, string>) => {
      const client = new RawWebSocket(url, { headers: used });
      await once(client, "open");
      return client;
    };
    await open(harness.url(query), headers);
    const again = await refusal(harness, `${STREAM_PATH}?${query}`, headers);
    assert.equal(again.status, 401);
    assert.equal(again.body.reason, "handshake_used");
    const listening = harness.headers();
    await open(harness.url(), listening);
    await open(harness.url(), listening);
    assert.equal(harness.hub.sessionCount, 3);
  });
});

/** A handshake by hand that has come, and both ends of its connection. */
async function handshakeByHand(harness: StreamHarness, query: string) {
  const headers = { ...UPGRADE, Host: "localhost", ...harness.headers({ query }) };
  const client = connect(harness.port, "127.0.0.1");
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const upgraded = once(harness.server, "upgrade");
  client.write(`GET ${STREAM_PATH}?${query} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  const [, serverSide] = await upgraded;
  const gone = new Promise((resolve) => serverSide.once("close", resolve));
  return { client, gone };
}

test("ws server: a client that vanishes while it is claimed leaves nothing", async () => {
  await StreamHarness.run(async (harness) => {
    harness.journal.hold();
    const query = "commands=1";
    const { client, gone } = await handshakeByHand(harness, query);
    client.resetAndDestroy();
    // Nobody reads before the claim is durable: the reset is noticed by the answer's write.
    harness.journal.release();
    await gone;
    assert.equal(harness.hub.sessionCount, 0);
    await new StreamClient(harness, { query }).open();
  });
});

test("ws server: a client that says its last word while it is claimed leaves nothing", async () => {
  await StreamHarness.run(async (harness) => {
    harness.journal.hold();
    const query = "commands=1";
    const { client, gone } = await handshakeByHand(harness, query);
    client.end();
    await harness.journal.stalled();
    harness.journal.release();
    client.resume();
    await gone;
    assert.equal(harness.hub.sessionCount, 0);
  });
});

test("ws server: who waits for a silent disk is told that nobody knows, at each step", async () => {
  await StreamHarness.run(async (harness) => {
    const { awaited, journal } = harness;
    const query = "cancel_on_disconnect=1&grace=10";
    const handshake = () => refusal(harness, `${STREAM_PATH}?${query}`, harness.headers({ query }));
    journal.hold();
    const unclaimed = handshake();
    await journal.stalled();
    awaited.giveUpAll("the disk is silent");
    journal.letPass();
    const unwatched = handshake();
    await journal.stalled();
    journal.letPass();
    await journal.stalled();
    awaited.giveUpAll("it is silent again");
    for (const [refused, details] of [
      [await unclaimed, "the disk is silent"],
      [await unwatched, "it is silent again"],
    ] as const) {
      const { status, body } = refused;
      assert.deepEqual([status, body.reason, body.details], [500, "outcome_unknown", details]);
    }
    journal.release();
    await new StreamClient(harness, { query }).open();
    assert.equal(harness.hub.sessionCount, 1);
  });
});

test("ws server: a stop refuses the handshakes that are under way, at each step", async () => {
  for (const passCount of [0, 1]) {
    await StreamHarness.run(async (harness) => {
      const { journal } = harness;
      const query = "cancel_on_disconnect=1&grace=10";
      journal.hold();
      const refused = refusal(harness, `${STREAM_PATH}?${query}`, harness.headers({ query }));
      await journal.stalled();
      for (let passed = 0; passed < passCount; passed += 1) {
        journal.letPass();
        await journal.stalled();
      }
      await harness.streams.close();
      journal.release();
      const { status, body } = await refused;
      assert.deepEqual([status, body.reason], [503, "draining"]);
    });
  }
});

test("ws server: commands are answered once per id, pushes come before the reply", async () => {
  await StreamHarness.run(async (harness) => {
    const [orderNo = ""] = await harness.place(1);
    const query = "commands=1";
    const client = await new StreamClient(harness, { query }).open();
    client.send(cancel("a", orderNo));
    await client.received(2);
    assert.deepEqual(
      client.messages.map(({ type, seq, id, code }) => [type, seq ?? id, code]),
      [
        ["order", 2, undefined],
        ["reply", "a", 0],
      ],
    );
    client.send({ data: { reference_id: "", order_no: orderNo }, id: "a", op: "cancel" });
    client.send(cancel("a", "22000000999"));
    client.send(cancel("b", "22000000999"));
    await client.received(5);
    const replies = client.messages.slice(2).map(({ id, code, reason }) => [id, code, reason]);
    assert.deepEqual(replies.slice().sort(), [
      ["a", 0, undefined],
      ["a", 11030756, "command_id_reused"],
      ["b", 11030202, "unknown_order"],
    ]);
    const later = await new StreamClient(harness, { query }).open();
    later.send(cancel("a", orderNo));
    const [reply] = await later.received(1);
    assert.deepEqual([reply?.type, reply?.id, reply?.code], ["reply", "a", 0]);
  });
});

test("ws server: without commands=1 a message is refused and the stream goes on", async () => {
  await StreamHarness.run(async (harness) => {
    const client = await new StreamClient(harness).open();
    client.send(cancel("a", "22000000022"));
    await client.received(1);
    await harness.place(1);
    const [error, order] = await client.received(2);
    assert.deepEqual([error?.type, error?.reason], ["error", "commands_not_enabled"]);
    assert.equal(order?.type, "order");
  });
});

test("ws server: binary, too big and broken messages close with their codes", async () => {
  await StreamHarness.run(async (harness) => {
    const options = { query: "commands=1" };
    const cases = [
      [(client: RawWebSocket) => client.send(Buffer.from("{}")), 1003, "text_only"],
      [(client: RawWebSocket) => client.send(" ".repeat(16_385)), 1009, "message_too_big"],
      [(client: RawWebSocket) => client.send(Buffer.from([0xff]), { binary: false }), 1007, null],
    ] as const;
    for (const [abuse, code, reason] of cases) {
      const client = await rawClient(harness, options);
      const said: string[] = [];
      client.on("message", (text) => said.push(String(text)));
      const closed = once(client, "close");
      abuse(client);
      const [closeCode] = await closed;
      assert.equal(closeCode, code);
      if (reason === null) assert.deepEqual(said, []);
      else assert.match(said[0] ?? "", new RegExp(`^{"type":"error".*"reason":"${reason}"`));
    }
    const largest = await rawClient(harness, options);
    largest.send(" ".repeat(16_384));
    const [answer] = await once(largest, "message");
    assert.match(String(answer), /malformed_json/);
  });
});

test("ws server: a reader that stalls is closed and can resume, others go on", async () => {
  await StreamHarness.run(async (harness) => {
    const stalled = await rawClient(harness);
    const other = await new StreamClient(harness).open();
    stalled.pause();
    let placedCount = 0;
    while (harness.hub.slowCount === 0) {
      await harness.place(2_000);
      placedCount += 2_000;
      await other.received(placedCount);
      harness.fakeClock.advance(500);
      assert.ok(placedCount < 200_000, "a reader that stalls is closed");
    }
    assert.deepEqual(other.seqs(), upTo(placedCount));
    harness.fakeClock.advance(2_000);
    const seen: number[] = [];
    stalled.on("message", (text) => {
      const { type, seq } = JSON.parse(String(text)) as { type: string; seq: number };
      if (type === "order") seen.push(seq);
    });
    const closed = once(stalled, "close");
    stalled.resume();
    await closed;
    assert.deepEqual(seen, upTo(seen.length));
    harness.project();
    const query = `after_seq=${seen.length}`;
    const resumed = await new StreamClient(harness, { query }).open();
    await resumed.received(placedCount - seen.length);
    assert.deepEqual(resumed.seqs(), upTo(placedCount, seen.length + 1));
  });
});

test("ws server: who answered once and is silent is cut, though the network takes everything", async () => {
  await StreamHarness.run(async (harness) => {
    const query = "heartbeat=1";
    const peer = new RawWebSocket(harness.url(query), {
      headers: harness.headers({ query }),
      autoPong: false,
    });
    await once(peer, "open");
    const closed = once(peer, "close").then(() => true);
    peer.ping();
    await once(peer, "pong");
    let isClosed = false;
    for (let beat = 0; beat < 20 && !isClosed; beat += 1) {
      const told = once(peer, "message").then(() => false);
      harness.fakeClock.advance(1_000);
      isClosed = await Promise.race([told, closed]);
    }
    assert.ok(isClosed, "its socket is taken back");
  });
});

test("ws server: a stop answers what is under way, says so and closes", async () => {
  await StreamHarness.run(async (harness) => {
    const [orderNo = ""] = await harness.place(1);
    const client = await new StreamClient(harness, { query: "commands=1" }).open();
    const silent = await rawClient(harness);
    silent.pause();
    harness.journal.hold();
    const handedOver = once(harness.server, "handed-over");
    const { cancel: carryOut } = harness.trade;
    harness.trade.cancel = (...call) => {
      harness.server.emit("handed-over");
      return carryOut.apply(harness.trade, call);
    };
    client.send(cancel("a", orderNo));
    await handedOver;
    const stopped = harness.streams.close();
    const refused = await refusal(harness, STREAM_PATH, harness.headers());
    assert.deepEqual([refused.status, refused.body.reason], [503, "draining"]);
    assert.equal(refused.headers["retry-after"], "1");
    harness.journal.release();
    assert.deepEqual(await client.closed, { code: 1012, reason: "shutting_down" });
    assert.deepEqual(
      client.messages.map(({ type }) => type),
      ["order", "reply", "notice"],
    );
    harness.fakeClock.advance(1_000);
    await stopped;
    assert.equal(harness.hub.sessionCount, 0);
  });
});
