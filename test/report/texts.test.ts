import { describe, expect, it } from 'vitest';
import { meanAndSpread } from '../../src/figures/mean-and-spread.js';
import { brief, duration, enumerated, listed, short, spreadText } from '../../src/figures/numbers-in-text.js';
import { subscriptsInHtml, subscriptsInSvg, withoutMarks } from '../../src/figures/subscripts.js';
import { tableCsv, tableHtml } from '../../src/report/table.js';

describe('numbers in text', () => {
  it('are short and do not round integers', () => {
    expect([0, 185, 1490, 0.0087654, 22.3333, 4e-5, 1e-6, -1.25e-7].map((value) => short(value))).toEqual([
      '0',
      '185',
      '1490',
      '0.00877',
      '22.3',
      '4·10⁻⁵',
      '10⁻⁶',
      '-1.25·10⁻⁷',
    ]);
  });

  it('have a mean as precise as the spread admits', () => {
    expect(meanAndSpread([20, 24, 23])).toBe('22.3 ± 2.1');
    expect(meanAndSpread([0.009, 0.0104])).toBe('0.00970 ± 0.00099');
    expect(meanAndSpread([180, 150, 210])).toBe('180 ± 30');
    expect(meanAndSpread([1e-5, 3e-5])).toBe('(2.0 ± 1.4)·10⁻⁵');
    expect(meanAndSpread([1, 1 + 1e-12])).toBe('1.000 ± 0.000');
    expect(meanAndSpread([20, 20])).toBe('20 ± 0');
    expect(meanAndSpread([22])).toBe('22');
  });

  it('are rounded to four significant digits, or as many more as distinguish a value from the others', () => {
    expect([0.00316227766017, 12345, 0.25].map((value) => brief(value))).toEqual([0.003162, 12345, 0.25]);
    expect(brief(0.300001, [0.300001, 0.300002, 'none'])).toBe(0.300001);
    expect(brief(1e-7)).toBe(1e-7);
  });

  it('have a mean of at most four digits, however small the spread', () => {
    expect(meanAndSpread([0.003861, 0.0038617])).toBe('0.003861 ± 0.000000');
  });

  it('are the spread of one trial', () => {
    expect(spreadText(null)).toBe('none: one trial');
    expect(spreadText(0.5)).toBe('0.5');
  });

  it('are durations in the usual units', () => {
    expect([0.25, 59.94, 60, 250.4, 3720, 7199.9].map(duration)).toEqual([
      '0.25 s',
      '59.9 s',
      '1 min 00 s',
      '4 min 10 s',
      '1 h 02 min',
      '2 h 00 min',
    ]);
  });
});

describe('subscripts', () => {
  it('are set in HTML', () => {
    expect(subscriptsInHtml('line h_T, n_λ, n_{kept} − h_T, |λ_i|')).toBe(
      'line h<sub>T</sub>, n<sub>λ</sub>, n<sub>kept</sub> − h<sub>T</sub>, |λ<sub>i</sub>|',
    );
  });

  it('leave names with underscores unchanged', () => {
    const text = 'run_directory_conflict, x_out, snake_c, A_1b';
    expect(subscriptsInHtml(text)).toBe(text);
  });

  it('are set in the text of an SVG and not in its attributes', () => {
    expect(subscriptsInSvg('<text aria-label="h_T">n_{kept} − h_T</text>')).toBe(
      '<text aria-label="h_T">n<tspan dy="0.25em" font-size="0.75em">kept</tspan><tspan dy="-0.1875em"> − h</tspan>' +
        '<tspan dy="0.25em" font-size="0.75em">T</tspan></text>',
    );
  });

  it('have no width for their mark when text is measured', () => {
    expect(withoutMarks('n_{kept} − h_T = 20')).toBe('nkept − hT = 20');
  });
});

describe('tables', () => {
  const table = {
    columns: ['a "b"', 'c'],
    rows: [
      [1.23456789, 'x, y'],
      [null, '<b>'],
    ],
  };

  it('are CSV with all digits, quoted where necessary', () => {
    expect(tableCsv(table)).toBe('"a ""b""",c\r\n1.23456789,"x, y"\r\n,<b>\r\n');
  });

  it('are HTML, escaped and to four digits', () => {
    const html = tableHtml(table);
    expect(html).toContain('<th scope="col">a &#34;b&#34;</th>');
    expect(html).toContain('<td class="number">1.235</td><td>x, y</td>');
    expect(html).toContain('<td>–</td><td>&#60;b&#62;</td>');
  });

  it('state when a page does not show all rows', () => {
    const rows = Array.from({ length: 301 }, (_, i) => [i]);
    expect(tableHtml({ columns: ['i'], rows })).toContain(
      'The first 100 of 301 rows; the CSV has all of them.',
    );
    expect(tableHtml({ columns: ['i'], rows: rows.slice(201) })).not.toContain('The first');
  });
});

describe('lists of values', () => {
  it('have an "and" before the last', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((texts) => enumerated(texts))).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
  });

  it('are written out up to a number, and otherwise counted', () => {
    expect(listed([10, 20, 40])).toBe('10, 20, 40');
    expect(listed(Array.from({ length: 2000 }, (_, i) => i + 1))).toBe('1, 2, 3, ..., 2000 (2000 values)');
  });
});
