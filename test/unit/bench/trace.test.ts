import {committedTraces, formatTrace, parseTrace, type Trace} from '../../../bench/trace';

const trace: Trace = {
  workerStartMs: 100,
  resources: [2],
  fixtures: [{scope: 'run', needs: [], setupMs: 500, teardownMs: 20}],
  files: [
    {bytes: 10, loadMs: 5.5, split: 'tests', tests: [1, 2], block: [null, 0], group: [null, 0], together: [0, 1]},
    {bytes: 20, loadMs: 7, split: null, tests: [], constraints: {serial: true, resources: [[0, 1]], fixtures: [0]}},
  ],
};

test('a trace that was written is read as it was', () => {
  expect(parseTrace(formatTrace(trace))).toEqual(trace);
});

test('of each file all lists of tests are of one length, and nothing unknown is in a trace', () => {
  const [file] = trace.files;
  expect(() => parseTrace(JSON.stringify({...trace, files: [{...file, block: [0]}]}))).toThrow('as many entries');
  expect(() => parseTrace(JSON.stringify({...trace, files: [{...file, path: '/a.test.js'}]}))).toThrow('path');
});

test('the committed traces are traces, of numbers alone, and each of another shape', () => {
  const traces = committedTraces();
  expect([...traces.keys()]).toEqual(['dominating', 'e2e', 'express', 'fixtures', 'unit']);
  for (const {files} of traces.values()) {
    expect(files.length).toBeGreaterThan(10);
    expect(files.every(({tests}) => tests.length > 0)).toBe(true);
  }
});
