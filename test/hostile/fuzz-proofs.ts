/** Fuzzing in its long forms: more of the same, held against the clock. */
import { isUtf8 } from "node:buffer";
import { JsonFault, parseExact } from "../../packages/contract/src/index.ts";
import { all, atMost, none, type Proof, reported } from "../e2e/crash/proof.ts";
import { Random } from "../e2e/crash/random.ts";
import { MASTER_KEY } from "../e2e/key-fixture.ts";
import { OPERATOR_TOKEN } from "../e2e/operator-client.ts";
import { KEY_1 } from "../e2e/signed-client.ts";
import { mutated } from "./byte-mutations.ts";
import { fuzzDecoders } from "./fuzz-decoders.ts";
import { fuzzHttp } from "./fuzz-http.ts";
import { jsonCorpus } from "./json-corpus.ts";
import { isJsonOfOurs } from "./json-reference.ts";

const READ_MS_MAX = 50;

export const JSON_TEXTS: Proof = {
  name: "json",
  about:
    "a corpus of JSON texts, most of them broken, and mutations of it, beside the engine's reader",
  run: async ({ isLong, seed, progress }) => {
    const corpus = jsonCorpus();
    const random = new Random(seed);
    const right = corpus.filter(({ bytes, isTaken }) => taken(bytes).isTaken === isTaken);
    const count = isLong ? 1_000_000 : 50_000;
    let wrongCount = 0;
    let takenCount = 0;
    let slowestMs = 0;
    for (let index = 0; index < count; index += 1) {
      const bytes = mutated(random, random.pick(corpus).bytes, random.pick(corpus).bytes);
      const read = taken(bytes);
      if (read.isTaken) takenCount += 1;
      if (read.isTaken !== isJsonOfOurs(bytes)) wrongCount += 1;
      // What is slow by itself is slow each time; the machine pauses now and then.
      const again = read.ms > READ_MS_MAX ? fastestMs(bytes) : read.ms;
      slowestMs = Math.max(slowestMs, again);
      if (index % 10_000 === 0) progress(`${index} mutations`);
    }
    return [
      all("texts of the corpus taken or refused as labelled", right.length, corpus.length),
      reported("mutations", `${count}, ${takenCount} good`),
      none("mutations taken or refused wrongly", wrongCount),
      atMost("the slowest, once more where it was slow", slowestMs, READ_MS_MAX, "ms"),
    ];
  },
};

function taken(bytes: Buffer): { readonly isTaken: boolean; readonly ms: number } {
  const startedMs = performance.now();
  const isTaken = isUtf8(bytes) && !(parseExact(bytes.toString("utf8")) instanceof JsonFault);
  return { isTaken, ms: performance.now() - startedMs };
}

function fastestMs(bytes: Buffer): number {
  return Math.min(...Array.from({ length: 5 }, () => taken(bytes).ms));
}

export const FUZZ: Proof = {
  name: "fuzz",
  about: "mutated requests of every route, the operators' and the console's too",
  run: async ({ isLong, place, seed }) => {
    const operators = {
      COUNTERMAND_OPERATOR_PORT: "0",
      COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
      COUNTERMAND_MASTER_KEY: MASTER_KEY,
    };
    const gateway = await place.gateway(place.path("data"), operators);
    const operatorUrl = await gateway.seen("the operators' address", ({ stdout }) => {
      return /operator API (http:\/\/\S+)/.exec(stdout)?.[1] ?? null;
    });
    const target = { url: gateway.url, operatorUrl, key: KEY_1, isTimed: true };
    const report = await fuzzHttp(target, new Random(seed), isLong ? 100_000 : 5_000);
    const statuses = [...report.statuses].sort(([a], [b]) => a - b);
    return [
      reported("requests", String(report.sentCount)),
      reported("answers", statuses.map(([status, count]) => `${status}: ${count}`).join(", ")),
      ...report.faults
        .slice(0, 20)
        .map((fault) => ({ what: fault, figure: "", target: "", holds: false })),
      none("out of the catalogue, 5xx, slow each time, taken wrongly", report.faults.length),
      reported("slow once and not again (the machine's pauses)", String(report.pauseCount)),
      none("the process ended", gateway.exit === null ? 0 : 1),
    ];
  },
};

export const FUZZ_DECODERS: Proof = {
  name: "decoders",
  about: "mutated socket messages, handshakes, headers, settings, profiles, receipts, journals",
  run: async ({ isLong, seed }) => {
    const wanted = isLong ? 500_000 : 20_000;
    const { counts, slowest } = fuzzDecoders(new Random(seed), wanted);
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const byDecoder = [...counts].map(([name, count]) => reported(`  ${name}`, String(count)));
    return [
      reported("inputs", String(total)),
      ...byDecoder,
      reported(`the slowest (${slowest.decoder})`, `${slowest.ms.toFixed(1)} ms`),
      // One that does neither ends the run.
      all("gave a value or a row of the catalogue", total, wanted),
    ];
  },
};
