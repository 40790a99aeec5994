import fc, {cases} from '../../../random';
import type {FixtureScope} from '../../../../src/core/plan/constraints';
import {buildFixtureGraph, type FixtureModule, type FixtureUse} from '../../../../src/core/plan/fixtureGraph';
import {plannedFixtures} from '../../../../src/core/plan/runFixtures';

/** `b` or `b worker`: of a fixture that lies in /. */
function use(text: string, place: string): FixtureUse {
  const [name = '', scope = 'run'] = text.split(' ');
  return {
    place,
    written: `./${name}`,
    scope: scope as FixtureScope,
    found: [`/${name}`, `/${name}.ts`],
    path: `/${name}.ts`,
  };
}

const uses = (texts: readonly string[], place: string) =>
  texts.map((text, index) => use(text, `${place}:${index + 1}`));

/** @param files by name, with the fixtures that they name @param modules by name, with those that they need */
function graph(
  files: Readonly<Record<string, readonly string[]>>,
  modules: Readonly<Record<string, readonly string[]>>,
  configIds: Readonly<Record<string, string>> = {},
) {
  const {fixtures, problems} = buildFixtureGraph(
    new Map(
      Object.entries(files).map(([name, texts]) => [
        name,
        {configId: configIds[name] ?? 'c', uses: uses(texts, name), problems: []},
      ]),
    ),
    new Map(
      Object.entries(modules).map(([name, texts]): [string, FixtureModule] => [
        `/${name}.ts`,
        {title: `${name}.ts`, uses: uses(texts, `${name}.ts`), problems: []},
      ]),
    ),
  );
  const titles = (ids: readonly number[]) => ids.map(id => fixtures.fixtures[id]?.title.replace('.ts', ''));
  return {
    fixtures,
    order: titles(fixtures.fixtures.map((_, id) => id)),
    neededBy: (file: string) => titles(fixtures.neededBy(file)),
    declaredBy: (file: string) => titles(fixtures.declaredBy(file).map(({id}) => id)),
    problems: Object.fromEntries(
      [...problems].flatMap(([file, all]) =>
        all.length > 0 ? [[file, all.map(({place, text}) => `${place} ${text}`)]] : [],
      ),
    ),
  };
}

describe('a sound graph', () => {
  const modules = {app: ['net', 'db'], db: ['net'], net: [], mail: []};

  test('has what is needed before what needs it, and in each file what it needs, too', () => {
    const {order, neededBy, declaredBy, problems} = graph({x: ['app'], y: ['mail', 'db'], z: []}, modules);
    expect(order).toEqual(['net', 'db', 'app', 'mail']);
    expect([neededBy('x'), neededBy('y'), neededBy('z')]).toEqual([['net', 'db', 'app'], ['net', 'db', 'mail'], []]);
    expect([declaredBy('x'), declaredBy('y'), declaredBy('z')]).toEqual([['app'], ['mail', 'db'], []]);
    expect(problems).toEqual({});
  });

  test('names what a fixture needs as its module does', () => {
    const {fixtures} = graph({x: ['app']}, modules);
    expect(fixtures.fixtures.map(({needs}) => needs)).toEqual([{}, {'./net': 0}, {'./net': 0, './db': 1}]);
    expect(plannedFixtures(fixtures)).toEqual([
      {scope: 'run', needs: []},
      {scope: 'run', needs: [0]},
      {scope: 'run', needs: [0, 1]},
    ]);
  });

  test('is the same whichever file comes first', () => {
    expect(graph({x: ['app'], y: ['mail']}, modules).order).toEqual(graph({y: ['mail'], x: ['app']}, modules).order);
  });

  test('takes the smallest of the projects whose files need a fixture', () => {
    const {fixtures} = graph({x: ['db'], y: ['net']}, modules, {x: 'b', y: 'c'});
    expect(fixtures.fixtures.map(({title, configId}) => `${title} ${configId}`)).toEqual(['net.ts b', 'db.ts b']);
  });

  test('has the scope of each fixture; one of a worker may need one of the run', () => {
    const {fixtures, problems} = graph({x: ['db worker']}, {db: ['net'], net: []});
    expect(fixtures.fixtures.map(({title, scope}) => `${title} ${scope}`)).toEqual(['net.ts run', 'db.ts worker']);
    expect(problems).toEqual({});
  });
});

