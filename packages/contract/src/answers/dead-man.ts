/** What the dead-man's switches of an account say of themselves. */
import type { DeadManScope } from "@countermand/core/model";
import { encodeError } from "../errors.ts";
import { DEAD_MAN_SCOPE_WORDS } from "../names.ts";
import { encodeSuccess } from "./envelope.ts";
import { jsonString } from "./json-text.ts";

export interface DeadManView {
  readonly scope: DeadManScope;
  readonly timeoutMs: number;
  readonly state:
    | { readonly is: "armed"; readonly firesAtMs: number; readonly firesInMs: number }
    | { readonly is: "fired"; readonly firedAtMs: number }
    | { readonly is: "released" };
}

/** The answer of a switch that was armed, refreshed or released. */
export function encodeDeadMan(view: DeadManView): string {
  return encodeSuccess(encodeSwitch(view));
}

export function encodeDeadManStatus(nowMs: number, views: readonly DeadManView[]): string {
  const rows = views.map(encodeSwitch).join(",");
  return encodeSuccess(`{"timestamp":${nowMs},"switches":[${rows}]}`);
}

/** A notice about a switch, which is under `switch`; whose it is where a socket carries several. */
export function encodeDeadManNotice(
  name: "DEAD_MAN_WARNING" | "DEAD_MAN_FIRED",
  details: string,
  view: DeadManView,
  account: string | null = null,
): string {
  const members: (readonly [name: string, json: string])[] = [["switch", encodeSwitch(view)]];
  if (account !== null) members.unshift(["account_code", jsonString(account)]);
  const envelope = encodeError(name, details, { members });
  return `{"type":"notice",${envelope.slice(1)}`;
}

function encodeSwitch({ scope, timeoutMs, state }: DeadManView): string {
  const armed = state.is === "armed" ? state : { firesAtMs: 0, firesInMs: 0 };
  return (
    `{"scope":"${DEAD_MAN_SCOPE_WORDS.wordOf(scope.kind)}","value":${jsonString(scope.value)},` +
    `"state":"${state.is}","timeout":${timeoutMs / 1000},"fires_at":${armed.firesAtMs},` +
    `"fires_in_ms":${armed.firesInMs},"fired_at":${state.is === "fired" ? state.firedAtMs : 0},` +
    `"blocks":${state.is === "fired"}}`
  );
}
