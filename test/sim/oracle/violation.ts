/** A promise that was not kept. */
export class Violation extends Error {
  override readonly name = "Violation";
}

export function promised(isKept: boolean, what: string): asserts isKept {
  if (!isKept) throw new Violation(what);
}
