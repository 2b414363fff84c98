import { describe, expect, it } from 'vitest';
import { i18n } from '@/i18n';
import { userAgentText } from './session-list';

const en = i18n.getFixedT('en');
const pl = i18n.getFixedT('pl');
const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';

describe('a browser in human words', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
      'Firefox on Windows',
    ],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/143.0.0.0 Safari/537.36`,
      'Chrome on Windows',
    ],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0`,
      'Microsoft Edge on Windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
      'Safari on macOS',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
      'Safari on iOS',
    ],
    [
      `Mozilla/5.0 (Linux; Android 15; Pixel 9) ${webkit} Chrome/143.0.0.0 Mobile Safari/537.36`,
      'Chrome on Android',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
    ['curl/8.14.1', 'curl'],
    ['', 'Unknown program'],
  ])('%s', (text, words) => {
    expect(userAgentText(en, text)).toBe(words);
  });

  it('is said in the language of the console', () => {
    expect(userAgentText(pl, 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0')).toBe(
      'Firefox w systemie Linux',
    );
    expect(userAgentText(pl, null)).toBe('Nieznany program');
  });
});
