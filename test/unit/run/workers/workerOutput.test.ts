import {once} from 'node:events';
import {PassThrough} from 'node:stream';
import {OutputTail, SharedOutput} from '../../../../src/run/workers/workerOutput';

describe('SharedOutput', () => {
  const next = async (stream: PassThrough) => String((await once(stream, 'data'))[0]);

  test('passes on what each worker writes', async () => {
    const [destination, first, second] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const output = new SharedOutput(destination);
    output.add(first);
    output.add(second);
    second.write('from the second');
    expect(await next(destination)).toBe('from the second');
    first.write('from the first');
    expect(await next(destination)).toBe('from the first');
  });

  test('goes on when a worker has ended', async () => {
    const [destination, first, second] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const output = new SharedOutput(destination);
    output.add(first);
    output.add(second);
    const ended = once(first, 'close');
    first.end('the last words');
    expect(await next(destination)).toBe('the last words');
    await ended;
    second.write('more');
    expect(await next(destination)).toBe('more');
  });

  test("leaves Jest's own stream open when the run has ended", async () => {
    const [destination, worker] = [new PassThrough(), new PassThrough()];
    const first = new SharedOutput(destination);
    first.add(worker);
    worker.write('all');
    await next(destination);
    const unpiped = once(destination, 'unpipe');
    first.close();
    worker.write('late');
    expect(await next(destination)).toBe('late');
    worker.end();
    await unpiped;
    const another = new PassThrough();
    new SharedOutput(destination).add(another);
    another.write('the next run');
    expect(await next(destination)).toBe('the next run');
  });

  test('is one pipe to the destination, for any number of workers', () => {
    const destination = new PassThrough();
    const output = new SharedOutput(destination);
    const before = destination.listenerCount('unpipe');
    for (let worker = 0; worker < 20; worker++) output.add(new PassThrough());
    expect(destination.listenerCount('unpipe')).toBe(before);
  });
});

describe('OutputTail', () => {
  test('keeps the indentation of its first line', () => {
    const stream = new PassThrough();
    const tail = new OutputTail(stream);
    stream.emit('data', ' \n\n    at one (a.js:1:1)\n  two\n\n');
    expect(tail.text()).toBe('    at one (a.js:1:1)\n  two');
  });

  /** What is kept of a stream on which these chunks were written. */
  async function tailOf(...chunks: readonly (string | Buffer)[]): Promise<string> {
    const stream = new PassThrough();
    const tail = new OutputTail(stream);
    for (const chunk of chunks) stream.write(chunk);
    stream.end();
    await once(stream, 'end');
    return tail.text();
  }
  const lines = (first: number, last: number) =>
    Array.from({length: last - first + 1}, (_, index) => `line ${first + index}`).join('\n');

  test('is empty where nothing was written', async () => {
    expect(await tailOf()).toBe('');
    expect(await tailOf('\n', '  \n')).toBe('');
  });

  test('is all of a short output, without the blank at its ends', async () => {
    expect(await tailOf('Error: ', 'oh\n', '  at a.js:1\n\n')).toBe('Error: oh\n  at a.js:1');
  });

  test('is the last 30 lines of a longer one', async () => {
    expect(await tailOf(lines(1, 29), '\n', lines(30, 100), '\n')).toBe(lines(71, 100));
  });

  test('is the last 8 KB of one with long lines, however it came', async () => {
    const kept = `${'y'.repeat(8191)}z`;
    expect(await tailOf(`${'x'.repeat(5000)}${kept}`)).toBe(kept);
    expect(await tailOf('x'.repeat(5000), ...kept)).toBe(kept);
    expect(await tailOf('x'.repeat(5000), kept.slice(0, 4000), kept.slice(4000))).toBe(kept);
  });

  test('keeps a character whose bytes came apart', async () => {
    const bytes = Buffer.from('Größe');
    expect(await tailOf(bytes.subarray(0, 3), bytes.subarray(3))).toBe('Größe');
  });
});
