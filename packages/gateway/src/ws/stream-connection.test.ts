import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { type TestContext, test } from "node:test";
import { decodeStreamQuery, isFault, LIMITS } from "@countermand/contract";
import type { Account } from "@countermand/core/model";
import { WebSocketServer } from "ws";
import { AwaitedAnswers } from "../sequencer/awaited-answers.ts";
import { ReplayTurns } from "../stream/replay-turns.ts";
import { FakeFeed, settled } from "../stream/stream-fixture.ts";
import { StreamText } from "../stream/stream-text.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import type { TradeCommands } from "./command-session.ts";
import { CommandTurns } from "./command-turns.ts";
import { HAND_OVER_BYTES_MAX } from "./limits.ts";
import { StalledSocket } from "./stalled-socket-fixture.ts";
import { StreamConnection, StreamSocket } from "./stream-connection.ts";
import { textFrames } from "./text-frame.ts";

const HANDSHAKE = {
  method: "GET",
  headers: {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  },
} as IncomingMessage;

const ACCOUNT = "ALICE" as Account;
const SNAPSHOT_PIECES = 5;
const SNAPSHOT = new StreamText(
  Array<Buffer>(SNAPSHOT_PIECES).fill(Buffer.alloc(HAND_OVER_BYTES_MAX / 2, "x")),
);

/** A frame of a client, masked with zeros. */
function clientFrame(opcode: number, payload: string): Buffer {
  const head = [0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0];
  return Buffer.concat([Buffer.from(head), Buffer.from(payload, "latin1")]);
}

/** A reader whose snapshot is on its way: the answer of the handshake and its begin are taken. */
async function midSnapshot(t: TestContext) {
  const query = decodeStreamQuery("snapshot=1");
  assert.ok(!isFault(query));
  const socket = new StalledSocket();
  t.after(() => socket.destroy());
  const clock = new FakeClock();
  const feed = new FakeFeed();
  feed.snapshot = () => Promise.resolve({ seq: 0, body: SNAPSHOT });
  const server = new WebSocketServer({ noServer: true, WebSocket: StreamSocket });
  server.handleUpgrade(HANDSHAKE, socket, Buffer.alloc(0), (webSocket) => {
    new StreamConnection({
      webSocket,
      socket,
      caller: { apiKey: "key", account: ACCOUNT },
      query,
      history: null,
      streams: [
        {
          view: { account: ACCOUNT, isTagged: false, isFirst: true },
          feed,
          observer: { sent: () => {}, tooSlow: () => {}, left: () => {} },
          start: { from: "snapshot" },
        },
      ],
      turns: new ReplayTurns(clock),
      commandTurns: new CommandTurns(clock),
      trade: {} as TradeCommands,
      awaited: new AwaitedAnswers(),
      permits: () => null,
      clock,
      budgets: () => [],
      onAnswered: () => {},
      onBug: (error) => assert.fail(error),
      onEnded: () => {},
    }).start();
  });
  await settled();
  await socket.pass();
  const answerBytes = socket.bytes.length;
  await socket.pass();
  /** What was sent behind the answer of the handshake, all of it taken. */
  const sent = async (): Promise<Buffer> => {
    while (await socket.pass());
    return socket.bytes.subarray(answerBytes);
  };
  return { socket, clock, sent };
}

test("stream connection: who pings in the middle of a snapshot is answered behind it", async (t) => {
  const { socket, sent } = await midSnapshot(t);
  socket.push(clientFrame(0x9, "one"));
  socket.push(clientFrame(0x9, "two"));
  await settled();
  const pong = Buffer.concat([Buffer.from([0x8a, 3]), Buffer.from("two")]);
  const whole = Buffer.concat([...textFrames([SNAPSHOT]), pong]);
  assert.ok((await sent()).equals(whole), "the snapshot and one pong");
  socket.push(clientFrame(0x9, "one"));
  await settled();
  assert.equal((await sent()).subarray(whole.length).toString("latin1"), "\x8a\x03one");
});

test("stream connection: who takes a part of a snapshot stays, who takes no more is cut", async (t) => {
  const { socket, clock } = await midSnapshot(t);
  clock.advance(LIMITS.slowReaderMsMax.value - 1);
  await socket.pass();
  clock.advance(1);
  assert.equal(socket.destroyed, false);
  clock.advance(LIMITS.slowReaderMsMax.value);
  assert.equal(socket.destroyed, true);
});

test("stream connection: who closes in the middle of a snapshot gets it whole, then the echo", async (t) => {
  const { socket, sent } = await midSnapshot(t);
  socket.push(clientFrame(0x8, "\x03\xe8"));
  await settled();
  const whole = Buffer.concat(textFrames([SNAPSHOT]));
  const all = await sent();
  assert.ok(all.subarray(0, whole.length).equals(whole));
  assert.deepEqual([...all.subarray(whole.length)], [0x88, 2, 0x03, 0xe8]);
});
