// Goal: whatever refuses a start, nothing of it stays open, and the refusal is what is told.
import assert from "node:assert/strict";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import pino from "pino";
import { type Config, readConfig } from "./config.ts";
import { Gateway } from "./gateway.ts";
import { lockDataDir } from "./journal/data-dir-lock.ts";
import type { NodeOptions } from "./node-foundation.ts";
import { reusedThreads } from "./reused-threads-fixture.ts";
import { systemClock } from "./sys/clock.ts";
import { temporaryFolder } from "./sys/temporary-folder-fixture.ts";

const HOST = "127.0.0.1";
/** Every journal is a long one: threads begin before it is known to be sound. */
const AT_ONCE = { longJournalBytes: 0 };

interface Place {
  readonly folder: string;
  /** Of somebody else. */
  readonly takenPort: number;
}

interface FailedStart {
  readonly name: string;
  /** Whether it fails before the journal is looked at, however long that is. */
  readonly isEarly?: boolean;
  /** What to put into the folder of a gateway that has stopped. */
  readonly spoil?: (folder: string) => void;
  readonly settings?: Readonly<Record<string, string>>;
  readonly config?: (place: Place) => Partial<Config>;
  readonly options?: Partial<NodeOptions>;
  readonly told: RegExp;
}

const FAILED_STARTS: readonly FailedStart[] = [
  {
    name: "a certificate that is none",
    isEarly: true,
    config: () => ({ tls: { cert: "none", key: "none" } }),
    told: /PEM|pem/,
  },
  {
    name: "the port of somebody else",
    isEarly: true,
    config: ({ takenPort }) => ({ port: takenPort }),
    told: /EADDRINUSE/,
  },
  {
    name: "the operators' port of somebody else",
    isEarly: true,
    settings: { COUNTERMAND_OPERATOR_TOKEN: "0123456789abcdef0123456789abcdef" },
    config: ({ takenPort }) => ({ operatorPort: takenPort }),
    told: /EADDRINUSE/,
  },
  {
    name: "keys of the sandbox that cannot be read",
    isEarly: true,
    spoil: (folder) => writeFileSync(join(folder, "sandbox-keys.json"), "{}", { mode: 0o600 }),
    settings: { COUNTERMAND_SANDBOX_KEYS: "random" },
    told: /sandbox-keys\.json is damaged/,
  },
  {
    name: "a key of receipts that is none",
    isEarly: true,
    spoil: (folder) => writeFileSync(join(folder, "key.pem"), "none"),
    config: ({ folder }) => ({ receiptKeyFile: join(folder, "key.pem") }),
    told: /RECEIPT_KEY_UNUSABLE/,
  },
  {
    name: "a reserve in the place of something else",
    spoil: (folder) => replace(folder, "reserve"),
    told: /reserve: cannot be used \(EISDIR\)/,
  },
  {
    name: "a reserve that cannot be filled",
    spoil: (folder) => {
      rmSync(join(folder, "reserve"), { force: true });
      symlinkSync(join(folder, "no", "such", "folder"), join(folder, "reserve"));
    },
    told: /reserve: a write failed: ENOENT/,
  },
  {
    name: "a damaged head",
    spoil: (folder) => writeFileSync(join(folder, "head"), "?"),
    told: /head: /,
  },
  {
    name: "a journal of other rules",
    settings: { COUNTERMAND_MARKET_RULES: "strict" },
    told: /COUNTERMAND_MARKET_RULES is strict/,
  },
  {
    name: "an archive in the place of something else",
    spoil: (folder) => replace(folder, "archive.db"),
    told: /the archive of closed orders cannot answer now: .*archive\.db/s,
  },
  {
    name: "snapshots in the place of something else",
    spoil: (folder) => {
      rmSync(join(folder, "snapshots"), { recursive: true, force: true });
      writeFileSync(join(folder, "snapshots"), "");
    },
    told: /snapshots/,
  },
  {
    name: "sessions of the console in the place of something else",
    spoil: (folder) => replace(folder, "console-sessions.json"),
    told: /console-sessions\.json/,
  },
  {
    name: "a bug behind the recovery",
    options: failingBehind("journal.recovered"),
    told: /the clock is broken/,
  },
  {
    name: "a core that there is not",
    config: () => ({ decidingCore: 9_999 }),
    told: /taskset: /,
  },
];

test("failed start: leaves nothing open and says why", async (t) => {
  const left = await leftByAnother(t);
  const taken = createServer().listen(0, HOST);
  await once(taken, "listening");
  t.after(() => taken.close());
  const takenPort = portOf(taken);
  for (const failed of FAILED_STARTS) {
    for (const lengths of failed.isEarly === true ? [{}] : [{}, AT_ONCE]) {
      const title = `failed start: ${failed.name}${lengths === AT_ONCE ? ", a long journal" : ""}`;
      await t.test(title, async (t) => {
        const folder = temporaryFolder(t);
        cpSync(left, folder, { recursive: true });
        await failsCleanly({ folder, takenPort }, failed, lengths);
      });
    }
  }
});

/** The folder of a gateway that has stopped. */
async function leftByAnother(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t);
  const gateway = await start(folder);
  await gateway.stop();
  assert.deepEqual(openFiles(folder), []);
  return folder;
}

async function failsCleanly(
  place: Place,
  { settings, config, options, spoil, told }: FailedStart,
  lengths: Partial<NodeOptions>,
): Promise<void> {
  const { folder } = place;
  spoil?.(folder);
  const port = await freePort();
  const starting = start(
    folder,
    settings,
    { port, ...config?.(place) },
    { ...options, ...lengths },
  );
  await assert.rejects(starting, ({ message }: Error) => told.test(message));
  assert.deepEqual(openFiles(folder), []);
  lockDataDir(folder).release();
  const listener = createServer().listen(port, HOST);
  await once(listener, "listening");
  listener.close();
}

function start(
  folder: string,
  settings: Readonly<Record<string, string>> = {},
  config: Partial<Config> = {},
  options: Partial<NodeOptions> = {},
): Promise<Gateway> {
  const read = readConfig({
    COUNTERMAND_DATA_DIR: folder,
    COUNTERMAND_PORT: "0",
    COUNTERMAND_SANDBOX_MARKET: "off",
    COUNTERMAND_DISK_RESERVE_MB: "1",
    ...settings,
  });
  return Gateway.start({
    config: { ...read, ...config },
    clock: systemClock,
    log: pino({ enabled: false }),
    onFatal: (error) => assert.fail(error),
    threads: reusedThreads(),
    ...options,
  });
}

/** A clock that is broken as soon as this was logged. */
function failingBehind(event: string): Partial<NodeOptions> {
  let isBroken = false;
  const write = (line: string) => {
    if (line.includes(event)) isBroken = true;
  };
  const wallMs = () => {
    if (!isBroken) return systemClock.wallMs();
    isBroken = false;
    throw new Error("the clock is broken");
  };
  return { log: pino({ messageKey: "event" }, { write }), clock: { ...systemClock, wallMs } };
}

/** Of this process, in the folder; where the system does not say, the lock alone is looked at. */
function openFiles(folder: string): string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return []; // That of the folder that was read.
    }
  });
}

/** Something that is no file has its name. */
function replace(folder: string, name: string): void {
  rmSync(join(folder, name), { recursive: true, force: true });
  mkdirSync(join(folder, name));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}
