/**
 * A strict JSON reader (RFC 8259) that keeps the digits of numbers and names the place of a fault.
 * Beyond the standard it refuses what makes two readers disagree: a name twice, `__proto__`, lone
 * surrogates, a byte order mark. Linear time; the stack is bounded by the depth limit.
 */
import { LIMITS } from "./limits.ts";
import { shown } from "./shown.ts";

/** A JSON number, digit for digit as it was written. */
export class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A member of an object, and the one behind it. */
export interface JsonMember {
  readonly name: string;
  readonly value: JsonValue;
  readonly next: JsonMember | null;
}

/**
 * Members in the order they were written; no name occurs twice. Not a record, so names are never
 * keys; and a chain, for lists that grow were most of what a request with few members costs.
 */
export class JsonObject {
  readonly first: JsonMember | null;

  constructor(first: JsonMember | null) {
    this.first = first;
  }

  get names(): string[] {
    const names: string[] = [];
    for (let member = this.first; member !== null; member = member.next) names.push(member.name);
    return names;
  }

  /** The member of that name, undefined when there is none. */
  get(name: string): JsonValue | undefined {
    for (let member = this.first; member !== null; member = member.next) {
      if (member.name === name) return member.value;
    }
    return undefined;
  }
}

export type JsonValue = null | boolean | string | NumberText | JsonObject | readonly JsonValue[];

/** Why a text is not the JSON we take, and where. */
export class JsonFault {
  /** From 1; lines end with a line feed. */
  readonly line: number;
  /** From 1, in characters (a surrogate pair is one). */
  readonly column: number;
  /**
   * A whole sentence with the place: `line 3, column 5: expected ":" after the name, found "}"`.
   */
  readonly what: string;

  constructor(line: number, column: number, what: string) {
    this.line = line;
    this.column = column;
    this.what = `line ${line}, column ${column}: ${what}`;
  }
}

/** Reads one JSON value. Precondition: the text was decoded from valid UTF-8. Never throws. */
export function parseExact(text: string): JsonValue | JsonFault {
  return new Reader(text).readDocument();
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const BRACKET_OPEN = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const BYTE_ORDER_MARK = 0xfeff;

/** Up to here a scan of the names is faster than a set. */
const NAMES_SCANNED_MAX = 8;

const UNESCAPED: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);
const UNIT_DIGITS = /^[0-9a-fA-F]{4}$/;

/** A member whose object is being read. */
type Member = { -readonly [Part in keyof JsonMember]: JsonMember[Part] };

/**
 * Every `read...` method answers undefined once it has recorded a fault; the callers pass that on.
 */
class Reader {
  private readonly text: string;
  private offset = 0;
  private depth = 0;
  private fault: JsonFault | null = null;

  constructor(text: string) {
    this.text = text;
  }

  readDocument(): JsonValue | JsonFault {
    if (this.text.charCodeAt(0) === BYTE_ORDER_MARK) {
      return faultAt(this.text, 0, "a byte order mark is not allowed; send UTF-8 without one");
    }
    const value = this.readValue();
    if (value !== undefined) {
      this.skipSpace();
      if (this.offset === this.text.length) return value;
      this.refuseFound("expected the end of the text after the value");
    }
    return this.fault ?? faultAt(this.text, this.offset, "unreadable");
  }

  private readValue(): JsonValue | undefined {
    this.skipSpace();
    switch (this.peek()) {
      case QUOTE:
        return this.readString();
      case BRACE_OPEN:
        return this.readObject();
      case BRACKET_OPEN:
        return this.readArray();
      case 0x66:
        return this.readWord("false", false);
      case 0x6e:
        return this.readWord("null", null);
      case 0x74:
        return this.readWord("true", true);
      default:
        return this.readNumber();
    }
  }

