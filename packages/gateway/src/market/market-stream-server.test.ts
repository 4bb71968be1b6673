/** Real sockets over loopback: the client is Node's own WebSocket. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { after, test } from "node:test";
import { MARKET_STREAM_PATH } from "@countermand/contract";
import { type Clock, systemClock } from "../sys/clock.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import { TCP_KEEP_ALIVE_MS } from "../ws/limits.ts";
import { MARKET_BUFFER_BYTES_MAX } from "./limits.ts";
import { Buy, DepthReader, type Message, TestMarket, wireDepth } from "./market-fixture.ts";
import { MarketStreamServer } from "./market-stream-server.ts";

const SYMBOL = "00700";
const SUBSCRIBE = { op: "subscribe", channels: ["depth"], symbols: [SYMBOL], levels: 50 };

interface Harness {
  readonly market: TestMarket;
  readonly streams: MarketStreamServer;
  readonly port: number;
  /** The server's side of each connection, oldest first. */
  readonly sockets: readonly Duplex[];
}

const closers: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closers) await close();
});

async function listen(clock: Clock = systemClock): Promise<Harness> {
  const market = new TestMarket();
  const streams = new MarketStreamServer({ hub: market.hub, clock });
  const server: Server = createServer();
  const sockets: Duplex[] = [];
  server.on("upgrade", (request, socket, head) => {
    sockets.push(socket);
    streams.handleUpgrade(request, socket, head);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => {
    await streams.close();
    server.close();
  });
  return { market, streams, port: (server.address() as AddressInfo).port, sockets };
}

/** Messages as they come; `next` waits for the first that fits and keeps the others' order. */
class Client {
  readonly socket: WebSocket;
  #received: Message[] = [];
  #onMessage: () => void = () => undefined;

  constructor(port: number, query = "") {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${MARKET_STREAM_PATH}${query}`);
    this.socket.addEventListener("message", ({ data }) => {
      this.#received.push(JSON.parse(String(data)) as Message);
      this.#onMessage();
    });
  }

  async opened(): Promise<this> {
    await new Promise((resolve, reject) => {
      this.socket.addEventListener("open", resolve);
      this.socket.addEventListener("error", () => reject(new Error("no connection")));
    });
    return this;
  }

  say(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  async next(): Promise<Message> {
    for (;;) {
      const message = this.#received.shift();
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => {
        this.#onMessage = resolve;
      });
    }
  }

  closed(): Promise<CloseEvent> {
    return new Promise((resolve) => this.socket.addEventListener("close", resolve));
  }
}

test("market sockets: anybody connects, subscribes and follows the book", async () => {
  const { market, port } = await listen();
  const client = await new Client(port).opened();
  client.say(SUBSCRIBE);
  assert.equal((await client.next()).type, "subscribed");
  const reader = new DepthReader();
  reader.take(await client.next());
  for (let index = 0; index < 20; index += 1) {
    market.place(SYMBOL, Buy, 100 + index, 1);
    if (index % 3 === 0) market.commit();
  }
  market.commit();
  while (reader.seq < 20) reader.take(await client.next());
  const expected = wireDepth(market.exchange.depth(SYMBOL, 50), 50);
  assert.deepEqual({ bids: reader.bids, asks: reader.asks }, expected);
  client.socket.close();
  await client.closed();
});

test("market sockets: a message is made once for all who listen", async () => {
  const { market, streams, port } = await listen();
  const clients = await Promise.all([1, 2, 3].map(() => new Client(port).opened()));
  for (const client of clients) client.say(SUBSCRIBE);
  for (const client of clients) assert.equal((await client.next()).type, "subscribed");
  for (const client of clients) assert.equal((await client.next()).type, "snapshot");
  assert.equal(market.hub.feedCount, 1);
  assert.equal(streams.sessionCount, 3);
  market.place(SYMBOL, Buy, 100, 1);
  market.commit();
  for (const client of clients) assert.equal((await client.next()).seq, 1);
  for (const { socket } of clients) socket.close();
});

test("market sockets: a reader that stopped reading ends at the present", async () => {
  const { market, streams, port } = await listen();
  const client = await new Client(port).opened();
  client.say(SUBSCRIBE);
  await client.next();
  const reader = new DepthReader();
  reader.take(await client.next());
  // Within one turn of the event loop nothing is read: the commits pile up in the socket.
  let count = 0;
  while (streams.conflatedCount === 0) {
    market.place(SYMBOL, Buy, 1 + (count % 50), 1);
    market.commit();
    count += 1;
    assert.ok(count * 100 < 50 * MARKET_BUFFER_BYTES_MAX, "it is conflated in the end");
  }
  market.place(SYMBOL, Buy, 7, 3);
  market.commit();
  while (reader.seq < count + 1) reader.take(await client.next());
  assert.ok(reader.snapshotCount >= 2);
  const expected = wireDepth(market.exchange.depth(SYMBOL, 50), 50);
  assert.deepEqual({ bids: reader.bids, asks: reader.asks }, expected);
  client.socket.close();
});

test("market sockets: nothing piles up before a reader that has stopped reading", async () => {
  const clock = new FakeClock();
  const { port, sockets } = await listen(clock);
  const client = await new Client(port, "?heartbeat=1").opened();
  const waitingBytes = () => sockets[0]?.writableLength ?? 0;
  // Within one turn of the event loop nothing is read.
  while (waitingBytes() <= MARKET_BUFFER_BYTES_MAX) clock.advance(1_000);
  const before = waitingBytes();
  clock.advance(100_000);
  assert.equal(waitingBytes(), before);
  client.socket.close();
});

test("market sockets: a bad handshake is answered as HTTP", async () => {
  const { streams, port } = await listen();
  const table: readonly (readonly [target: string, headers: string, starts: string])[] = [
    [`${MARKET_STREAM_PATH}?heartbeat=0`, HEADERS, "HTTP/1.1 400 "],
    [`${MARKET_STREAM_PATH}?after_seq=1`, HEADERS, "HTTP/1.1 400 "],
    [MARKET_STREAM_PATH, HEADERS.replace("13", "12"), "HTTP/1.1 426 "],
    [MARKET_STREAM_PATH, HEADERS.replace("websocket", "h2c"), "HTTP/1.1 426 "],
    [MARKET_STREAM_PATH, HEADERS.replace("==", ""), "HTTP/1.1 400 "],
    [MARKET_STREAM_PATH, `${HEADERS}Content-Length: 1\r\n`, "HTTP/1.1 400 "],
    ["/ws/market/v2", HEADERS, "HTTP/1.1 404 "],
  ];
  for (const [target, headers, starts] of table) {
    const answer = await handshake(port, target, headers);
    assert.ok(answer.startsWith(starts), `${target}: ${answer}`);
    assert.ok(answer.includes('"reason":'), target);
  }
  await streams.close();
  const answer = await handshake(port, MARKET_STREAM_PATH, HEADERS);
  assert.ok(answer.startsWith("HTTP/1.1 503 ") && answer.includes('"draining"'), answer);
});

test("market sockets: TCP finds out who has gone and never answered a ping", async (t) => {
  const asked = t.mock.method(Socket.prototype, "setKeepAlive");
  const { port, sockets } = await listen();
  const client = await new Client(port).opened();
  const ours = asked.mock.calls.filter((call) => call.this === sockets[0]);
  assert.deepEqual(
    ours.map((call) => call.arguments),
    [[true, TCP_KEEP_ALIVE_MS]],
  );
  client.socket.close();
  await client.closed();
});

test("market sockets: a message that is too big is answered, then the socket closes", async () => {
  const { port } = await listen();
  const client = await new Client(port).opened();
  const closed = client.closed();
  client.socket.send(`"${"x".repeat(20_000)}"`);
  assert.equal((await client.next()).reason, "message_too_big");
  assert.equal((await closed).code, 1009);
});

test("market sockets: a stop is told and ends every connection", async () => {
  const { streams, port } = await listen();
  const client = await new Client(port, "?heartbeat=1").opened();
  const closed = client.closed();
  await streams.close();
  assert.equal((await client.next()).reason, "shutting_down");
  assert.equal((await closed).code, 1012);
  assert.equal(streams.sessionCount, 0);
});

const HEADERS =
  "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n";

async function handshake(port: number, target: string, headers: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`GET ${target} HTTP/1.1\r\n${headers}\r\n`);
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString();
  });
  await once(socket, "close");
  return answer;
}
