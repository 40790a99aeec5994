/** What users see of pragmas that are malformed, or stand where Jest does not look. */
import {onEachLine} from './project';

const FILES = {
  'ok.test.js': '/** @group integration */\ntest("ok", () => {});',
  'bad.test.js':
    '/**\n * A file.\n *\n * @resource db:none\n */\ntest("never", () => require("fs").writeFileSync("ran", ""));',
  'trap.test.js':
    '/**\n * @serial\n * because it is slow\n */\ntest("never", () => require("fs").writeFileSync("ran", ""));',
  'licence.test.js': '// Copyright\n/** @can-split */\ntest("ok", () => {});',
};

for (const args of [['-w', '2'], ['-i']]) {
  onEachLine(
    `a malformed pragma fails its file, with file and line; the others run (${args.join(' ')})`,
    async (_line, make) => {
      const project = make(FILES);
      const {exitCode, json, stderr} = await project.run(args, {env: {XDIST_IN_BAND: 'never'}});
      expect(exitCode).toBe(1);
      expect(json).toMatchObject({numTotalTestSuites: 4, numPassedTests: 2, numRuntimeErrorTestSuites: 2});
      expect(project.exists('ran')).toBe(false);
      expect(stderr).toContain(`${project.path('bad.test.js')}:4  @resource db:none: expected "name" or "name:amount"`);
      expect(stderr).toContain(
        `${project.path('trap.test.js')}:2  @serial because it is slow: it takes no value (jest-docblock takes the text on the line after`,
      );
      expect(stderr).toContain(`${project.path('licence.test.js')}:2: @can-split has no effect here`);
    },
  );
}
