// Reads TypeScript just well enough to tell code from comments and text.

/** A module named by an import, an export, an `import()` or a `new URL(..., import.meta.url)`. */
export interface ImportedModule {
  readonly specifier: string;
  readonly line: number;
}

/** Characters after which a slash begins a regular expression rather than a division. */
const BEFORE_REGEX = /(?:[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|case|typeof|in|of)|^)\s*$/;

/** What stands before a specifier's opening quote, in code whose text is blanked. */
const SPECIFIER = /(?:\bfrom|\bimport|\bimport\(|\bnew URL\()\s*["'`]/g;

/**
 * The same text, same length and lines, with comments, string contents, template text and regular
 * expressions replaced by spaces. Quotes stay, so that code which takes a string is still seen.
 */
export function blankText(source: string): string {
  return new Blanker(source).run();
}

/** Modules that a source file names, with what the file itself calls them. */
export function importedModules(source: string, code: string): ImportedModule[] {
  const found: ImportedModule[] = [];
  for (const match of code.matchAll(SPECIFIER)) {
    const start = match.index + match[0].length;
    const end = code.indexOf(code.charAt(start - 1), start);
    const specifier = source.slice(start, end);
    // `new URL(...)` names a module only when it names a source file, as a worker thread does.
    if (match[0].startsWith("new URL") && !/^\.{1,2}\/.*\.m?[jt]s$/.test(specifier)) continue;
    found.push({ specifier, line: lineAt(source, start) });
  }
  return found;
}

/** 1-based number of the line that holds a position. */
export function lineAt(source: string, position: number): number {
  return source.slice(0, position).split("\n").length;
}

/** One pass over a source. Owns the position, and a stack of open braces because templates nest. */
class Blanker {
  readonly #source: string;
  #position = 0;
  #blanked = "";
  /** For each open template, how many braces are open inside its current `${`. */
  readonly #templateBraces: number[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  run(): string {
    while (this.#position < this.#source.length) this.#step();
    return this.#blanked;
  }

  #step(): void {
    const here = this.#source.charAt(this.#position);
    const pair = this.#source.slice(this.#position, this.#position + 2);
    if (pair === "//" || (pair === "#!" && this.#position === 0)) {
      this.#blankTo(this.#indexOrEnd("\n", this.#position));
    } else if (pair === "/*") {
      this.#blankTo(this.#indexOrEnd("*/", this.#position + 2) + 2);
    } else if (here === '"' || here === "'") {
      this.#quoted(here);
    } else if (here === "`") {
      this.#template();
    } else if (here === "/" && BEFORE_REGEX.test(this.#blanked.slice(-20))) {
      this.#regex();
    } else {
      this.#braces(here);
    }
  }

  #braces(here: string): void {
    const depth = this.#templateBraces.at(-1);
    this.#keep(1);
    if (depth === undefined) return;
    if (here === "{") this.#templateBraces[this.#templateBraces.length - 1] = depth + 1;
    if (here !== "}") return;
    this.#templateBraces[this.#templateBraces.length - 1] = depth - 1;
    if (depth > 0) return;
    this.#templateBraces.pop();
    this.#templateText();
  }

  #quoted(quote: string): void {
    this.#keep(1);
    this.#blankUntil((at) => [quote, "\n"].includes(at));
    this.#keep(1);
  }

  #template(): void {
    this.#keep(1);
    this.#templateText();
  }

  /** Blanks template text up to its end, or up to the next `${`, whose code is kept. */
  #templateText(): void {
    this.#blankUntil(
      (at) => at === "`" || this.#source.slice(this.#position, this.#position + 2) === "${",
    );
    if (this.#source.charAt(this.#position) === "`") {
      this.#keep(1);
    } else {
      this.#keep(2);
      this.#templateBraces.push(0);
    }
  }

  #regex(): void {
    let inClass = false;
    this.#keep(1);
    this.#blankUntil((at) => {
      if (at === "[") inClass = true;
      if (at === "]") inClass = false;
      return at === "\n" || (at === "/" && !inClass);
    });
    this.#keep(1);
  }

  /** Stops on the first character that ends the text, taking escaped characters as text. */
  #blankUntil(isEnd: (character: string) => boolean): void {
    while (this.#position < this.#source.length) {
      const here = this.#source.charAt(this.#position);
      if (isEnd(here)) return;
      this.#blankTo(this.#position + (here === "\\" ? 2 : 1));
    }
  }

  #blankTo(end: number): void {
    this.#blanked += this.#source.slice(this.#position, end).replace(/[^\n]/g, " ");
    this.#position = end;
  }

  #keep(count: number): void {
    this.#blanked += this.#source.slice(this.#position, this.#position + count);
    this.#position += count;
  }

  #indexOrEnd(text: string, from: number): number {
    const index = this.#source.indexOf(text, from);
    return index === -1 ? this.#source.length : index;
  }
}
