/** Which machines a job has cost: what they noted of it says who began it and was never heard of again. */
import type {Story} from './messages';

/** A machine that began a job and was lost. */
export interface Loss {
  readonly machine: string;
  readonly name: string;
  /** When the job began on it: the server's clock, in ms. */
  readonly begunAt: number;
}

/** A job that has cost so many machines does not run again. */
export const MOST_LOSSES = 2;

/**
 * @param stories all that was noted of a job, in any order
 * @param asker the machine that asks: it lives, so the job has not cost it, whatever has become of its leases
 * @returns the machines that the job has cost, each once, the first lost first
 */
export function costOf(stories: readonly Story[], asker: string): Loss[] {
  const accounted = new Set(stories.filter(({what}) => what !== 'began').map(({token}) => token));
  const losses = new Map<string, Loss>();
  const begun = stories.filter(({what}) => what === 'began').sort((a, b) => a.at - b.at);
  for (const {machine, name, token, at} of begun) {
    if (machine === asker || accounted.has(token) || losses.has(machine)) continue;
    losses.set(machine, {machine, name, begunAt: at});
  }
  return [...losses.values()];
}

/** Whether the job is the cause of the deaths, and must be reported instead of run. */
export function isCause(losses: readonly Loss[]): boolean {
  return losses.length >= MOST_LOSSES;
}
