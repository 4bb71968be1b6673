// What the rules of tidy look at, and what they say.

import { posix } from "node:path";

/** One file of the repository. Its path is relative to the root, with forward slashes. */
export interface RepoFile {
  readonly path: string;
  readonly text: string;
  readonly sizeBytes: number;
  /** The text without comments, string contents and regular expressions; "" if not a source. */
  readonly code: string;
}

/** A rule that is broken, and where. Line 0 means the file as a whole. */
export interface Fault {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export function isSource(path: string): boolean {
  return /\.(tsx?|mjs)$/.test(path);
}

export function isTest(path: string): boolean {
  return path.endsWith(".test.ts");
}

/** Where a path written in a file leads, relative to the root. */
export function resolveFrom(path: string, target: string): string {
  return posix.join(posix.dirname(path), target);
}
