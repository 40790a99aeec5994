import {brotliCompressSync, constants} from 'node:zlib';
import type {FileRecord} from '../../../../src/core/plan/durations';
import type {JobResult} from '../../../../src/fleet/results/jobResult';
import {pack, unpack} from '../../../../src/fleet/results/packed';
import {decodeResult, decodeSource, encodeResult, encodeSource} from '../../../../src/fleet/results/resultBytes';
import {hashOf} from '../../../../src/recording/told/sources';
import {failure, fileResult, job, jobResult, START, success, testEnd} from './jobResults';

const MIB = 2 ** 20;

const RECORD: FileRecord = {
  at: 1,
  ms: 20,
  tests: {a: 3},
  short: 1,
  end: 'passed',
  measured: {loadMs: 2, cpuMs: 9, on: 'linux x64, 4 x a CPU'},
  recent: [19, 20],
};

const CUT = {names: ['a', 'b'], own: [1], loadEntries: 0, unchecked: ['b 1']};

const RESULT = jobResult(
  fileResult(3, [START, testEnd('a'), success(3, ['a'])], {record: RECORD, sources: ['x']}),
  fileResult(5, [failure('no')], {slot: null}),
);
const JOB = {...job(3), files: [3, 5]};

const resultError = (text: string) =>
  expect.objectContaining({name: 'ResultError', message: expect.stringContaining(text) as string}) as Error;

test('a result comes back as it was', () => {
  expect(decodeResult(encodeResult(RESULT), JOB)).toEqual(RESULT);
  const part = jobResult(fileResult(3, [START, success(3, ['b'])], {cut: CUT}));
  expect(decodeResult(encodeResult(part), job(3, 2))).toEqual(part);
  const empty = jobResult(fileResult(3, [START], {cut: {...CUT, own: []}}));
  expect(decodeResult(encodeResult(empty), job(3, 2))).toEqual(empty);
});

describe('a result is refused', () => {
  const [first] = RESULT.files as [JobResult['files'][0]];
  const one = (fields: object) => ({machine: 'm1', files: [{...first, ...fields}]});

  it.each<[string, unknown, string, (number | null)?]>([
    ['that is none', 7, '"it" must be'],
    ['without a machine', {files: []}, '"machine" must be'],
    ['of another file', one({file: 4}), 'The result of job 3 is one of other files.'],
    ['of more files', {...RESULT, files: [...RESULT.files, first]}, 'is one of other files'],
    ['of no file', {...RESULT, files: []}, 'is one of other files'],
    ['with an unknown event', one({told: [{name: 'x', data: 1}]}), '"files.0.told.0.name" must be'],
    ['with a source that is no id', one({sources: [1]}), '"files.0.sources.0" must be a text'],
    [
      'with another record',
      one({record: {...RECORD, ms: -1}}),
      '"files.0.record" must be what is remembered of a file',
    ],
    [
      'with a record of no machine',
      one({record: {...RECORD, measured: {...RECORD.measured, on: 1}}}),
      'files.0.record',
    ],
    ['of no slot', one({slot: 0}), '"files.0.slot" must be a slot'],
    ['that took less than no time', one({ms: -1}), '"files.0.ms" must be a number, 0 or more'],
    ['with a cut of a whole file', one({cut: CUT}), 'file 3 is not cut, and has a part'],
    ['with tests out of order', one({cut: {...CUT, own: [1, 0]}}), 'tests at ascending places', 1],
    ['with a test that is not there', one({cut: {...CUT, own: [2]}}), 'tests at ascending places', 1],
    ['without an end', one({told: [START]}), 'file 3 has no end'],
    ['of a part without an end', one({told: [START], cut: CUT}), 'file 3 has no end', 1],
    ['with two ends', one({told: [START, failure('a'), failure('b')]}), 'file 3 ends in the middle'],
    ['with two starts', one({told: [START, START, failure('a')]}), 'file 3 starts in the middle'],
  ])('%s', (_, value, text, part = null) => {
    expect(() => decodeResult(pack('x', value), job(3, part, '3'))).toThrow(resultError(text));
  });
});

describe('bytes are refused', () => {
  const damaged = 'The result of job 3 is damaged.';
  const good = encodeResult(RESULT);
  const headed = (size: number, packed: Buffer) => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(size);
    return Buffer.concat([head, packed]);
  };
  const zeros = () => brotliCompressSync(Buffer.alloc(300 * MIB), {params: {[constants.BROTLI_PARAM_QUALITY]: 0}});

  it.each<[string, () => Buffer, string]>([
    ['that are cut', () => good.subarray(0, -3), damaged],
    ['that are none', () => Buffer.alloc(0), damaged],
    ['that are a head', () => good.subarray(0, 4), damaged],
    ['that are others', () => Buffer.from('{"machine": "m1", "files": []}'), 'MiB as JSON, and 256 are allowed'],
    ['with another size', () => headed(good.readUInt32BE() + 1, good.subarray(4)), damaged],
    ['with a smaller size', () => headed(good.readUInt32BE() - 1, good.subarray(4)), damaged],
    ['that are 100 MiB', () => Buffer.alloc(100 * MIB), 'it has 100 MiB compressed, and 64 are allowed.'],
    ['that inflate to more than they say', () => headed(100, zeros()), damaged],
    ['that say they inflate to 300 MiB', () => headed(300 * MIB, zeros()), '300 MiB as JSON, and 256 are allowed.'],
  ])('%s', (_, bytes, text) => {
    expect(() => decodeResult(bytes(), JOB)).toThrow(resultError(text));
  });
});

test('what is too large is not sent', () => {
  const most = {packed: MIB, inflated: 2 * MIB};
  expect(() => pack('The result', ['x'.repeat(2 * MIB)], most)).toThrow(
    'The result is too large: it has 2.1 MiB as JSON, and 2 are allowed.',
  );
  expect(() => pack('The result', ['x'.repeat(MIB)], {...most, packed: 10})).toThrow(/MiB compressed/);
  const allowed = ['x'.repeat(MIB)];
  expect(unpack('The result', pack('The result', allowed, most), most)).toEqual(allowed);
});

describe('a source', () => {
  const source = {kind: 'istanbul', data: {path: null, 7: [1.5], a: 'b'}};
  const id = hashOf(JSON.stringify(source));

  it('comes back as it was', () => {
    expect(decodeSource(encodeSource({type: 'source', id, source}), id)).toEqual({type: 'source', id, source});
  });

  it('is not taken in the place of another', () => {
    const text = `The source ${id} of a covered file is another one.`;
    expect(() => decodeSource(encodeSource({type: 'source', id: 'x', source}), id)).toThrow(text);
    expect(() => decodeSource(encodeSource({type: 'source', id, source: {...source, a: 1}}), id)).toThrow(text);
    expect(() => decodeSource(encodeResult(RESULT), id)).toThrow(`The source ${id} of a covered file cannot be read`);
  });
});
