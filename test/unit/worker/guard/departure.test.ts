import {ownProcesses} from '../../ownProcesses';

const inOwnProcess = ownProcesses('worker');

/** @param script what happens in a process that is on its way out; `word()` is what it has left so far */
const departing = (script: string) =>
  inOwnProcess(`
    const fs = require('fs');
    const {DepartureRecorder} = ours('guard/departure');
    const departure = new DepartureRecorder('word');
    const word = () => fs.existsSync('word') ? JSON.parse(fs.readFileSync('word', 'utf8')) : null;
    const resources = {leftOpen: () => [{kind: 'Timeout', count: 1, paths: []}]};
    ${script}`);

test('while it saves, a process says so', () => {
  const words = departing(`
    const words = [word()];
    departure.save(() => words.push(word()));
    return [...words, word()];`);
  expect(words).toEqual([null, {at: 'saving'}, null]);
});

test('while it waits it says for what, time and again', () => {
  const word = departing(`
    departure.begin(resources, 4);
    while (word() === null) await new Promise(resolve => setTimeout(resolve, 1));
    fs.rmSync('word');
    while (word() === null) await new Promise(resolve => setTimeout(resolve, 1));
    return word();`);
  expect(word).toEqual({at: 'waiting', leftOpen: [{kind: 'Timeout', count: 1, paths: []}], addons: []});
});

test('as it exits it says that, and exits with 0, whatever a test has set', () => {
  const word = departing(`
    departure.begin(resources, 1e6);
    process.on('exit', () => console.log('\\n' + JSON.stringify(word())));
    process.exitCode = 3;
    process.exit();`);
  expect(word).toEqual({at: 'exiting', addons: []});
});

test('on a disk that is read-only by then it says what it said before, and saves all the same', () => {
  const [saved, word] = inOwnProcess(`
    const fs = require('fs');
    let isReadOnly = false;
    for (const name of ['rmSync', 'renameSync', 'writeFileSync']) {
      const original = fs[name];
      fs[name] = (...all) => {
        if (isReadOnly) throw Object.assign(new Error('EROFS'), {code: 'EROFS'});
        return original(...all);
      };
    }
    const {DepartureRecorder} = ours('guard/departure');
    const departure = new DepartureRecorder('word');
    let saved = false;
    departure.save(() => (saved = isReadOnly = true));
    departure.begin({leftOpen: () => []}, 1e6);
    return [saved, JSON.parse(fs.readFileSync('word', 'utf8'))];`) as [boolean, unknown];
  expect([saved, word]).toEqual([true, {at: 'saving'}]);
});

test('it says nothing where its folder is gone, and ends all the same', () => {
  const ended = inOwnProcess(`
    const {DepartureRecorder} = ours('guard/departure');
    const departure = new DepartureRecorder('gone/word');
    let saved = false;
    departure.save(() => (saved = true));
    departure.begin({leftOpen: () => []}, 1e6);
    return saved;`);
  expect(ended).toBe(true);
});
