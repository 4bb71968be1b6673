/**
 * Whose loss of connection cancels orders, of one account. A pure fold of DisconnectWatched and
 * DisconnectUnwatched events; who is connected is not known here.
 */
import type { KeyId } from "../model/ids.ts";

/** Connections of one key under one name; the loss of the last of them counts. */
export interface DisconnectWatch {
  readonly keyId: KeyId;
  readonly group: string;
  /** Milliseconds to come back. */
  readonly graceMs: number;
}

export class DisconnectWatches {
  readonly #watches = new Map<string, DisconnectWatch>();

  get size(): number {
    return this.#watches.size;
  }

  get(keyId: KeyId, group: string): DisconnectWatch | null {
    return this.#watches.get(keyOf(keyId, group)) ?? null;
  }

  all(): Iterable<DisconnectWatch> {
    return this.#watches.values();
  }

  set(watch: DisconnectWatch): void {
    this.#watches.set(keyOf(watch.keyId, watch.group), watch);
  }

  remove(keyId: KeyId, group: string): void {
    this.#watches.delete(keyOf(keyId, group));
  }
}

/** One line per watch, in an order of their own. */
export function* watchLines(account: string, watches: DisconnectWatches): Iterable<string> {
  const rows = [...watches.all()].map(({ keyId, group, graceMs }) => {
    return JSON.stringify(["watched", account, keyId, group, graceMs]);
  });
  yield* rows.sort();
}

export function watchOfLine(cells: readonly unknown[]): DisconnectWatch {
  return { keyId: cells[2] as KeyId, group: cells[3] as string, graceMs: cells[4] as number };
}

function keyOf(keyId: KeyId, group: string): string {
  return JSON.stringify([keyId, group]);
}
