/** What else is made of a report's data: Markdown, CTRF, traces, comparisons, and the JSON within a page. */
import Ajv from 'ajv';
import {chromeTrace, type TraceEvent} from '../../../src/report/chromeTrace';
import {compare} from '../../../src/report/comparison';
import {ctrf} from '../../../src/report/ctrf';
import {embeddedJson} from '../../../src/report/embeddedJson';
import {inline, markdown} from '../../../src/report/markdown';
import {reportModel} from '../../../src/report/reportModel';
import {fleetRun, HOSTILE, reportRun} from '../../reportRuns';

const schema = require('./ctrf-schema-0.0.json') as object;
const RUN = {files: 12, testsPerFile: 3, slots: 3};
const hostile = reportModel(reportRun({...RUN, titles: HOSTILE, deadly: 4}), {
  of: (_path, titles) => ['```', '::error::harmed', '</details>', titles.join()],
});

describe('the JSON within a page', () => {
  it('cannot end its element', () => {
    const json = embeddedJson({titles: HOSTILE});
    expect(json).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(json)).toEqual({titles: HOSTILE});
  });
});

describe('Markdown', () => {
  it('has the counts, the floor and the failures', () => {
    const text = markdown(hostile);
    expect(text).toContain('The run failed');
    expect(text).toContain('no order of these files takes less than');
    expect(text).toContain('t0.test.js › a part of the product › right');
  });

  it('lets no title be more than a text', () => {
    const text = markdown(hostile);
    const outsideOfCode = text.replace(/^(`{3,}).*?^\1$/gms, '');
    for (const active of ['<img', '<script', '**bold**', '](javascript', '@everyone', '::error']) {
      expect(outsideOfCode).not.toContain(active);
    }
    expect(text).not.toMatch(/^\s*::(error|warning)/m);
    // The evidence holds a fence of three.
    expect(text).toMatch(/^````text\n```\n/m);
    expect(inline('a\n| b | @me')).toBe('a &#124; b &#124; &#64;me');
  });

  it('is as short as it must be', () => {
    const text = markdown(hostile, 1500);
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(1500);
    expect(text).toContain('The rest does not fit in here.');
    expect(markdown(hostile, 10)).toBe('');
  });

  it('stays under 1 MiB with any number of failures', () => {
    const many = Array.from({length: 5000}, (_, index) => `${index} ${'x'.repeat(5000)}`);
    const model = reportModel(reportRun({...RUN, titles: many}), {of: () => ['y'.repeat(50_000)]});
    expect(new TextEncoder().encode(markdown(model)).length).toBeLessThan(2 ** 20);
  });
});

describe('in a fleet', () => {
  const fleet = reportModel(fleetRun());

  it('Markdown names the machines', () => {
    expect(markdown(fleet)).toMatch(/\| Machines \| 3: alpha, beta \(this one\), gamma \|/);
  });

  it('CTRF names the machine of each test', () => {
    const {results} = ctrf(fleet) as {results: {tests: {threadId: string}[]}};
    expect(new Set(results.tests.map(({threadId}) => threadId.split(' ')[0]))).toEqual(
      new Set(['alpha', 'beta', 'gamma']),
    );
  });

  it('a trace has a process for each other machine, and begins at 0', () => {
    const {traceEvents} = chromeTrace(fleet);
    const names = traceEvents.flatMap(({name, args}) => (name === 'process_name' ? [args?.name] : []));
    expect(names).toEqual(['machine', 'workers', 'workers of alpha', 'workers of gamma']);
    expect(Math.min(...traceEvents.flatMap(({ts}) => ts ?? []))).toBe(0);
    const named = new Set(traceEvents.filter(({ph}) => ph === 'M').map(({name, pid, tid}) => `${name} ${pid} ${tid}`));
    for (const {ph, pid, tid} of traceEvents) if (ph === 'X') expect(named).toContain(`thread_name ${pid} ${tid}`);
  });
});

describe('CTRF', () => {
  it('follows its schema', () => {
    const validate = new Ajv({allErrors: true}).compile(schema);
    for (const model of [hostile, reportModel(reportRun({...RUN, profiles: null}))]) {
      validate(JSON.parse(JSON.stringify(ctrf(model))));
      expect(validate.errors).toBeNull();
    }
  });

  it('has each test once, with its failure', () => {
    const {results} = ctrf(hostile) as {results: {summary: object; tests: {status: string; message?: string}[]}};
    expect(results.summary).toMatchObject({failed: HOSTILE.length, tests: results.tests.length});
    expect(results.tests.filter(({status}) => status === 'failed').every(({message}) => message === '```')).toBe(true);
  });
});

describe('a trace', () => {
  const {traceEvents} = chromeTrace(hostile);
  const ofPhase = (ph: TraceEvent['ph']) => traceEvents.filter(event => event.ph === ph);

  it('names each process and thread that has events', () => {
    const named = new Set(ofPhase('M').map(({name, pid, tid}) => `${name} ${pid} ${tid}`));
    for (const {ph, pid, tid} of traceEvents) {
      expect(named).toContain(`process_name ${pid} 0`);
      if (ph === 'X') expect(named).toContain(`thread_name ${pid} ${tid}`);
    }
  });

  it('has slices that nest: none overlaps the end of another one in its thread', () => {
    const threads = groups(ofPhase('X'));
    expect(threads.size).toBeGreaterThan(2);
    for (const slices of threads.values()) {
      const open: number[] = [];
      const sorted = [...slices].sort((a, b) => (a.ts ?? 0) - (b.ts ?? 0) || (b.dur ?? 0) - (a.dur ?? 0));
      for (const {ts = -1, dur = -1} of sorted) {
        expect(Number.isInteger(ts) && Number.isInteger(dur) && ts >= 0 && dur >= 0).toBe(true);
        while ((open.at(-1) ?? Infinity) <= ts) open.pop();
        expect(ts + dur).toBeLessThanOrEqual(open.at(-1) ?? Infinity);
        open.push(ts + dur);
      }
    }
  });

  it('ends each asynchronous slice that it begins', () => {
    expect(ofPhase('b').map(({id}) => id)).toEqual(ofPhase('e').map(({id}) => id));
  });

  it('marks deaths and new processes', () => {
    expect(ofPhase('i').map(({name}) => name)).toEqual(expect.arrayContaining(['new process']));
    expect(ofPhase('i').some(({name}) => name.endsWith('died'))).toBe(true);
  });
});

function groups(events: readonly TraceEvent[]): Map<string, TraceEvent[]> {
  const all = new Map<string, TraceEvent[]>();
  for (const event of events) {
    const key = `${event.pid} ${event.tid}`;
    all.set(key, [...(all.get(key) ?? []), event]);
  }
  return all;
}

describe('a comparison', () => {
  it('says what is slower, new and gone', () => {
    const before = reportModel(reportRun({files: 9, testsPerFile: 3, slots: 2}));
    const after = reportModel(reportRun({files: 12, testsPerFile: 6, slots: 2}));
    const {files, newFiles, goneFiles} = compare(after, before);
    expect(newFiles).toEqual(['t9.test.js', 't10.test.js', 't11.test.js']);
    expect(goneFiles).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
    expect(files.every(({beforeMs, afterMs}) => afterMs > beforeMs)).toBe(true);
  });

  it('says which tests fail now, and which pass again', () => {
    const good = reportModel(reportRun({...RUN, titles: ['one']}));
    const fixed = {
      ...good,
      files: good.files.map(file => ({
        ...file,
        tests: file.tests.map(([titles, , ...rest]) => [titles, 'passed' as const, ...rest] as const),
      })),
    };
    const name = 't0.test.js › a part of the product › one';
    expect(compare(good, fixed)).toMatchObject({newFailures: [name], repaired: []});
    expect(compare(fixed, good)).toMatchObject({newFailures: [], repaired: [name]});
  });
});
