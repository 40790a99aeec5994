/** `fleet status`: which machines take part in a run of a fleet, and what each of them runs. */
import {compareTexts} from '../core/shards/shardInput';
import {describeTimeSpan} from '../core/texts/timeSpan';
import {statusOfFleet, type MachineAtWork, type RunStatus} from '../fleet/status';
import {CommandError, UsageError, type Command} from './command';
import {printable, table} from './printable';
import {optionsOfProject, PROJECT_FLAGS, projectArguments} from './project';

export const fleet: Command = {
  summary: 'Show which machines of a fleet run what',
  usage: ['fleet status [--run <name>]'],
  help: `
Asks the fleet's server about a run that goes on, or that has ended lately. It needs what the machines need: the option
"fleet" or XDIST_FLEET, and the variables with the password and the secret. In a job of a CI, the run is the one of the
same pipeline. Elsewhere, name it as the machines do.`,
  flags: {
    run: {value: 'name', text: 'The name of the run, as the option fleet.run.'},
    ...PROJECT_FLAGS,
  },
  run: async (args, {cwd, print}) => {
    const [what, ...others] = args.positionals;
    if (what !== 'status' || others.length > 0) throw new UsageError('The command is "fleet status".');
    const {options, rootDir} = optionsOfProject(projectArguments(args), cwd);
    if (options.fleet === null) throw new CommandError('No fleet is set: set XDIST_FLEET, or the option fleet.');
    const [named = options.fleet.run] = args.flags.get('run') ?? [];
    const runs = await statusOfFleet(options.fleet, named, rootDir);
    if (runs.length === 0) {
      const name = named === null ? '' : ` named ${JSON.stringify(named)}`;
      throw new CommandError(`The server knows no run of this project${name}. It forgets a run after a day.`);
    }
    print(runs.map(describe).join('\n'));
    return 0;
  },
};

function describe({jobs, machines}: RunStatus): string {
  const failed = jobs === null || jobs.failed === 0 ? '' : `, ${jobs.failed} of them failed`;
  const done =
    jobs === null
      ? 'The run is being planned.'
      : `Round ${jobs.round}: ${jobs.completed} of ${jobs.all} jobs are completed${failed}.`;
  const sorted = machines.toSorted((a, b) => compareTexts(a.name, b.name));
  const rows = sorted.map(({name, state, workers, waiting, running}) => [
    printable(name),
    STATES[state],
    `${workers}`,
    `${waiting}`,
    running.map(shown).join('; '),
  ]);
  const lines = table([['MACHINE', 'STATE', 'WORKERS', 'WAITING', 'RUNNING'], ...rows], new Set([2, 3]));
  return [done, ...(machines.length === 0 ? [] : ['', ...lines]), ''].join('\n');
}

const STATES: Readonly<Record<MachineAtWork['state'], string>> = {
  working: 'works',
  left: 'has left',
  silent: 'is silent',
};

function shown({files, ms}: MachineAtWork['running'][number]): string {
  return `${files.map(printable).join(', ')} (${describeTimeSpan(Math.max(0, ms))})`;
}
