/** Checks that the documents are short, that their links and paths exist, and that the options reference is correct. */
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {generatePage} from '../../../docs/generateOptions';

const root = join(__dirname, '../../..');
const markdownIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter(name => name.endsWith('.md'))
    .map(name => join(folder, name));
const DOCUMENTS = ['', 'docs', 'docs/design', 'bench', '.github', '.github/ISSUE_TEMPLATE']
  .filter(folder => existsSync(join(root, folder)))
  .flatMap(markdownIn);

const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Lines outside of code blocks: those show what other programs have printed. */
function proseOf(path: string): string[] {
  let isCode = false;
  return read(path)
    .split('\n')
    .filter(line => {
      const isFence = /^\s*```/.test(line);
      if (isFence) isCode = !isCode;
      return !isCode && !isFence;
    });
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(path: string): string[] {
  return proseOf(path)
    .filter(line => line.startsWith('#'))
    .map(line =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    );
}

function brokenLinksOf(path: string): string[] {
  const links = [
    ...proseOf(path)
      .join('\n')
      .matchAll(/\]\((?!https?:)([^)\s]+)\)/g),
  ].map(match => match[1] ?? '');
  return links.filter(link => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : relative(root, join(root, dirname(path), file));
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
}

test.each(['README.md', 'ARCHITECTURE.md'])('%s has at most 150 lines', path => {
  expect(read(path).trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});

// The changelog keeps the lines that its authors wrote: a release's text is not changed afterwards.
test.each(DOCUMENTS.filter(path => path !== 'CHANGELOG.md'))('%s has lines of at most 120 characters', path => {
  expect(proseOf(path).filter(line => line.length > 120)).toEqual([]);
});

test.each(DOCUMENTS)('the links in %s lead to a file and a heading that are there', path => {
  expect(brokenLinksOf(path)).toEqual([]);
});

/** Paths of source files: `src/run/dispatch`, and in backquotes also `run/dispatch`; with or without `.ts`. */
function missingPathsOf(path: string): string[] {
  // What a command prints in a guide are files of a user's project.
  const text = isOnTheSource(path) ? read(path) : read(path).replaceAll(/^```.*?^```/gms, '');
  const full = text.match(/(?<![\w/.-])src\/[\w/.-]*\w/g) ?? [];
  const short = [...text.matchAll(/`((?:core|run|worker|pristine|realm|stock|fixtures)\/[\w/.-]*\w)`/g)];
  const paths = isOnTheSource(path) ? [...full, ...short.map(([, name = '']) => `src/${name}`)] : full;
  return paths.filter(name => !existsSync(join(root, name)) && !existsSync(join(root, `${name}.ts`)));
}

/** A guide may show the files of a user's project. */
function isOnTheSource(path: string): boolean {
  return !path.startsWith('docs/') || path.startsWith('docs/design/');
}

const NAMING_PATHS = DOCUMENTS.filter(path => /^(ARCHITECTURE|CONTRIBUTING)\.md$|^docs\//.test(path));

test.each(NAMING_PATHS)('the source files that %s names are there', path => {
  expect(missingPathsOf(path)).toEqual([]);
});

test('docs/options.md is what the options say (else: npm run docs:options)', () => {
  const page = read('docs/options.md');
  expect(page).toBe(generatePage(page));
});
