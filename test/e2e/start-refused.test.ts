/**
 * Why a gateway does not start: one clear line each, an exit code, and nothing touched. Journals
 * that must not be used keep every byte.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../packages/gateway/src/config.ts";
import { JOURNAL_FORMAT } from "../../packages/gateway/src/journal/journal-schema.ts";
import { eventually } from "./changes.ts";
import { REAL_TIME, startGateway } from "./gateway-in-process.ts";
import {
  GATEWAY_CODE_CACHE,
  GATEWAY_ENTRY,
  type GatewayProcess,
  type RunningProcess,
  Workplace,
} from "./gateway-process.ts";
import { envelope, KEY_1, SignedClient } from "./signed-client.ts";
import { BUY } from "./wire-orders.ts";

test("start: every fault of the configuration is told at once", async (t) => {
  const place = Workplace.of(t);
  const dataDir = place.path("data");
  const lines = await refusal(
    place.launch(dataDir, {
      COUNTERMAND_HOST: "0.0.0.0",
      COUNTERMAND_PORT: "65536",
      COUNTERMAND_SANDBOX_MARKET: "maybe",
      COUNTERMAND_SIGNATURE_WINDOW_MS: "300001",
      COUNTERMAND_DECIDING_CORE: "9999",
    }),
  );
  const names = ["HOST", "PORT", "SANDBOX_MARKET", "SIGNATURE_WINDOW_MS", "DECIDING_CORE"];
  assert.equal(lines.length, names.length, lines.join("\n"));
  for (const name of names) {
    assert.ok(
      lines.some((line) => line.includes(`COUNTERMAND_${name}=`)),
      name,
    );
  }
  assert.ok(!existsSync(dataDir), "nothing was made");
});

test("start: the fixed keys keep it on loopback", () => {
  for (const host of ["0.0.0.0", "::", "192.168.1.1", "example.com", "127.0.0.1.example.com"]) {
    assert.throws(
      () => readConfig({ COUNTERMAND_HOST: host }),
      ({ faults }: { faults: readonly string[] }) => {
        return faults.length === 1 && /loopback/.test(faults[0] ?? "");
      },
    );
  }
});

test("start: an argument is refused, and asking for help starts nothing", async (t) => {
  const dataDir = Workplace.of(t).path("data");
  const start = (argument: string) => {
    const env = { ...process.env, ...GATEWAY_CODE_CACHE, COUNTERMAND_DATA_DIR: dataDir };
    return spawnSync(process.execPath, [GATEWAY_ENTRY, argument], { env, encoding: "utf8" });
  };
  const help = start("--help");
  assert.deepEqual([help.status, help.stderr], [0, ""]);
  assert.match(help.stdout, /^Usage: npm start\n[\s\S]* COUNTERMAND_PORT=0 npm start/);
  const refused = start("--port=1");
  assert.deepEqual([refused.status, refused.stdout], [1, ""]);
  assert.match(
    refused.stderr,
    /^countermand cannot start: it takes no arguments, and got --port=1;/,
  );
  assert.ok(!existsSync(dataDir), "nothing was made");
});

test("start: a data directory that cannot be made is refused with what to look at", async (t) => {
  const place = Workplace.of(t);
  const file = place.path("file");
  writeFileSync(file, "");
  await assert.rejects(
    startGateway(REAL_TIME, { COUNTERMAND_DATA_DIR: file }),
    /ENOTDIR.*check the data directory and its permissions \(JOURNAL_UNREADABLE\)/,
  );
});

test("start: a port, or a data directory, in use by another process", async (t) => {
  const place = Workplace.of(t);
  const dataDir = place.path("data");
  const first = await place.gateway(dataDir);
  await refusesPort(place, first);
  const client = new SignedClient(first.url, KEY_1);
  await client.place(BUY);
  await headReachesJournal(first, dataDir);
  const before = fingerprint(dataDir);
  const [line = "", ...more] = await refusal(place.launch(dataDir));
  assert.match(line, /another process uses it/);
  assert.deepEqual(more, []);
  assert.deepEqual(fingerprint(dataDir), before);
  assert.equal(envelope(await client.call("POST", ORDERS_PATH, BUY)).code, 0);
  client.close();
});

async function refusesPort(place: Workplace, first: GatewayProcess): Promise<void> {
  const port = String(first.port);
  const [line = "", ...more] = await refusal(
    place.launch(place.path("second"), { COUNTERMAND_PORT: port }),
  );
  assert.match(line, new RegExp(`EADDRINUSE.*${port}.*COUNTERMAND_PORT`));
  assert.deepEqual(more, []);
  assert.ok(!existsSync(place.path("second/journal.db")), "no journal was begun");
}

test("start: journals that must not be used are refused and keep every byte", async (t) => {
  const place = Workplace.of(t);
  const [killed, stopped] = await madeJournals(place);
  assert.notEqual(fingerprint(killed).log, digest(""), "a killed gateway leaves its log");
  for (const [index, { name, from, spoil, line }] of JOURNAL_FAULTS.entries()) {
    await t.test(`start: ${name}`, async () => {
      const dataDir = place.path(`spoilt-${index}`);
      cpSync(from === "killed" ? killed : stopped, dataDir, { recursive: true });
      spoil(dataDir);
      const before = fingerprint(dataDir);
      const starting = startGateway(REAL_TIME, { COUNTERMAND_DATA_DIR: dataDir });
      await assert.rejects(starting, ({ message }: Error) => line.test(oneLine(message)));
      assert.deepEqual(fingerprint(dataDir), before);
      if (index % PROCESS_EVERY !== 0) return;
      const lines = await refusal(place.launch(dataDir));
      assert.equal(lines.length, 1, lines.join("\n"));
      assert.match(lines[0] ?? "", line);
      assert.deepEqual(fingerprint(dataDir), before);
    });
  }
  for (const dataDir of [killed, stopped]) {
    const gateway = await startGateway(REAL_TIME, { COUNTERMAND_DATA_DIR: dataDir });
    await gateway.stop();
  }
});

test("start: a data directory that is no directory", async (t) => {
  const place = Workplace.of(t);
  const path = place.path("file");
  writeFileSync(path, "not a directory");
  const lines = await refusal(place.launch(path));
  assert.equal(lines.length, 1, lines.join("\n"));
  assert.ok(lines[0]?.includes(path), lines[0]);
  const below = startGateway(REAL_TIME, { COUNTERMAND_DATA_DIR: join(path, "below") });
  await assert.rejects(below, ({ message }: Error) => oneLine(message).includes(path));
  assert.equal(readFileSync(path, "utf8"), "not a directory");
});

const ORDERS_PATH = "/trade/v1/orders";

/** Of the journals that are refused: the others start inside this process, which is sooner done. */
const PROCESS_EVERY = 5;

