import {join} from 'node:path';
import type {Circus} from '@jest/types';
import {handleEvents, type TestEnvironment} from '../../../../src/worker/circus/testFramework';

const OURS = join(__dirname, '../../../../src/');

/** What comes of an event in an environment whose own handler is this one, behind one of ours. */
function dispatch(handleTestEvent: () => void | Promise<void>): void | Promise<void> {
  const environment: TestEnvironment = {global: {}, handleTestEvent};
  handleEvents(environment, (_event, _state, pass) => pass());
  return environment.handleTestEvent?.({name: 'setup'} as Circus.Event, {} as Circus.State);
}

describe("none of our functions is in the stack of what an environment's handler throws", () => {
  test('at once', () => {
    let thrown: unknown;
    try {
      void dispatch(() => {
        throw new Error('oh');
      });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toHaveProperty('stack', expect.stringContaining(__filename));
    expect((thrown as Error).stack).not.toContain(OURS);
  });

  test('in a promise', async () => {
    // eslint-disable-next-line @typescript-eslint/require-await -- it fails before it could await anything
    const failing = dispatch(async () => {
      throw new Error('oh');
    });
    const thrown: unknown = await Promise.resolve(failing).catch((error: unknown) => error);
    expect(thrown).toHaveProperty('stack', expect.stringContaining(__filename));
    expect((thrown as Error).stack).not.toContain(OURS);
  });

  test('an error that cannot be changed, or read, is thrown as it is', () => {
    const frozen = Object.freeze(new Error('frozen'));
    const hostile = Object.defineProperty(new Error('hostile'), 'stack', {
      get: () => {
        throw new Error('getter');
      },
    });
    for (const error of [frozen, hostile, null, 'text']) {
      let thrown: unknown;
      try {
        void dispatch(() => {
          // eslint-disable-next-line @typescript-eslint/only-throw-error -- anything may be thrown
          throw error;
        });
      } catch (caught) {
        thrown = caught;
      }
      expect(thrown).toBe(error);
    }
  });
});
