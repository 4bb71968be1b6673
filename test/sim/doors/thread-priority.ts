/** `sys/thread-priority.ts` of a simulated process, whose threads take turns. */
export function standBack(): void {}

export function stepAside(): void {}
