/** What a session reads of one account's stream: a port, so that a session needs no gateway. */

import type { StreamText } from "./stream-text.ts";

/** One message of the stream as it travels; shared by all sessions that send it. */
export interface StreamMessage {
  /** Position in the account's stream. */
  readonly seq: number;
  /** JSON. */
  readonly body: StreamText;
}

export interface AccountFeed {
  /**
   * Position of the account's latest durable report; 0 before the first. Nothing later is ever
   * told.
   */
  readonly durableSeq: number;
  /**
   * Durable reports after a position, from memory, at least one where there is one; null when
   * memory does not reach back so far.
   */
  recent(afterSeq: number, limit: number): readonly StreamMessage[] | null;
  /**
   * Durable reports after a position, from the archive; empty where it has none.
   * @throws ArchiveError it cannot answer now
   */
  archived(afterSeq: number, limit: number): Promise<readonly StreamMessage[]>;
  /**
   * The first position that can be replayed.
   * @throws ArchiveError it cannot answer now
   */
  earliestSeq(): Promise<number>;
  /**
   * The open orders exactly as they stood at a durable position, as one message; null when there is
   * no room in memory for it.
   */
  snapshot(): Promise<StreamMessage | null>;
  /** The snapshot has left, or never will: its room is free. Calling it again does nothing. */
  snapshotGone(): void;
}
