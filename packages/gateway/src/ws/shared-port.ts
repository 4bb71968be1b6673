/**
 * One socket that several sessions send on. Each is told of its own bytes only: else the lateness
 * of one account's stream would be held against another's.
 */
import type { StreamPort } from "../stream/stream-session.ts";
import type { StreamText } from "../stream/stream-text.ts";

/** What it sends on: as a session's port, but it says when each hand-over has left. */
export interface SharedSocket extends Omit<StreamPort, "send" | "bufferedBytes"> {
  /** Whether it was taken: a socket that closes takes no more. */
  send(messages: readonly StreamText[], onWritten: () => void): boolean;
}

/** `onWritten` is called when bytes of this port have left. */
export function portOnShared(socket: SharedSocket, onWritten: () => void): StreamPort {
  let waitingBytes = 0;
  return {
    send: (messages) => {
      const byteCount = messages.reduce((sum, text) => sum + text.byteCount, 0);
      const isTaken = socket.send(messages, () => {
        waitingBytes -= byteCount;
        onWritten();
      });
      if (isTaken) waitingBytes += byteCount;
    },
    bufferedBytes: () => waitingBytes,
    isOpen: () => socket.isOpen(),
    ping: () => socket.ping(),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}
