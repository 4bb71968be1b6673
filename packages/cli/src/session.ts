/** What most commands begin with: the client of the chosen profile, and how to print. */
import { CountermandClient, type Repeat } from "@countermand/client";
import type { Command } from "commander";
import { chosenProfile, credentialsOf, type Profile, type ProfileChoice } from "./profiles.ts";
import { type Terminal, tell } from "./terminal.ts";

/** A person waits: shorter than what a program would give a gateway that restarts. */
const CALL_TIMEOUT_MS = 8_000;
/** Half of it, so that a gateway that stands still is told of, too, and tried once more. */
const ATTEMPT_TIMEOUT_MS = 4_000;

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
  const profile = chosenProfile(command.optsWithGlobals<ProfileChoice>(), terminal.environment);
  const client = new CountermandClient({
    baseUrl: profile.url,
    credentials: credentialsOf(profile),
    attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
    callTimeoutMs: CALL_TIMEOUT_MS,
    onRepeat: waitTeller(terminal),
  });
  return { client, profile, asJson: isJson(command) };
}

/** Whether a script asks, and not a person. */
export function isJson(command: Command): boolean {
  return command.optsWithGlobals<{ readonly json?: boolean }>().json === true;
}

/** Says what is waited for, once: a person who sees nothing thinks that the command hangs. */
export function waitTeller(terminal: Terminal): (repeat: Pick<Repeat, "problem">) => void {
  let told = false;
  return ({ problem }) => {
    if (!told) tell(terminal, `countermand: ${problem}; trying again for some seconds`);
    told = true;
  };
}

/** The exit code of a command that ran to its end. */
export function setExitCode(command: Command, code: number): void {
  command.setOptionValue("exitCode", code);
}
