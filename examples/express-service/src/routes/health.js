'use strict';
const {Router} = require('express');

/** More unfinished jobs than this, and the service asks for less traffic. */
const MAX_BACKLOG = 1_000;

function healthRoutes({clock, queue}) {
  const startedAt = clock.now();
  return Router()
    .get('/', (req, res) => {
      res.json({status: 'ok', uptimeSeconds: Math.floor((clock.now() - startedAt) / 1000)});
    })
    .get('/ready', (req, res) => {
      const {backlog} = queue;
      const ready = backlog <= MAX_BACKLOG;
      res.status(ready ? 200 : 503).json({ready, backlog});
    });
}

module.exports = {healthRoutes};