interface JournalFault {
  readonly name: string;
  /** Which journal is spoilt: one whose gateway was killed has its newest events in the log. */
  readonly from: "killed" | "stopped";
  readonly spoil: (dataDir: string) => void;
  readonly line: RegExp;
}

const JOURNAL_FAULTS: readonly JournalFault[] = [
  {
    name: "a flipped bit among the events",
    from: "stopped",
    spoil: (dataDir) => flip(join(dataDir, "journal.db"), "event"),
    line: /journal\.db: .*(hash|damaged|malformed|image)/,
  },
  {
    name: "a flipped bit in the log, before the head",
    from: "killed",
    spoil: (dataDir) => flip(join(dataDir, "journal.db-wal"), "middle"),
    line: /journal\.db: .*the head is/,
  },
  {
    name: "a log that was cut off before the head",
    from: "killed",
    spoil: (dataDir) => cut(join(dataDir, "journal.db-wal")),
    line: /journal\.db: .*the head is/,
  },
  {
    name: "a log that is gone",
    from: "killed",
    spoil: (dataDir) => rmSync(join(dataDir, "journal.db-wal")),
    line: /journal\.db: /,
  },
  {
    name: "a database that was cut off",
    from: "stopped",
    spoil: (dataDir) => cut(join(dataDir, "journal.db")),
    line: /journal\.db: /,
  },
  {
    name: "an empty database",
    from: "stopped",
    spoil: (dataDir) => truncateSync(join(dataDir, "journal.db"), 0),
    line: /journal\.db: is empty/,
  },
  {
    name: "a database that is gone while the head names events",
    from: "stopped",
    spoil: (dataDir) => rmSync(join(dataDir, "journal.db")),
    line: /journal\.db: is missing/,
  },
  {
    name: "a newer format",
    from: "stopped",
    spoil: (dataDir) =>
      write(join(dataDir, "journal.db"), USER_VERSION_OFFSET, [0, 0, 0, JOURNAL_FORMAT + 1]),
    line: /journal\.db: the journal has format \d+; this version reads \d+; start/,
  },
  {
    name: "a database of another program",
    from: "stopped",
    spoil: (dataDir) => write(join(dataDir, "journal.db"), APPLICATION_ID_OFFSET, [1, 2, 3, 4]),
    line: /journal\.db: .*not a journal of Countermand/,
  },
  {
    name: "a file that is no database",
    from: "stopped",
    spoil: (dataDir) => writeFileSync(join(dataDir, "journal.db"), "not a database\n".repeat(999)),
    line: /journal\.db: .*not a database/,
  },
  {
    name: "a directory in the database's place",
    from: "stopped",
    spoil: (dataDir) => replaceWithFolder(join(dataDir, "journal.db")),
    line: /journal\.db: /,
  },
  {
    name: "a directory in the head's place",
    from: "stopped",
    spoil: (dataDir) => replaceWithFolder(join(dataDir, "head")),
    line: /head/,
  },
  {
    name: "a head that is gone",
    from: "stopped",
    spoil: (dataDir) => rmSync(join(dataDir, "head")),
    line: /head: is missing/,
  },
  {
    name: "a flipped bit in the head",
    from: "killed",
    spoil: (dataDir) => flip(join(dataDir, "head"), "middle"),
    line: /head: the head's checksum does not hold/,
  },
  {
    name: "a head of a newer format",
    from: "killed",
    spoil: (dataDir) => {
      const line = '{"format":2,"partitions":[]}\n';
      writeFileSync(join(dataDir, "head"), `${line}sha256 ${digest(line)}\n`);
    },
    line: /head: the head has format 2/,
  },
];

