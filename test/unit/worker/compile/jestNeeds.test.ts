import {JestNeeds} from '../../../../src/worker/compile/jestNeeds';

class Objects {
  jestObjectFor(from: string): unknown {
    return {of: from};
  }
}

const reached = () => {
  class Own extends Objects {
    override jestObjectFor(from: string): unknown {
      return super.jestObjectFor(from);
    }
  }
  const [needs, objects] = [new JestNeeds(), new Own()];
  needs.reach(objects);
  needs.reach(new Own());
  return {needs, objects};
};

test('the module that was compiled last has no object, if it does without; once', () => {
  const {needs, objects} = reached();
  needs.compiled('/a.js', false);
  expect([objects.jestObjectFor('/a.js'), objects.jestObjectFor('/a.js')]).toEqual([undefined, {of: '/a.js'}]);
});

test('a module that may reach it has one', () => {
  const {needs, objects} = reached();
  needs.compiled('/a.js', true);
  expect(objects.jestObjectFor('/a.js')).toEqual({of: '/a.js'});
});

test('another module has one, and what was noted is forgotten', () => {
  const {needs, objects} = reached();
  needs.compiled('/a.js', false);
  expect([objects.jestObjectFor('/b.js'), objects.jestObjectFor('/a.js')]).toEqual([{of: '/b.js'}, {of: '/a.js'}]);
});

test('what was compiled before the class was reached counts for nothing', () => {
  const [needs, objects] = [new JestNeeds(), new Objects()];
  needs.compiled('/a.js', false);
  needs.reach(objects);
  expect(objects.jestObjectFor('/a.js')).toEqual({of: '/a.js'});
});
