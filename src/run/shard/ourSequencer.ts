import {join} from 'node:path';

/** The path of our test sequencer, as a GlobalConfig contains it. */
export const OUR_SEQUENCER = join(__dirname, '..', '..', 'shard', 'sequencer.js');
