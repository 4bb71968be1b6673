/** The console's parts over the node's own: codes, sessions, and what lets pages in. */
import type { KeyStore } from "../auth/key-store.ts";
import type { Log } from "../ops/log.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import type { Clock } from "../sys/clock.ts";
import { ConsoleSessions } from "./console-sessions.ts";
import { SessionAuthenticator } from "./session-authenticator.ts";
import { SessionFile } from "./session-file.ts";
import { SignInCodes } from "./sign-in-codes.ts";
import { SignInService } from "./sign-in-service.ts";

interface ConsoleOptions {
  readonly config: { readonly dataDir: string; readonly clientAddressHeader: string | null };
  readonly clock: Clock;
  readonly log: Log;
}

export function openConsole(
  { config, clock, log }: ConsoleOptions,
  keys: KeyStore,
  sequencer: Sequencer,
) {
  const codes = new SignInCodes(() => clock.monotonicMs());
  const sessions = new ConsoleSessions({
    keys,
    clock,
    file: new SessionFile(config.dataDir),
    onNotKept: (error) => log.warn({ reason: error.message }, "console.not_kept"),
  });
  const pages = new SessionAuthenticator(
    sessions,
    () => clock.wallMs(),
    config.clientAddressHeader,
  );
  return { codes, sessions, pages, signIn: new SignInService(codes, sequencer) };
}
