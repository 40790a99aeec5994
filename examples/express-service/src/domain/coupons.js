'use strict';
const {ApiError, conflict} = require('../errors');

const refused = message => new ApiError(422, 'coupon_refused', message);

/** Coupons and who has used them. */
class Coupons {
  #coupons = new Map();
  /** Coupon code -> the user of each use. */
  #uses = new Map();
  #clock;

  constructor({clock}) {
    this.#clock = clock;
  }

  create(coupon) {
    if (this.#coupons.has(coupon.code)) throw conflict('code_taken', `There is a coupon ${coupon.code}`);
    this.#coupons.set(coupon.code, {...coupon});
    this.#uses.set(coupon.code, []);
    return {...coupon, used: 0};
  }

  list() {
    return [...this.#coupons.values()].map(coupon => ({...coupon, used: this.#uses.get(coupon.code).length}));
  }

  /** The coupon, if this user may use it for this subtotal. @throws {ApiError} 422 */
  check(code, {userId, subtotalCents}) {
    const coupon = this.#coupons.get(code);
    if (coupon === undefined) throw refused(`There is no coupon ${code}`);
    const uses = this.#uses.get(code);
    if (coupon.expiresAt !== undefined && this.#clock.now() >= Date.parse(coupon.expiresAt))
      throw refused(`${code} has expired`);
    if (uses.length >= (coupon.maxUses ?? Infinity)) throw refused(`${code} has been used up`);
    if (coupon.oncePerCustomer && uses.includes(userId)) throw refused(`${code} can be used only once`);
    if (subtotalCents < (coupon.minSubtotalCents ?? 0)) throw refused(`${code} needs a larger order`);
    return coupon;
  }

  noteUse(code, userId) {
    this.#uses.get(code).push(userId);
  }

  /** An order that never came about has not used its coupon. */
  returnUse(code, userId) {
    const uses = this.#uses.get(code);
    const index = uses.indexOf(userId);
    if (index !== -1) uses.splice(index, 1);
  }
}

module.exports = {Coupons};
