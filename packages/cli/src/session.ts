/** What most commands begin with: the client of the chosen profile, and how to print. */
import { CountermandClient } from "@countermand/client";
import type { Command } from "commander";
import { chosenProfile, credentialsOf, type Profile, type ProfileChoice } from "./profiles.ts";
import type { Terminal } from "./terminal.ts";

/** A person waits: shorter than what a program would give a gateway that restarts. */
const CALL_TIMEOUT_MS = 8_000;

export interface Session {
  readonly client: CountermandClient;
  readonly profile: Profile;
  readonly asJson: boolean;
}

/** Its calls end when the person stops the command. @throws UsageError */
export function session(command: Command, terminal: Terminal): Session {
  const { client, ...rest } = steadySession(command, terminal);
  return { client: client.withSignal(terminal.stopped), ...rest };
}

/** For what has to tidy up after the person stopped it. @throws UsageError */
export function steadySession(command: Command, terminal: Terminal): Session {
  const options = command.optsWithGlobals<ProfileChoice & { readonly json?: boolean }>();
  const profile = chosenProfile(options, terminal.environment);
  const client = new CountermandClient({
    baseUrl: profile.url,
    credentials: credentialsOf(profile),
    callTimeoutMs: CALL_TIMEOUT_MS,
  });
  return { client, profile, asJson: options.json === true };
}

/** The exit code of a command that ran to its end. */
export function setExitCode(command: Command, code: number): void {
  command.setOptionValue("exitCode", code);
}
