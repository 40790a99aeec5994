'use strict';
const {createService} = require('./service');

const {app, queue, users} = createService({
  log: entry => console.log(JSON.stringify(entry)),
  logError: ({id, error}) => console.error(id, error),
});

async function main() {
  const {STAFF_EMAIL, STAFF_PASSWORD, PORT = '3000'} = process.env;
  if (STAFF_EMAIL && STAFF_PASSWORD)
    await users.register({email: STAFF_EMAIL, password: STAFF_PASSWORD, role: 'staff'});
  const server = app.listen(Number(PORT), () => console.log(`listening on port ${server.address().port}`));
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      queue.stop();
      server.close();
    });
  }
}

void main();
