// Every JSON text that the pages of the protocol show, against the schemas of what travels.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import {
  ENDPOINTS,
  type Schema,
  STREAM_CHANNELS,
  STREAM_SCHEMAS,
} from "../../packages/contract/src/index.ts";
import { page } from "./pages.ts";

const PAGES = [
  "docs/protocol/rest.md",
  "docs/protocol/websocket.md",
  "docs/protocol/market-data.md",
  "docs/protocol/sandbox.md",
  "docs/reference/errors.md",
];

const AJV = new Ajv2020({ strict: false, formats: { decimal: true } });
const isOf = (schema: Schema) =>
  AJV.compile({ components: { schemas: STREAM_SCHEMAS }, ...schema });
const REF = "#/components/schemas/";

const MESSAGES = Object.values(STREAM_CHANNELS)
  .flatMap(({ receives, sends }) => [...receives[1], sends[1]])
  .map((name) => isOf({ $ref: `${REF}${name}` }));
const ANSWERS = Object.values(ENDPOINTS).map(({ ok }) => isOf(ok));
const BODIES = Object.values(ENDPOINTS).flatMap(({ body }) => (body ? [isOf(body)] : []));
const FAILURE = isOf({ $ref: `${REF}Failure` });

/** One JSON text a line, or one that fills its block. */
function examples(text: string): readonly string[] {
  const fenced = [...text.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block);
  const indented = [...text.matchAll(/^ {4}(\{.*\})$/gm)].map(([, line = ""]) => line);
  return [...fenced, ...indented].flatMap((block) =>
    block.startsWith("{\n") || block.startsWith("[\n") ? [block] : block.trim().split("\n"),
  );
}

function isKnown(value: object): boolean {
  if ("type" in value || "op" in value) return MESSAGES.some((validate) => validate(value));
  if ("code" in value && value.code !== 0) return FAILURE(value);
  return ("code" in value ? ANSWERS : BODIES).some((validate) => validate(value));
}

for (const path of PAGES) {
  test(`wire examples: ${path} shows what travels`, () => {
    const found = examples(page(path));
    assert.ok(found.length > 0);
    assert.deepEqual(
      found.filter((text) => !isKnown(JSON.parse(text) as object)),
      [],
    );
  });
}