/** Of the header of an SQLite file. */
const USER_VERSION_OFFSET = 60;
const APPLICATION_ID_OFFSET = 68;

/** One journal of a gateway that was killed, and one of a gateway that was stopped. */
async function madeJournals(place: Workplace): Promise<[killed: string, stopped: string]> {
  const folders: [string, string] = [place.path("killed"), place.path("stopped")];
  for (const [index, dataDir] of folders.entries()) {
    const gateway = await place.gateway(dataDir);
    const client = new SignedClient(gateway.url, KEY_1);
    for (let count = 0; count < 60; count += 1) await client.place(BUY);
    await headReachesJournal(gateway, dataDir);
    client.close();
    gateway.kill(index === 0 ? "SIGKILL" : "SIGTERM");
    await gateway.exited;
  }
  return folders;
}

/** The head follows the journal by itself, a moment later. */
async function headReachesJournal(gateway: GatewayProcess, dataDir: string): Promise<void> {
  const { positions } = await gateway.state();
  await eventually("head that has followed the journal", () => {
    const [line = ""] = readFileSync(join(dataDir, "head"), "utf8").split("\n");
    const { partitions } = JSON.parse(line) as { partitions: { partition: string; seq: number }[] };
    const seqs = new Map(partitions.map(({ partition, seq }) => [partition, seq]));
    return Object.entries(positions).every(([name, seq]) => (seqs.get(name) ?? 0) === seq);
  });
}

/** The process refuses to start: exit code, no ready line. Resolves with its lines, unprefixed. */
async function refusal(refused: RunningProcess): Promise<string[]> {
  const { code, signal } = await refused.exited;
  const shown = `${refused.stdout}\n${refused.stderr}`;
  assert.ok(code !== null && code !== 0, `exit code ${code}, signal ${signal}\n${shown}`);
  assert.ok(!refused.stdout.includes("countermand ready"), shown);
  const prefix = "countermand cannot start: ";
  const lines = refused.stderr.trimEnd().split("\n");
  assert.ok(
    lines.every((line) => line.startsWith(prefix)),
    shown,
  );
  return lines.map((line) => line.slice(prefix.length));
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** What must not change. Whoever reads an SQLite database may leave an empty log where none was. */
function fingerprint(dataDir: string): Readonly<Record<"database" | "log" | "head", string>> {
  return {
    database: digestOf(join(dataDir, "journal.db")) ?? "none",
    log: digestOf(join(dataDir, "journal.db-wal")) ?? digest(""),
    head: digestOf(join(dataDir, "head")) ?? "none",
  };
}

function digestOf(path: string): string | null {
  try {
    return digest(readFileSync(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? null : String(code);
  }
}

function digest(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function write(path: string, offset: number, bytes: readonly number[]): void {
  const content = readFileSync(path);
  content.set(bytes, offset);
  writeFileSync(path, content);
}

/** One bit in the middle of the file, or inside the text of an event. */
function flip(path: string, where: "middle" | "event"): void {
  const content = readFileSync(path);
  const found = where === "middle" ? -1 : content.lastIndexOf(KEY_1.account);
  const offset = found === -1 ? Math.floor(content.length / 2) : found;
  content.set([(content.at(offset) ?? 0) ^ 1], offset);
  writeFileSync(path, content);
}

function cut(path: string): void {
  truncateSync(path, Math.floor(readFileSync(path).length / 2));
}

function replaceWithFolder(path: string): void {
  rmSync(path);
  mkdirSync(path);
}
