/**
 * The theme of a page: the system's until the button #theme is pressed. The stylesheet reads it from <html data-theme>.
 */
import { byId } from './elements.js';

export type ThemeName = 'light' | 'dark';

const systemDark = matchMedia('(prefers-color-scheme: dark)');

export function themeName(): ThemeName {
  const chosen = document.documentElement.dataset.theme as ThemeName | undefined;
  return chosen ?? (systemDark.matches ? 'dark' : 'light');
}

/**
 * Connects the button.
 * @param changed called after each change
 */
export function followTheme(changed: () => void): void {
  const button = byId('theme');
  const follow = () => {
    button.textContent = themeName() === 'dark' ? 'Light' : 'Dark';
    changed();
  };
  button.addEventListener('click', () => {
    document.documentElement.dataset.theme = themeName() === 'dark' ? 'light' : 'dark';
    follow();
  });
  systemDark.addEventListener('change', follow);
  button.hidden = false;
  follow();
}
