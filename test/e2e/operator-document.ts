/** The operators' OpenAPI document, held against what a gateway really answers. */
import assert from "node:assert/strict";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import {
  OPERATOR_ENDPOINTS,
  operatorApiDocument,
  type Schema,
} from "../../packages/contract/src/index.ts";

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, { readonly description: string }>>;
  };
}

const DOCUMENT = operatorApiDocument({
  version: "1",
  serverUrl: "http://a",
}) as unknown as Document;
const AJV = new Ajv2020({ strictTypes: false, formats: { decimal: true } });
AJV.addKeyword("components");
const SCHEMAS = Object.entries(DOCUMENT.components.schemas).map(([name, schema]) => {
  return [name, closed(schema)] as const;
});

const ROUTES = Object.keys(OPERATOR_ENDPOINTS).map((route) => {
  const pattern = route.replace(/\{\w+\}/g, "[^/]+");
  return { route, pattern: new RegExp(`^${pattern}$`) };
});
const validators = new Map<string, ValidateFunction>();

/** The route, as the document names it, of a method and a target; null where it is none. */
export function operatorRouteOf(sent: string): string | null {
  const [withoutQuery = ""] = sent.split("?", 1);
  return ROUTES.find(({ pattern }) => pattern.test(withoutQuery))?.route ?? null;
}

/** Fails unless the document says of the route that it may answer so. */
export function assertDescribed(target: string, status: number, answer: object): void {
  const route = operatorRouteOf(target);
  if (route === null) return; // The answer is that of no operation.
  if (status !== 200) {
    const { reason } = answer as { readonly reason: string };
    const { description = "" } = DOCUMENT.components.responses[`Failed${status}`] ?? {};
    assert.ok(description.includes(`\`${reason}\``), `${status} ${reason} is not in the document`);
  }
  const validate = validatorOf(route, status);
  const text = `${target}: ${JSON.stringify(answer)}`;
  assert.ok(validate(answer), `${text}\n${AJV.errorsText(validate.errors)}`);
}

function validatorOf(route: string, status: number): ValidateFunction {
  const name = status === 200 ? route : "failure";
  const known = validators.get(name);
  if (known !== undefined) return known;
  const [method = "", path = ""] = route.split(" ");
  const { content } = DOCUMENT.paths[path]?.[method.toLowerCase()]?.responses[200] ?? {};
  const described = content?.["application/json"]?.schema ?? {};
  const schema = status === 200 ? closed(described) : { $ref: "#/components/schemas/Failure" };
  const whole = { components: { schemas: Object.fromEntries(SCHEMAS) }, $id: name, ...schema };
  const validate = AJV.compile(whole);
  validators.set(name, validate);
  return validate;
}

/** The same, with no member in any object that is not described. */
function closed(schema: Schema): Schema {
  const { additionalProperties, anyOf, items, oneOf, properties } = schema;
  return {
    ...schema,
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, member]) => [name, closed(member)]),
      ),
      additionalProperties: false,
    }),
    ...(typeof additionalProperties === "object" && {
      additionalProperties: closed(additionalProperties),
    }),
    ...(items !== undefined && { items: closed(items) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map(closed) }),
    ...(oneOf !== undefined && { oneOf: oneOf.map(closed) }),
  };
}
