/** For tests of settings. */
import assert from "node:assert/strict";
import { readConfig } from "./config.ts";

/** The faults of a configuration; fails when it has none. */
export function faultsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    return (error as { faults: readonly string[] }).faults;
  }
  return assert.fail("the configuration was taken");
}
