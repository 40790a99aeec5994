import {statefulAddons} from '../../../../src/worker/leaks/addons';

test('the resolver of Jest and SWC keep nothing; other addons may', () => {
  const stateless = [
    '/p/node_modules/@unrs/resolver-binding-linux-x64-gnu/resolver.linux-x64-gnu.node',
    'C:\\p\\node_modules\\@swc\\core-win32-x64-msvc\\swc.win32-x64-msvc.node',
    '/p/node_modules/.pnpm/unrs-resolver@1/node_modules/unrs-resolver/a.node',
  ];
  const stateful = [
    '/p/node_modules/canvas/build/canvas.node',
    '/p/build/Release/@swc/core/own.node',
    '/p/node_modules/@swc/core/node_modules/other/other.node',
  ];
  expect(statefulAddons([...stateless, ...stateful, '/p/index.js'])).toEqual(stateful);
});
