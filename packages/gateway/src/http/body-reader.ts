/** Reads a request's body as raw bytes, up to the contract's limit. */
import type { IncomingMessage } from "node:http";
import { type Fault, fault, LIMITS } from "@countermand/contract";
import { DROPPED_BODY_BYTES_MAX } from "./limits.ts";

/**
 * Calls back once: with the bytes, or with the fault; not at all when the client goes away. Of the
 * requests of a connection in their order: one without a body ends as one with a body does, so it
 * is not acted on before the one that it came behind.
 *
 * A body over the limit is read on and dropped for a while before it is refused: a server that
 * closes on unread bytes resets the connection, and the client never sees why.
 */
export function readBody(request: IncomingMessage, done: (body: Buffer | Fault) => void): void {
  const max = LIMITS.bodyBytesMax.value;
  let chunks: Buffer[] = [];
  let length = 0;
  const onEnd = (): void => {
    const [only] = chunks;
    if (length > max) done(tooLarge(max));
    else done(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length));
  };
  const onChunk = (chunk: Buffer): void => {
    length += chunk.length;
    if (length <= max) {
      chunks.push(chunk);
      return;
    }
    chunks = [];
    if (length <= DROPPED_BODY_BYTES_MAX) return;
    request.off("data", onChunk);
    request.off("end", onEnd);
    request.pause();
    done(tooLarge(max));
  };
  request.on("data", onChunk);
  request.on("end", onEnd);
}

function tooLarge(max: number): Fault {
  return fault("BODY_TOO_LARGE", `the body has more than ${max} bytes`);
}
