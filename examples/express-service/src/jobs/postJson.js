'use strict';
const http = require('node:http');
const https = require('node:https');

/** Posts and resolves to the answer's status. No connection is kept: receivers are called seldom. */
function postJson(url, body, {headers = {}, timeoutMs}) {
  const {request} = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: 'POST',
      agent: false,
      headers: {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...headers},
    });
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    outgoing.on('close', () => clearTimeout(timer));
    outgoing.on('error', reject);
    outgoing.on('response', response => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
      response.on('error', reject);
    });
    outgoing.end(body);
  });
}

module.exports = {postJson};
