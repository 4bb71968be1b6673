/** Libraries that are preloaded into the gateway, made from the sources beside this file. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT, type Workplace } from "../gateway-process.ts";
import { CannotRun } from "./proof.ts";

/**
 * Path of the library that `NAME-c.txt` makes.
 * @throws CannotRun there is no compiler
 */
export function preloaded(place: Workplace, name: string): string {
  const source = join(ROOT, "test", "e2e", "crash", `${name}-c.txt`);
  const library = place.path(`${name}.so`);
  const { error, status, stderr } = spawnSync(
    "gcc",
    ["-shared", "-fPIC", "-O1", "-x", "c", "-o", library, source],
    { encoding: "utf8" },
  );
  if (error !== undefined) throw new CannotRun("gcc is not installed");
  if (status !== 0) throw new CannotRun(`gcc: ${stderr.trim().split("\n")[0]}`);
  return library;
}
