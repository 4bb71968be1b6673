import assert from "node:assert/strict";
import { test } from "node:test";
import { AwaitedAnswers } from "./awaited-answers.ts";
import { tick } from "./cancel-runs-fixture.ts";

/** A request's end, as text. */
function request(awaited: AwaitedAnswers) {
  const story: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  awaited.await(promise, {
    give: (answer) => story.push(`given ${answer}`),
    giveUp: (details) => story.push(`given up: ${details}`),
    onBug: (error) => story.push(error.message),
  });
  return { story, resolve, reject };
}

test("awaited answers: an answer that comes is given, once", async () => {
  const awaited = new AwaitedAnswers();
  const { story, resolve } = request(awaited);
  resolve("a");
  await tick();
  awaited.giveUpAll("late");
  assert.deepEqual(story, ["given a"]);
});

test("awaited answers: who was given up hears nothing of an answer that comes behind", async () => {
  const awaited = new AwaitedAnswers();
  const first = request(awaited);
  const second = request(awaited);
  awaited.giveUpAll("silence");
  awaited.giveUpAll("silence again");
  const third = request(awaited);
  for (const { resolve } of [first, second, third]) resolve("a");
  await tick();
  assert.deepEqual(first.story, ["given up: silence"]);
  assert.deepEqual(second.story, ["given up: silence"]);
  assert.deepEqual(third.story, ["given a"]);
});

test("awaited answers: a bug is told, to the request as well unless it was given up", async () => {
  const awaited = new AwaitedAnswers();
  const first = request(awaited);
  first.reject(new Error("a bug"));
  const second = request(awaited);
  await tick();
  awaited.giveUpAll("silence");
  second.reject(new Error("another"));
  await tick();
  assert.deepEqual(first.story, ["given up: ", "a bug"]);
  assert.deepEqual(second.story, ["given up: silence", "another"]);
});
