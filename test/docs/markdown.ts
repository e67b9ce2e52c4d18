/** Pages in Markdown, as far as their tests look: code blocks with the comment before them, headings, links. */

export interface Block {
  /** Path of the page in the repository. */
  readonly page: string;
  /** Of the first line of the code, from 1. */
  readonly line: number;
  /** What follows the fence, as in "ts"; empty where nothing does, and for indented blocks. */
  readonly language: string;
  readonly text: string;
  /** Of `<!-- comment -->` on the line before. */
  readonly comment: string | undefined;
  readonly indented: boolean;
}

export interface Link {
  readonly line: number;
  readonly target: string;
}

export interface Page {
  readonly path: string;
  readonly blocks: readonly Block[];
  readonly links: readonly Link[];
  /** What a link to a heading is called, as GitHub makes it of the heading. */
  readonly anchors: readonly string[];
}

export function parsePage(path: string, text: string): Page {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  const links: Link[] = [];
  const anchors: string[] = [];
  for (let i = 0; i < lines.length; ++i) {
    const block = fencedAt(path, lines, i) ?? indentedAt(path, lines, i);
    if (block) {
      blocks.push(block);
      i = block.line + block.text.split('\n').length - (block.indented ? 2 : 1);
      continue;
    }
    const line = lines[i] as string;
    const heading = /^#{1,6} (.*)$/.exec(line)?.[1];
    if (heading !== undefined) anchors.push(anchorOf(heading, anchors));
    const prose = line.replaceAll(/`[^`]*`/g, '');
    for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g))
      links.push({ line: i + 1, target: target as string });
  }
  return { path, blocks, links, anchors };
}

/** The block whose opening fence is lines[i]. */
function fencedAt(page: string, lines: readonly string[], i: number): Block | undefined {
  const fence = /^(`{3,})\s*(\S*)$/.exec(lines[i] as string);
  if (!fence) return undefined;
  const end = lines.indexOf(fence[1] as string, i + 1);
  if (end < 0) throw new Error(`${page}:${i + 1}: the code block is not closed`);
  return {
    page,
    line: i + 2,
    language: fence[2] as string,
    text: lines.slice(i + 1, end).join('\n'),
    comment: commentAt(lines[i - 1]),
    indented: false,
  };
}

/** The block of lines indented by four that begins, after an empty line or a comment, at lines[i]. */
function indentedAt(page: string, lines: readonly string[], i: number): Block | undefined {
  const before = lines[i - 1];
  if (!isIndented(lines[i]) || !(before === undefined || before === '' || commentAt(before) !== undefined))
    return undefined;
  let end = i;
  while (isIndented(lines[end])) ++end;
  const text = lines
    .slice(i, end)
    .map((line) => line.slice(4))
    .join('\n');
  return { page, line: i + 1, language: '', text, comment: commentAt(before), indented: true };
}

function isIndented(line: string | undefined): boolean {
  return line !== undefined && /^ {4}\S?/.test(line) && line.trim() !== '';
}

function commentAt(line: string | undefined): string | undefined {
  return /^<!-- (.*) -->$/.exec(line ?? '')?.[1];
}

function anchorOf(heading: string, before: readonly string[]): string {
  const name = heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
  const times = before.filter((other) => other === name || other.startsWith(`${name}-`)).length;
  return before.includes(name) ? `${name}-${times}` : name;
}
