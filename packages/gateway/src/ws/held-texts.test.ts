import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { settled } from "../stream/stream-fixture.ts";
import { StreamText } from "../stream/stream-text.ts";
import { HeldTexts } from "./held-texts.ts";
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
