import {ownProcesses} from '../../ownProcesses';

const inOwnProcess = ownProcesses('worker');

test('TypeScript checks and translates what it is given', () => {
  const path = JSON.stringify(require.resolve('typescript'));
  const script = `
    const typescript = require(${path});
    const {createLanguageService} = typescript;
    const seen = [];
    const note = service => ({
      ...service,
      getSemanticDiagnostics: name => {
        const found = service.getSemanticDiagnostics(name);
        seen.push([name, found.map(({messageText}) => messageText)]);
        return found;
      },
      getEmitOutput: name => {
        const output = service.getEmitOutput(name);
        seen.push([name, output.outputFiles.length]);
        return output;
      },
    });
    // Its exports cannot be replaced.
    require.cache[${path}].exports = {...typescript, createLanguageService: host => note(createLanguageService(host))};
    ours('ahead/warmTypescript').warmTypescript(['/a.js', ${path}]);
    return seen;`;
  expect(inOwnProcess(script)).toEqual([
    ['/xdist/one.ts', []],
    ['/xdist/one.ts', 1],
    ['/xdist/two.ts', []],
    ['/xdist/two.ts', 1],
  ]);
});

test.each([
  ['none was loaded', '[]'],
  ['it is not there', "['/node_modules/typescript/lib/typescript.js']"],
  ['it has another API', "[require('path').resolve('node_modules/typescript/lib/typescript.js')]"],
])('nothing happens if %s', (_when, modules) => {
  const files = {'node_modules/typescript/lib/typescript.js': 'module.exports = {};'};
  expect(inOwnProcess(`ours('ahead/warmTypescript').warmTypescript(${modules}); return 'done';`, {files})).toBe('done');
});
