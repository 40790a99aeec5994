'use strict';
const http = require('node:http');

const running = [];

/** A subscriber's server: notes what it gets, and answers with the next of `answers`; then with 204. */
async function startReceiver(answers = []) {
  const received = [];
  const server = http.createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req.setEncoding('utf8')) body += chunk;
    received.push({headers: req.headers, body, at: performance.now()});
    const answer = answers.shift() ?? 204;
    if (answer === 'hang') return;
    if (answer === 'reset') return void req.socket.destroy();
    res.writeHead(answer).end();
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  running.push(server);
  return {received, url: `http://127.0.0.1:${server.address().port}/hook`};
}

afterEach(async () => {
  for (const server of running.splice(0)) {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
});

module.exports = {startReceiver};
