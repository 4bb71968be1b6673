import assert from "node:assert/strict";
import { test } from "node:test";
import { ArchiveError } from "./archive-error.ts";
import { LISTS_WAITING_MAX, QUESTIONS_WAITING_MAX } from "./archive-limits.ts";
import { OpenQuestions } from "./open-questions.ts";

const CLOSED = new ArchiveError("it is closed");

test("open questions: each is answered or refused by its id, in any order", async () => {
  const questions = new OpenQuestions();
  const first = questions.add("earliestStreamSeq");
  const second = questions.add("payload");
  const third = questions.add("payload");
  questions.refuse(second.id, CLOSED);
  questions.answer(third.id, "third");
  questions.answer(first.id, 7);
  assert.equal(await first.answer, 7);
  await assert.rejects(second.answer, CLOSED);
  assert.equal(await third.answer, "third");
});

test("open questions: an answer without a question is a bug, also the second one", () => {
  const questions = new OpenQuestions();
  assert.throws(() => questions.answer(1, null), /every answer has its question/);
  const { id } = questions.add("payload");
  questions.answer(id, null);
  assert.throws(() => questions.answer(id, null), /every answer has its question/);
});

test("open questions: lists are bounded, and leave lookups their room", () => {
  const questions = new OpenQuestions();
  const lists = Array.from({ length: LISTS_WAITING_MAX }, () => questions.add("list"));
  for (const name of ["list", "bookings", "story"] as const) {
    assert.equal(questions.hasRoomFor(name), false);
  }
  assert.equal(questions.hasRoomFor("payload"), true);
  assert.throws(() => questions.add("list"), /a bounded number/);
  questions.answer(questions.add("payload").id, null);
  assert.equal(questions.hasRoomFor("list"), false);
  questions.answer(lists[0]?.id ?? 0, null);
  assert.equal(questions.hasRoomFor("list"), true);
});

test("open questions: all together are bounded, and refused together", async () => {
  const questions = new OpenQuestions();
  const refused: Promise<void>[] = [];
  while (questions.hasRoomFor("list")) {
    refused.push(assert.rejects(questions.add("list").answer, CLOSED));
  }
  while (questions.hasRoomFor("payload")) {
    refused.push(assert.rejects(questions.add("payload").answer, CLOSED));
  }
  assert.equal(refused.length, QUESTIONS_WAITING_MAX);
  questions.refuseAll(CLOSED);
  await Promise.all(refused);
  assert.equal(questions.hasRoomFor("list"), true);
  const { id, answer } = questions.add("payload");
  questions.answer(id, "after");
  assert.equal(await answer, "after");
});
