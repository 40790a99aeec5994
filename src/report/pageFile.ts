/** Assembles the page: one HTML file with its style, its script and its data. It can load nothing else. */
import {createHash} from 'node:crypto';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {embeddedJson} from './embeddedJson';
import type {ReportModel} from './model';
import {VERDICTS} from './texts';

/** The build puts the style and the compiled modules of the script there. */
const PAGE_FOLDER = join(__dirname, 'page');

const MAIN = 'main';

/** @param folder of the page's script and style */
export function pageFile(model: ReportModel, folder = PAGE_FOLDER): string {
  const style = readFileSync(join(folder, 'page.css'), 'utf8');
  const script = bundle(folder);
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Test run ${VERDICTS[model.run.verdict]}</title>
<style>${style}</style>
</head>
<body>
<noscript>This report needs JavaScript. It loads nothing from elsewhere.</noscript>
<main id="report"></main>
<script type="application/json" id="data">${embeddedJson(model)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** The modules of the script, each as a function, and a `require` that finds them. */
function bundle(folder: string): string {
  const modules = readdirSync(folder)
    .filter(name => name.endsWith('.js'))
    .sort()
    .map(name => {
      const code = readFileSync(join(folder, name), 'utf8');
      return `${JSON.stringify(name.slice(0, -'.js'.length))}: function (require, exports) {\n${code}\n}`;
    });
  return `(function () {
const modules = {${modules.join(',\n')}};
const loaded = {};
function load(name) {
  if (!loaded[name]) modules[name](id => load(id.slice(2)), (loaded[name] = {}));
  return loaded[name];
}
load(${JSON.stringify(MAIN)});
})();`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
