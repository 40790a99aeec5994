'use strict';
const {allocate, percentOf} = require('./money');

/** VAT in percent: the standard rate, and the reduced ones by category. */
const TAX = {
  DE: {standard: 19, reduced: {books: 7, food: 7}},
  FR: {standard: 20, reduced: {books: 5.5, food: 5.5}},
  IE: {standard: 23, reduced: {books: 0, food: 0}},
  US: {standard: 0, reduced: {}},
};

/** Cents for the first kilogram, and for each further one that is begun. */
const SHIPPING = {
  DE: {first: 490, further: 100},
  FR: {first: 890, further: 150},
  IE: {first: 1090, further: 200},
  US: {first: 2490, further: 600},
};

const COUNTRIES = Object.keys(TAX);
const SHIPPING_METHODS = ['standard', 'express', 'pickup'];
const EXPRESS_FACTOR = 2;
const FREE_SHIPPING_FROM_CENTS = 10_000;

const sum = (list, of) => list.reduce((total, entry) => total + of(entry), 0);

/** The largest volume discount that the quantity reaches, in percent. */
function volumePercent(tiers, quantity) {
  return Math.max(0, ...tiers.filter(tier => quantity >= tier.minQuantity).map(tier => tier.percentOff));
}

function shippingCents({lines, country, method, netCents, coupon}) {
  if (method === 'pickup') return 0;
  const {first, further} = SHIPPING[country];
  const kilograms = Math.max(1, Math.ceil(sum(lines, ({product, quantity}) => product.weightGrams * quantity) / 1000));
  const standard = first + further * (kilograms - 1);
  // Whoever has free shipping pays for express no more than what it costs above standard.
  const free = coupon?.type === 'free-shipping' || netCents >= FREE_SHIPPING_FROM_CENTS;
  return (method === 'express' ? standard * EXPRESS_FACTOR : standard) - (free ? standard : 0);
}

function couponCents(coupon, subtotalCents) {
  switch (coupon?.type) {
    case 'percent':
      return percentOf(subtotalCents, coupon.value);
    case 'fixed':
      return Math.min(coupon.value, subtotalCents);
    default:
      return 0;
  }
}

/**
 * What an order costs. Prices are net. A coupon counts after volume discounts and is spread over all
 * lines, because lines may be taxed differently.
 */
function priceOrder({lines, country, method, coupon = null}) {
  const priced = lines.map(({product, quantity}) => {
    const grossCents = product.priceCents * quantity;
    const volumeDiscountCents = percentOf(grossCents, volumePercent(product.tiers, quantity));
    return {product, quantity, grossCents, volumeDiscountCents};
  });
  const subtotalCents = sum(priced, line => line.grossCents - line.volumeDiscountCents);
  const shares = allocate(
    couponCents(coupon, subtotalCents),
    priced.map(line => line.grossCents - line.volumeDiscountCents),
  );
  const {standard, reduced} = TAX[country];
  const quoted = priced.map(({product, quantity, grossCents, volumeDiscountCents}, index) => {
    const couponDiscountCents = shares[index];
    const netCents = grossCents - volumeDiscountCents - couponDiscountCents;
    const taxPercent = Object.hasOwn(reduced, product.category) ? reduced[product.category] : standard;
    return {
      sku: product.sku,
      name: product.name,
      quantity,
      unitCents: product.priceCents,
      grossCents,
      volumeDiscountCents,
      couponDiscountCents,
      netCents,
      taxPercent,
      taxCents: percentOf(netCents, taxPercent),
    };
  });
  const netCents = sum(quoted, line => line.netCents);
  const shipping = shippingCents({lines, country, method, netCents, coupon});
  const taxCents = sum(quoted, line => line.taxCents) + percentOf(shipping, standard);
  return {
    lines: quoted,
    subtotalCents,
    discountCents: sum(quoted, line => line.volumeDiscountCents + line.couponDiscountCents),
    netCents,
    shippingCents: shipping,
    taxCents,
    totalCents: netCents + shipping + taxCents,
  };
}

module.exports = {priceOrder, volumePercent, COUNTRIES, SHIPPING_METHODS};
