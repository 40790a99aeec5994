/**
 * A short-lived process that asks the stock host for the fixtures of one file and prints the answer, or nothing if
 * there is no answer. Its arguments are the socket, the test file's path, and the number of the worker.
 */
import {createConnection} from 'node:net';
import type {FixtureQuestion} from '../core/wire/stockMessages';

const [socketPath = '', testPath = '', worker = ''] = process.argv.slice(2);
const question: FixtureQuestion = {testPath, worker: Number(worker)};

let answer = '';
const socket = createConnection(socketPath);
socket.on('error', () => undefined); // 'close' follows
socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
// An incomplete answer counts as no answer.
socket.once('close', () => process.stdout.write(answer.endsWith('\n') ? answer : ''));
socket.write(`${JSON.stringify(question)}\n`);
