'use strict';

const SUBJECTS = {
  'order.placed': order => `We have your order ${order.id}`,
  'order.shipped': order => `Your order ${order.id} is on its way`,
  'order.refunded': order => `Your money for order ${order.id} is on its way`,
};

/** Mails to customers, sent in the background. */
class Mails {
  #queue;
  #users;

  /** @param transport async ({to, subject}) => void; throws when the mail was not taken */
  constructor({queue, users, transport}) {
    this.#queue = queue;
    this.#users = users;
    queue.define('mail', payload => transport(payload));
  }

  announce(event, order) {
    const subject = SUBJECTS[event]?.(order);
    if (subject === undefined) return;
    this.#queue.enqueue('mail', {to: this.#users.get(order.userId).email, subject});
  }
}

module.exports = {Mails};
