/** What a test sees of a drawing that has no elements. */
import type { Page } from 'playwright-core';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where the canvas at `selector` has a colour like `color`, [red, green, blue], in pixels of the window, from left to right. */
export async function pixelsOf(
  page: Page,
  selector: string,
  color: readonly [number, number, number],
): Promise<Point[]> {
  const canvas = page.locator(selector).first();
  await canvas.waitFor();
  await canvas.scrollIntoViewIfNeeded();
  return page.evaluate(`(() => {
    const canvas = document.querySelector(${JSON.stringify(selector)});
    const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const box = canvas.getBoundingClientRect();
    const color = ${JSON.stringify(color)};
    const found = [];
    for (let x = 0; x < width; ++x)
      for (let y = 0; y < height; ++y) {
        const at = 4 * (y * width + x);
        const like = data[at + 3] > 100 && color.every((value, k) => Math.abs(data[at + k] - value) < 60);
        if (like) found.push({ x: box.x + (x / width) * box.width, y: box.y + (y / height) * box.height });
      }
    return found;
  })()`);
}

/** What the first canvas at `selector` shows, to be compared. */
export function pictureOf(page: Page, selector: string): Promise<string> {
  return page.evaluate(`document.querySelector(${JSON.stringify(selector)}).toDataURL()`);
}
