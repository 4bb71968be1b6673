/**
 * WebSocket frames of whole texts, made once for all sockets that send the same message: RFC 6455,
 * section 5.2. The library would make the header anew for each and hand it over as a second piece.
 */

/** Final frame of a text; what a server sends is not masked. */
const TEXT_FRAME = 0x81;
const LENGTH_16_BITS = 126;
const LENGTH_64_BITS = 127;

/** Bytes of a message from which on it is not copied: a snapshot may be most of what memory has. */
const COPIED_BYTES_MAX = 2 ** 16;

/** As long as somebody holds the message. */
const frames = new WeakMap<Buffer, Buffer>();

/** The frame of a text in UTF-8, in pieces. The text must not be written to afterwards. */
export function textFrame(message: Buffer): readonly Buffer[] {
  const known = frames.get(message);
  if (known !== undefined) return [known];
  if (message.length > COPIED_BYTES_MAX) return [header(message.length), message];
  const frame = Buffer.concat([header(message.length), message]);
  frames.set(message, frame);
  return [frame];
}

function header(length: number): Buffer {
  if (length < LENGTH_16_BITS) return Buffer.of(TEXT_FRAME, length);
  if (length < 2 ** 16) {
    const bytes = Buffer.of(TEXT_FRAME, LENGTH_16_BITS, 0, 0);
    bytes.writeUInt16BE(length, 2);
    return bytes;
  }
  const bytes = Buffer.alloc(10);
  bytes.set([TEXT_FRAME, LENGTH_64_BITS]);
  bytes.writeBigUInt64BE(BigInt(length), 2);
  return bytes;
}
