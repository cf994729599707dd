import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

/** Tests are compiled as they are loaded. What they test is the build, in `dist`. */
const GLOBALS = new URL('globals.js', import.meta.url).href;
const TESTS = new URL('..', import.meta.url).href;
const PROJECT = new URL('../..', import.meta.url).href;
const BUILD = new URL('../../dist/', import.meta.url).href;

export function resolve(specifier, context, next) {
  if (specifier === '@jest/globals') return next(GLOBALS, context);
  if (!specifier.startsWith('.') || !context.parentURL.endsWith('.ts')) return next(specifier, context);
  const { href } = new URL(specifier, context.parentURL);
  return next(href.startsWith(TESTS) ? href.replace(/\.js$/, '.ts') : href.replace(PROJECT, BUILD), context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, 'utf8'), {
    filename,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  });
  return { format: 'module', source: code, shortCircuit: true };
}
