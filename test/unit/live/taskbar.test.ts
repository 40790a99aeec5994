import {hasProgress, progressSequence} from '../../../src/live/taskbar';

test.each([
  [{WT_SESSION: 'a'}, true],
  [{ConEmuANSI: 'ON'}, true],
  [{ConEmuANSI: 'OFF'}, false],
  [{TERM_PROGRAM: 'ghostty'}, true],
  [{TERM_PROGRAM: 'WezTerm'}, true],
  [{TERM_PROGRAM: 'iTerm.app', TERM_PROGRAM_VERSION: '3.6.6'}, true],
  [{TERM_PROGRAM: 'iTerm.app', TERM_PROGRAM_VERSION: '3.10.1'}, true],
  [{TERM_PROGRAM: 'iTerm.app', TERM_PROGRAM_VERSION: '3.5.14'}, false],
  [{TERM_PROGRAM: 'iTerm.app'}, false],
  [{TERM_PROGRAM: 'Apple_Terminal'}, false],
  [{WT_SESSION: 'a', TMUX: '/tmp/tmux'}, false],
  [{}, false],
])('a terminal with %j has progress: %s', (environment, has) => {
  expect(hasProgress(environment)).toBe(has);
});

test('the share is a whole percentage, red after a failure', () => {
  expect(progressSequence(0.999, false)).toBe('\u001B]9;4;1;99\u001B\\');
  expect(progressSequence(2, true)).toBe('\u001B]9;4;2;100\u001B\\');
});
