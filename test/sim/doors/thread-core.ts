/** `sys/thread-core.ts` of a simulated process: what a seed does must not depend on the machine. */
export function hasSeveralCores(): boolean {
  return true;
}

export function coreProblem(): string | null {
  return "cores are not simulated";
}

export function bindMainThread(): void {
  throw new Error("cores are not simulated");
}
