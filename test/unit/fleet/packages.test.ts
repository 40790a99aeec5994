import {EngineError} from '../../../src/fleet/engine/engine';
import {loadPackages} from '../../../src/fleet/engine/packages';

test.each(['bullmq', 'ioredis'])('if %s is missing, the error says what to install', missing => {
  const load = (name: string) => {
    if (name === missing) throw Object.assign(new Error(`Cannot find module '${name}'`), {code: 'MODULE_NOT_FOUND'});
    return {};
  };
  expect(() => loadPackages(load)).toThrow(
    new EngineError(
      `A fleet needs the packages bullmq and ioredis, and ${missing} is not installed: ` +
        'npm install --save-dev bullmq@6 ioredis@6',
    ),
  );
});

test('a package that cannot be loaded is no missing one', () => {
  const error = new SyntaxError('what is that?');
  const load = () => {
    throw error;
  };
  expect(() => loadPackages(load)).toThrow(error);
});
