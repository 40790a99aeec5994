import {describeInBandEnd, type WhyInBand} from '../../../../src/core/texts/inBandEnd';

const ENDED = 'this test ended Jest itself, because Jest used no workers';

test.each<[WhyInBand, string]>([
  ['guess', `${ENDED}. Run it again, or set inBand: 'never'.`],
  ['one-worker', `${ENDED}: it may have only one. Pass -w 2.`],
  ['asked', `${ENDED} (--runInBand or --detectOpenHandles). Run it without that option.`],
])('a test that ends Jest (%s)', (why, text) => {
  expect(describeInBandEnd(why)).toBe(text);
});
