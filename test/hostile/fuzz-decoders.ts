/**
 * Mutated input for what is decoded without HTTP: messages of the sockets, handshake queries,
 * headers, the settings, the command line's profiles, receipts, journals. Every decoder gives a
 * value, a row of the catalogue or the one error it says it throws.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chosenProfile } from "../../packages/cli/src/profiles.ts";
import {
  decodeCancelPath,
  decodeMarketMessage,
  decodeMarketStreamQuery,
  decodeSignature,
  decodeSocketCommand,
  decodeStreamQuery,
  ERRORS,
  parseTimestamp,
} from "../../packages/contract/src/index.ts";
import { readConfig } from "../../packages/gateway/src/config.ts";
import { closedJournal, copyJournal } from "../../packages/gateway/src/journal/journal-fixture.ts";
import { journalFiles } from "../../packages/gateway/src/journal/journal-schema.ts";
import { verifyJournal } from "../../packages/gateway/src/journal/verify.ts";
import { receiptKeys } from "../../packages/gateway/src/receipts/receipt-keys.ts";
import { verifyReceipt } from "../../packages/gateway/src/receipts/receipt-verification.ts";
import type { Random } from "../e2e/crash/random.ts";
import { mutated } from "./byte-mutations.ts";
import { mutatedJson, mutatedTarget } from "./mutations.ts";
import { SIGNED_REQUESTS } from "./valid-requests.ts";

export interface DecoderReport {
  /** Inputs by decoder. */
  readonly counts: ReadonlyMap<string, number>;
  readonly slowest: { readonly decoder: string; readonly ms: number };
}

/** Takes one input; fails when the decoder does what it must not. */
interface Decoder {
  readonly name: string;
  /** How often it is tried, compared with the others: what touches the disk is tried seldom. */
  readonly weight: number;
  readonly tryOne: (random: Random) => void;
}

/** Throws an AssertionError that holds the input. `folder` is the run's own. */
export function fuzzDecoders(random: Random, count: number): DecoderReport {
  const folder = mkdtempSync(join(tmpdir(), "countermand-fuzz-"));
  const counts = new Map<string, number>();
  let slowest = { decoder: "", ms: 0 };
  try {
    const decoders = [...wireDecoders(), ...fileDecoders(folder)];
    const choices = decoders.flatMap((decoder) => Array<Decoder>(decoder.weight).fill(decoder));
    for (let index = 0; index < count; index += 1) {
      const { name, tryOne } = random.pick(choices);
      const startedMs = performance.now();
      tryOne(random);
      const ms = performance.now() - startedMs;
      counts.set(name, (counts.get(name) ?? 0) + 1);
      if (ms > slowest.ms) slowest = { decoder: name, ms };
    }
    return { counts, slowest };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A value, or a row of the catalogue. */
function check(input: string, result: object): void {
  if (!("error" in result)) return;
  const name = (result as { error: string }).error;
  assert.ok(Object.hasOwn(ERRORS, name), `${name} is not in the catalogue: ${input}`);
}

/** The decoder does not throw. */
function quiet<T>(input: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw new assert.AssertionError({ message: `${error} at ${JSON.stringify(input)}` });
  }
}

/** The decoder gives something or throws an error of that name, and no other. */
function guarded(input: string, errorName: string, decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    const { name, stack } = error as Error;
    assert.equal(name, errorName, `${stack} at ${JSON.stringify(input)}`);
  }
}

function wireDecoders(): Decoder[] {
  const text = (
    name: string,
    seeds: readonly string[],
    decode: (input: string) => object,
  ): Decoder => ({
    name,
    weight: 100,
    tryOne: (random) => {
      const [seed, other] = [Buffer.from(random.pick(seeds)), Buffer.from(random.pick(seeds))];
      const input = mutated(random, seed, other).toString("utf8");
      check(
        input,
        quiet(input, () => decode(input)),
      );
    },
  });
  const json = (
    name: string,
    seeds: readonly object[],
    decode: (input: string) => object,
  ): Decoder => ({
    name,
    weight: 100,
    tryOne: (random) => {
      const bytes = Buffer.from(JSON.stringify(mutatedJson(random, random.pick(seeds))));
      const input = (random.oneIn(3) ? mutated(random, bytes, bytes) : bytes).toString("utf8");
      check(
        input,
        quiet(input, () => decode(input)),
      );
    },
  });
  const query = (name: string, seed: string, decode: (rawQuery: string) => object): Decoder => ({
    name,
    weight: 50,
    tryOne: (random) => {
      const target = mutatedTarget(random, `/x?${seed}`);
      const mark = target.indexOf("?");
      const input = mark === -1 ? "" : target.slice(mark + 1);
      check(
        input,
        quiet(input, () => decode(input)),
      );
    },
  });
  const market = { op: "subscribe", channels: ["depth", "trades"], symbols: ["00700"], levels: 5 };
  const hmac = createHash("sha256").update("x").digest();
  return [
    json("socket command", COMMANDS, decodeSocketCommand),
    json("market message", [market], decodeMarketMessage),
    query(
      "stream query",
      "after_seq=7&heartbeat=5&commands=1&cancel_on_disconnect=1&grace=3",
      decodeStreamQuery,
    ),
    query("stream query of several", "after_seq=80114138:1,80114139:2", decodeStreamQuery),
    query("market stream query", "heartbeat=5", decodeMarketStreamQuery),
    text("timestamp", ["1746774142003", "1746774142"], (input) => Object(parseTimestamp(input))),
    text("signature", [hmac.toString("base64"), hmac.toString("hex")], (input) => {
      const length = decodeSignature(input)?.length ?? 0;
      assert.ok([0, 32, 64].includes(length), `a signature of ${length} bytes: ${input}`);
      return {};
    }),
    text("path of a cancel", ["22000000001", "%32%32"], decodeCancelPath),
  ];
}

