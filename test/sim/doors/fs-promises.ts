/**
 * `node:fs/promises` of a simulated process: each call is done by a thread of Node's pool, somewhat
 * later, while the thread that asked goes on. A process that has ended meanwhile does nothing more.
 */
import { theWorld } from "../world/world.ts";
import * as fs from "./fs.ts";

/** Milliseconds that a call waits for a thread, and its answer for the one that asked, at most. */
const WAY_MS_MAX = 0.2;

/** A file that is open. */
class FileHandle {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  writeFile(content: string | Uint8Array): Promise<void> {
    return inPool(() => fs.writeFileSync(this.#descriptor, content));
  }

  sync(): Promise<void> {
    return inPool(() => fs.fsyncSync(this.#descriptor));
  }

  close(): Promise<void> {
    return inPool(() => fs.closeSync(this.#descriptor));
  }
}

export function open(path: string, flags?: string, mode?: number): Promise<FileHandle> {
  return inPool(() => new FileHandle(fs.openSync(path, flags, mode)));
}

export function rename(from: string, to: string): Promise<void> {
  return inPool(() => fs.renameSync(from, to));
}

export function rm(path: string, options?: { readonly force?: boolean }): Promise<void> {
  return inPool(() => fs.rmSync(path, options));
}

export function statfs(path: string) {
  return inPool(() => fs.statfsSync(path));
}

function inPool<Value>(work: () => Value): Promise<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  const world = theWorld();
  world.after(world.pool.fraction() * WAY_MS_MAX, () => {
    // What others wait for is what they did themselves.
    world.disk.takeTookMs();
    const settle = settled(work, resolve, reject);
    world.after(world.disk.takeTookMs() + world.pool.fraction() * WAY_MS_MAX, settle);
  });
  return promise;
}

function settled<Value>(
  work: () => Value,
  resolve: (value: Value) => void,
  reject: (error: unknown) => void,
): () => void {
  try {
    const value = work();
    return () => resolve(value);
  } catch (error) {
    return () => reject(error);
  }
}
