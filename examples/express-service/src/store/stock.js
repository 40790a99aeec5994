'use strict';
const {conflict} = require('../errors');

/**
 * How many of each product there are. What an open order has reserved is still on hand, and no longer
 * available; shipping it takes it off both.
 */
class Stock {
  #levels = new Map();
  #movements = new Map();
  #clock;

  constructor({clock}) {
    this.#clock = clock;
  }

  level(sku) {
    const {onHand = 0, reserved = 0} = this.#levels.get(sku) ?? {};
    return {onHand, reserved, available: onHand - reserved};
  }

  movements(sku) {
    return [...(this.#movements.get(sku) ?? [])];
  }

  adjust(sku, delta, reason) {
    const {onHand, reserved} = this.level(sku);
    if (onHand + delta < reserved) {
      throw conflict('stock_reserved', `${sku}: ${reserved} of ${onHand} are reserved by orders`, {onHand, reserved});
    }
    this.#set(sku, onHand + delta, reserved, {type: 'adjust', quantity: delta, reason});
    return this.level(sku);
  }

  /** All lines or none. @throws {ApiError} 409 that names every line there is too little of */
  reserve(lines, orderId) {
    const short = lines
      .map(({sku, quantity}) => ({sku, requested: quantity, available: this.level(sku).available}))
      .filter(({requested, available}) => requested > available);
    if (short.length > 0)
      throw conflict('out_of_stock', `Too little in stock: ${short.map(({sku}) => sku).join(', ')}`, short);
    for (const {sku, quantity} of lines) {
      const {onHand, reserved} = this.level(sku);
      this.#set(sku, onHand, reserved + quantity, {type: 'reserve', quantity, orderId});
    }
  }

  release(lines, orderId) {
    for (const {sku, quantity} of lines) {
      const {onHand, reserved} = this.level(sku);
      this.#set(sku, onHand, reserved - quantity, {type: 'release', quantity, orderId});
    }
  }

  ship(lines, orderId) {
    for (const {sku, quantity} of lines) {
      const {onHand, reserved} = this.level(sku);
      this.#set(sku, onHand - quantity, reserved - quantity, {type: 'ship', quantity, orderId});
    }
  }

  takeBack(lines, orderId) {
    for (const {sku, quantity} of lines) {
      const {onHand, reserved} = this.level(sku);
      this.#set(sku, onHand + quantity, reserved, {type: 'return', quantity, orderId});
    }
  }

  #set(sku, onHand, reserved, movement) {
    // Every way to get here keeps this; an order that is counted twice must not go unnoticed.
    if (reserved < 0 || onHand < reserved) throw new RangeError(`${sku}: ${onHand} on hand, ${reserved} reserved`);
    this.#levels.set(sku, {onHand, reserved});
    if (!this.#movements.has(sku)) this.#movements.set(sku, []);
    this.#movements.get(sku).push({at: this.#clock.now(), ...movement});
  }
}

module.exports = {Stock};
