/**
 * A simulated person with a browser: signs in by a code, on the clients' listener or on the
 * operators', looks at something, signs out, and tries doors that are to be shut.
 */
import type { Envelope } from "../oracle/answers.ts";
import type { MadeCode, Moment, Right, Session, SignIns } from "../oracle/sign-ins.ts";
import { promised } from "../oracle/violation.ts";
import type { Random } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { HttpClient } from "./http-client.ts";
import { type Answer, KEYS, type Key, type Sent } from "./requests.ts";
import { Rounds } from "./rounds.ts";

export interface BrowserOptions {
  readonly world: World;
  readonly random: Random;
  /** Of clients and of operators. */
  readonly ports: { readonly trader: number; readonly operator: number };
  readonly signIns: SignIns;
  /** The next one that somebody was told; undefined: none. */
  readonly nextCode: () => MadeCode | undefined;
  /** What a page of a client or an operator asks, before; called with the answer. */
  readonly asking: (key: Key | null) => PageAsked;
  readonly onSeen: (what: string) => void;
  readonly onViolation: (what: string) => void;
}

export interface PageAsked {
  readonly path: string;
  /** Null: there is none. */
  readonly answered: (text: string | null) => void;
}

interface Ask {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly session?: Pick<Session, "cookie"> | null;
  readonly csrfToken?: string;
  /** Of the page that asks; its own where it is left out. */
  readonly origin?: string;
}

interface Told {
  readonly answer: Answer;
  readonly envelope: Envelope & { readonly data: Readonly<Record<string, unknown>> };
  readonly moment: Moment;
}

const SESSION = "/console/v1/session";
const PREVIEW = `${SESSION}/preview`;
const API = "/console/v1/api";

export class Browser {
  readonly #options: BrowserOptions;
  readonly #https: { readonly trader: HttpClient; readonly operator: HttpClient };
  readonly rounds: Rounds;
  /** The newest ones, ended ones among them. */
  #sessions: Session[] = [];
  #askedCount = 0;

