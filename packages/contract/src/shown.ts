/** How much of a client's own text a message repeats, in characters. */
const SHOWN_CHARACTERS_MAX = 40;

/**
 * A client's text in double quotes for use inside a sentence: escaped, and cut where it is long.
 */
export function shown(text: string): string {
  // Two code units per character at most, so the cut keeps the work independent of the text's
  // length.
  const characters = Array.from(text.slice(0, 2 * SHOWN_CHARACTERS_MAX + 2));
  if (characters.length <= SHOWN_CHARACTERS_MAX) return JSON.stringify(text);
  return JSON.stringify(`${characters.slice(0, SHOWN_CHARACTERS_MAX).join("")}...`);
}
