/** Turns the rules of a file into the constraints of its unit. */
import type {Constraints, FixtureId} from '../plan/constraints';
import {amountOf, type FileRules} from './fileRules';

/** @param fixtures the fixtures that the file needs @returns null if the file has no constraints */
export function constraintsOf(rules: FileRules, fixtures: readonly FixtureId[]): Constraints | null {
  const {serial, workerGroup, resources, restartWorker} = rules;
  const asks = serial || workerGroup !== null || resources.length > 0 || restartWorker || fixtures.length > 0;
  if (!asks) return null;
  return {
    serial,
    workerGroup,
    resources: resources.map(({name, amount}) => ({name, amount})),
    freshWorker: restartWorker,
    fixtures,
  };
}

/** The total amount of each resource in these constraints. @param resources the option */
export function resourcesOf(
  all: readonly (Constraints | null)[],
  resources: Readonly<Record<string, number>>,
): Record<string, number> {
  const names = new Set(all.flatMap(constraints => constraints?.resources.map(({name}) => name) ?? []));
  return Object.fromEntries([...names].map(name => [name, amountOf(name, resources)]));
}
