import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { settled } from "../stream/stream-fixture.ts";
import { StreamText } from "../stream/stream-text.ts";
import { HeldTexts } from "./held-texts.ts";
import { HAND_OVER_BYTES_MAX } from "./limits.ts";
import { StalledSocket } from "./stalled-socket-fixture.ts";
import { textFrames } from "./text-frame.ts";

function framed(...texts: string[]): Buffer {
  return Buffer.concat(textFrames(texts.map((text) => new StreamText(text))));
}

test("held texts: those of a turn leave together at its end, and each sender is told once", async () => {
  const socket = new PassThrough();
  const held = new HeldTexts(socket);
  const told: string[] = [];
  const [first, second] = [() => told.push("first"), () => told.push("second")];
  held.hold([new StreamText("a"), new StreamText("b")], first);
  held.hold([new StreamText("c")], first);
  held.hold([new StreamText("d")], second);
  assert.equal(held.byteCount, framed("a", "b", "c", "d").length);
  assert.equal(socket.read(), null, "the turn has not ended");
  await settled();
  assert.deepEqual(socket.read(), framed("a", "b", "c", "d"));
  assert.deepEqual(told, ["first", "second"]);
  assert.equal(held.byteCount, 0);
});

test("held texts: what must not be overtaken is handed over at once, and once", async () => {
  const socket = new PassThrough();
  const held = new HeldTexts(socket);
  held.hold([new StreamText("a")], () => {});
  held.flush();
  socket.write("close");
  held.hold([new StreamText("b")], () => {});
  await settled();
  const expected = Buffer.concat([framed("a"), Buffer.from("close"), framed("b")]);
  assert.deepEqual(socket.read(), expected);
});

test("held texts: nothing is written to a socket that was cut meanwhile", async () => {
  const socket = new PassThrough();
  const held = new HeldTexts(socket);
  held.hold([new StreamText("a")], () => assert.fail("it never left"));
  socket.destroy();
  await settled();
  assert.equal(held.byteCount, 0);
});

const PIECE = Buffer.alloc(HAND_OVER_BYTES_MAX / 4, "x");

function longText(pieceCount: number): StreamText {
  return new StreamText(Array<Buffer>(pieceCount).fill(PIECE));
}

/** A long text is on its way, and what comes meanwhile. */
async function onLongWay() {
  const socket = new StalledSocket();
  const told: string[] = [];
  let stepCount = 0;
  const held = new HeldTexts(socket, () => {
    stepCount += 1;
  });
  const long = longText(10);
  held.hold([long], () => told.push("long"));
  await settled();
  held.hold([new StreamText("short")], () => told.push("short"));
  await settled();
  const longBytes = Buffer.concat(textFrames([long]));
  return { socket, held, told, longBytes, stepCount: () => stepCount };
}

test("held texts: a long one is handed over as the network takes it, the next behind it", async () => {
  const { socket, held, told, longBytes, stepCount } = await onLongWay();
  const byteCount = longBytes.length + framed("short").length;
  let takenBytes = 0;
  while (await socket.pass()) {
    const step = socket.bytes.length - takenBytes;
    takenBytes += step;
    assert.ok(step <= HAND_OVER_BYTES_MAX, `${step}`);
    assert.equal(held.byteCount + socket.writableLength, byteCount - takenBytes);
    const isLongTaken = takenBytes >= longBytes.length;
    assert.equal(told.includes("long"), isLongTaken);
    if (!isLongTaken) assert.equal(stepCount(), Math.ceil(takenBytes / HAND_OVER_BYTES_MAX));
  }
  assert.deepEqual(socket.bytes, Buffer.concat([longBytes, framed("short")]));
  assert.deepEqual(told, ["long", "short"]);
});

test("held texts: no other frame is written into a long one, the last comes behind it", async () => {
  const { socket, held, longBytes } = await onLongWay();
  const marks = ["first", "last"].map((text) => Buffer.from(text));
  for (const mark of marks) held.between(() => void socket.write(mark));
  held.flush();
  while (await socket.pass());
  held.between(() => void socket.write("now"));
  await socket.pass();
  const expected = [longBytes, Buffer.from("last"), framed("short"), Buffer.from("now")];
  assert.deepEqual(socket.bytes, Buffer.concat(expected));
});

test("held texts: before an end all of a long one is handed over, and what is behind it", async () => {
  const { socket, held, told, longBytes } = await onLongWay();
  held.flushAll();
  assert.equal(held.byteCount, 0);
  socket.write("end");
  while (await socket.pass());
  assert.deepEqual(socket.bytes, Buffer.concat([longBytes, framed("short"), Buffer.from("end")]));
  assert.deepEqual(told, ["long", "short"]);
});

test("held texts: a long one goes no further when its socket is cut", async () => {
  const { socket, held, told } = await onLongWay();
  await socket.pass();
  const takenBytes = socket.bytes.length;
  socket.destroy();
  await settled();
  held.flush();
  await settled();
  assert.equal(socket.bytes.length, takenBytes);
  assert.deepEqual(told, []);
});
