/** The operator API: what each route makes of a request's path, query and body. */
import {
  BLOCK_STATES,
  decodeAddInstrument,
  decodeAdjust,
  decodeCloseAccount,
  decodeCreateKey,
  decodeExpireKey,
  decodeInstrumentChange,
  decodeKill,
  decodeLimits,
  decodeLimitsRemoval,
  decodeModeChange,
  decodeNothing,
  decodeOpenAccount,
  decodeOperatorOrdersQuery,
  decodeReason,
  decodeRetire,
  decodeRotateKey,
  type Fault,
  fault,
  isFault,
  type JsonValue,
  KEY_LIST_STATES,
  LIMITS,
  PAGE_SIZE_DEFAULT,
} from "@countermand/contract";
import type { Account, UnixMs } from "@countermand/core/model";
import type { SoughtOrder } from "../audit/order-story.ts";
import { cursorOf, type StoryPage } from "../audit/story-cursor.ts";
import type { Answer } from "../sequencer/sequencer.ts";
import type { LimitOwner } from "./limit-service.ts";
import type { AccountsPage, OperatorService } from "./operator-service.ts";
import type { OperatorAnswer, OperatorTurn } from "./operator-turn.ts";

/** A request past the token, not decoded yet. */
export interface OperatorContent {
  /** Of the path, by name, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** As it was sent, without "?". */
  readonly rawQuery: string;
  /** Null without a body. */
  readonly json: { readonly value: JsonValue } | null;
}

/** Carries a decoded request out, in one turn of the sequencer. */
export type OperatorDeed = (service: OperatorService, turn: OperatorTurn) => OperatorAnswer;

/** A read that the archive answers, or that takes many turns: none waits for it. */
export interface OperatorInquiry {
  readonly inquire: (service: OperatorService, wallMs: UnixMs) => Promise<Answer>;
}

export interface OperatorRoute {
  readonly method: "DELETE" | "GET" | "POST" | "PUT";
  /** `:name` stands for a segment. */
  readonly path: string;
  /** Whether a blind retry would do harm, so that an Idempotency-Key is asked for. */
  readonly needsKey: boolean;
  /** Whether it stops somebody or something, or lets it go on: that must not wait for room. */
  readonly isUrgent: boolean;
  /** Whether twice is as once, or safer: it is done also where nobody knows or remembers that. */
  readonly isRepeatable: boolean;
  readonly decode: (content: OperatorContent) => OperatorDeed | OperatorInquiry | Fault;
}

const STORY_PAGE = ["before", "page_size"];
const PAGE_PARAMETERS = ["page_index", "page_size"];

