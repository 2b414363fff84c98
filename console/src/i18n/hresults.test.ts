import { describe, expect, it } from 'vitest';
import { hresultName, hresultText } from './codes';
import hresults from './hresults.json';
import text from './hresults.json?raw';
import { i18n, languages } from './index';

const entries = Object.entries(hresults);
const codes = Object.keys(hresults);
const sentences = entries.flatMap(([code, entry]) =>
  languages.flatMap((language) =>
    Object.entries(entry[language]).map(([part, sentence]) => ({
      place: `${code} ${language} ${part}`,
      language,
      sentence,
    })),
  ),
);

/** The places whose sentence breaks a rule. */
function breaches(isRight: (sentence: string, language: string) => boolean): string[] {
  return sentences
    .filter(({ sentence, language }) => !isRight(sentence, language))
    .map(({ place }) => place);
}

describe('the catalogue of HRESULTs', () => {
  it('has a wide choice of failures, each once and in order', () => {
    expect(codes.length).toBeGreaterThanOrEqual(60);
    const written = [...text.matchAll(/^ {2}"(.*)": \{$/gm)].map(([, code]) => code);
    expect(written).toEqual([...new Set(codes)].sort());
    expect(codes.filter((code) => !/^0x[89A-F][0-9A-F]{7}$/.test(code))).toEqual([]);
  });

  it('names every code as Windows does', () => {
    const names = entries.map(([, { name }]) => name);
    expect(names.filter((name) => !/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('says what happened and what to do, in both languages alike', () => {
    const shape = { name: 'string', en: ['title', 'remedy'], pl: ['title', 'remedy'] };
    for (const [code, { name, en, pl }] of entries) {
      const found = { name: typeof name, en: Object.keys(en), pl: Object.keys(pl) };
      expect(found, code).toEqual(shape);
      expect(pl.title, code).not.toBe(en.title);
      expect(pl.remedy, code).not.toBe(en.remedy);
    }
  });

  it('is written in sentences with the quotation marks of their language', () => {
    expect(breaches((sentence) => /^[\p{Lu}“„].*\.$/u.test(sentence))).toEqual([]);
    // The latter two would be taken for placeholders.
    expect(breaches((sentence) => !/"|\{\{|\$t\(/.test(sentence))).toEqual([]);
    expect(
      breaches((sentence, language) => !(language === 'pl' ? /“/ : /„/).test(sentence)),
    ).toEqual([]);
  });
});

describe('the text of an HRESULT', () => {
  it.each(languages)('is that of the catalogue (%s)', (language) => {
    const t = i18n.getFixedT(language);
    for (const [code, entry] of entries) {
      expect(hresultText(t, code)).toEqual({ ...entry[language], name: entry.name });
    }
  });

  it('is found in either case', () => {
    const t = i18n.getFixedT('en');
    expect(hresultText(t, '0x8024402c')).toEqual(hresultText(t, '0x8024402C'));
    expect(hresultText(t, '0X8024402C').name).toBe('WU_E_PT_WINHTTP_NAME_NOT_RESOLVED');
    expect(hresultName('0x8024402c')).toBe('WU_E_PT_WINHTTP_NAME_NOT_RESOLVED');
  });

  it.each(languages)('names the Win32 error behind a code that is not known (%s)', (language) => {
    const { title, remedy, name } = hresultText(i18n.getFixedT(language), '0x8007fff0');
    expect(title).toContain('65520');
    expect(remedy).toContain('0x8007FFF0');
    expect(name).toBeUndefined();
  });

  it.each(languages)('is a sentence with the code in it otherwise (%s)', (language) => {
    const { title, name } = hresultText(i18n.getFixedT(language), '0x8099ffff');
    expect(title).toContain('0x8099FFFF');
    expect(name).toBeUndefined();
    expect(hresultName('exit code 100')).toBeUndefined();
  });
});
