import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import * as library from "ws";
import { textFrame } from "./text-frame.ts";

/** Not in the library's types. */
const { Sender } = library as unknown as {
  readonly Sender: new (
    stream: PassThrough,
  ) => {
    send(message: Buffer, options: object, written: () => void): void;
  };
};

/** What the library writes for a text. */
function libraryFrame(message: Buffer): Buffer {
  const stream = new PassThrough({ highWaterMark: 2 ** 20 });
  const options = { binary: false, compress: false, fin: true, mask: false };
  new Sender(stream).send(message, options, () => {});
  return stream.read() as Buffer;
}

test("text frame: the bytes are those of the library, at every form of length", () => {
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]) {
    const message = Buffer.alloc(length, "é");
    assert.deepEqual(Buffer.concat(textFrame(message)), libraryFrame(message), `${length} bytes`);
  }
});

test("text frame: one message has one frame, an equal one has its own", () => {
  const message = Buffer.from('{"op":"order"}');
  assert.equal(textFrame(message)[0], textFrame(message)[0]);
  assert.notEqual(textFrame(Buffer.from('{"op":"order"}'))[0], textFrame(message)[0]);
});

test("text frame: a large message is not copied", () => {
  const message = Buffer.alloc(2 ** 20);
  assert.equal(textFrame(message)[1], message);
});