  private readObject(): JsonObject | undefined {
    if (!this.enter()) return undefined;
    if (this.closes(BRACE_CLOSE)) return new JsonObject(null);
    const first = this.readMember(null, null);
    if (first === undefined) return undefined;
    const object = new JsonObject(first);
    let names: Set<string> | null = null;
    let last = first;
    for (let count = 1; !this.closes(BRACE_CLOSE); count += 1) {
      if (!this.continues('expected a comma or "}" after the value')) return undefined;
      if (count === NAMES_SCANNED_MAX) names = new Set(object.names);
      const member = this.readMember(object, names);
      if (member === undefined) return undefined;
      last.next = member;
      last = member;
    }
    return object;
  }

  /** The next member of an object; `names` are all that it has, once there are many. */
  private readMember(object: JsonObject | null, names: Set<string> | null): Member | undefined {
    const name = this.readName(object, names);
    if (name === undefined) return undefined;
    const value = this.readValue();
    return value === undefined ? undefined : { name, value, next: null };
  }

  private readArray(): readonly JsonValue[] | undefined {
    if (!this.enter()) return undefined;
    const values: JsonValue[] = [];
    if (this.closes(BRACKET_CLOSE)) return values;
    for (;;) {
      const value = this.readValue();
      if (value === undefined) return undefined;
      values.push(value);
      if (this.closes(BRACKET_CLOSE)) return values;
      if (!this.continues('expected a comma or "]" after the value')) return undefined;
    }
  }

  /** A name with its colon. */
  private readName(object: JsonObject | null, names: Set<string> | null): string | undefined {
    this.skipSpace();
    if (this.peek() !== QUOTE) return this.refuseFound("expected a name in double quotes");
    const start = this.offset;
    const name = this.readString();
    if (name === undefined) return undefined;
    if (name === "__proto__") return this.refuseAt(start, 'the name "__proto__" is not allowed');
    const isRepeated =
      names === null ? object?.get(name) !== undefined : names.size === names.add(name).size;
    if (isRepeated) return this.refuseAt(start, `the name ${shown(name)} occurs twice`);
    this.skipSpace();
    if (this.peek() !== COLON) return this.refuseFound('expected ":" after the name');
    this.offset += 1;
    return name;
  }

  private readString(): string | undefined {
    const { text } = this;
    const start = this.offset + 1;
    let end = start;
    for (;;) {
      const unit = text.charCodeAt(end);
      if (unit === QUOTE) {
        this.offset = end + 1;
        return text.slice(start, end);
      }
      if (unit === BACKSLASH) return this.readEscapedString(start, end);
      // Written so that the NaN past the end is refused too.
      if (!(unit >= 0x20)) return this.refuseInString(end);
      end += 1;
    }
  }

  /** The rest of a string from its first backslash on. */
  private readEscapedString(start: number, firstEscape: number): string | undefined {
    const { text } = this;
    let result = text.slice(start, firstEscape);
    let from = firstEscape;
    let end = firstEscape;
    for (;;) {
      const unit = text.charCodeAt(end);
      if (unit === QUOTE) {
        this.offset = end + 1;
        return result + text.slice(from, end);
      }
      if (unit === BACKSLASH) {
        this.offset = end;
        const character = this.readEscape();
        if (character === undefined) return undefined;
        result += text.slice(from, end) + character;
        from = this.offset;
        end = from;
        continue;
      }
      if (!(unit >= 0x20)) return this.refuseInString(end);
      end += 1;
    }
  }

  private readEscape(): string | undefined {
    const start = this.offset;
    const letter = this.text.charAt(start + 1);
    if (letter !== "u") {
      const character = UNESCAPED.get(letter);
      if (character === undefined)
        return this.refuseAt(start, "this escape does not exist in JSON");
      this.offset = start + 2;
      return character;
    }
    const unit = this.readUnit(start);
    if (unit === undefined) return this.refuseAt(start, 'expected 4 hex digits after "\\u"');
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    const second = unit < 0xdc00 ? this.readUnit(this.offset) : undefined;
    if (second === undefined || second < 0xdc00 || second > 0xdfff) {
      return this.refuseAt(start, "this surrogate is not part of a pair");
    }
    return String.fromCharCode(unit, second);
  }

