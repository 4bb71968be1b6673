/**
 * How many connections each listener takes, so that all of them together never use up the files
 * that the journal needs to go on.
 */
import { OPERATOR_CONNECTIONS_MAX } from "../operator/limits.ts";
import { openFilesMax } from "../sys/open-files.ts";
import { CONNECTIONS_MAX, CONNECTIONS_MIN, FILES_RESERVED, LISTENERS } from "./limits.ts";

export interface ConnectionRoom {
  readonly clients: number;
  readonly operators: number;
}

/** Operators come first, as they are few; where files are, too, half of them are the clients'. */
export function connectionRoom(hasOperators: boolean, filesMax = openFilesMax()): ConnectionRoom {
  const all = filesMax - FILES_RESERVED - LISTENERS;
  const operators = hasOperators
    ? atLeastFew(Math.min(OPERATOR_CONNECTIONS_MAX, Math.floor(all / 2)))
    : 0;
  return { clients: atLeastFew(Math.min(CONNECTIONS_MAX, all - operators)), operators };
}

function atLeastFew(count: number): number {
  return Math.max(CONNECTIONS_MIN, count);
}
