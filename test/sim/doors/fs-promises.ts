/** `node:fs/promises` of a simulated process: each call takes a moment, and dies with its process. */
import { theWorld } from "../world/world.ts";
import * as fs from "./fs.ts";

/** What the gateway uses of a file's handle. */
class FileHandle {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  writeFile(content: string | Uint8Array): Promise<void> {
    return inAMoment(() => fs.writeFileSync(this.#descriptor, content));
  }

  sync(): Promise<void> {
    return inAMoment(() => fs.fsyncSync(this.#descriptor));
  }

  close(): Promise<void> {
    return inAMoment(() => fs.closeSync(this.#descriptor));
  }
}

export function open(path: string, flags?: string, mode?: number): Promise<FileHandle> {
  return inAMoment(() => new FileHandle(fs.openSync(path, flags, mode)));
}

export function rename(from: string, to: string): Promise<void> {
  return inAMoment(() => fs.renameSync(from, to));
}

export function rm(path: string, options: { readonly force?: boolean } = {}): Promise<void> {
  return inAMoment(() => fs.rmSync(path, options));
}

export function statfs(path: string): Promise<ReturnType<typeof fs.statfsSync>> {
  return inAMoment(() => fs.statfsSync(path));
}

/** A thread of the system does it meanwhile. */
function inAMoment<Result>(act: () => Result): Promise<Result> {
  const world = theWorld();
  return new Promise((resolve, reject) => {
    world.after(world.threadDelayMs(), () => {
      try {
        resolve(act());
      } catch (error) {
        reject(error);
      }
    });
  });
}
