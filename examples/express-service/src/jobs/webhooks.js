'use strict';
const {createHmac, randomUUID} = require('node:crypto');
const {notFound} = require('../errors');
const {postJson} = require('./postJson');
const {PermanentJobError} = require('./queue');

const EVENTS = ['placed', 'paid', 'cancelled', 'shipped', 'delivered', 'refunded', 'expired'].map(
  name => `order.${name}`,
);

/** Receivers that would refuse the same request again; 408 and 429 ask for another attempt. */
const isPermanent = status => status >= 400 && status < 500 && status !== 408 && status !== 429;

/** Tells subscribers' servers of events, signed so that they can tell who it is from. */
class Webhooks {
  #subscriptions = new Map();
  #queue;
  #clock;
  #timeoutMs;

  constructor({queue, clock, config}) {
    this.#queue = queue;
    this.#clock = clock;
    this.#timeoutMs = config.timeoutMs;
    queue.define('webhook', (payload, context) => this.#deliver(payload, context));
  }

  subscribe({url, events, secret}) {
    const subscription = {id: `whk_${randomUUID().slice(0, 8)}`, url, events, secret};
    this.#subscriptions.set(subscription.id, subscription);
    return this.#public(subscription);
  }

  list() {
    return [...this.#subscriptions.values()].map(subscription => this.#public(subscription));
  }

  unsubscribe(id) {
    if (!this.#subscriptions.delete(id)) throw notFound(`Webhook ${id}`);
  }

  deliveries(id) {
    if (!this.#subscriptions.has(id)) throw notFound(`Webhook ${id}`);
    return this.#queue
      .list({type: 'webhook'})
      .filter(job => job.payload.subscription === id)
      .map(job => ({
        job: job.id,
        event: job.payload.event,
        status: job.status,
        attempts: job.attempts,
        errors: job.errors,
      }));
  }

  announce(event, data) {
    for (const {id, events} of this.#subscriptions.values()) {
      if (events.includes(event))
        this.#queue.enqueue('webhook', {subscription: id, event, data, at: this.#clock.now()});
    }
  }

  async #deliver({subscription: id, event, data, at}, {attempt, id: job}) {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) throw new PermanentJobError('the subscription is gone');
    const body = JSON.stringify({event, at: new Date(at).toISOString(), data});
    const status = await postJson(subscription.url, body, {
      timeoutMs: this.#timeoutMs,
      headers: {
        'X-Delivery': job,
        'X-Attempt': String(attempt),
        'X-Signature': `sha256=${createHmac('sha256', subscription.secret).update(body).digest('hex')}`,
      },
    });
    if (isPermanent(status)) throw new PermanentJobError(`answered ${status}`);
    if (status < 200 || status > 299) throw new Error(`answered ${status}`);
    return {status};
  }

  /** The secret is never shown again. */
  #public({id, url, events}) {
    return {id, url, events};
  }
}

module.exports = {Webhooks, EVENTS};
