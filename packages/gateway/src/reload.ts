/** What of a configuration can change while the gateway runs, and what waits for the next start. */
import { isDeepStrictEqual } from "node:util";
import type { Config } from "./config.ts";

/** A configuration that is in force; only {@link applyReload} changes it. */
export type LiveConfig = { -readonly [Name in keyof Config]: Config[Name] };

export interface Reloaded {
  readonly applied: readonly (keyof Config)[];
  /** These differ and stay as they were. */
  readonly needRestart: readonly (keyof Config)[];
}

/** Read anew at every use, or set anew by whoever reloads. */
const LIVE: ReadonlySet<keyof Config> = new Set([
  "accountLimits",
  "budgets",
  "keyLimits",
  "logLevel",
  "signatureWindowMs",
  "tls",
  "unknownSettings",
] as const);

/** Takes over what can be; a listener keeps speaking TLS, or not, as it began. */
export function applyReload(live: LiveConfig, fresh: Config): Reloaded {
  const names = Object.keys(fresh) as (keyof Config)[];
  const changed = names.filter((name) => !isDeepStrictEqual(live[name], fresh[name]));
  const isLive = (name: keyof Config) => {
    if (name === "tls") return live.tls !== null && fresh.tls !== null;
    return LIVE.has(name);
  };
  const applied = changed.filter(isLive);
  const needRestart = changed.filter((name) => !isLive(name));
  Object.assign(live, Object.fromEntries(applied.map((name) => [name, fresh[name]])));
  return { applied, needRestart };
}
