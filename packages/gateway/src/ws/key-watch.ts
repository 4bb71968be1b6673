/** Ends the streams of keys that are good no more: whoever signed stays as long as he may sign. */
import type { Authenticated } from "../auth/authenticate.ts";
import type { KeyStore } from "../auth/key-store.ts";
import type { Cancelable, Clock } from "../sys/clock.ts";
import { KEY_CHECK_MS } from "./limits.ts";

export interface KeyWatchOptions {
  readonly keys: Pick<KeyStore, "goodUntilMs">;
  readonly clock: Clock;
}

/** What stays open as long as its key is good. */
export interface KeyHolder {
  readonly apiKey: string;
  /** Says that the key is good no more, and closes. */
  endKey(): void;
}

interface Watch {
  /** How it was let in. */
  readonly authenticated: Authenticated;
  /** Null where the key has no end. */
  timer: Cancelable | null;
}

export class KeyWatch {
  readonly #options: KeyWatchOptions;
  readonly #watches = new Map<KeyHolder, Watch>();

  constructor(options: KeyWatchOptions) {
    this.#options = options;
  }

  /** Whether whoever was authenticated so still would be. */
  isGood(authenticated: Authenticated): boolean {
    return this.#goodUntilMs(authenticated) !== null;
  }

  /** Before it begins: one that ends in its beginning is watched no more. */
  opened(holder: KeyHolder, authenticated: Authenticated): void {
    this.#watches.set(holder, { authenticated, timer: null });
  }

  /** It has begun, and can be ended: its key may have gone since it was let in. */
  begun(holder: KeyHolder): void {
    const watch = this.#watches.get(holder);
    if (watch !== undefined) this.#look(holder, watch);
  }

  ended(holder: KeyHolder): void {
    this.#watches.get(holder)?.timer?.cancel();
    this.#watches.delete(holder);
  }

  /** Something about a key was changed: its streams end at once if it is good no more. */
  changed(apiKey: string): void {
    for (const [holder, watch] of this.#watches) {
      if (holder.apiKey === apiKey) this.#look(holder, watch);
    }
  }

  /** Looks again when the key or its secret ends; or in between, because real time may jump. */
  #look(holder: KeyHolder, watch: Watch): void {
    const { clock } = this.#options;
    watch.timer?.cancel();
    watch.timer = null;
    const untilMs = this.#goodUntilMs(watch.authenticated);
    if (untilMs === null) {
      holder.endKey();
      return;
    }
    if (!Number.isFinite(untilMs)) return;
    const delayMs = Math.min(untilMs - clock.wallMs(), KEY_CHECK_MS);
    watch.timer = clock.after(delayMs, () => this.#look(holder, watch));
  }

  /** Until when whoever signed may stay; null: no more. */
  #goodUntilMs({ caller, credential }: Authenticated): number | null {
    const { clock, keys } = this.#options;
    return keys.goodUntilMs(caller.apiKey, credential, clock.wallMs());
  }
}
