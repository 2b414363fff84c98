/**
 * Proves that every text on screen is translated: `en` and `pl` have equal keys with the plural
 * forms of their language, no key is left unused, and no attribute that people read or hear is a
 * literal. (Biome's noJsxLiterals covers the text between tags, and hresults.test.ts the HRESULTs,
 * which have both languages in one file.)
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const source = fileURLToPath(new URL('../src', import.meta.url));
const spoken = new Set([
  'alt',
  'aria-description',
  'aria-label',
  'aria-roledescription',
  'aria-valuetext',
  'body',
  'confirm',
  'data-hint',
  'description',
  'error',
  'hint',
  'label',
  'legend',
  'placeholder',
  'title',
]);
const pluralForms = { en: ['one', 'other'], pl: ['one', 'few', 'many', 'other'] };
const problems = [];

function flatten(texts, prefix = '') {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${prefix}${key}`, value]] : flatten(value, `${prefix}${key}.`),
  );
}

function placeholders(text) {
  return [...text.matchAll(/\{\{\s*(\w+)/g)]
    .map(([, name]) => name)
    .sort()
    .join(' ');
}

function readTexts(language) {
  return new Map(flatten(JSON.parse(readFileSync(join(source, `i18n/${language}.json`), 'utf8'))));
}

/** Keys without their plural suffix, each with the forms it has and the placeholders it names. */
function group(texts) {
  const groups = new Map();
  for (const [key, text] of texts) {
    const match = /^(.*)_(one|few|many|other)$/.exec(key);
    const plural = match !== null && texts.has(`${match[1]}_one`);
    const base = plural ? match[1] : key;
    const entry = groups.get(base) ?? { forms: [], placeholders: new Set() };
    if (plural) entry.forms.push(match[2]);
    entry.placeholders.add(placeholders(text));
    groups.set(base, entry);
  }
  return groups;
}

function compareLanguages(texts) {
  const groups = { en: group(texts.en), pl: group(texts.pl) };
  for (const [language, other] of [
    ['en', 'pl'],
    ['pl', 'en'],
  ]) {
    for (const [key, entry] of groups[language]) {
      if (!groups[other].has(key)) problems.push(`${key} is in ${language}.json only`);
      const wanted = pluralForms[language];
      if (entry.forms.length > 0 && wanted.some((form) => !entry.forms.includes(form))) {
        problems.push(`${key} lacks a plural form in ${language}.json`);
      }
    }
  }
  for (const [key, entry] of groups.en) {
    const names = [...entry.placeholders, ...(groups.pl.get(key)?.placeholders ?? [])];
    if (new Set(names).size > 1) problems.push(`${key} has differing placeholders`);
  }
  for (const language of ['en', 'pl']) {
    for (const [key, text] of texts[language]) {
      if (text.trim() === '') problems.push(`${key} is empty in ${language}.json`);
    }
  }
  return groups.en;
}

function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return /\.tsx?$/.test(entry.name) && !/\.(test|d)\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

function literalIn(initializer) {
  if (!initializer) return null;
  if (ts.isStringLiteral(initializer)) return initializer.text;
  const inner = ts.isJsxExpression(initializer) ? initializer.expression : undefined;
  return inner && ts.isStringLiteralLike(inner) ? inner.text : null;
}

/** Reports spoken literals and gathers every string that could be a key or the start of one. */
function inspect(path, used) {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const visit = (node) => {
    if (ts.isJsxAttribute(node) && spoken.has(node.name.getText())) {
      const literal = literalIn(node.initializer);
      if (literal !== null && /\p{L}/u.test(literal)) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart());
        problems.push(`${relative(source, path)}:${line + 1} has the literal text "${literal}"`);
      }
    }
    if (ts.isStringLiteralLike(node)) used.exact.add(node.text);
    if (ts.isTemplateExpression(node)) {
      const holes = node.templateSpans
        .map((span) => `[^.]+${literally(span.literal.text)}`)
        .join('');
      used.patterns.push(new RegExp(`^${literally(node.head.text)}${holes}$`));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}

function literally(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const texts = { en: readTexts('en'), pl: readTexts('pl') };
const keys = compareLanguages(texts);
const used = { exact: new Set(), patterns: [] };
for (const path of sourceFiles(source)) inspect(path, used);
const meaningful = used.patterns.filter((pattern) => pattern.source.includes('\\.'));
for (const key of keys.keys()) {
  if (!used.exact.has(key) && !meaningful.some((pattern) => pattern.test(key))) {
    problems.push(`${key} is used nowhere`);
  }
}

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
} else {
  console.log(`${keys.size} texts in en and pl: equal keys, complete plurals, none unused`);
}
