// Cancel on disconnect over real sockets: in this process, and over a stop of it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { startGateway, startInProcess } from "./gateway-in-process.ts";
import { rawRequest } from "./raw-socket.ts";
import { hmac, KEY_1, nextTimestampMs, SignedClient, stringToSign } from "./signed-client.ts";
import { type Received, StreamClient } from "./stream-client.ts";
import { restingOrder as order } from "./wire-orders.ts";

const PATH = "/ws/trade/v1";
const NOW = { wallMs: Date.now(), marketMs: Date.now() };

/** A stream on a bare TCP socket, whose connection can be cut without a close frame. */
class BareStream {
  readonly #socket: Socket;
  readonly closed: Promise<unknown>;
  #received = "";

  constructor(url: string, query: string, timestamp = String(nextTimestampMs())) {
    this.#socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1" });
    this.closed = once(this.#socket, "close");
    this.#socket.on("error", () => undefined);
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text: string) => {
      this.#received += text;
    });
    const target = `${PATH}?${query}`;
    const text = stringToSign("CONNECT", target, timestamp, Buffer.from(query));
    const headers = [
      ["Connection", "Upgrade"],
      ["Upgrade", "websocket"],
      ["Sec-WebSocket-Version", "13"],
      ["Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="],
      ["X-API-Key", KEY_1.apiKey],
      ["X-API-Timestamp", timestamp],
      ["X-API-Signature", hmac(KEY_1.secret, text, "base64")],
    ] as const;
    this.#socket.write(rawRequest(`GET ${target} HTTP/1.1`, headers));
  }

  static async open(url: string, query: string, timestamp?: string): Promise<BareStream> {
    const stream = new BareStream(url, query, timestamp);
    await stream.#seen((received) => received.startsWith("HTTP/1.1 101 "));
    return stream;
  }

  /** What refused the handshake: its reason word. */
  async refusal(): Promise<string> {
    return await this.#seen((received) => /"reason":"([a-z_]+)"/.exec(received)?.[1] ?? "");
  }

  cut(): void {
    this.#socket.destroy();
  }

  /** Says goodbye: a close frame with this code, or without one. Resolves when it is answered. */
  async close(code: number | null): Promise<void> {
    const payload = code === null ? [] : [code >> 8, code & 255];
    this.#socket.write(Buffer.from([0x88, 0x80 | payload.length, 0, 0, 0, 0, ...payload]));
    await this.closed;
  }

  async #seen<T>(find: (received: string) => T): Promise<T> {
    for (;;) {
      const found = find(this.#received);
      if (found) return found;
      await once(this.#socket, "data");
    }
  }
}

async function start(t: TestContext) {
  const { url } = await startInProcess(t, { ...NOW });
  const client = new SignedClient(url, KEY_1);
  const watcher = await StreamClient.open(url, KEY_1);
  t.after(() => {
    client.close();
    watcher.close();
  });
  return { url, client, watcher };
}

function isCancelOf(orderNo: string) {
  return ({ message }: Received) =>
    message.data?.order_no === orderNo && message.data.order_status === "can";
}

test("cancel on disconnect: a cut connection cancels, good-till-cancelled orders stay", async (t) => {
  const { url, client, watcher } = await start(t);
  const socket = await BareStream.open(url, "cancel_on_disconnect=1&grace=0");
  const kept = await client.place(order({ time_in_force: "gtc" }));
  const mine = await client.place(order());
  socket.cut();
  const { message } = await watcher.seen("the cancel", isCancelOf(mine));
  assert.equal(message.data?.["cancel_reason"], "disconnected");
  const open = await client.orders("order_status=new");
  assert.deepEqual(
    open.map(({ order_no }) => order_no),
    [kept],
  );
});

test("cancel on disconnect: a clean close, a plain stream and a second connection keep orders", async (t) => {
  const { url, client, watcher } = await start(t);
  const mine = await client.place(order());
  for (const code of [1000, 1001, null]) {
    const clean = await BareStream.open(url, "cancel_on_disconnect=1&grace=0");
    await clean.close(code);
  }
  const plain = await BareStream.open(url, "heartbeat=5");
  plain.cut();
  const query = "cancel_on_disconnect=1&grace=0&group=hosts";
  const [first, second] = [await BareStream.open(url, query), await BareStream.open(url, query)];
  first.cut();
  await first.closed;
  // What comes behind is decided behind: had one of them cancelled, it would be seen by now.
  const marker = await client.place(order({ price: 2 }));
  await client.call("DELETE", "/trade/v1/orders", { order_no: marker });
  await watcher.seen("the marker's cancel", isCancelOf(marker));
  assert.equal(watcher.received.filter(isCancelOf(mine)).length, 0);
  second.cut();
  await watcher.seen("the cancel", isCancelOf(mine));
});

test("cancel on disconnect: its handshake works once, and its parameters are checked", async (t) => {
  const { url } = await start(t);
  const query = "cancel_on_disconnect=1&grace=300";
  const timestamp = String(nextTimestampMs());
  const first = await BareStream.open(url, query, timestamp);
  const again = new BareStream(url, query, timestamp);
  assert.equal(await again.refusal(), "handshake_used");
  await first.close(1000);
  for (const malformed of [
    "cancel_on_disconnect=2",
    "cancel_on_disconnect=1&grace=301",
    "cancel_on_disconnect=1&grace=-1",
    `cancel_on_disconnect=1&group=${"x".repeat(33)}`,
    "grace=5",
    "group=hosts",
  ]) {
    const refused = new BareStream(url, malformed);
    assert.equal(await refused.refusal(), "invalid_stream_parameter");
  }
});

test("cancel on disconnect: so many groups, and the next one is refused", async (t) => {
  const { url } = await start(t);
  const sockets = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      BareStream.open(url, `cancel_on_disconnect=1&group=g${index}`),
    ),
  );
  const next = new BareStream(url, "cancel_on_disconnect=1&group=next");
  assert.equal(await next.refusal(), "rate_limited");
  for (const socket of sockets) socket.cut();
});

test("cancel on disconnect: who was connected at a stop has his grace after the start", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "countermand-"));
  const settings = { COUNTERMAND_DATA_DIR: folder };
  const before = await startGateway(NOW, settings);
  const client = new SignedClient(before.url, KEY_1);
  const socket = await BareStream.open(before.url, "cancel_on_disconnect=1&grace=1");
  const mine = await client.place(order());
  client.close();
  const { hash } = await before.stateHash();
  await before.stop();
  await socket.closed;
  const after = await startGateway(NOW, settings);
  t.after(async () => {
    await after.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  assert.equal((await after.stateHash()).hash, hash, "the stop itself changed nothing");
  const watcher = await StreamClient.open(after.url, KEY_1, "after_seq=0");
  const { message } = await watcher.seen("the cancel", isCancelOf(mine));
  assert.equal(message.data?.["cancel_reason"], "disconnected");
  watcher.close();
});
