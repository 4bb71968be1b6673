import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { isFault } from "../errors.ts";
import {
  decodeAddInstrument,
  decodeAdjust,
  decodeCloseAccount,
  decodeCreateKey,
  decodeExpireKey,
  decodeInstrumentChange,
  decodeKill,
  decodeLimits,
  decodeLimitsRemoval,
  decodeModeChange,
  decodeNothing,
  decodeOpenAccount,
  decodeReason,
  decodeRetire,
  decodeRotateKey,
} from "../index.ts";
import { json } from "../json-fixture.ts";
import { refName, type Schema } from "./json-schema.ts";
import { OPERATOR_SCHEMAS } from "./operator-answer-schemas.ts";
import { OPERATOR_ENDPOINTS } from "./operator-endpoints.ts";
import { operatorApiDocument } from "./operator-openapi.ts";

const AJV = new Ajv2020({
  strict: true,
  strictTypes: false,
  formats: { decimal: true },
  // Most validators look at few values.
  code: { optimize: false },
});
AJV.addKeyword("components");
AJV.addSchema({ components: { schemas: OPERATOR_SCHEMAS }, $id: "operators" });

/** Made once each, of those it refers to. */
function validatorNamed(name: string): ValidateFunction {
  const validate = AJV.getSchema(`operators#/components/schemas/${name}`);
  assert.ok(validate !== undefined, name);
  return validate as ValidateFunction; // None of ours is asynchronous.
}

const DECODERS = {
  AddInstrumentRequest: decodeAddInstrument,
  AdjustRequest: decodeAdjust,
  ChangeInstrumentRequest: decodeInstrumentChange,
  CloseAccountRequest: decodeCloseAccount,
  CreateKeyRequest: decodeCreateKey,
  ExpireKeyRequest: decodeExpireKey,
  KillRequest: decodeKill,
  LimitsRemoval: decodeLimitsRemoval,
  LimitsRequest: decodeLimits,
  ModeRequest: decodeModeChange,
  NoContent: decodeNothing,
  OpenAccountRequest: decodeOpenAccount,
  ReasonRequest: decodeReason,
  RetireRequest: decodeRetire,
  RotateKeyRequest: decodeRotateKey,
};

const BODIES = Object.entries(OPERATOR_ENDPOINTS).flatMap(([route, { body }]) => {
  return body === undefined ? [] : [{ route, ...body }];
});

test("operators' openapi: every reference has its schema, every schema is sound and used", () => {
  const used = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const name = refName(value as Schema);
    if (name !== null) {
      assert.ok(name in OPERATOR_SCHEMAS, name);
      used.add(name);
    }
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(operatorApiDocument({ version: "1", serverUrl: "http://a" }));
  assert.deepEqual([...used].sort(), Object.keys(OPERATOR_SCHEMAS).sort());
  for (const name of used) validatorNamed(name);
});

test("operators' openapi: no two operations are called alike", () => {
  const { paths } = operatorApiDocument({ version: "1", serverUrl: "http://a" }) as {
    readonly paths: Readonly<Record<string, Record<string, { readonly operationId: string }>>>;
  };
  const ids = Object.values(paths).flatMap((operations) => {
    return Object.values(operations).map(({ operationId }) => operationId);
  });
  assert.equal(ids.length, Object.keys(OPERATOR_ENDPOINTS).length);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.includes("postKeysByApiKeyRotate"), ids.join(", "));
});

test("operators' openapi: a body is what the schema says, and the decoder takes no other", () => {
  assert.deepEqual(
    [...new Set(BODIES.map(({ schema }) => schema))].sort(),
    Object.keys(DECODERS).sort(),
  );
  for (const { route, schema, example } of BODIES) {
    const decode = DECODERS[schema as keyof typeof DECODERS];
    const validate = validatorNamed(schema);
    const assertTaken = (body: object, isTaken: boolean, what: string) => {
      const decoded = decode(json(JSON.stringify(body)));
      const said = isFault(decoded) ? decoded.details : "taken";
      assert.equal(!isFault(decoded), isTaken, `${route}, ${what}: ${said}`);
      assert.equal(
        validate(body),
        isTaken,
        `${route}, ${what}: ${AJV.errorsText(validate.errors)}`,
      );
    };
    assertTaken(example, true, "the example");
    assertTaken({ ...example, surprise: 1 }, false, "with a member that is not described");
    for (const name of OPERATOR_SCHEMAS[schema].required ?? []) {
      const { [name]: _left, ...rest } = example as Readonly<Record<string, unknown>>;
      assertTaken(rest, false, `without ${name}`);
    }
  }
});
