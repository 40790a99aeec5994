import {fork} from 'node:child_process';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {compileRings} from '../../compiledSources';

const folder = compileRings('worker');

/** What a process prints that has a channel to Jest, and runs a script when Jest asks it to. */
async function printed(script: string, meanwhile: (child: ReturnType<typeof fork>) => void): Promise<string> {
  const path = join(folder, 'script.js');
  writeFileSync(
    path,
    `const {JestChannel} = require('./worker/guard/jestChannel.js');
    new JestChannel(({message}) => console.log(message));
    process.on('disconnect', () => console.log('Jest is gone'));
    process.on('message', () => { ${script} });
    process.send('ready');`,
  );
  const child = fork(path, {stdio: ['ignore', 'pipe', 'inherit', 'ipc']});
  let output = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'message');
  // Not 'close': Node does not tell of it where the parent has disconnected.
  const ended = Promise.all([once(child, 'exit'), once(child.stdout!, 'end')]);
  meanwhile(child);
  await ended;
  return output;
}

test('a test that disconnects the process from Jest is told of, before it is done', async () => {
  // As a test file has it: a copy of `process`.
  const output = await printed('Object.create(process).disconnect();', child => child.send('go'));
  expect(output).toBe(
    'process.disconnect() was called. Without its channel to Jest no result of this process arrives.\nJest is gone\n',
  );
});

test('that Jest is gone is no call of a test', async () => {
  expect(await printed('', child => child.disconnect())).toBe('Jest is gone\n');
});
