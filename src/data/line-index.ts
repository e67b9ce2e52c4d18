/**
 * Line numbers of a text in UTF-8 that arrives in pieces. A line ends with \n, \r\n or \r, as in Python's csv
 * module.
 */

const [lineFeed, carriageReturn] = [0x0a, 0x0d];
/** Offsets that are no longer needed are dropped when there are so many. Arbitrary. */
const mostPassed = 2 ** 16;

export class LineIndex {
  /** Offsets of the first bytes after the lines that no call has reached yet. */
  #ends: number[] = [];
  #passed = 0;
  #dropped = 0;
  #offset = 0;
  #characters = 0;
  #afterReturn = false;

  /** The next bytes of the text. */
  add(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; ++i) {
      const byte = bytes[i] as number;
      if (this.#afterReturn && byte !== lineFeed) this.#endLine();
      this.#afterReturn = byte === carriageReturn;
      this.#offset += 1;
      if (byte === lineFeed) this.#endLine();
      else if (byte !== carriageReturn && (byte & 0xc0) !== 0x80) this.#characters += 1;
    }
  }

  #endLine(): void {
    this.#ends.push(this.#offset);
    this.#characters = 0;
  }

  /** The line of the byte at an offset, from 1. @param offset no less than at the call before */
  lineAt(offset: number): number {
    while (this.#passed < this.#ends.length && (this.#ends[this.#passed] as number) <= offset)
      this.#passed += 1;
    if (this.#passed > mostPassed) {
      this.#ends.splice(0, this.#passed);
      this.#dropped += this.#passed;
      this.#passed = 0;
    }
    return 1 + this.#dropped + this.#passed;
  }

  /** Where the next character stands, both from 1; a character is a code point. */
  next(): { readonly line: number; readonly column: number } {
    const line = 1 + this.#dropped + this.#ends.length;
    return this.#afterReturn ? { line: line + 1, column: 1 } : { line, column: this.#characters + 1 };
  }
}
