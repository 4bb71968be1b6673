/** Which version this is. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(import.meta.resolve("@countermand/gateway/package.json"));

/** That of the package, in a clone as well as installed. */
export const { version: VERSION } = JSON.parse(readFileSync(PACKAGE, "utf8")) as {
  readonly version: string;
};
