#!/usr/bin/env node
/** `npx jest-runner-xdist`. */
import {runCommandLine} from './commandLine';

// `| head` ends the reader: there is nobody to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

void runCommandLine(process.argv.slice(2), {
  cwd: process.cwd(),
  print: text => process.stdout.write(text),
  complain: text => process.stderr.write(text),
}).then(code => {
  process.exitCode = code;
});
