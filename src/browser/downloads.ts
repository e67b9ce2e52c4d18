/** Connects the buttons "Save as" of report.html: they save the static picture, or the table as the page contains it. */
export function saveOnClick(csvOf: (figure: string) => string): void {
  for (const place of document.querySelectorAll<HTMLElement>('.downloads')) {
    place.hidden = false;
    place.addEventListener('click', ({ target }) => {
      const { figure, kind } = (target as HTMLElement).dataset;
      if (figure && kind) save(figure, kind, csvOf).catch((error) => console.error(error));
    });
  }
}

async function save(figure: string, kind: string, csvOf: (figure: string) => string): Promise<void> {
  const still = document.querySelector(`#${figure} .still`) as HTMLImageElement;
  const content = kind === 'csv' ? textBlob(csvOf(figure), 'text/csv') : await picture(still, kind);
  const link = document.createElement('a');
  link.download = `${figure}.${kind}`;
  link.href = URL.createObjectURL(content);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function picture(still: HTMLImageElement, kind: string): Promise<Blob> {
  if (kind === 'png') return png(still);
  return textBlob(decodeURIComponent(still.src.slice(still.src.indexOf(',') + 1)), 'image/svg+xml');
}

/** Two pixels per unit, as in figures/. */
async function png(still: HTMLImageElement): Promise<Blob> {
  await still.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [2 * still.naturalWidth, 2 * still.naturalHeight];
  canvas.getContext('2d')?.drawImage(still, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the browser made no PNG'))),
      'image/png',
    );
  });
}

function textBlob(text: string, type: string): Blob {
  return new Blob([text], { type });
}