export const OPERATOR_ROUTES: readonly OperatorRoute[] = [
  repeatable("/operator/v1/kill", decodeKill, (request) => {
    return (service, turn) => service.kill(turn, request);
  }),
  read("/operator/v1/blocks", ["state"], ({ query }) => {
    const state = query.get("state") ?? "active";
    const known = BLOCK_STATES.find((each) => each === state);
    if (known === undefined) return invalidQuery(`state must be one of ${BLOCK_STATES.join(", ")}`);
    return (service) => service.blocks(known);
  }),
  read("/operator/v1/blocks/:block_id", [], ({ parameters }) => {
    const blockId = blockIdOf(parameters);
    return isFaultValue(blockId) ? blockId : (service) => service.block(blockId);
  }),
  repeatable("/operator/v1/blocks/:block_id/release", decodeReason, (request, { parameters }) => {
    const blockId = blockIdOf(parameters);
    if (isFaultValue(blockId)) return blockId;
    return (service, turn) => service.release(turn, blockId, request);
  }),
  read("/operator/v1/modes", [], () => (service) => service.modes()),
  urgent("/operator/v1/modes", decodeModeChange, (request) => {
    return (service, turn) => service.setMode(turn, request);
  }),
  write("/operator/v1/sign-in-codes", decodeNothing, () => {
    return (service, turn) => service.createSignInCode(turn);
  }),
  read("/operator/v1/accounts", PAGE_PARAMETERS, ({ query }) => {
    const page = pageOf(query);
    return isFault(page) ? page : (service) => service.accounts(page);
  }),
  write("/operator/v1/accounts", decodeOpenAccount, (request) => {
    return (service, turn) => service.openAccount(turn, request);
  }),
  read("/operator/v1/accounts/:account", [], ({ parameters }) => {
    return (service) => service.account(accountOf(parameters));
  }),
  {
    ...write("/operator/v1/accounts/:account/adjust", decodeAdjust, (request, { parameters }) => {
      return (service, turn) => service.adjust(turn, accountOf(parameters), request);
    }),
    needsKey: true,
  },
  write("/operator/v1/accounts/:account/close", decodeCloseAccount, (request, { parameters }) => {
    return (service, turn) => service.closeAccount(turn, accountOf(parameters), request);
  }),
  get("/operator/v1/accounts/:account/orders", ({ parameters, rawQuery }) => {
    const query = decodeOperatorOrdersQuery(rawQuery);
    if (isFault(query)) return query;
    return { inquire: (service) => service.orders(accountOf(parameters), query) };
  }),
  read("/operator/v1/orders/:order_no/audit", STORY_PAGE, ({ parameters, query }) => {
    const { order_no: orderId = "" } = parameters;
    return storyInquiry({ orderId }, query);
  }),
  read("/operator/v1/audit", ["account", "reference_id", ...STORY_PAGE], ({ query }) => {
    const account = query.get("account") ?? "";
    const clOrdId = query.get("reference_id") ?? "";
    if (account === "" || clOrdId === "") {
      return invalidQuery("account and reference_id are needed, or ask for an order by its number");
    }
    return storyInquiry({ account, clOrdId }, query);
  }),
  read("/operator/v1/instruments", [], () => (service) => service.instruments()),
  write("/operator/v1/instruments", decodeAddInstrument, (request) => {
    return (service, turn) => service.addInstrument(turn, request);
  }),
  write("/operator/v1/instruments/:symbol/retire", decodeRetire, (request, { parameters }) => {
    const { symbol = "" } = parameters;
    return (service, turn) => service.retireInstrument(turn, symbol, request);
  }),
  urgent("/operator/v1/instruments/:symbol", decodeInstrumentChange, (request, { parameters }) => {
    const { symbol = "" } = parameters;
    return (service, turn) => service.changeInstrument(turn, symbol, request);
  }),
  read("/operator/v1/limits", PAGE_PARAMETERS, ({ query }) => {
    const page = pageOf(query);
    return isFault(page) ? page : (service) => service.limits.list(page);
  }),
  ...limitRoutes("/operator/v1/limits/accounts/:account", (path) => {
    return { scope: "account", name: accountOf(path) };
  }),
  ...limitRoutes("/operator/v1/limits/keys/:api_key", (path) => {
    return { scope: "key", name: apiKeyOf(path) };
  }),
  read("/operator/v1/keys", ["state"], ({ query }) => {
    const state = query.get("state") ?? "active";
    const known = KEY_LIST_STATES.find((each) => each === state);
    if (known === undefined)
      return invalidQuery(`state must be one of ${KEY_LIST_STATES.join(", ")}`);
    return { inquire: (service, wallMs) => service.keys.list(known, wallMs) };
  }),
  write("/operator/v1/keys", decodeCreateKey, (request) => {
    return (service, turn) => service.keys.create(turn, request);
  }),
  read("/operator/v1/keys/:api_key", [], ({ parameters }) => {
    return (service, turn) => service.keys.show(turn, apiKeyOf(parameters));
  }),
  write("/operator/v1/keys/:api_key/rotate", decodeRotateKey, (request, { parameters }) => {
    return (service, turn) => service.keys.rotate(turn, apiKeyOf(parameters), request);
  }),
  write("/operator/v1/keys/:api_key/expire", decodeExpireKey, (request, { parameters }) => {
    return (service, turn) => service.keys.expire(turn, apiKeyOf(parameters), request);
  }),
  repeatable("/operator/v1/keys/:api_key/revoke", decodeReason, (request, { parameters }) => {
    return (service, turn) => service.keys.revoke(turn, apiKeyOf(parameters), request);
  }),
];

type PathParameters = OperatorContent["parameters"];

function limitRoutes(
  path: string,
  ownerOf: (parameters: PathParameters) => LimitOwner,
): readonly OperatorRoute[] {
  return [
    read(
      path,
      [],
      ({ parameters }) =>
        (service) =>
          service.limits.show(ownerOf(parameters)),
    ),
    {
      ...write(path, decodeLimits, (request, { parameters }) => {
        return (service, turn) => service.limits.set(turn, ownerOf(parameters), request);
      }),
      method: "PUT",
    },
    {
      ...write(path, decodeLimitsRemoval, (request, { parameters }) => {
        return (service, turn) => service.limits.remove(turn, ownerOf(parameters), request);
      }),
      method: "DELETE",
    },
  ];
}