describe('what is wrong with a fixture is wrong with every file that needs it, and with no other', () => {
  test('a circle', () => {
    const {problems, order, neededBy} = graph(
      {x: ['c'], y: ['top'], z: ['ok']},
      {top: ['b'], a: ['b'], b: ['ok', 'c'], c: ['a'], ok: []},
    );
    const circle =
      'a.ts:1 shared fixtures need each other in a cycle: a.ts -> b.ts -> c.ts -> a.ts. Remove one of these @shared-fixture pragmas.';
    expect(problems).toEqual({x: [circle], y: [circle]});
    expect(order).toEqual(['ok']);
    expect([neededBy('x'), neededBy('z')]).toEqual([[], ['ok']]);
  });

  test('a fixture that needs itself', () => {
    expect(graph({x: ['a']}, {a: ['a']}).problems.x).toEqual([expect.stringContaining('in a cycle: a.ts -> a.ts.')]);
  });

  test('two scopes of one fixture', () => {
    const told =
      'y:2 the shared fixture db.ts has scope=worker here, and scope=run, which is what it has if nothing is said, in app.ts:1. ' +
      'A fixture has one scope: say the same in both places.';
    const {problems} = graph(
      {z: ['app'], y: ['net', 'db worker'], x: ['db'], v: ['net']},
      {app: ['db'], db: [], net: []},
    );
    expect(problems).toEqual({
      x: [told],
      y: [told],
      z: [told],
    });
  });

  test('one of the run that needs one of a worker', () => {
    const {problems} = graph({x: ['app'], y: ['db worker']}, {app: ['db worker'], db: []});
    expect(problems).toEqual({
      x: [
        'app.ts:1 app.ts, which is set up once for the run, cannot need db.ts, which is set up in each worker. ' +
          'Give app.ts scope=worker wherever it is named (x:1), or take it from db.ts.',
      ],
    });
  });

  test('what was known to be wrong with a module, or with the file itself', () => {
    const broken = {place: 'a.ts:9', text: 'no.'};
    const own = {place: 'x:9', text: 'nor this.'};
    const {problems} = buildFixtureGraph(
      new Map([
        ['x', {configId: 'c', uses: [use('b', 'x:1')], problems: [own]}],
        ['y', {configId: 'c', uses: [], problems: []}],
      ]),
      new Map([
        ['/a.ts', {title: 'a.ts', uses: [], problems: [broken]}],
        ['/b.ts', {title: 'b.ts', uses: [use('a', 'b.ts:1')], problems: []}],
      ]),
    );
    expect([...problems]).toEqual([
      ['x', [own, broken]],
      ['y', []],
    ]);
  });
});

describe('the names by which a file finds a fixture', () => {
  const names = (...all: FixtureUse[]) => {
    const modules = new Map(all.map(({path}) => [path, {title: path, uses: [], problems: []}]));
    const {fixtures} = buildFixtureGraph(new Map([['x', {configId: 'c', uses: all, problems: []}]]), modules);
    return fixtures.declaredBy('x').map(declared => declared.names);
  };
  const written = (text: string, found: string, path = found): FixtureUse => ({
    place: 'x:1',
    written: text,
    scope: 'run',
    found: [found],
    path,
  });

  test('as written, where it was found, its real path; each without its extension, too', () => {
    expect(names(written('./db.ts', '/link/db.ts', '/real/db.ts'))).toEqual([
      ['./db.ts', '/link/db.ts', '/real/db.ts', './db', '/link/db', '/real/db'],
    ]);
  });

  test('with the slashes of the web on Windows', () => {
    expect(names(written('.\\db', 'C:\\p\\db.mts'))).toEqual([
      ['.\\db', './db', 'C:\\p\\db.mts', 'C:/p/db.mts', 'C:\\p\\db', 'C:/p/db'],
    ]);
  });

  test('all that it is written as, of one that is declared twice', () => {
    expect(names(written('./db.js', '/a/db.js'), written('./a/db.js', '/a/db.js'))).toEqual([
      ['./db.js', '/a/db.js', './a/db.js', './db', '/a/db', './a/db'],
    ]);
  });

  test('a name of two is of the one declared first; one that was written is not what is left of another', () => {
    expect(names(written('./db.js', '/a/db.js'), written('./db', '/a/db/index.js'), written('./db', '/db.js'))).toEqual(
      [
        ['./db.js', '/a/db.js', '/a/db'],
        ['./db', '/a/db/index.js', '/a/db/index'],
        ['/db.js', '/db'],
      ],
    );
  });
});

