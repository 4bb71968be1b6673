/** Which version this is. */
import { readFileSync } from "node:fs";

/** The version of the package, in a clone as well as installed. */
export function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
