import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import * as library from "ws";
import { StreamText } from "../stream/stream-text.ts";
import { frameByteCount, textFrames } from "./text-frame.ts";

/** Not in the library's types. */
const { Sender } = library as unknown as {
  readonly Sender: new (
    stream: PassThrough,
  ) => {
    send(message: Buffer, options: object, written: () => void): void;
  };
};

/** What the library writes for a text. */
function libraryFrame(text: string): Buffer {
  const stream = new PassThrough({ highWaterMark: 2 ** 20 });
  const options = { binary: false, compress: false, fin: true, mask: false };
  new Sender(stream).send(Buffer.from(text), options, () => {});
  return stream.read() as Buffer;
}

const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000];

test("text frames: the bytes are those of the library, at every form of length", () => {
  for (const length of LENGTHS) {
    for (const letter of ["e", "é", "€"]) {
      const text = letter.repeat(length / Buffer.byteLength(letter));
      const frame = Buffer.concat(textFrames([new StreamText(text)]));
      assert.deepEqual(frame, libraryFrame(text), `${length} bytes of ${letter}`);
      assert.equal(frameByteCount(new StreamText(text)), frame.length);
    }
  }
});

test("text frames: many are one piece, in their order, however long and shared they are", () => {
  const texts = [...LENGTHS, 3, ...LENGTHS, 40_000, 40_000].map((length, index) => {
    return new StreamText(`${index}`.repeat(length).slice(0, length), index % 3 === 0);
  });
  const expected = Buffer.concat(texts.map(({ text }) => libraryFrame(text)));
  assert.deepEqual(Buffer.concat(textFrames(texts)), expected);
  assert.deepEqual(Buffer.concat(textFrames(texts)), expected, "and again for the next reader");
  const short = Array.from({ length: 500 }, (_, index) => new StreamText(`{"seq":${index}}`));
  assert.equal(textFrames(short).length, 1);
  assert.deepEqual(textFrames([]), []);
});

test("text frames: a text in pieces is the same bytes, and no piece is copied", () => {
  for (const length of LENGTHS.filter((length) => length > 0)) {
    const text = "e".repeat(length);
    const pieces = [text.slice(0, 1), text.slice(1)].map((part) => Buffer.from(part));
    const long = new StreamText(pieces);
    const frames = textFrames([new StreamText("before"), long, new StreamText("behind")]);
    const expected = ["before", text, "behind"].map(libraryFrame);
    assert.deepEqual(Buffer.concat(frames), Buffer.concat(expected));
    assert.ok(pieces.every((piece) => frames.includes(piece)));
    assert.equal(frameByteCount(long), libraryFrame(text).length);
  }
});

test("text frames: what several send alone is encoded once", () => {
  const text = new StreamText('{"op":"order"}', true);
  assert.equal(textFrames([text])[0], textFrames([text])[0]);
});
