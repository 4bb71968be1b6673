/** A small disk of one's own: an ext4 image, mounted. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Workplace } from "../gateway-process.ts";
import { CannotRun } from "./proof.ts";
import type { Volume } from "./volume.ts";

const PIECE_BYTES = 65_536;

export class SmallDisk implements Volume {
  /** Where it is mounted. */
  readonly folder: string;
  readonly settings = {};

  /** @throws CannotRun nobody but root mounts, and not in every container */
  static mount(place: Workplace, megabytes: number): SmallDisk {
    if (process.getuid?.() !== 0) throw new CannotRun("only root can mount a disk image");
    const [image, folder] = [place.path("image"), place.path("disk")];
    mkdirSync(folder);
    run("truncate", "-s", `${megabytes}M`, image);
    run("mkfs.ext4", "-q", "-F", "-m", "0", image);
    run("mount", "-o", "loop", image, folder);
    return new SmallDisk(folder);
  }

  private constructor(folder: string) {
    this.folder = folder;
  }

  get #filler(): string {
    return join(this.folder, "filler");
  }

  /** Takes all the room there is, as another program would. */
  fill(): void {
    const descriptor = openSync(this.#filler, "a");
    try {
      for (let bytes = PIECE_BYTES; bytes >= 1; ) {
        try {
          if (writeSync(descriptor, Buffer.alloc(bytes, 1)) === 0) return;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
          bytes = Math.floor(bytes / 2);
        }
      }
    } finally {
      closeSync(descriptor);
    }
  }

  free(): void {
    rmSync(this.#filler, { force: true });
  }

  /** Precondition: nobody uses it any more. */
  unmount(): void {
    run("umount", this.folder);
  }
}

function run(program: string, ...args: readonly string[]): void {
  const { error, status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (error !== undefined) throw new CannotRun(`${program} is not installed`);
  if (status !== 0) throw new CannotRun(`${program}: ${stderr.trim().split("\n")[0]}`);
}
