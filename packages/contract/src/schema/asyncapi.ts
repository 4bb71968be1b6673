/** The AsyncAPI 3 document of both streams, made from the same schemas. */
import { MARKET_STREAM_PATH } from "../market/market-routes.ts";
import { STREAM_PATH } from "../routes.ts";
import { type ObjectSchema, ref, type Schema } from "./json-schema.ts";
import { MARKET_STREAM_SCHEMAS } from "./market-stream-schemas.ts";
import type { DocumentOptions } from "./openapi-parts.ts";
import { SCHEMAS } from "./schemas.ts";

type Json = Readonly<Record<string, unknown>>;

/** Every schema that the document has, by its name. */
export const STREAM_SCHEMAS = { ...SCHEMAS, ...MARKET_STREAM_SCHEMAS } as const;
type SchemaName = keyof typeof STREAM_SCHEMAS;

/** One WebSocket: what it is, and which messages travel on it. */
interface Channel {
  readonly address: string;
  readonly description: string;
  readonly query: ObjectSchema;
  /** Its handshake is signed. */
  readonly signed: boolean;
  /** What the gateway sends. */
  readonly receives: readonly [operation: string, messages: readonly SchemaName[]];
  /** What a client sends. */
  readonly sends: readonly [operation: string, message: SchemaName];
}

/** A table: a test finds every schema of a message in it. */
export const STREAM_CHANNELS: Readonly<Record<string, Channel>> = {
  orders: {
    address: STREAM_PATH,
    description: "Every change of every order of the key's account, in order, without gaps.",
    query: SCHEMAS.StreamQuery,
    signed: true,
    receives: [
      "receiveUpdates",
      [
        "OrderMessage",
        "HeartbeatMessage",
        "SnapshotMessage",
        "SkipMessage",
        "HistoryMessage",
        "LiveMessage",
        "NoticeMessage",
        "ErrorMessage",
        "ReplyMessage",
      ],
    ],
    sends: ["sendCommand", "CommandMessage"],
  },
  market: {
    address: MARKET_STREAM_PATH,
    description: "Public market data: what a client subscribes to, as it changes.",
    query: STREAM_SCHEMAS.MarketStreamQuery,
    signed: false,
    receives: [
      "receiveMarketData",
      [
        "MarketSubscribedMessage",
        "MarketUnsubscribedMessage",
        "MarketSnapshotMessage",
        "MarketDeltaMessage",
        "MarketTradeMessage",
        "MarketCandleMessage",
        "MarketHeartbeatMessage",
        "NoticeMessage",
        "ErrorMessage",
      ],
    ],
    sends: ["subscribeMarketData", "MarketCommandMessage"],
  },
};

export function asyncApiDocument({ version, serverUrl }: DocumentOptions): Json {
  const { host, protocol } = socketServer(serverUrl);
  const channels = Object.entries(STREAM_CHANNELS);
  const names = new Set(channels.flatMap(([, channel]) => messagesOf(channel)));
  return {
    asyncapi: "3.0.0",
    info: { title: "Countermand streams", version, license: { name: "Apache-2.0" } },
    defaultContentType: "application/json",
    servers: { gateway: { host, protocol } },
    channels: Object.fromEntries(channels.map(([name, channel]) => [name, channelOf(channel)])),
    operations: Object.assign({}, ...channels.map(([name, each]) => operationsOf(name, each))),
    components: {
      schemas: STREAM_SCHEMAS,
      messages: Object.fromEntries([...names].map((name) => [name, messageOf(name)])),
      securitySchemes: {
        signature: {
          type: "httpApiKey",
          in: "header",
          name: "X-API-Signature",
          description:
            `HMAC or Ed25519 signature of CONNECT|${STREAM_PATH}|timestamp|query, beside ` +
            "X-API-Key and X-API-Timestamp.",
        },
      },
    },
  };
}

function messagesOf({ receives: [, messages], sends: [, command] }: Channel): SchemaName[] {
  return [...messages, command];
}

function channelOf(channel: Channel): Json {
  const { address, description, query, signed } = channel;
  return {
    address,
    description,
    bindings: { ws: { method: "GET", query, ...(signed ? { headers: HANDSHAKE } : {}) } },
    messages: Object.fromEntries(
      messagesOf(channel).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
    ),
  };
}

function operationsOf(name: string, { signed, receives, sends }: Channel): Json {
  const channel = { $ref: `#/channels/${name}` };
  const security = signed ? { security: [{ $ref: "#/components/securitySchemes/signature" }] } : {};
  const of = (message: SchemaName) => ({ $ref: `#/channels/${name}/messages/${message}` });
  const [receive, messages] = receives;
  const [send, command] = sends;
  return {
    [receive]: { action: "receive", channel, ...security, messages: messages.map(of) },
    [send]: { action: "send", channel, ...security, messages: [of(command)] },
  };
}

function messageOf(name: SchemaName): Json {
  const { description }: Schema = STREAM_SCHEMAS[name];
  return { name, summary: description, payload: ref(name) };
}

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
