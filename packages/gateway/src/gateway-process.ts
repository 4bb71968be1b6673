/** The process: configuration in, gateway up, signals, exit code. No logic of its own. */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Config, readConfig } from "./config.ts";
import { Gateway } from "./gateway.ts";
import type { NodeThreads } from "./node-threads.ts";
import { certificateLife, endsSoon } from "./ops/certificate-life.ts";
import { createLog, type Log } from "./ops/log.ts";
import { oneLine, startProblem } from "./start-problem.ts";
import { systemClock } from "./sys/clock.ts";
import { productionWelcome, USAGE, welcome } from "./welcome.ts";

/** sysexits.h: the software failed; start it again and it recovers by replay. */
const EXIT_FATAL = 70;
/** It was not started: configuration, data directory, port. */
const EXIT_REFUSED = 1;
/** Milliseconds after which a stop that hangs is cut short; the journal recovers by replay. */
const STOP_MS_MAX = 9_000;
/** Files are for their owner alone: a data directory that somebody made may be open to others. */
const OWNER_ONLY_MASK = 0o077;

/**
 * Runs a gateway until it is stopped; then, and when it does not start, the process exits.
 * @param entryUrl the module that the process was started with, if it is a gateway's own
 */
export function runProcess(entryUrl: string, threads: NodeThreads): void {
  process.umask(OWNER_ONLY_MASK);
  process.on("uncaughtException", dieOf);
  outliveReaders();
  run(entryUrl, threads).catch(refuseStart);
}

async function run(entryUrl: string, threads: NodeThreads): Promise<void> {
  const [argument] = argumentsOf(entryUrl);
  if (argument === "--help" || argument === "-h") {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  if (argument !== undefined) {
    throw new Error(
      `it takes no arguments, and got ${argument}; settings come from the environment`,
    );
  }
  const config = readConfig();
  const log = createLog(config.logLevel);
  warnOf(config, log);
  const starting = Gateway.start({
    config,
    clock: systemClock,
    log,
    onFatal: dieOf,
    threads,
  });
  stopOnSignals(starting);
  if (!hasTerminal()) {
    process.on("SIGHUP", () => void starting.then((gateway) => reload(gateway, log)));
  }
  // From here on, and told when it is ready: unheard it would end a start that takes long.
  process.on("SIGUSR2", () => {
    void starting
      .then((gateway) => gateway.stateHash())
      .then((state) => {
        process.stdout.write(`countermand state ${JSON.stringify(state)}\n`);
      });
  });
  const gateway = await starting;
  // Last: whoever waits for this line may send a signal at once.
  const { url, operatorUrl, sandboxKeys } = gateway;
  const isProduction = config.profile === "production";
  // Only for whoever has just started it on loopback, with keys that are public.
  const [demo] = sandboxKeys.path === null ? sandboxKeys.keys : [];
  const link = isProduction || demo === undefined ? null : gateway.signInLink(demo.apiKey);
  process.stdout.write(
    isProduction
      ? productionWelcome(url, operatorUrl)
      : welcome(url, operatorUrl, sandboxKeys, link),
  );
}

/** What is taken as it is, and is likely a mistake. */
function warnOf({ unknownSettings, tls }: Config, log: Log): void {
  for (const name of unknownSettings) log.warn({ name }, "config.unknown_setting");
  if (tls === null) return;
  const life = certificateLife(tls.cert);
  const { untilMs } = life;
  if (untilMs <= systemClock.wallMs()) log.error({ untilMs }, "tls.certificate_ended");
  else if (endsSoon(life, systemClock.wallMs())) log.warn({ untilMs }, "tls.certificate_ends_soon");
}

/** None where the command line has loaded this: then they are its own. */
function argumentsOf(entryUrl: string): readonly string[] {
  const [, entry = "", ...rest] = process.argv;
  return entry !== "" && realpathSync(entry) === fileURLToPath(entryUrl) ? rest : [];
}

function hasTerminal(): boolean {
  return [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
}

/** What is wrong is told, and everything stays in force as it was. */
function reload(gateway: Gateway, log: Log): void {
  try {
    const fresh = readConfig();
    const reloaded = gateway.reload(fresh);
    log.level = fresh.logLevel;
    warnOf(fresh, log);
    log.info(reloaded, "config.reloaded");
  } catch (error) {
    const { faults } = error as { faults?: readonly string[] };
    if (faults === undefined) throw error;
    log.error({ faults }, "config.reload_refused");
  }
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
  // A terminal's hang-up is the end of its programs; to a service the signal means: read again.
  if (hasTerminal()) process.on("SIGHUP", stop);
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

/**
 * Whoever read them has gone, or their disk is full: orders go on. In place of the command line's
 * own listeners, for which that is the end of a program.
 */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners("error").on("error", () => {});
  }
}
