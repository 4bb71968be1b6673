/** What fastify would load to check and write by JSON Schema: no route of ours has one. */
import type { FastifyServerOptions } from "fastify";

/**
 * Our decoders check requests and our encoders write answers. The compilers that fastify loads
 * otherwise, ajv and what comes with it, are a twentieth of an empty gateway's start.
 */
export const NO_SCHEMAS: NonNullable<FastifyServerOptions["schemaController"]> = {
  compilersFactory: { buildValidator: refuse, buildSerializer: refuse },
};

function refuse(): never {
  throw new Error("a route has a schema, and nobody compiles it");
}
