/**
 * Whether a message of an order stream has what its type needs. What stands between a gateway and a
 * program may spoil it; half of one that were taken would be a gap that nobody sees. Pure.
 */
type Members = Readonly<Record<string, unknown>>;

/** By type, what must hold; messages of other types mean nothing here, whatever they hold. */
const SHAPES: ReadonlyMap<unknown, (message: Members) => boolean> = new Map([
  ["history", ({ history }: Members) => typeof history === "string"],
  ["heartbeat", ({ data }: Members) => isSeq(membersOf(data)["seq"])],
  ["live", ({ seq }: Members) => isSeq(seq)],
  ["order", ({ data, seq }: Members) => isSeq(seq) && isOrder(data)],
  ["reply", ({ id }: Members) => typeof id === "string"],
  ["skip", ({ seq }: Members) => isSeq(seq)],
  ["snapshot", ({ data, seq }: Members) => isSeq(seq) && areOrders(membersOf(data)["orders"])],
]);

/** False for a message that must not be taken. */
export function isWhole(message: { readonly type: unknown }): boolean {
  const { account_code } = message as Members;
  if (account_code !== undefined && typeof account_code !== "string") return false;
  return SHAPES.get(message.type)?.(message as Members) ?? true;
}

function membersOf(value: unknown): Members {
  return typeof value === "object" && value !== null ? (value as Members) : {};
}

function isSeq(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function areOrders(value: unknown): boolean {
  return Array.isArray(value) && value.every(isOrder);
}

function isOrder(value: unknown): boolean {
  const { order_no, order_status } = membersOf(value);
  return typeof order_no === "string" && typeof order_status === "string";
}