/** One whose parameters are known by name; how they are spelled is not looked at. */
function read(
  path: string,
  parameters: readonly string[],
  decode: OperatorRoute["decode"],
): OperatorRoute {
  return get(path, (content) => queryFault(content.query, parameters) ?? decode(content));
}

function get(path: string, decode: OperatorRoute["decode"]): OperatorRoute {
  return {
    method: "GET",
    path,
    needsKey: false,
    isUrgent: false,
    isRepeatable: false,
    decode: (content) => {
      if (content.json !== null) return fault("BODY_NOT_TAKEN", "a GET takes no body");
      return decode(content);
    },
  };
}

function write<Request extends object>(
  path: string,
  decodeBody: (value: JsonValue) => Request | Fault,
  deedOf: (request: Request, content: OperatorContent) => OperatorDeed | Fault,
): OperatorRoute {
  return {
    method: "POST",
    path,
    needsKey: false,
    isUrgent: false,
    isRepeatable: false,
    decode: (content) => {
      const query = queryFault(content.query, []);
      if (query !== null) return query;
      if (content.json === null) return fault("BODY_MISSING", "send a JSON object with a reason");
      const request = decodeBody(content.json.value);
      return isFault(request) ? request : deedOf(request, content);
    },
  };
}

function urgent<Request extends object>(
  ...route: Parameters<typeof write<Request>>
): OperatorRoute {
  return { ...write(...route), isUrgent: true };
}

function repeatable<Request extends object>(
  ...route: Parameters<typeof write<Request>>
): OperatorRoute {
  return { ...urgent(...route), isRepeatable: true };
}

function storyInquiry(sought: SoughtOrder, query: URLSearchParams): OperatorInquiry | Fault {
  const page = storyPage(query);
  return isFault(page) ? page : { inquire: ({ audit }) => audit.story(sought, page) };
}

function storyPage(query: URLSearchParams): StoryPage | Fault {
  const { value: most } = LIMITS.storyEventsMax;
  const limit = numberIn(query, "page_size", most, most);
  if (isFaultValue(limit)) return limit;
  const text = query.get("before");
  if (text === null) return { cursor: null, limit };
  const cursor = cursorOf(text);
  return cursor === null
    ? invalidQuery("before is what an answer had as earlier")
    : { cursor, limit };
}

function queryFault(query: URLSearchParams, known: readonly string[]): Fault | null {
  for (const name of query.keys()) {
    if (!known.includes(name)) {
      return fault("UNKNOWN_QUERY_PARAMETER", `this request takes no parameter ${name}`);
    }
    if (query.getAll(name).length > 1) return invalidQuery(`${name} is given twice`);
  }
  return null;
}

function invalidQuery(details: string): Fault {
  return fault("INVALID_QUERY_PARAMETER", details);
}

function pageOf(query: URLSearchParams): AccountsPage | Fault {
  const { pageIndexMax, pageSizeMax } = LIMITS;
  const pageIndex = numberIn(query, "page_index", 1, pageIndexMax.value);
  if (isFaultValue(pageIndex)) return pageIndex;
  const pageSize = numberIn(query, "page_size", PAGE_SIZE_DEFAULT, pageSizeMax.value);
  return isFaultValue(pageSize) ? pageSize : { pageIndex, pageSize };
}

function numberIn(
  query: URLSearchParams,
  name: string,
  absent: number,
  max: number,
): number | Fault {
  const text = query.get(name);
  if (text === null || text === "") return absent;
  const value = /^\d{1,9}$/.test(text) ? Number.parseInt(text, 10) : 0;
  return value >= 1 && value <= max ? value : invalidQuery(`${name} must be 1 to ${max}`);
}

function accountOf({ account = "" }: PathParameters): Account {
  return account as Account;
}

function blockIdOf({ block_id: text = "" }: PathParameters): number | Fault {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number.parseInt(text, 10);
  return fault("UNKNOWN_BLOCK", "a block's number has digits only");
}

function apiKeyOf({ api_key: apiKey = "" }: PathParameters): string {
  return apiKey;
}

function isFaultValue(value: number | Fault): value is Fault {
  return typeof value !== "number";
}
