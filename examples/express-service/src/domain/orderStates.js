'use strict';

/** Which states an order may go to, and by which action. */
const ACTIONS = {
  pay: {from: ['pending'], to: 'paid', by: 'owner'},
  cancel: {from: ['pending', 'paid'], to: 'cancelled', by: 'owner'},
  ship: {from: ['paid'], to: 'shipped', by: 'staff'},
  deliver: {from: ['shipped'], to: 'delivered', by: 'staff'},
  refund: {from: ['delivered'], to: 'refunded', by: 'staff'},
  expire: {from: ['pending'], to: 'expired', by: 'system'},
};

/** An order in one of these still needs its products. */
const OPEN_STATES = ['pending', 'paid', 'shipped'];

module.exports = {ACTIONS, OPEN_STATES};