  /** The code unit of a `\uXXXX` at that place; undefined, without a fault, when there is none. */
  private readUnit(start: number): number | undefined {
    if (!this.text.startsWith("\\u", start)) return undefined;
    const digits = this.text.slice(start + 2, start + 6);
    if (!UNIT_DIGITS.test(digits)) return undefined;
    this.offset = start + 6;
    return Number.parseInt(digits, 16);
  }

  private readNumber(): NumberText | undefined {
    const start = this.offset;
    if (this.peek() === MINUS) this.offset += 1;
    const first = this.peek();
    if (!isDigit(first)) {
      return this.refuseFound(
        start === this.offset ? "expected a value" : 'expected a digit after "-"',
      );
    }
    this.offset += 1;
    if (first !== ZERO) {
      this.skipDigits();
    } else if (isDigit(this.peek())) {
      return this.refuseFound("a number cannot start with 0; write ids and symbols in quotes");
    }
    if (this.peek() === POINT) {
      this.offset += 1;
      if (!this.skipDigits()) return this.refuseFound('expected a digit after "."');
    }
    if ((this.peek() | 0x20) === 0x65) {
      this.offset += 1;
      if (this.peek() === MINUS || this.peek() === 0x2b) this.offset += 1;
      if (!this.skipDigits()) return this.refuseFound("expected a digit in the exponent");
    }
    return new NumberText(this.text.slice(start, this.offset));
  }

  private readWord<T>(word: string, value: T): T | undefined {
    if (!this.text.startsWith(word, this.offset)) return this.refuseFound("expected a value");
    this.offset += word.length;
    return value;
  }

  /** Steps over an opening bracket. */
  private enter(): boolean {
    if (this.depth === LIMITS.jsonDepthMax.value) {
      this.refuseAt(this.offset, `nested deeper than ${LIMITS.jsonDepthMax.value} levels`);
      return false;
    }
    this.depth += 1;
    this.offset += 1;
    return true;
  }

  /** Steps over the closing bracket if it is next. */
  private closes(bracket: number): boolean {
    this.skipSpace();
    if (this.peek() !== bracket) return false;
    this.depth -= 1;
    this.offset += 1;
    return true;
  }

  /** Steps over the comma between two members. */
  private continues(expected: string): boolean {
    if (this.peek() !== COMMA) {
      this.refuseFound(expected);
      return false;
    }
    this.offset += 1;
    return true;
  }

  /** The code unit at the current place, NaN at the end. */
  private peek(): number {
    return this.text.charCodeAt(this.offset);
  }

  private skipSpace(): void {
    for (;;) {
      const unit = this.text.charCodeAt(this.offset);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
      this.offset += 1;
    }
  }

  private skipDigits(): boolean {
    const start = this.offset;
    while (isDigit(this.peek())) this.offset += 1;
    return this.offset > start;
  }

  private refuseInString(offset: number): undefined {
    this.offset = offset;
    return offset < this.text.length
      ? this.refuseFound("a control character inside a string must be escaped")
      : this.refuseFound("expected the closing double quote of the string");
  }

  private refuseFound(what: string): undefined {
    const point = this.text.codePointAt(this.offset);
    const found =
      point === undefined ? "the end of the text" : JSON.stringify(String.fromCodePoint(point));
    return this.refuseAt(this.offset, `${what}, found ${found}`);
  }

  private refuseAt(offset: number, what: string): undefined {
    this.fault = faultAt(this.text, offset, what);
    return undefined;
  }
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function faultAt(text: string, offset: number, what: string): JsonFault {
  let line = 1;
  let lineStart = 0;
  for (
    let end = text.indexOf("\n");
    end !== -1 && end < offset;
    end = text.indexOf("\n", end + 1)
  ) {
    line += 1;
    lineStart = end + 1;
  }
  let column = 1;
  for (const _ of text.slice(lineStart, offset)) column += 1;
  return new JsonFault(line, column, what);
}
