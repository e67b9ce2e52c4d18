/** Literals of Python, as headers of NPY files hold them and `ast.literal_eval` reads them; integers of Python 2 (6L) too. */

export type PythonValue =
  | null
  | boolean
  | number
  | string
  | PythonFloat
  | PythonTuple
  | PythonList
  | ReadonlyMap<PythonValue, PythonValue>;

/** A float in Python, even where its value is an integer. */
export class PythonFloat {
  constructor(readonly value: number) {}
}

export class PythonTuple {
  constructor(readonly items: readonly PythonValue[]) {}
}

export class PythonList {
  constructor(readonly items: readonly PythonValue[]) {}
}

/** White space, ends of lines (with a backslash too) and comments. */
const blank = /(?:[ \t\f\r\n]|\\\r?\n|#[^\r\n]*)*/y;
const words: ReadonlyMap<string, PythonValue> = new Map([
  ['True', true],
  ['False', false],
  ['None', null],
]);
const number =
  /[+-]?(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*\.?(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?)/y;
const string =
  /[uUbBrR]?(?:'''((?:\\[\s\S]|[^\\])*?)'''|"""((?:\\[\s\S]|[^\\])*?)"""|'((?:\\[\s\S]|[^'\\\n])*)'|"((?:\\[\s\S]|[^"\\\n])*)")/y;

/**
 * @throws SyntaxError with the place, counted from 0
 */
export function parsePythonLiteral(text: string): PythonValue {
  const reader = new LiteralReader(text);
  const value = reader.value();
  reader.end();
  return value;
}

/** As deep as Python's own parser goes; more would exhaust the stack. */
const deepest = 200;

class LiteralReader {
  #at = 0;
  #depth = 0;

  constructor(readonly text: string) {}

  value(): PythonValue {
    if (++this.#depth > deepest)
      throw new SyntaxError(`it is no Python literal: brackets nest deeper than ${deepest}`);
    const value = this.#value();
    this.#depth -= 1;
    return value;
  }

  #value(): PythonValue {
    this.#skip();
    const quoted = this.#match(string);
    if (quoted) return this.#restOfString(quoted);
    const digits = this.#match(number);
    if (digits) return this.#number(digits[0]);
    const word = this.#match(/[A-Za-z_]\w*/y)?.[0];
    if (word !== undefined) {
      const known = words.get(word);
      if (known !== undefined) return known;
      throw this.#unexpected(this.#at - word.length);
    }
    if (this.#take('(')) return this.#inParentheses();
    if (this.#take('[')) return new PythonList(this.#items(']').items);
    if (this.#take('{')) return this.#dictionary();
    throw this.#unexpected(this.#at);
  }

  end(): void {
    this.#skip();
    if (this.#at < this.text.length) throw this.#unexpected(this.#at);
  }

  /** Adjacent strings are concatenated. */
  #restOfString(first: RegExpExecArray): string {
    let whole = '';
    for (let part: RegExpExecArray | undefined = first; part; part = this.#match(string)) {
      const [all, ...contents] = part;
      const text = contents.find((each) => each !== undefined) ?? '';
      whole += /^[rR]/.test(all) ? text : unescaped(text);
      this.#skip();
    }
    return whole;
  }

  #number(digits: string): number | PythonFloat {
    this.#match(/[lL]/y); // Python 2
    const [, sign, rest = ''] = /^([+-]?)(.*)$/.exec(digits.replaceAll('_', '')) as RegExpExecArray;
    const value = sign === '-' ? -Number(rest) : Number(rest);
    return /^(0[xXoObB]|\d+$)/.test(rest) ? value : new PythonFloat(value);
  }

  /** (1) is 1; (1,) and () are tuples. */
  #inParentheses(): PythonValue {
    const { items, comma } = this.#items(')');
    return items.length === 1 && !comma ? (items[0] as PythonValue) : new PythonTuple(items);
  }

  #items(close: string): { items: PythonValue[]; comma: boolean } {
    const items: PythonValue[] = [];
    let comma = false;
    while (!this.#take(close)) {
      if (items.length > 0 && !comma) throw this.#unexpected(this.#at);
      items.push(this.value());
      comma = this.#take(',');
    }
    return { items, comma };
  }

  #dictionary(): ReadonlyMap<PythonValue, PythonValue> {
    const entries = new Map<PythonValue, PythonValue>();
    let comma = true;
    while (!this.#take('}')) {
      if (!comma) throw this.#unexpected(this.#at);
      const key = this.value();
      if (!this.#take(':')) throw this.#unexpected(this.#at);
      entries.set(key, this.value());
      comma = this.#take(',');
    }
    return entries;
  }

  #skip(): void {
    this.#match(blank);
  }

  #take(character: string): boolean {
    this.#skip();
    if (this.text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.text);
    if (match) this.#at += match[0].length;
    return match ?? undefined;
  }

  #unexpected(at: number): SyntaxError {
    const found = at < this.text.length ? JSON.stringify(this.text.slice(at, at + 10)) : 'the end';
    return new SyntaxError(`it is no Python literal: ${found} stands at character ${at}`);
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\n': '' };

function unescaped(text: string): string {
  return text.replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|[0-7]{1,3}|[\s\S])/g, (whole, code: string) => {
    if (/^[xu]./.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    return escapes[code] ?? ('\\\'"'.includes(code) ? code : whole);
  });
}
