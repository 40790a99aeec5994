/**
 * The files of src/worker that run beside no tests: in a thread of their own, or in a process without tests. They may
 * use Node's modules and clocks directly. ESLint and dependency-cruiser both read this list.
 */
module.exports = [
  'src/worker/nodeProbe.ts',
  'src/worker/guard/endOfProcess.ts',
  'src/worker/guard/hungStack.ts',
  'src/worker/guard/inBandReport.ts',
  'src/worker/guard/mainThread.ts',
  'src/worker/guard/parentSocket.ts',
  'src/worker/guard/sourcePlaces.ts',
  'src/worker/guard/watchdogThread.ts',
];
