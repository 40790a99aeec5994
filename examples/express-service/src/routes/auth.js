'use strict';
const {Router} = require('express');
const {requireUser} = require('../middleware/authenticate');
const {email, shape, text, validate} = require('../validation');

const publicUser = ({id, email: address, role}) => ({id, email: address, role});

function authRoutes({users, tokens, config}) {
  const newPassword = text({min: config.passwords.minLength, max: 200});
  const credentials = shape({email, password: newPassword});
  const login = shape({email: text({max: 254}), password: text({max: 200})});
  const passwordChange = shape({current: text(), next: newPassword});

  return Router()
    .post('/register', async (req, res) => {
      const user = await users.register(validate(credentials, req.body));
      res.status(201).json({user: publicUser(user), ...tokens.issue(user)});
    })
    .post('/login', async (req, res) => {
      const {email: address, password} = validate(login, req.body);
      const user = await users.logIn(address, password);
      res.json({user: publicUser(user), ...tokens.issue(user)});
    })
    .get('/me', requireUser, (req, res) => {
      res.json({user: publicUser(req.user)});
    })
    .post('/logout', requireUser, (req, res) => {
      tokens.revoke(req.claims);
      res.status(204).end();
    })
    .post('/password', requireUser, async (req, res) => {
      const {current, next} = validate(passwordChange, req.body);
      await users.changePassword(req.user.id, current, next);
      tokens.revokeAll(req.user.id);
      res.status(204).end();
    });
}

module.exports = {authRoutes};