  constructor(options: BrowserOptions) {
    this.#options = options;
    const { ports, random, world } = options;
    this.#https = {
      trader: new HttpClient(world, ports.trader),
      operator: new HttpClient(world, ports.operator),
    };
    this.rounds = new Rounds({
      world,
      pauseMs: () => random.fraction() * THINK_MS_MAX,
      act: () => this.#guarded(() => this.#round()),
    });
  }

  /**
   * Signs somebody out whose session is kept through a restart; whether there was anybody.
   * Precondition: its rounds are idle.
   */
  async leave(): Promise<boolean> {
    const session = this.#sessions.find(({ end, of }) => end === "no" && of.key !== null);
    if (session === undefined) return false;
    await this.#guarded(() => this.#signOut(session));
    return true;
  }

  /** Looks whether its sessions are what they must be. Precondition: its rounds are idle. */
  async lookAround(): Promise<void> {
    for (const session of this.#sessions) await this.#guarded(() => this.#look(session));
  }

  #guarded(act: () => Promise<void>): Promise<void> {
    return act().catch((error: Error) => this.#options.onViolation(error.message));
  }

  async #round(): Promise<void> {
    const { nextCode, random } = this.#options;
    const made = nextCode();
    if (made !== undefined) await this.#visit(made);
    const session = this.#sessions.length === 0 ? null : random.pick(this.#sessions);
    if (session !== null) await this.#comeAgain(session);
    if (random.chance(0.2)) await this.#comeFirst();
    if (session !== null && random.chance(0.2)) await this.#pretend(session);
  }

  async #visit(made: MadeCode): Promise<void> {
    const { random } = this.#options;
    if (random.chance(0.3)) await this.#preview(made);
    if (random.chance(0.2)) await this.#fromElsewhere(made);
    // The same browser, or another one.
    const before = this.#sessions.find(({ of }) => isOfOneDoor(of, made));
    const session = await this.#signIn(made, random.chance(0.5) ? before : undefined);
    if (random.chance(0.4)) await this.#signIn(made, undefined);
    if (session === null) return;
    this.#sessions = [session, ...this.#sessions].slice(0, SESSIONS_KEPT);
  }

  async #comeAgain(session: Session): Promise<void> {
    const { random } = this.#options;
    await this.#look(session);
    if (random.chance(0.5)) await this.#useApi(session);
    if (random.chance(0.2)) await this.#forge(session);
    if (random.chance(0.3)) await this.#signOut(session);
    if (random.chance(0.3)) await this.#look(session);
  }

  /** Whom it would sign in; it stays good. */
  async #preview(made: MadeCode): Promise<void> {
    const told = await this.#ask(made, { method: "POST", path: PREVIEW, body: codeBody(made) });
    if (told === null) return;
    this.#require(told, this.#options.signIns.codeRight(made, told.moment), CODE_INVALID);
    if (told.envelope.code === 0) requireHolder(told, made);
  }

  /** Another site that has come by a code does not use it up. */
  async #fromElsewhere(made: MadeCode): Promise<void> {
    const origin = "http://elsewhere";
    const body = codeBody(made);
    const told = await this.#ask(made, { method: "POST", path: SESSION, body, origin });
    if (told !== null) this.#require(told, "bad", "cross_site_refused");
  }

  /** With the cookie of a session that this browser has: that one ends then. */
  async #signIn(made: MadeCode, before: Session | undefined): Promise<Session | null> {
    const { onSeen, signIns } = this.#options;
    const asked = { ...made };
    const wasEnd = before?.end;
    if (made.use === "no") made.use = "asked";
    if (before?.end === "no") before.end = "asked";
    const ask = { method: "POST", path: SESSION, body: codeBody(made), session: before ?? null };
    const told = await this.#ask(made, ask);
    if (told === null) return null;
    const { answer, envelope, moment } = told;
    this.#require(told, signIns.codeRight(asked, moment), CODE_INVALID);
    if (envelope.code !== 0) {
      if (before !== undefined && wasEnd !== undefined) before.end = wasEnd;
      return null;
    }
    made.use = "yes";
    // Nobody waits until that is kept, so a crash may bring it back.
    if (before !== undefined && wasEnd !== "yes") {
      Object.assign(before, { end: "yes", endedIn: moment.life });
    }
    onSeen("signed in");
    requireHolder(told, made);
    const { cookie: text = "" } = answer;
    const isSafe = /; HttpOnly/.test(text) && /; SameSite=Strict/.test(text);
    promised(isSafe, `scripts, or other sites, can use the cookie: ${text}`);
    const [cookie = ""] = text.split(";");
    const csrfToken = String(envelope.data["csrf_token"]);
    return { of: made, cookie, csrfToken, life: moment.life, end: "no", endedIn: null };
  }

  async #look(session: Session): Promise<void> {
    const told = await this.#ask(session.of, { method: "GET", path: SESSION, session });
    if (told === null) return;
    const right = this.#options.signIns.sessionRight(session, told.moment);
    if (told.answer.text === NO_SESSION) {
      promised(right !== "good", `a session is not known any more: ${told.answer.text}`);
      requireOtherLife(session, told);
      return;
    }
    this.#require(told, right, SIGNED_OUT);
    if (told.envelope.code !== 0) return;
    requireHolder(told, session.of);
    const isSame = told.envelope.data["csrf_token"] === session.csrfToken;
    promised(isSame, `the token of a session has changed: ${told.answer.text}`);
  }

  /** As one who has no cookie yet: who looks is told so, and sees nothing. */
  async #comeFirst(): Promise<void> {
    const { asking, random } = this.#options;
    const [trader = null] = KEYS;
    const of = { key: random.pick([trader, null]) };
    const page = asking(of.key);
    page.answered(null);
    const isOfSession = random.chance(0.5);
    const path = isOfSession ? SESSION : `${API}${page.path}`;
    const told = await this.#ask(of, { method: "GET", path });
    if (told === null) return;
    const { answer, envelope } = told;
    const isRight = isOfSession ? answer.text === NO_SESSION : envelope.reason === SIGNED_OUT;
    promised(isRight, `a browser without a cookie is told ${answer.text}`);
  }

  /** With a cookie that somebody made up, or with two, of which none may be taken for the one. */
  async #pretend(session: Session): Promise<void> {
    const [name = ""] = session.cookie.split("=");
    const madeUp = `${name}=${"a".repeat(43)}`;
    const two = `${session.cookie}; ${madeUp}`;
    const cookie = this.#options.random.pick([madeUp, two]);
    const told = await this.#ask(session.of, { method: "GET", path: SESSION, session: { cookie } });
    if (told === null) return;
    if (told.answer.text === NO_SESSION) requireOtherLife(session, told);
    else this.#require(told, "bad", SIGNED_OUT);
  }

  async #useApi(session: Session): Promise<void> {
    const { asking, signIns } = this.#options;
    const { path, answered } = asking(session.of.key);
    const told = await this.#ask(session.of, { method: "GET", path: `${API}${path}`, session });
    answered(told?.envelope.code === 0 ? told.answer.text : null);
    if (told === null) return;
    this.#require(told, signIns.sessionRight(session, told.moment), SIGNED_OUT);
    this.#options.onSeen("asked by a page");
  }

  /** A page that does not know the session's token, as one of another site. */
  async #forge(session: Session): Promise<void> {
    const ask = { method: "DELETE", path: SESSION, session, csrfToken: "a".repeat(43) };
    const told = await this.#ask(session.of, ask);
    if (told === null) return;
    const { reason } = told.envelope;
    const isRefused = reason === "csrf_token_invalid" || reason === SIGNED_OUT;
    promised(isRefused, `it is signed out by a page of nobody: ${told.answer.text}`);
  }

  async #signOut(session: Session): Promise<void> {
    const { csrfToken } = session;
    const right = { ...session };
    if (session.end === "no") session.end = "asked";
    const told = await this.#ask(session.of, {
      method: "DELETE",
      path: SESSION,
      session,
      csrfToken,
    });
    if (told === null) return;
    this.#require(told, this.#options.signIns.sessionRight(right, told.moment), SIGNED_OUT);
    if (told.envelope.code !== 0) return;
    this.#options.signIns.signedOut(session, told.moment);
    this.#options.onSeen("signed out");
  }

  #require({ answer, envelope }: Told, right: Right, reason: string): void {
    const isGood = envelope.code === 0;
    const isRight = isGood ? right !== "bad" : right !== "good" && envelope.reason === reason;
    promised(
      isRight,
      `a browser is ${right === "good" ? "to be let in" : "shut out"}: ${answer.text}`,
    );
  }

  /** Null: no answer, or one that says nothing. */
  async #ask({ key }: Pick<MadeCode, "key">, ask: Ask): Promise<Told | null> {
    const { world } = this.#options;
    const { method, path, body, session, csrfToken, origin = "http://sim" } = ask;
    this.#askedCount += 1;
    const id = `browser-${this.#askedCount}`;
    const content = body === undefined ? "" : JSON.stringify(body);
    const lines = [
      `${method} ${path} HTTP/1.1`,
      "Host: sim",
      ...(method === "GET" ? [] : [`Origin: ${origin}`]),
      ...(session ? [`Cookie: ${session.cookie}`] : []),
      ...(csrfToken === undefined ? [] : [`X-CSRF-Token: ${csrfToken}`]),
      ...(body === undefined ? [] : ["Content-Type: application/json"]),
      ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(content)}`]),
    ];
    world.tell(`${id} ${key?.apiKey ?? "operator"} ${method} ${path}`);
    const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n${content}`);
    const request: Sent = { id, bytes, answers: [] };
    const { life, nowMs: sentAtMs } = world;
    const sentWallMs = world.scheduler.wallMs;
    await this.#https[key === null ? "operator" : "trader"].send(request);
    const [answer] = request.answers;
    if (answer === undefined || world.life !== life) return null;
    const envelope = JSON.parse(answer.text) as Told["envelope"];
    if (envelope.retryable === true) return null;
    return { answer, envelope, moment: { sentAtMs, sentWallMs, life } };
  }
}

const CODE_INVALID = "sign_in_code_invalid";
const SIGNED_OUT = "signed_out";
const NO_SESSION = '{"code":0,"data":null}';

function codeBody({ code }: MadeCode): object {
  return { sign_in_code: code };
}

function isOfOneDoor(one: MadeCode, other: MadeCode): boolean {
  return (one.key === null) === (other.key === null);
}

/** Another process may know a session's cookie by another name; its own one knows that it is one. */
function requireOtherLife({ life }: Session, { answer, moment }: Told): void {
  promised(
    life !== moment.life,
    `a browser with a cookie is told that it has none: ${answer.text}`,
  );
}

/** Who the code was made for, and nobody else. */
function requireHolder({ answer, envelope }: Told, { key }: MadeCode): void {
  const { account_code: account, api_key: apiKey, operator, role } = envelope.data;
  const isOf =
    key === null
      ? role === "operator" && operator === "sim"
      : role === "trader" && account === key.account && apiKey === key.apiKey;
  promised(isOf, `a code of ${key?.apiKey ?? "an operator"} signs in: ${answer.text}`);
}

/** Between one visit and the next. */
const THINK_MS_MAX = 200;
const SESSIONS_KEPT = 6;
