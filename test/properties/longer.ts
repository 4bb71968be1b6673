/** Preloaded before a test file: its properties come from `longer-fast-check.ts`. */
import { registerHooks } from "node:module";

const LONGER = new URL("./longer-fast-check.ts", import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) => {
    const isTests = specifier === "fast-check" && context.parentURL !== LONGER;
    return isTests ? { url: LONGER, shortCircuit: true } : next(specifier, context);
  },
});
