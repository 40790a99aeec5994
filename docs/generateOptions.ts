/**
 * `npm run docs:options`: writes the reference in docs/options.md. The names are the schema's, the types and the words
 * are those of the interfaces in core/rules/options.ts, which editors show, too; so there is one description of each.
 */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {inspect} from 'node:util';
import ts from 'typescript';
import {variableOf} from '../src/core/rules/config';
import {OPTION_NAMES, type OptionName} from '../src/core/rules/optionSchemas';
import {DEFAULT_OPTIONS} from '../src/core/rules/resolvedOptions';
import {describeTimeSpan} from '../src/core/texts/timeSpan';

const SOURCE = join(__dirname, '../src/core/rules/options.ts');
const PAGE = join(__dirname, 'options.md');
const BEGIN = '<!-- begin: written by npm run docs:options -->\n';
const END = '<!-- end -->\n';
const WIDTH = 120;

interface Field {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
  /** The text of the tags `@default` and `@see`. */
  readonly tags: ReadonlyMap<string, string>;
}

/** The page as it should be, with its reference written anew. */
export function generatePage(page: string): string {
  const begin = page.indexOf(BEGIN) + BEGIN.length;
  const end = page.indexOf(END);
  return `${page.slice(0, begin)}\n${generateReference()}\n${page.slice(end)}`;
}

function generateReference(): string {
  const interfaces = readInterfaces();
  const options = new Map(interfaces.get('XdistOptions')?.map(field => [field.name, field]));
  return OPTION_NAMES.map(name => {
    const option = options.get(name);
    if (option === undefined) throw new Error(`XdistOptions has no option "${name}"`);
    return describeOption(name, option, interfaces);
  }).join('\n');
}

function describeOption(name: OptionName, option: Field, interfaces: ReadonlyMap<string, readonly Field[]>): string {
  const page = option.tags.get('see');
  const within = [...interfaces].find(([type]) => option.type.includes(type))?.[1] ?? [];
  return [
    `### ${name}\n`,
    `- Type: ${within.length > 0 && option.type.endsWith('[]') ? 'a list of objects' : `\`${shown(option.type)}\``}`,
    `- Default: ${defaultOf(name, option)}`,
    `- Variable: \`${variableOf(name)}\`\n`,
    wrap(option.description + (page === undefined ? '' : ` See [${page}](${page}).`), ''),
    ...(within.length === 0 ? [] : ['']),
    ...within.map(({name: field, type, required, description}) =>
      wrap(`- \`${field}\` (\`${shown(type)}\`${required ? ', required' : ''}): ${description}`, '  '),
    ),
    '',
  ].join('\n');
}

function defaultOf(name: OptionName, {tags}: Field): string {
  const inWords = tags.get('default');
  if (inWords !== undefined) return inWords;
  const value: unknown = DEFAULT_OPTIONS[name];
  const code = `\`${inspect(value).replace(/^\{ (.*) \}$/, '{$1}')}\``;
  return typeof value === 'number' ? `${code} (${describeTimeSpan(value)})` : code;
}

/** A type as a user thinks of it. */
function shown(type: string): string {
  if (type === 'Dist') return "'load' | 'loadfile' | 'loadscope' | 'loadgroup' | 'worksteal' | 'each'";
  if (type === 'Watermark') return '{low?: number; high?: number}';
  return type.replaceAll('readonly ', '').replace(/^Readonly<(.*)>$/, '$1');
}

function readInterfaces(): ReadonlyMap<string, readonly Field[]> {
  const source = ts.createSourceFile(SOURCE, readFileSync(SOURCE, 'utf8'), ts.ScriptTarget.Latest, true);
  return new Map(
    source.statements
      .filter(ts.isInterfaceDeclaration)
      .map(({name, members}) => [name.text, members.filter(ts.isPropertySignature).map(readField)]),
  );
}

function readField(member: ts.PropertySignature): Field {
  const comment = ts.getJSDocCommentsAndTags(member).find(ts.isJSDoc);
  const textOf = (text: ts.JSDoc['comment']) => (ts.getTextOfJSDocComment(text) ?? '').replaceAll(/\s+/g, ' ').trim();
  return {
    name: member.name.getText(),
    type: member.type?.getText() ?? '',
    required: member.questionToken === undefined,
    description: textOf(comment?.comment),
    tags: new Map(comment?.tags?.map(tag => [tag.tagName.text, tagText(tag)])),
  };
}

/** `@see` has a name of its own in the syntax tree, so its text is taken from the source. */
function tagText(tag: ts.JSDocTag): string {
  return tag
    .getText()
    .replace(/^@\w+/, '')
    .replaceAll(/\s*\n\s*\*?\s*/g, ' ')
    .trim();
}

function wrap(text: string, indent: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(lines.length === 0 ? word : indent + word);
  }
  return lines.join('\n');
}

if (process.argv.includes('--write')) writeFileSync(PAGE, generatePage(readFileSync(PAGE, 'utf8')));
