/** What changed an order: who asked for it, and on which way it came. */

/** The ways on which a command comes in. */
export const Channel = {
  Http: "h",
  Socket: "s",
  Operator: "o",
  /** The gateway itself: a dead-man's switch, a lost connection. */
  Gateway: "g",
} as const;
export type Channel = (typeof Channel)[keyof typeof Channel];

/** Of a command about an order. */
export interface Cause {
  readonly channel: Channel;
  /** The API key's name, the operator's, or which part of the gateway. */
  readonly actor: string;
  /** What the sender calls the request: X-Request-Id, or the id of a socket command; "" if none. */
  readonly requestId: string;
}
