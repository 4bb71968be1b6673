/**
 * One life of a real gateway as it was on the disk: after every command that was answered, where
 * the write-ahead log ended and what the state was. What is answered is synced, so these are the
 * moments that no crash may take back.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readHead, writeHead } from "../../../packages/gateway/src/journal/head-file.ts";
import { JournalReader } from "../../../packages/gateway/src/journal/journal-reader.ts";
import { eventually } from "../changes.ts";
import type { GatewayProcess, StateReport, Workplace } from "../gateway-process.ts";
import { envelope, KEY_1, KEY_2, SignedClient } from "../signed-client.ts";
import { type DataFiles, readFiles } from "./data-files.ts";
import { Random } from "./random.ts";
import { Customer } from "./writes.ts";

export const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** A moment at which everything was synced and told. */
export interface Synced {
  readonly state: StateReport;
  /** Where the log ended. */
  readonly walEnd: number;
  /** The head file that names this moment. */
  readonly head: Buffer;
}

/** While it is recorded. */
type Moment = Omit<Synced, "head">;

export interface RecordedLife {
  /** As a crash at the last moment leaves them; the head names that moment. */
  readonly files: DataFiles;
  /** The log when it was last started over: what is not written yet still holds this. */
  readonly walBefore: Buffer;
  /** In the log's last generation, in order. The first is all that the database itself holds. */
  readonly moments: readonly [Synced, ...Synced[]];
}

/** Commands in the log's last generation: a log of about 1 MB. */
const COMMANDS = 100;

const lives = new Map<number, Promise<RecordedLife>>();

/** The same life for every proof of one run. */
export function lifeOf(place: Workplace, seed: number): Promise<RecordedLife> {
  const life = lives.get(seed) ?? recordLife(place, new Random(seed));
  lives.set(seed, life);
  return life;
}

/**
 * Works until the log has been started over once and has grown again by so many commands: it then
 * holds what a log in use holds, a valid part and leftovers behind it.
 */
async function recordLife(place: Workplace, random: Random): Promise<RecordedLife> {
  const dataDir = place.path("recorded");
  const gateway = await place.gateway(dataDir);
  const customers = [KEY_1, KEY_2].map((key) => new Caller(gateway.url, key, random));
  let [wal, generation] = readLog(dataDir);
  let walBefore = wal;
  let moments: [Moment, ...Moment[]] = [{ state: await gateway.state(), walEnd: 0 }];
  for (let isAgain = false; !isAgain || moments.length <= COMMANDS; ) {
    await random.pick(customers).call();
    const state = await gateway.state();
    const [after, generationAfter] = readLog(dataDir);
    if (generationAfter !== generation && generation !== 0) {
      const last = moments.at(-1);
      if (last !== undefined) moments = [{ ...last, walEnd: 0 }];
      walBefore = wal;
      isAgain = true;
    }
    [wal, generation] = [after, generationAfter];
    moments.push({ state, walEnd: validEnd(wal) });
  }
  await headNames(dataDir, gateway);
  await gateway.crash();
  for (const customer of customers) customer.close();
  const [first, ...others] = moments;
  const reader = new JournalReader(dataDir);
  const draft = place.path("head");
  const withHead = (moment: Moment): Synced => ({ ...moment, head: headOf(reader, moment, draft) });
  // Before the reader is closed, which would empty the log into the database.
  const files = readFiles(dataDir);
  const life = { files, walBefore, moments: [withHead(first), ...others.map(withHead)] } as const;
  reader.close();
  return life;
}

/** The head file as it is written at a moment. */
function headOf(reader: JournalReader, { state }: Moment, file: string): Buffer {
  const named = Object.entries(state.positions).filter(([, seq]) => seq > 0);
  const head = named.map(([partition, seq]) => {
    return [partition, { seq, hash: reader.hashAt(partition, seq) ?? "" }] as const;
  });
  writeHead(file, new Map(head));
  return readFileSync(file);
}

/** One account's client, one request at a time. */
class Caller {
  readonly #customer: Customer;
  readonly #client: SignedClient;

  constructor(url: string, key: typeof KEY_1, random: Random) {
    this.#customer = new Customer(key, random);
    this.#client = new SignedClient(url, key, 1);
  }

  async call(): Promise<void> {
    const { parts, isBatch, wire } = this.#customer.httpWrite();
    if (wire.by !== "http") throw new Error("an HTTP client sends over HTTP");
    const { code, data } = envelope(await this.#client.send(wire.signed));
    if (code !== 0 || parts[0]?.does !== "place") return;
    const rows = (isBatch ? data : [data]) as { order_no: string }[];
    for (const [index, { order_no: orderNo }] of rows.entries()) {
      const part = parts[index];
      if (part?.does !== "place" || !part.takable || orderNo === "") continue;
      const { referenceId, isShare } = part;
      this.#customer.acknowledged({ orderNo, referenceId, isShare });
    }
  }

  close(): void {
    this.#client.close();
  }
}

/** The log's bytes, and how often it was started over; 0 while it is empty. */
function readLog(dataDir: string): [bytes: Buffer, generation: number] {
  const bytes = readFileSync(join(dataDir, "journal.db-wal"));
  return [bytes, bytes.length < WAL_HEADER_BYTES ? 0 : bytes.readUInt32BE(16)];
}

/** Where the frames end that bear the header's salts. */
function validEnd(wal: Buffer): number {
  if (wal.length < WAL_HEADER_BYTES) return 0;
  const frameBytes = FRAME_HEADER_BYTES + wal.readUInt32BE(8);
  const salts = wal.subarray(16, 24);
  let end = WAL_HEADER_BYTES;
  while (end + frameBytes <= wal.length && wal.subarray(end + 8, end + 16).equals(salts)) {
    end += frameBytes;
  }
  return end;
}

/** The head follows the journal by up to 100 ms: waits until it names the last event. */
async function headNames(dataDir: string, gateway: GatewayProcess): Promise<void> {
  const { positions } = await gateway.state();
  await eventually("head that names the last event", () => {
    const head = readHead(join(dataDir, "head"));
    return Object.entries(positions).every(([partition, seq]) => {
      return seq === 0 || head?.get(partition)?.seq === seq;
    });
  });
}
