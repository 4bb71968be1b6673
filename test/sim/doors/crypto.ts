/** `node:crypto` of a simulated process: the same but for what is drawn by chance. */
import * as real from "node:crypto";
import { worldNow } from "../world/world.ts";

export * from "node:crypto";

export function randomBytes(size: number): Buffer {
  const world = worldNow();
  // What a module draws while it is loaded is a decoy, and nobody ever sees it.
  if (world === null) return real.randomBytes(size);
  const bytes = Buffer.alloc(size);
  world.secrets.bytes(bytes);
  return bytes;
}

/** Filling, which is drawn once and kept: no secret may depend on whether it was drawn before. */
export function randomFillSync<Target extends Uint8Array>(target: Target): Target {
  const world = worldNow();
  if (world === null) return real.randomFillSync(target);
  world.filling.bytes(target);
  return target;
}
