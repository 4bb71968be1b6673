/** The process: configuration in, gateway up, signals, exit code. No logic of its own. */
import { readConfig } from "./config.ts";
import { Gateway } from "./gateway.ts";
import { createLog } from "./ops/log.ts";
import { systemClock } from "./sys/clock.ts";
import { productionWelcome, welcome } from "./welcome.ts";

/** sysexits.h: the software failed; start it again and it recovers by replay. */
const EXIT_FATAL = 70;
/** It was not started: configuration, data directory, port. */
const EXIT_REFUSED = 1;
/** Milliseconds after which a stop that hangs is cut short; the journal recovers by replay. */
const STOP_MS_MAX = 9_000;

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLog(config.logLevel);
  for (const name of config.unknownSettings) log.warn({ name }, "config.unknown_setting");
  const starting = Gateway.start({ config, clock: systemClock, log, onFatal: dieOf });
  stopOnSignals(starting);
  const gateway = await starting;
  process.on("SIGUSR2", () => {
    void gateway.stateHash().then((state) => {
      process.stdout.write(`countermand state ${JSON.stringify(state)}\n`);
    });
  });
  // Last: whoever waits for this line may send a signal at once.
  const { url, operatorUrl, sandboxKeys } = gateway;
  const isProduction = config.profile === "production";
  process.stdout.write(
    isProduction ? productionWelcome(url, operatorUrl) : welcome(url, operatorUrl, sandboxKeys),
  );
}

/** A group's signal arrives twice, once from the launcher: the second is the same stop. */
function stopOnSignals(starting: Promise<Gateway>): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    systemClock.after(STOP_MS_MAX, () => process.exit(EXIT_FATAL));
    starting
      .then((gateway) => gateway.stop())
      .then(
        () => process.exit(0),
        (error: Error) => dieOf(error),
      );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("SIGHUP", stop);
  // The launcher is gone: nobody would forward a signal any more.
  process.on("disconnect", stop);
}

/**
 * Nothing more is told to anyone: what was not answered is unknown to its sender, and recovered
 * here.
 */
function dieOf(error: Error): never {
  const code = (error as { code?: string }).code ?? error.name;
  process.stderr.write(`countermand stopped: ${oneLine(error.message)} (${code})\n`);
  process.exit(EXIT_FATAL);
}

function refuseStart(error: Error): never {
  for (const line of startProblem(error))
    process.stderr.write(`countermand cannot start: ${line}\n`);
  process.exit(EXIT_REFUSED);
}

function startProblem(
  error: Error & { code?: string; faults?: readonly string[] },
): readonly string[] {
  if (error.faults !== undefined) return error.faults;
  if (error.code === "EADDRINUSE") {
    return [
      `${oneLine(error.message)}; stop the other process or set COUNTERMAND_PORT, or ` +
        "COUNTERMAND_OPERATOR_PORT",
    ];
  }
  return [oneLine(error.message)];
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

process.on("uncaughtException", dieOf);
main().catch(refuseStart);
