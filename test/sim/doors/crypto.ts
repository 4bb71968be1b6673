/** `node:crypto` of a simulated process: the same but for what is drawn by chance. */
import * as real from "node:crypto";
import { worldNow } from "../world/world.ts";

export * from "node:crypto";

export function randomBytes(size: number): Buffer {
  return randomFillSync(Buffer.alloc(size));
}

export function randomFillSync<Target extends Uint8Array>(target: Target): Target {
  const world = worldNow();
  // What a module draws while it is loaded is a decoy, and nobody ever sees it.
  if (world === null) return real.randomFillSync(target);
  world.secrets.bytes(target);
  return target;
}
