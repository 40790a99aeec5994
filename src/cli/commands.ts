/** The commands, in the order in which the help lists them. */
import type {Command} from './command';
import {runs} from './runs';
import {show} from './show';
import {timings} from './timings';

export const COMMANDS: ReadonlyMap<string, Command> = new Map(Object.entries({runs, show, timings}));
