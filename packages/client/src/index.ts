/** @countermand/client: a typed client of the Countermand order gateway, without dependencies. */
export type {
  CancelAllFilter,
  CancelOptions,
  CancelOutcome,
  ConfirmOptions,
} from "./cancels.ts";
export { CountermandClient, type OrderName } from "./client.ts";
export { type ClockSample, ServerClock } from "./clock.ts";
export * from "./decimal.ts";
export * from "./errors.ts";
export type { ConnectionOptions } from "./line.ts";
export { nextBook } from "./market-book.ts";
export {
  type MarketChannel,
  type MarketEvent,
  MarketStream,
  type MarketStreamOptions,
} from "./market-stream.ts";
export {
  compareOrderNos,
  type Fill,
  fillOf,
  isClosed,
  OpenOrders,
  type Taken,
} from "./open-orders.ts";
export {
  OrderStream,
  type OrderStreamOptions,
  type StreamEvent,
  type StreamState,
} from "./order-stream.ts";
export {
  type Credentials,
  type PrivateKeyCredentials,
  type SecretCredentials,
  type SignedHeaders,
  type SignedParts,
  Signer,
  type SigningKey,
  stringToSign,
} from "./sign.ts";
export type { Socket, SocketListener, SocketOpener } from "./socket.ts";
export type { Repeat, TransportOptions } from "./transport.ts";
export { type Unsent, unsent } from "./unsent.ts";
export type * from "./wire.ts";
export { parseMessage, parseWire } from "./wire-json.ts";
