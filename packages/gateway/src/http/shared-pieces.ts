/**
 * A body that many are sent, in pieces that all of them share: whoever asks for it and does not
 * read costs a piece, also where TLS makes a copy of what it has been given.
 */
import { Readable } from "node:stream";
import { BODY_PIECE_BYTES } from "./limits.ts";

/** The parts one behind the other. */
export function inPieces(parts: readonly Buffer[]): Readable {
  return Readable.from(piecesOf(parts), { objectMode: false, highWaterMark: 1 });
}

function* piecesOf(parts: readonly Buffer[]): Generator<Buffer, void, void> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += BODY_PIECE_BYTES) {
      yield part.subarray(at, at + BODY_PIECE_BYTES);
    }
  }
}
