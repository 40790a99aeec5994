/** The commands, in the order in which the help lists them. */
import type {Command} from './command';
import {advise} from './advise';
import {fleet} from './fleet';
import {merge} from './merge';
import {plan} from './plan';
import {report} from './report';
import {runs} from './runs';
import {shard} from './shard';
import {show} from './show';
import {timings} from './timings';
import {trace} from './trace';

export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({runs, show, report, trace, advise, timings, plan, shard, merge, fleet}),
);
