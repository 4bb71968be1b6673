/** `node:perf_hooks` of a simulated process. */
import { theWorld } from "../world/world.ts";

export const performance = { now: () => theWorld().nowMs };
