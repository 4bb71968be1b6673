/**
 * Plays mixed conversations against a gateway, and judges each: every request is answered in its
 * turn, what was answered was done, nothing behind a refusal or a close was, and of what was cut
 * off a beginning was done and no more.
 */
import type { Socket } from "node:net";
import { eventually } from "../e2e/changes.ts";
import { Random } from "../e2e/crash/random.ts";
import { KEY_1, type OrderRow, SignedClient } from "../e2e/signed-client.ts";
import { type Dial, inPieces, isTls, openEvent, sendInTurns } from "./http-conversation.ts";
import { type MixedAnswer, readMixed } from "./mixed-answers.ts";
import { lastRequest, type MixedRequest, mixedRequests } from "./mixed-requests.ts";

/** How the client ends: it reads to the end, says nothing more, or goes away. */
type End = "reads" | "says no more" | "is cut off" | "is gone";

const ENDS: readonly End[] = ["reads", "reads", "says no more", "is cut off", "is gone"];
/** Where TLS is spoken, one side that ends ends both. */
const TLS_ENDS = ENDS.filter((end) => end !== "says no more");

/** What went wrong; null when nothing did. `dial` opens a connection to the gateway at `url`. */
export async function playMixed(dial: Dial, url: string, seed: number): Promise<string | null> {
  const random = new Random(seed);
  const requests = mixedRequests(random, `mix-${seed}-${Date.now()}`);
  const end = random.pick(url.startsWith("https:") ? TLS_ENDS : ENDS);
  const client = new SignedClient(url, KEY_1, 2);
  try {
    if (end === "reads" || end === "says no more") {
      const all = end === "reads" ? [...requests, lastRequest()] : requests;
      const received = await said(dial, pieces(random, all), end === "says no more");
      const { answers, fault } = judged(all, received, end);
      return fault ?? (await actsFault(client, all, answers.length));
    }
    await cutOff(dial, pieces(random, requests), random, end);
    return await prefixFault(client, requests);
  } finally {
    client.close();
  }
}

function pieces(random: Random, requests: readonly MixedRequest[]): readonly Buffer[] {
  const bytes = Buffer.concat(requests.map((request) => request.bytes));
  return random.oneIn(3) ? [bytes] : inPieces(bytes, random.pick([7, 60, 400, 1_500, 20_000]));
}

/** Sends it all; everything that comes until the server closes. */
async function said(dial: Dial, parts: readonly Buffer[], endsWriting: boolean): Promise<Buffer> {
  const socket = await connected(dial);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    // A stream stays open: what it says is not of this matter.
    if (isUpgraded(chunks)) socket.destroy();
  });
  const closed = new Promise((resolve) => socket.on("close", resolve));
  await sendInTurns(socket, parts);
  if (endsWriting) socket.end();
  await closed;
  return Buffer.concat(chunks);
}

function isUpgraded(chunks: readonly Buffer[]): boolean {
  return Buffer.concat(chunks).includes("HTTP/1.1 101 ");
}

/** Sends a beginning, or all of it, and is gone. */
async function cutOff(dial: Dial, parts: readonly Buffer[], random: Random, end: End) {
  const socket = await connected(dial);
  const count = end === "is gone" ? parts.length : random.below(parts.length + 1);
  await sendInTurns(socket, parts.slice(0, count));
  const closed = new Promise((resolve) => socket.on("close", resolve));
  if (random.oneIn(2) && !isTls(socket)) socket.resetAndDestroy();
  else socket.destroy();
  await closed;
}

function connected(dial: Dial): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dial();
    socket.once(openEvent(socket), () => resolve(socket));
    socket.once("error", reject);
    // A reset is one way to close on what was not read.
    socket.on("error", () => undefined);
  });
}

interface Judged {
  readonly answers: readonly MixedAnswer[];
  readonly fault: string | null;
}

/** Whether each request was answered in its turn, up to one that ends the connection. */
function judged(requests: readonly MixedRequest[], received: Buffer, end: End): Judged {
  const { answers, rest } = readMixed(requests, received);
  for (const [index, answer] of answers.entries()) {
    const request = requests[index];
    const fault = request === undefined ? "nobody asked" : answerFault(request, answer);
    if (fault !== null) return { answers, fault: `${index}. ${request?.name}: ${fault}` };
    if (!answer.isLast) continue;
    const more = answers.length - index - 1;
    const isOver = more === 0 && (rest.length === 0 || answer.status === 101);
    const told = `${more} answers and ${rest.length} bytes behind the last one`;
    return { answers, fault: isOver ? null : `${index}. ${request?.name}: ${told}` };
  }
  const missing = requests[answers.length];
  const isForgiven = end === "says no more" && missing?.needsMore === true;
  const isWhole = rest.length === 0 && (missing === undefined || isForgiven);
  const fault = `${answers.length}. ${missing?.name} has no answer: ${rest.toString("latin1")}`;
  return { answers, fault: isWhole ? null : fault };
}

function answerFault(request: MixedRequest, answer: MixedAnswer): string | null {
  const { headers, isLast, status } = answer;
  if (!request.statuses.includes(status)) {
    return `${status} in place of ${request.statuses.join(" or ")}: ${answer.body.slice(0, 300)}`;
  }
  const id = headers.get("x-request-id");
  if (id !== undefined && id !== request.requestId) return `the answer to another one, ${id}`;
  if (request.after === "closes" && !isLast) return "the connection stays";
  if (request.after === "stays" && isLast) return "the connection is closed";
  return null;
}

/** What was answered was done, and nothing else. */
async function actsFault(
  client: SignedClient,
  requests: readonly MixedRequest[],
  answerCount: number,
): Promise<string | null> {
  const done = await doneActs(client, requests);
  for (const [index, isDone] of done) {
    if (isDone === index < answerCount) continue;
    return `${index}. ${requests[index]?.name}: ${isDone ? "done" : "not done"}`;
  }
  return null;
}

/** A beginning was done: the gateway may be at it still. */
async function prefixFault(client: SignedClient, requests: readonly MixedRequest[]) {
  try {
    await eventually("beginning of what was sent", async () => {
      const done = (await doneActs(client, requests)).map(([, isDone]) => isDone);
      return !done.slice(done.indexOf(false)).includes(true) || !done.includes(false);
    });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Of each request that acts, whether it did. */
async function doneActs(
  client: SignedClient,
  requests: readonly MixedRequest[],
): Promise<(readonly [index: number, isDone: boolean])[]> {
  const orders = new Map<string, OrderRow | undefined>();
  const done: (readonly [number, boolean])[] = [];
  for (const [index, { act }] of requests.entries()) {
    if (act === null) continue;
    const { does, reference } = act;
    if (!orders.has(reference)) orders.set(reference, await orderOf(client, reference));
    const status = orders.get(reference)?.order_status;
    done.push([index, does === "place" ? status !== undefined : status === "can"]);
  }
  return done;
}

async function orderOf(client: SignedClient, reference: string): Promise<OrderRow | undefined> {
  const orders = await client.orders(`reference_id=${reference}`);
  if (orders.length > 1) throw new Error(`${reference} was placed ${orders.length} times`);
  return orders[0];
}
