import { describe, expect, it } from 'vitest';
import { directiveOf, matchOutput, textToRun } from './directive.js';
import { type Block, parsePage } from './markdown.js';

const page = (...lines: string[]) => parsePage('docs/page.md', lines.join('\n'));
const block = (language: string, comment?: string, text = 'a = 1'): Block => ({
  page: 'docs/page.md',
  line: 3,
  language,
  text,
  comment,
  indented: false,
});

describe('parsePage', () => {
  it('finds fenced blocks with their lines, languages and comments', () => {
    const { blocks } = page(
      '# One',
      '<!-- run: part -->',
      '```yaml',
      'a: 1',
      '',
      'b: 2',
      '```',
      '',
      '```',
      'x',
      '```',
    );
    expect(blocks).toEqual([
      {
        page: 'docs/page.md',
        line: 4,
        language: 'yaml',
        text: 'a: 1\n\nb: 2',
        comment: 'run: part',
        indented: false,
      },
      { page: 'docs/page.md', line: 10, language: '', text: 'x', comment: undefined, indented: false },
    ]);
  });

  it('finds indented blocks, but not what continues a list', () => {
    const { blocks } = page('Text:', '', '    a', '    b', 'more', '- item', '    of two lines');
    expect(blocks.map(({ line, text, indented }) => ({ line, text, indented }))).toEqual([
      { line: 3, text: 'a\nb', indented: true },
    ]);
  });

  it('looks for links and headings outside of code only', () => {
    const { links, anchors } = page(
      '# A `b`, c',
      'See [x](y.md#z) and `[n](o)`.',
      '```ts',
      '# [p](q)',
      '```',
      '# A b c',
    );
    expect(links).toEqual([{ line: 2, target: 'y.md#z' }]);
    expect(anchors).toEqual(['a-b-c', 'a-b-c-1']);
  });

  it('refuses a block that is not closed', () => {
    expect(() => page('text', '```ts', 'a')).toThrow('docs/page.md:2: the code block is not closed');
  });
});

describe('directiveOf', () => {
  it('runs a block of a known language by itself', () => {
    expect(directiveOf(block('ts'))).toMatchObject({
      kind: 'run',
      replacements: [],
      continues: false,
      exits: 0,
    });
    expect(directiveOf(block('python'))).toMatchObject({ kind: 'run', needs: 'python' });
  });

  it('reads clauses', () => {
    const comment = 'run: epochs: 2000 -> 3; continues; needs cuda; file a/b.ts; exits 2';
    expect(directiveOf(block('ts', comment))).toMatchObject({
      replacements: [['epochs: 2000', '3']],
      ...{ continues: true, needs: 'cuda', file: 'a/b.ts', exits: 2 },
    });
  });

  it.each([
    [block('ts', 'runs'), 'docs/page.md:3: "runs" says nothing of running it'],
    [block('ts', 'run: quickly'), 'docs/page.md:3: "quickly"?'],
    [block('ts', 'run: exits 0'), 'docs/page.md:3: "exits 0"?'],
    [block('sh', 'not run: slow'), 'docs/page.md:3: "slow" is no reason'],
    [block('text'), 'docs/page.md:3: what is shown needs <!-- output --> or <!-- not run: WHY -->'],
    [block('julia'), 'docs/page.md:3: "julia" is no language that is run: ts, sh, yaml, python, diff'],
    [block(''), 'docs/page.md:3: "" is no language that is run: ts, sh, yaml, python, diff'],
  ])('refuses %j', (wrong, message) => {
    expect(() => directiveOf(wrong)).toThrow(message);
  });
});

describe('textToRun', () => {
  it('makes every replacement, and each must have something to replace', () => {
    const run = (comment: string) => {
      const one = block('ts', comment, 'n = 20; m = 20');
      const directive = directiveOf(one);
      return directive.kind === 'run' ? textToRun(one, directive) : undefined;
    };
    expect(run('run: 20 -> 3')).toBe('n = 3; m = 3');
    expect(() => run('run: 30 -> 3')).toThrow('docs/page.md:3: there is no "30" to replace');
  });
});

describe('matchOutput', () => {
  it.each([
    ['a\nb', 'a\nb\n'],
    ['a\n...\nd', 'a\nb\nc\nd\n'],
    ['a ... (s)', 'a 1.2 (s)\r\n'],
    ['...\nd', 'd'],
  ])('accepts %j as %j', (shown, printed) => {
    expect(matchOutput(shown, printed, false)).toBe('');
  });

  it('leaves what later blocks print', () => {
    expect(matchOutput('a\n...\nc', 'a\nb\nc\nd\n', true)).toBe('d\n');
  });

  it.each([
    ['a', 'a\nb\n'],
    ['b\na', 'a\nb'],
    ['a.c', 'abc'],
    ['a\n...', 'b\na'],
  ])('does not accept %j as %j', (shown, printed) => {
    expect(matchOutput(shown, printed, false)).toBeUndefined();
  });
});