const bodyOf = (name: keyof typeof SIGNED_REQUESTS): object =>
  SIGNED_REQUESTS[name][0]?.body as object;

const COMMANDS: readonly object[] = [
  { op: "cancel", id: "1", data: bodyOf("cancelOrder"), receipt: "ed25519" },
  { op: "cancel", id: "1", data: bodyOf("cancelOrder"), prefer: "return=representation" },
  { op: "cancel_batch", id: "2", data: bodyOf("cancelBatch") },
  { op: "cancel_all", id: "3", data: bodyOf("cancelAll") },
  { op: "place", id: "4", data: bodyOf("placeOrder") },
  { op: "place_batch", id: "5", data: bodyOf("placeBatch") },
  { op: "amend", id: "6", data: bodyOf("amendOrder") },
];

const SETTINGS_FILE = `# a comment
COUNTERMAND_PORT=8080
COUNTERMAND_HOST=127.0.0.1
COUNTERMAND_PROFILE=production
COUNTERMAND_OPERATOR_PORT=8081
COUNTERMAND_OPERATOR_TOKEN=0123456789abcdef0123456789abcdef
COUNTERMAND_SIGNATURE_WINDOW=30
COUNTERMAND_LOG_LEVEL=info
COUNTERMAND_MARKET_RULES=strict
`;

function fileDecoders(folder: string): Decoder[] {
  const profiles = '{"p":{"url":"https://a.example","apiKey":"k","secret":"s"},"q":{}}';
  return [
    {
      name: "settings file",
      weight: 10,
      tryOne: (random) => {
        const bytes = mutated(random, Buffer.from(SETTINGS_FILE), Buffer.from(SETTINGS_FILE));
        const path = join(folder, "settings.conf");
        writeFileSync(path, bytes);
        const environment = { COUNTERMAND_CONFIG_FILE: path };
        guarded(bytes.toString("latin1"), "ConfigError", () => readConfig(environment));
      },
    },
    {
      name: "profiles of the command line",
      weight: 10,
      tryOne: (random) => {
        const bytes = mutated(random, Buffer.from(profiles), Buffer.from(profiles));
        const path = join(folder, "profiles.json");
        writeFileSync(path, bytes, { mode: 0o600 });
        const choice = { profile: random.pick(["p", "q", "__proto__", "sandbox"]) };
        const environment = { COUNTERMAND_PROFILES: path };
        guarded(bytes.toString("latin1"), "UsageError", () => chosenProfile(choice, environment));
      },
    },
    receiptDecoder(folder),
    journalDecoder(folder),
  ];
}

function receiptDecoder(folder: string): Decoder {
  const home = join(folder, "receipts");
  mkdirSync(home);
  const keys = receiptKeys("auto", home);
  assert.ok(keys !== null);
  const { jwksJson } = keys;
  const good = keys.signed(JSON.stringify({ order_no: "1", key_id: keys.keyId }));
  assert.ok(verifyReceipt(good, JSON.parse(jwksJson)).isGood);
  return {
    name: "receipt",
    weight: 50,
    tryOne: (random) => {
      const receipt = mutated(random, Buffer.from(good), Buffer.from(good)).toString("utf8");
      const jwks = random.oneIn(3)
        ? mutatedJson(random, JSON.parse(jwksJson))
        : JSON.parse(jwksJson);
      const { isGood } = quiet(receipt, () => verifyReceipt(receipt, jwks));
      assert.ok(!isGood || receipt === good, `a receipt that was changed is good: ${receipt}`);
      quiet(JSON.stringify(jwks), () => verifyReceipt(good, jwks));
    },
  };
}

function journalDecoder(folder: string): Decoder {
  const whole = join(folder, "whole");
  const broken = join(folder, "broken");
  closedJournal(whole, { desk: 20 });
  const { eventCount, problem } = verifyJournal(whole);
  assert.deepEqual([eventCount, problem], [20, null]);
  return {
    name: "journal",
    weight: 1,
    tryOne: (random) => {
      rmSync(broken, { recursive: true, force: true });
      copyJournal(whole, broken);
      const files = journalFiles(broken);
      const file = random.pick([files.database, files.database, files.head]);
      const bytes = readFileSync(file);
      const changed = mutated(random, bytes, bytes);
      writeFileSync(file, changed);
      const verdict = quiet(file, () => verifyJournal(broken));
      if (verdict.problem === null)
        assert.equal(verdict.eventCount, 20, "an event is missing and nobody says so");
    },
  };
}
