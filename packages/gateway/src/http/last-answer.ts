/**
 * The end of a connection whose client may still be sending. A socket that is closed on unread
 * bytes is reset, and the reset may overtake the last answer. So this side is closed first, and
 * what still comes is dropped for a while (RFC 9112, 9.6).
 */
import type { Duplex } from "node:stream";
import { ANSWER_STALL_MS, LINGER_BYTES_MAX, LINGER_MS } from "./limits.ts";

const ending = new WeakSet<Duplex>();

/** Whether its last answer was written: nothing is left to say to its client. */
export function isEnding(socket: Duplex): boolean {
  return ending.has(socket);
}

/** Ends the connection behind what was written. Nobody reads what still comes. */
export function endGently(socket: Duplex): void {
  if (ending.has(socket) || socket.destroyed) return;
  ending.add(socket);
  let droppedBytes = 0;
  let cut = setTimeout(destroy, ANSWER_STALL_MS);
  function destroy(): void {
    socket.destroy();
  }
  socket.once("close", () => clearTimeout(cut));
  socket.on("error", destroy);
  // Also takes the bytes back from the parser of node:http, which reads past the stream.
  socket.removeAllListeners("data");
  socket.on("data", (chunk: Buffer) => {
    droppedBytes += chunk.length;
    if (droppedBytes > LINGER_BYTES_MAX) socket.destroy();
  });
  socket.end(() => {
    clearTimeout(cut);
    if (!socket.destroyed) cut = setTimeout(destroy, LINGER_MS);
  });
  socket.resume();
}
