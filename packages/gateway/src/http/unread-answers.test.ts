import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { type FollowedAnswer, UnreadAnswers } from "./unread-answers.ts";

class Connection extends EventEmitter {
  isCut = false;

  destroy(): this {
    this.isCut = true;
    return this;
  }
}

/** An answer on the connection; "finish" says that it was read. */
function answerOn(socket: Connection): EventEmitter & FollowedAnswer {
  return Object.assign(new EventEmitter(), { req: { socket } }) as never;
}

function cutOf(connections: readonly Connection[]): number[] {
  return connections.flatMap(({ isCut }, index) => (isCut ? [index] : []));
}

test("unread answers: beyond the total the connections go whose answers wait longest", () => {
  const unread = new UnreadAnswers(1_000);
  const connections = Array.from({ length: 5 }, () => new Connection());
  for (const connection of connections.slice(0, 4)) unread.add(answerOn(connection), 250);
  assert.deepEqual([unread.bytes, cutOf(connections)], [1_000, []], "at the total");
  unread.add(answerOn(connections[4] as Connection), 300);
  assert.deepEqual([unread.bytes, cutOf(connections)], [800, [0, 1]]);
});

test("unread answers: what was read waits no more, and what comes next on it is new", () => {
  const unread = new UnreadAnswers(1_000);
  const [first, second] = [new Connection(), new Connection()];
  const read = answerOn(first);
  unread.add(read, 400);
  unread.add(answerOn(second), 400);
  read.emit("finish");
  assert.equal(unread.bytes, 400);
  unread.add(answerOn(first), 400);
  unread.add(answerOn(first), 400);
  assert.deepEqual(cutOf([first, second]), [1], "the second waits longer now");
});

test("unread answers: a connection that is gone leaves nothing, and is listened to once", () => {
  const unread = new UnreadAnswers(1_000);
  const connection = new Connection();
  const answers = [1, 2, 3].map(() => answerOn(connection));
  for (const answer of answers) unread.add(answer, 100);
  answers[0]?.emit("finish");
  assert.equal(connection.listenerCount("close"), 1);
  connection.emit("close");
  assert.equal(unread.bytes, 0);
  answers[1]?.emit("finish");
  assert.equal(unread.bytes, 0);
});
