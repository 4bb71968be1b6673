/** The AsyncAPI 3 document of the order stream, made from the same schemas. */
import { STREAM_PATH } from "../routes.ts";
import type { Schema } from "./json-schema.ts";
import type { DocumentOptions } from "./openapi.ts";
import { SCHEMAS, type SchemaName } from "./schemas.ts";

type Json = Readonly<Record<string, unknown>>;

/** What the gateway sends on the order stream. */
const SENT: readonly SchemaName[] = [
  "OrderMessage",
  "SkipMessage",
  "HeartbeatMessage",
  "SnapshotMessage",
  "NoticeMessage",
  "ErrorMessage",
  "ReplyMessage",
];
const MESSAGES: readonly SchemaName[] = [...SENT, "CommandMessage"];

export function asyncApiDocument({ version, serverUrl }: DocumentOptions): Json {
  const { host, protocol } = socketServer(serverUrl);
  return {
    asyncapi: "3.0.0",
    info: { title: "Countermand order stream", version, license: { name: "Apache-2.0" } },
    defaultContentType: "application/json",
    servers: { gateway: { host, protocol, security: [{ $ref: `${SECURITY}/signature` }] } },
    channels: {
      orders: {
        address: STREAM_PATH,
        description: "Every change of every order of the key's account, in order, without gaps.",
        bindings: { ws: { method: "GET", query: SCHEMAS.StreamQuery, headers: HANDSHAKE } },
        messages: Object.fromEntries(
          MESSAGES.map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
      },
    },
    operations: {
      receiveUpdates: {
        action: "receive",
        channel: { $ref: CHANNEL },
        messages: SENT.map((name) => ({ $ref: `${CHANNEL}/messages/${name}` })),
      },
      sendCommand: {
        action: "send",
        channel: { $ref: CHANNEL },
        messages: [{ $ref: `${CHANNEL}/messages/CommandMessage` }],
      },
    },
    components: {
      schemas: SCHEMAS,
      messages: Object.fromEntries(
        MESSAGES.map((name) => {
          const { description }: Schema = SCHEMAS[name];
          const payload = { $ref: `#/components/schemas/${name}` };
          return [name, { name, summary: description, payload }];
        }),
      ),
      securitySchemes: {
        signature: {
          type: "httpApiKey",
          in: "header",
          name: "X-API-Signature",
          description:
            `HMAC-SHA256, or Ed25519, of CONNECT|${STREAM_PATH}|timestamp|query, beside X-API-Key ` +
            "and X-API-Timestamp.",
        },
      },
    },
  };
}

const CHANNEL = "#/channels/orders";
const SECURITY = "#/components/securitySchemes";

const HANDSHAKE: Schema = {
  type: "object",
  required: ["X-API-Key", "X-API-Timestamp", "X-API-Signature"],
  properties: {
    "X-API-Key": { type: "string", description: "Who connects." },
    "X-API-Timestamp": { type: "string", description: "Unix milliseconds, 13 digits." },
    "X-API-Signature": { type: "string", description: "Base64, or hex digits." },
  },
};

function socketServer(serverUrl: string): { readonly host: string; readonly protocol: string } {
  const isSecure = serverUrl.startsWith("https:");
  return {
    host: serverUrl.replace(/^https?:\/\//, ""),
    protocol: isSecure ? "wss" : "ws",
  };
}
