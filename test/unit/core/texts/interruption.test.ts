import {interruptedFile} from '../../../../src/core/texts/interruption';

test('a file that a signal has cut short says in which worker it ran', () => {
  expect(interruptedFile('SIGINT', [{slot: 2, pid: 4711}])).toEqual({
    message:
      'This test file was interrupted: SIGINT ended the run while worker w2 (pid 4711) ran it.\n' +
      'The results of its tests are lost.',
    stack: '',
    type: 'Error',
  });
});

test('one whose tests were shared names all of its workers', () => {
  const {message} = interruptedFile('SIGTERM', [
    {slot: 1, pid: 4711},
    {slot: 3, pid: null},
  ]);
  expect(message).toContain('SIGTERM ended the run while workers w1 (pid 4711), w3 ran it.');
});
