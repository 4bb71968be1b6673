/** What seeds reach of all that there is: routes, commands, reasons, and events of the journal. */
import { ERRORS, ROUTES } from "../../packages/contract/src/index.ts";
import { COMMAND_OPS } from "../../packages/contract/src/schema/stream-schemas.ts";
import { OPERATOR_ROUTES } from "../../packages/gateway/src/operator/operator-routes.ts";

type Counts = Readonly<Record<string, number>>;

interface Sought {
  readonly name: string;
  readonly isMet: (what: string) => boolean;
}

/** By kind: how many of how many were met, and each that was not. */
export function coverageOf(reached: Counts): string[] {
  const names = Object.keys(reached);
  return Object.entries(SOUGHT).map(([kind, all]) => {
    const missed = all.filter(({ isMet }) => !names.some(isMet)).map(({ name }) => name);
    const met = all.length - missed.length;
    return `${kind}: ${met} of ${all.length}, not ${missed.join(", ") || "one left out"}`;
  });
}

const SOUGHT: Readonly<Record<string, readonly Sought[]>> = {
  "routes of clients": routes(ROUTES.map(({ method, path }) => ({ method, path }))),
  "routes of operators": routes(OPERATOR_ROUTES),
  "commands of the socket": COMMAND_OPS.map((op) => exactly("op", op)),
  reasons: [...new Set(Object.values(ERRORS).map(({ reason }) => reason))].map((reason) => {
    return exactly("reason", reason);
  }),
};

function exactly(kind: string, name: string): Sought {
  return { name, isMet: (what) => what === `${kind} ${name}` };
}

/** A literal path is never the one with a parameter in its place. */
function routes(all: readonly { readonly method: string; readonly path: string }[]): Sought[] {
  const literal = new Set(all.map(({ method, path }) => `route ${method} ${path}`));
  return all.map(({ method, path }) => {
    const pattern = path.replace(/:\w+|\{\w+\}/g, "[^/]+");
    const form = new RegExp(`^route ${method} ${pattern}$`);
    const own = `route ${method} ${path}`;
    return {
      name: `${method} ${path}`,
      isMet: (what) => what === own || (form.test(what) && !literal.has(what)),
    };
  });
}