/** Fixtures 0 to n-1, each with those that it needs, and files with those that they name. */
const drawn = fc.integer({min: 1, max: 7}).chain(count => {
  const named = fc.tuple(
    fc.integer({min: 0, max: count - 1}),
    fc.oneof(
      {arbitrary: fc.constant('run' as const), weight: 6},
      {arbitrary: fc.constant('worker' as const), weight: 1},
    ),
  );
  // Mostly downwards: else hardly any graph is without a circle.
  const needs = fc.tuple(
    ...Array.from({length: count}, (_, at) =>
      fc.array(
        named.map(([to, scope]) => [at === 0 || to % 5 === 4 ? to : to % at, scope] as const),
        {maxLength: 3},
      ),
    ),
  );
  return fc.tuple(needs, fc.array(fc.array(named, {maxLength: 3}), {minLength: 1, maxLength: 4}));
});

test('any graph: the files that can run are those without a circle, two scopes or a scope that is too short; all that they need is there, in order', () => {
  fc.assert(
    fc.property(drawn, ([allNeeds, files]) => {
      const text = ([to, scope]: readonly [number, FixtureScope]) => `f${to} ${scope}`;
      const all = (direct: readonly (readonly [number, FixtureScope])[], seen = new Set<number>()): Set<number> => {
        for (const [to] of direct) if (!seen.has(to)) all(allNeeds[to] ?? [], seen.add(to));
        return seen;
      };
      const present = all(files.flat());
      const modules = Object.fromEntries([...present].map(at => [`f${at}`, (allNeeds[at] ?? []).map(text)]));
      const result = graph(Object.fromEntries(files.map((direct, at) => [`x${at}`, direct.map(text)])), modules);

      const said = [...files.flat(), ...[...present].flatMap(at => allNeeds[at] ?? [])];
      const scopes = (at: number) => new Set(said.flatMap(([to, scope]) => (to === at ? [scope] : [])));
      const isWrong = (at: number) =>
        all(allNeeds[at] ?? []).has(at) ||
        scopes(at).size > 1 ||
        (scopes(at).has('run') && (allNeeds[at] ?? []).some(([to]) => scopes(to).has('worker')));
      const sound = new Set<number>();
      files.forEach((direct, file) => {
        const needed = all(direct);
        expect(Object.hasOwn(result.problems, `x${file}`)).toBe([...needed].some(isWrong));
        if ([...needed].some(isWrong)) return;
        for (const at of needed) sound.add(at);
        expect(new Set(result.neededBy(`x${file}`))).toEqual(new Set([...needed].map(at => `f${at}`)));
        expect(new Set(result.declaredBy(`x${file}`))).toEqual(new Set(direct.map(([to]) => `f${to}`)));
      });
      expect(result.order).toHaveLength(sound.size);
      plannedFixtures(result.fixtures).forEach(({needs, scope}, id) => {
        for (const needed of needs) {
          expect(needed).toBeLessThan(id);
          if (scope === 'run') expect(result.fixtures.fixtures[needed]?.scope).toBe('run');
        }
      });
    }),
    {numRuns: cases(1000)},
  );
});
