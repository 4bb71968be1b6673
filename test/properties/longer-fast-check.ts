/**
 * fast-check as the tests import it, but for `assert`: a property is checked again and again, for
 * PROPERTY_SECONDS. Each time has a seed of its own and begins with small cases anew.
 */
import { relative } from "node:path";
import fc from "fast-check";

const LONG_MS = 1_000 * Number(process.env["PROPERTY_SECONDS"] ?? 10);
/** What fast-check runs when a test does not say. */
const RUNS = 100;

type Property = Parameters<typeof fc.assert>[0];
type Terms = Parameters<typeof fc.assert>[1];

let propertyCount = 0;
let runCount = 0;

function assert(property: Property, terms: Terms): Promise<void> | void {
  propertyCount += 1;
  const untilMs = performance.now() + LONG_MS;
  const once = (): Promise<void> | void => {
    runCount += terms?.numRuns ?? RUNS;
    return fc.assert(property, terms);
  };
  if (!property.isAsync()) {
    do void once();
    while (performance.now() < untilMs);
    return;
  }
  const goOn = async (): Promise<void> => {
    do await once();
    while (performance.now() < untilMs);
  };
  return goOn();
}

process.on("exit", () => {
  if (propertyCount === 0) return;
  const file = relative(process.cwd(), process.argv[1] ?? "");
  process.stdout.write(`${file}: ${propertyCount} properties, ${runCount} runs\n`);
});

// biome-ignore lint/style/noDefaultExport: it stands in for a package that is imported so.
export default { ...fc, assert };
