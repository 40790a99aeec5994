/**
 * Which modules a process loads before it knows its run. Modules qualify that read only their own package and the
 * environment while they load: a module that reads files of the project then could miss a change.
 */
import {sep} from '../../pristine/path';

/** Jest's packages, and what Jest's own transformers and environments need. Their dependencies load with them. */
const PACKAGES = new RegExp(
  '^(?:@jest/.+|expect|pretty-format|' +
    'jest-(?:circus|docblock|each|environment-jsdom|environment-node|haste-map|leak-detector|matcher-utils|message-util|' +
    'mock|regex-util|resolve|runner|runtime|snapshot|util|validate|worker)|' +
    '@babel/.+|babel-jest|babel-plugin-(?:istanbul|jest-hoist)|babel-preset-(?:current-node-syntax|jest)|' +
    'jsdom|ts-jest|typescript|@swc/(?:core|jest))$',
);

/** @returns those of the modules, by path, that a process may load before it knows its run; in the same order */
export function aheadModules(loaded: Iterable<string>): string[] {
  return [...loaded].filter(path => PACKAGES.test(packageOf(path)) && !path.endsWith('.node'));
}

/** @returns the name of the package that a file is installed in; '' if there is none */
function packageOf(path: string): string {
  const within = path.split(`${sep}node_modules${sep}`).at(-1);
  if (within === undefined || within === path) return '';
  const [first = '', second = ''] = within.split(sep);
  return first.startsWith('@') ? `${first}/${second}` : first;
}
