/** What both streams ask of their sockets. */
import { LIMITS } from "@countermand/contract";
import { CLOSE_ANSWER_MS } from "../stream/limits.ts";
import { FRAME_PIECES_MAX, MESSAGE_PARTS_MAX } from "./limits.ts";
import { StreamSocket } from "./stream-connection.ts";

export const SOCKET_OPTIONS = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: LIMITS.messageBytesMax.value,
  maxFragments: MESSAGE_PARTS_MAX,
  maxBufferedChunks: FRAME_PIECES_MAX,
  /** Milliseconds until a socket is cut whose peer began a close, or broke the protocol. */
  closeTimeout: CLOSE_ANSWER_MS,
  WebSocket: StreamSocket,
};
