/** Questions that are asked again and again: answers may overtake each other. */

/** Call it with each question; what it gives says whether the answer is that of the latest. */
export function latestOnly(): () => () => boolean {
  let askedCount = 0;
  return () => {
    askedCount += 1;
    const own = askedCount;
    return () => own === askedCount;
  };
}
