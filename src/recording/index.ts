/**
 * Recordings of runs, for programs that read them: `import {readRecording} from 'jest-runner-xdist/recording'`. The
 * format is described in docs/recording.md.
 */
export type * from './lines';
export {FORMAT} from './lines';
export {readLines, readRecording, RecordingError, type ReadOptions, type Recording} from './reader';
