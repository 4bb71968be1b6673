/**
 * A broken invariant: a bug, never a caller's mistake. The process stops and recovers by replay.
 */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/**
 * Throws {@link InvariantError} unless the condition holds. The statement says what must be true.
 */
export function assert(condition: boolean, statement: string): asserts condition {
  if (!condition) throw new InvariantError(`must hold: ${statement}`);
}

/** Marks a branch that the compiler has proved empty. */
export function unreachable(value: never, subject: string): never {
  throw new InvariantError(`unexpected ${subject}: ${String(value)}`);
}

/** The element at an index that is known to exist. */
export function at<T>(array: readonly T[], index: number): T {
  const value = array[index];
  assert(value !== undefined, "index lies inside the array");
  return value;
}
