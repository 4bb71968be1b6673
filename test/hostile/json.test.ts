/** The JSON reader against a corpus of broken texts, and against the engine's own reader. */
import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { JsonFault, parseExact } from "../../packages/contract/src/index.ts";
import { Random } from "../e2e/crash/random.ts";
import { mutated } from "./byte-mutations.ts";
import { jsonCorpus } from "./json-corpus.ts";
import { isJsonOfOurs } from "./json-reference.ts";

const corpus = jsonCorpus();

function isTaken(bytes: Buffer): boolean {
  return isUtf8(bytes) && !(parseExact(bytes.toString("utf8")) instanceof JsonFault);
}

test("JSON corpus: it has 500 texts and more, and an independent reader agrees with its labels", () => {
  assert.ok(corpus.length >= 500, `${corpus.length} texts`);
  const wrong = corpus.filter((text) => isJsonOfOurs(text.bytes) !== text.isTaken);
  assert.deepEqual(
    wrong.map(({ name }) => name),
    [],
  );
});

test("JSON corpus: what is to be taken is taken, and nothing else", () => {
  const wrong = corpus.filter(({ bytes, isTaken: expected }) => isTaken(bytes) !== expected);
  assert.deepEqual(
    wrong.map(({ name }) => name),
    [],
  );
});

test("JSON corpus: mutations of it are taken when the independent reader takes them", () => {
  const seed = randomInt(2 ** 31);
  const random = new Random(seed);
  for (let count = 0; count < 4_000; count += 1) {
    const bytes = mutated(random, random.pick(corpus).bytes, random.pick(corpus).bytes);
    const shown = `seed ${seed}: ${JSON.stringify(bytes.toString("latin1"))}`;
    assert.equal(isTaken(bytes), isJsonOfOurs(bytes), shown);
  }
});
