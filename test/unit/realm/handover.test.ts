import {failureError} from '../../../src/realm/handover';

test('the error of a fixture has its own stack, and none of where it was made', () => {
  const stack = 'TypeError: no port\n    at setup (/app/db.ts:1:1)';
  const error = failureError({message: 'no port', stack});
  expect(error.message).toBe('no port');
  expect(error.stack).toBe(stack);
});

test('its message can be read where the stack does not have it', () => {
  expect(failureError({message: 'its process has died', stack: ''}).stack).toBe('Error: its process has died');
  expect(failureError({message: 'no port', stack: '    at setup (/app/db.ts:1:1)'}).stack).toBe(
    'Error: no port\n    at setup (/app/db.ts:1:1)',
  );
});
