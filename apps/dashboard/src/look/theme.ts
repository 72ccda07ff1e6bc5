import { keepSetting } from './settings.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** Known to public/theme.js, which sets it before the first paint. */
const KEY = 'waybill.theme';

export function currentTheme(): Theme {
  const said = document.documentElement.dataset['theme'];
  return THEMES.find((theme) => theme === said) ?? 'system';
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  keepSetting(KEY, theme === 'system' ? null : theme);
}
