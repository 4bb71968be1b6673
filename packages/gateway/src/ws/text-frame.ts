/**
 * WebSocket frames of whole texts: RFC 6455, section 5.2. The library would make the header of each
 * anew for every socket and hand it over as a second piece; here the texts of a turn are one piece,
 * and one that many sockets send is encoded once.
 */
import { at } from "@countermand/core/assert";
import type { StreamText } from "../stream/stream-text.ts";

/** Final frame of a text; what a server sends is not masked. */
const TEXT_FRAME = 0x81;
const LENGTH_16_BITS = 126;
const LENGTH_64_BITS = 127;

/** Bytes up to which frames are put together: a snapshot may be most of what memory has. */
const PIECE_BYTES_MAX = 2 ** 16;

/** How many bytes the text is as a frame. */
export function frameByteCount({ byteCount }: StreamText): number {
  if (byteCount < LENGTH_16_BITS) return 2 + byteCount;
  return (byteCount < 2 ** 16 ? 4 : 10) + byteCount;
}

/**
 * The frames of the texts, one behind the other, in few pieces but for a text that is in many.
 * Never written to afterwards.
 */
export function textFrames(texts: readonly StreamText[]): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  let byteCount = 0;
  for (const [index, text] of texts.entries()) {
    if (text.pieces !== null) {
      if (from < index) pieces.push(pieceOf(texts, from, index, byteCount));
      pieces.push(headOf(text));
      for (const piece of text.pieces) pieces.push(piece);
      from = index + 1;
      byteCount = 0;
      continue;
    }
    const more = frameByteCount(text);
    if (index > from && byteCount + more > PIECE_BYTES_MAX) {
      pieces.push(pieceOf(texts, from, index, byteCount));
      from = index;
      byteCount = 0;
    }
    byteCount += more;
  }
  if (from < texts.length) pieces.push(pieceOf(texts, from, texts.length, byteCount));
  return pieces;
}

function pieceOf(
  texts: readonly StreamText[],
  from: number,
  to: number,
  byteCount: number,
): Buffer {
  if (to === from + 1) return ownFrame(at(texts, from));
  const piece = Buffer.allocUnsafe(byteCount);
  let offset = 0;
  for (let index = from; index < to; index += 1) {
    const text = at(texts, index);
    if (text.isShared) piece.set(ownFrame(text), offset);
    else writeFrame(text, piece, offset);
    offset += frameByteCount(text);
  }
  return piece;
}

function ownFrame(text: StreamText): Buffer {
  if (text.frame === null) {
    text.frame = Buffer.allocUnsafe(frameByteCount(text));
    writeFrame(text, text.frame, 0);
  }
  return text.frame;
}

function headOf(text: StreamText): Buffer {
  const head = Buffer.allocUnsafe(frameByteCount(text) - text.byteCount);
  writeHead(text, head, 0);
  return head;
}

function writeFrame(text: StreamText, piece: Buffer, start: number): void {
  const offset = writeHead(text, piece, start);
  const { byteCount } = text;
  // As many bytes as characters: all ASCII, which Latin-1 writes the same and faster.
  piece.write(text.text, offset, byteCount === text.text.length ? "latin1" : "utf8");
}

/** Where the text begins behind it. */
function writeHead({ byteCount }: StreamText, piece: Buffer, start: number): number {
  let offset = start;
  piece[offset++] = TEXT_FRAME;
  if (byteCount < LENGTH_16_BITS) {
    piece[offset++] = byteCount;
  } else if (byteCount < 2 ** 16) {
    piece[offset++] = LENGTH_16_BITS;
    offset = piece.writeUInt16BE(byteCount, offset);
  } else {
    piece[offset++] = LENGTH_64_BITS;
    offset = piece.writeBigUInt64BE(BigInt(byteCount), offset);
  }
  return offset;
}
