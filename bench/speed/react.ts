/**
 * A React application: 80 components, which import each other through a barrel file, and 40 test files. Loading the
 * dependencies of a test file (Material UI, Redux Toolkit, date-fns, lodash, jsdom) takes longer than running its
 * tests.
 */
import {numbered, type SpeedSuite} from './suite';
import type {Files} from '../turns';

const TOPICS = [
  'invoice',
  'order',
  'customer',
  'product',
  'shipment',
  'ticket',
  'project',
  'report',
  'member',
  'device',
];
const FILES = 40;

/** A kind of component and its tests. Each topic has one component of each kind. */
interface Kind {
  readonly name: string;
  /**
   * @param topic a noun
   * @param Topic the noun as part of an identifier
   * @param index the index of the topic
   */
  readonly component: (topic: string, Topic: string, index: number) => string;
  /** The bodies of the component's tests, by test name. */
  readonly tests: (topic: string, Topic: string, index: number) => Readonly<Record<string, string>>;
}

const counter: Kind = {
  name: 'Counter',
  component: (topic, Topic, index) => `import {useState} from 'react';
import {Badge, Button} from '@mui/material';
import {clamp, upperFirst} from 'lodash';

export interface ${Topic}CounterProps {
  max?: number;
  onChange?: (count: number) => void;
}

export function ${Topic}Counter({max = ${index + 3}, onChange}: ${Topic}CounterProps) {
  const [count, setCount] = useState(0);
  const add = (step: number) => {
    const next = clamp(count + step, 0, max);
    setCount(next);
    onChange?.(next);
  };
  return (
    <Badge badgeContent={count}>
      <Button variant="contained" disabled={count === max} onClick={() => add(1)}>Add {upperFirst('${topic}')}</Button>
      <Button color="error" disabled={count === 0} onClick={() => add(-1)}>Remove</Button>
    </Badge>
  );
}
`,
  tests: (_, Topic, index) => ({
    'counts to its limit': `
    const user = userEvent.setup();
    const onChange = jest.fn();
    render(<${Topic}Counter max={2} onChange={onChange} />);
    const add = screen.getByRole('button', {name: 'Add ${Topic}'});
    await user.click(add);
    await user.click(add);
    expect(add).toBeDisabled();
    expect(onChange.mock.calls).toEqual([[1], [2]]);`,
    'removes what was added': `
    render(<${Topic}Counter />);
    expect(screen.getByText('Remove')).toBeDisabled();
    fireEvent.click(screen.getByText('Add ${Topic}'));
    fireEvent.click(screen.getByText('Remove'));
    expect(screen.getByText('Remove')).toBeDisabled();`,
    'has a limit of its own': `
    render(<${Topic}Counter />);
    for (let i = 0; i < ${index + 3}; i++) fireEvent.click(screen.getByText('Add ${Topic}'));
    expect(screen.getByText('Add ${Topic}')).toBeDisabled();`,
  }),
};

const form: Kind = {
  name: 'Form',
  component: (topic, Topic, index) => `import {useState, type FormEvent} from 'react';
import {Alert, Button, Checkbox, FormControlLabel, Stack, TextField} from '@mui/material';
import {trim} from 'lodash';

export interface ${Topic}Draft {
  name: string;
  isUrgent: boolean;
}

export function ${Topic}Form({onSave}: {onSave: (draft: ${Topic}Draft) => void}) {
  const [draft, setDraft] = useState<${Topic}Draft>({name: '', isUrgent: false});
  const [error, setError] = useState<string | null>(null);
  const save = (event: FormEvent) => {
    event.preventDefault();
    const name = trim(draft.name);
    if (name.length < ${(index % 3) + 2}) return setError('The name of the ${topic} is too short');
    setError(null);
    onSave({...draft, name});
  };
  return (
    <Stack component="form" spacing={${(index % 3) + 1}} onSubmit={save}>
      <TextField label="Name" value={draft.name} onChange={({target}) => setDraft({...draft, name: target.value})} />
      <FormControlLabel
        control={<Checkbox checked={draft.isUrgent} onChange={(_, isUrgent) => setDraft({...draft, isUrgent})} />}
        label="Urgent"
      />
      {error !== null && <Alert severity="warning">{error}</Alert>}
      <Button type="submit">Save ${topic}</Button>
    </Stack>
  );
}
`,
  tests: (topic, Topic) => ({
    'saves what was typed': `
    const user = userEvent.setup();
    const onSave = jest.fn();
    render(<${Topic}Form onSave={onSave} />);
    await user.type(screen.getByLabelText('Name'), ' Blue ');
    await user.click(screen.getByLabelText('Urgent'));
    await user.click(screen.getByRole('button', {name: 'Save ${topic}'}));
    expect(onSave).toHaveBeenCalledWith({name: 'Blue', isUrgent: true});`,
    'refuses a short name': `
    const onSave = jest.fn();
    render(<${Topic}Form onSave={onSave} />);
    fireEvent.click(screen.getByText('Save ${topic}'));
    expect(screen.getByRole('alert')).toHaveTextContent('The name of the ${topic} is too short');
    expect(onSave).not.toHaveBeenCalled();`,
  }),
};

const list: Kind = {
  name: 'List',
  component: (topic, Topic, index) => `import {useMemo, useState} from 'react';
import {Chip, List, ListItem, ListItemText, ListSubheader, TextField} from '@mui/material';
import {format, parseISO} from 'date-fns';
import {groupBy, orderBy} from 'lodash';
import {${Topic}Deadline} from './index';

export interface ${Topic}Item {
  id: number;
  name: string;
  state: 'open' | 'done';
  due: string;
}

export function ${Topic}List({items}: {items: readonly ${Topic}Item[]}) {
  const [filter, setFilter] = useState('');
  const groups = useMemo(() => {
    const found = items.filter(({name}) => name.toLowerCase().includes(filter.toLowerCase()));
    return groupBy(orderBy(found, ['due', 'name'], ['${index % 2 === 0 ? 'asc' : 'desc'}', 'asc']), 'state');
  }, [items, filter]);
  return (
    <>
      <TextField label="Filter" value={filter} onChange={event => setFilter(event.target.value)} />
      <List component="div">
        {Object.entries(groups).map(([state, group]) => (
          <div key={state}>
            <ListSubheader component="div">{state} ${topic}s</ListSubheader>
            {group.map(({id, name, due}) => (
              <ListItem key={id} component="div" role="listitem">
                <ListItemText primary={name} secondary={format(parseISO(due), 'd MMMM yyyy')} />
                {state === 'done' ? <Chip label="done" /> : <${Topic}Deadline due={due} today="2026-03-10" />}
              </ListItem>
            ))}
          </div>
        ))}
      </List>
    </>
  );
}
`,
  tests: (topic, Topic, index) => {
    const items = `[
      {id: 1, name: 'Red', state: 'open', due: '2026-03-12'},
      {id: 2, name: 'Green', state: 'done', due: '2026-03-01'},
      {id: 3, name: 'Grey', state: 'open', due: '2026-03-11'},
    ] as const`;
    return {
      'sorts by date': `
    render(<${Topic}List items={${items}} />);
    const names = screen.getAllByText(/^(Red|Grey)$/).map(({textContent}) => textContent);
    expect(names).toEqual(${index % 2 === 0 ? "['Grey', 'Red']" : "['Red', 'Grey']"});
    expect(screen.getByText('12 March 2026')).toBeInTheDocument();`,
      'groups by state': `
    render(<${Topic}List items={${items}} />);
    expect(screen.getByText('open ${topic}s')).toBeVisible();
    expect(screen.getAllByText('done', {selector: 'span'})).toHaveLength(1);`,
      'filters by name': `
    const user = userEvent.setup();
    render(<${Topic}List items={${items}} />);
    await user.type(screen.getByLabelText('Filter'), 'gr');
    expect(screen.queryByText('Red')).not.toBeInTheDocument();
    expect(screen.getAllByText(/^Gr/)).toHaveLength(2);`,
    };
  },
};

const toggle: Kind = {
  name: 'Toggle',
  component: (topic, Topic, index) => `import {useCallback, useEffect, useState} from 'react';
import {FormControlLabel, Switch, Tooltip} from '@mui/material';

/** Remembers whether something is on, in the local storage. */
export function use${Topic}Toggle(initially = ${index % 2 === 0}) {
  const [isOn, setOn] = useState(() => {
    const stored = localStorage.getItem('${topic}');
    return stored === null ? initially : stored === 'on';
  });
  useEffect(() => localStorage.setItem('${topic}', isOn ? 'on' : 'off'), [isOn]);
  return {isOn, toggle: useCallback(() => setOn(was => !was), [])};
}

export function ${Topic}Toggle() {
  const {isOn, toggle} = use${Topic}Toggle();
  return (
    <Tooltip title="Show every ${topic}">
      <FormControlLabel control={<Switch checked={isOn} onChange={toggle} />} label={isOn ? 'all' : 'some'} />
    </Tooltip>
  );
}
`,
  tests: (topic, Topic, index) => ({
    'a hook remembers its state': `
    localStorage.clear();
    const {result, unmount} = renderHook(() => use${Topic}Toggle());
    expect(result.current.isOn).toBe(${index % 2 === 0});
    act(() => result.current.toggle());
    unmount();
    expect(renderHook(() => use${Topic}Toggle()).result.current.isOn).toBe(${index % 2 !== 0});`,
    'a switch tells its state': `
    localStorage.setItem('${topic}', 'on');
    render(<${Topic}Toggle />);
    fireEvent.click(screen.getByRole('switch'));
    expect(screen.getByText('some')).toBeInTheDocument();`,
  }),
};

const basket: Kind = {
  name: 'Basket',
  component: (topic, Topic, index) => `import {createSelector, createSlice, type PayloadAction} from '@reduxjs/toolkit';
import {Button, Table, TableBody, TableCell, TableRow} from '@mui/material';
import {sumBy} from 'lodash';
import {useDispatch, useSelector} from 'react-redux';

interface Line {
  id: number;
  price: number;
  amount: number;
}

export const ${topic}Slice = createSlice({
  name: '${topic}',
  initialState: {lines: [] as Line[]},
  reducers: {
    added(state, {payload}: PayloadAction<Omit<Line, 'amount'>>) {
      const known = state.lines.find(({id}) => id === payload.id);
      if (known === undefined) state.lines.push({...payload, amount: 1});
      else known.amount++;
    },
    cleared(state) {
      state.lines = [];
    },
  },
});

type State = {${topic}: {lines: Line[]}};
const lines = (state: State) => state.${topic}.lines;
export const ${topic}Total = createSelector([lines], all =>
  sumBy(all, ({price, amount}) => price * amount) * ${index + 1});

export function ${Topic}Basket() {
  const dispatch = useDispatch();
  return (
    <>
      <Table>
        <TableBody>
          {useSelector(lines).map(({id, amount}) => (
            <TableRow key={id}><TableCell>{amount} x {id}</TableCell></TableRow>
          ))}
        </TableBody>
      </Table>
      <p role="status">{useSelector(${topic}Total)}</p>
      <Button onClick={() => dispatch(${topic}Slice.actions.cleared())}>Clear</Button>
    </>
  );
}
`,
  tests: (topic, Topic, index) => ({
    'the reducer counts': `
    const {added} = ${topic}Slice.actions;
    const state = [added({id: 1, price: 3}), added({id: 1, price: 3}), added({id: 2, price: 4})].reduce(
      ${topic}Slice.reducer,
      undefined,
    );
    expect(${topic}Total({${topic}: state!})).toBe(${10 * (index + 1)});`,
    'shows what is in the store': `
    const store = makeStore();
    store.dispatch(${topic}Slice.actions.added({id: 7, price: 2}));
    render(<Provider store={store}><${Topic}Basket /></Provider>);
    expect(screen.getByRole('cell')).toHaveTextContent('1 x 7');
    act(() => void store.dispatch(${topic}Slice.actions.added({id: 7, price: 2})));
    expect(screen.getByRole('status')).toHaveTextContent('${4 * (index + 1)}');`,
    'clears the store': `
    const user = userEvent.setup();
    const store = makeStore();
    store.dispatch(${topic}Slice.actions.added({id: 7, price: 2}));
    render(<Provider store={store}><${Topic}Basket /></Provider>);
    await user.click(screen.getByText('Clear'));
    expect(screen.queryByRole('cell')).toBeNull();
    expect(store.getState().${topic}.lines).toEqual([]);`,
  }),
};

const tabs: Kind = {
  name: 'Tabs',
  component: (topic, Topic) => `import {useReducer} from 'react';
import {Box, Tab, Tabs} from '@mui/material';
import {${Topic}Counter, ${Topic}Toggle} from './index';

const PAGES = ['details', 'settings', 'history'] as const;
type Page = (typeof PAGES)[number];

export function ${Topic}Tabs() {
  const [{page, seen}, open] = useReducer(
    (state: {page: Page; seen: Page[]}, page: Page) => ({page, seen: [...state.seen, page]}),
    {page: 'details', seen: []},
  );
  return (
    <Box sx={{border: 1, padding: 2}}>
      <Tabs value={page} onChange={(_, next) => open(next as Page)} aria-label="Pages of the ${topic}">
        {PAGES.map(name => <Tab key={name} value={name} label={name} />)}
      </Tabs>
      <div role="tabpanel">
        {page === 'details' && <${Topic}Counter />}
        {page === 'settings' && <${Topic}Toggle />}
        {page === 'history' && seen.join(', ')}
      </div>
    </Box>
  );
}
`,
  tests: (topic, Topic) => ({
    'opens one page after the other': `
    const user = userEvent.setup();
    render(<${Topic}Tabs />);
    await user.click(screen.getByRole('tab', {name: 'settings'}));
    expect(screen.getByRole('switch')).toBeInTheDocument();
    await user.click(screen.getByRole('tab', {name: 'history'}));
    expect(screen.getByRole('tabpanel')).toHaveTextContent('settings, history');`,
    'begins with the details': `
    render(<${Topic}Tabs />);
    expect(screen.getByLabelText('Pages of the ${topic}')).toBeInTheDocument();
    expect(screen.getByText('Add ${Topic}')).toBeEnabled();`,
  }),
};

const panel: Kind = {
  name: 'Panel',
  component: (topic, Topic, index) => `import {useState} from 'react';
import {Button, Dialog, DialogActions, DialogContent, DialogTitle, ThemeProvider, createTheme} from '@mui/material';
import {styled} from '@mui/material/styles';
import {${Topic}Form, ${Topic}List, type ${Topic}Item} from './index';

const theme = createTheme({spacing: ${index + 2}, palette: {mode: '${index % 2 === 0 ? 'light' : 'dark'}'}});
const Frame = styled('section')(({theme}) => ({padding: theme.spacing(2), color: theme.palette.primary.main}));

export function ${Topic}Panel({today}: {today: string}) {
  const [items, setItems] = useState<${Topic}Item[]>([]);
  const [isOpen, setOpen] = useState(false);
  return (
    <ThemeProvider theme={theme}>
      <Frame data-testid="frame">
        <${Topic}List items={items} />
        <Button onClick={() => setOpen(true)}>New ${topic}</Button>
        <Dialog open={isOpen} onClose={() => setOpen(false)} transitionDuration={0}>
          <DialogTitle>Create a ${topic}</DialogTitle>
          <DialogContent>
            <${Topic}Form
              onSave={({name}) => {
                setItems([...items, {id: items.length, name, state: 'open', due: today}]);
                setOpen(false);
              }}
            />
          </DialogContent>
          <DialogActions><Button onClick={() => setOpen(false)}>Cancel</Button></DialogActions>
        </Dialog>
      </Frame>
    </ThemeProvider>
  );
}
`,
  tests: (topic, Topic, index) => ({
    'creates one in a dialog': `
    render(<${Topic}Panel today="2026-03-10" />);
    fireEvent.click(screen.getByText('New ${topic}'));
    fireEvent.change(screen.getByLabelText('Name'), {target: {value: 'Blue sky'}});
    fireEvent.click(screen.getByText('Save ${topic}'));
    expect(await screen.findByText('Blue sky')).toBeInTheDocument();`,
    'leaves the dialog': `
    render(<${Topic}Panel today="2026-03-10" />);
    fireEvent.click(screen.getByText('New ${topic}'));
    expect(screen.getByRole('dialog')).toHaveTextContent('Create a ${topic}');
    fireEvent.click(screen.getByText('Cancel'));
    await waitForElementToBeRemoved(screen.queryByRole('dialog'));`,
    'has a theme': `
    render(<${Topic}Panel today="2026-03-10" />);
    expect(screen.getByTestId('frame')).toHaveStyle({padding: '${2 * (index + 2)}px'});`,
  }),
};

const deadline: Kind = {
  name: 'Deadline',
  component: (topic, Topic, index) => `import {Chip} from '@mui/material';
import {addDays, differenceInCalendarDays, formatDistance, isWeekend, parseISO} from 'date-fns';

/** The working day on which a ${topic} is due. */
function workingDay(due: string): Date {
  const day = parseISO(due);
  return isWeekend(day) ? workingDay(addDays(day, 1).toISOString()) : day;
}

export function ${Topic}Deadline({due, today}: {due: string; today: string}) {
  const days = differenceInCalendarDays(workingDay(due), parseISO(today));
  const color = days < 0 ? 'error' : days <= ${index + 1} ? 'warning' : 'default';
  return <Chip color={color} label={formatDistance(workingDay(due), parseISO(today), {addSuffix: true})} />;
}
`,
  tests: (_, Topic, index) => ({
    'a weekend ends on Monday': `
    render(<${Topic}Deadline due="2026-03-14" today="2026-03-10" />);
    expect(screen.getByText('in 6 days')).toBeInTheDocument();`,
    'what is late is red': `
    const {container, rerender} = render(<${Topic}Deadline due="2026-03-0${(index % 5) + 2}" today="2026-03-10" />);
    expect(screen.getByText('${8 - (index % 5)} days ago')).toBeInTheDocument();
    expect(container.firstChild).toHaveClass('MuiChip-colorError');
    rerender(<${Topic}Deadline due="2026-04-30" today="2026-03-10" />);
    expect(container.firstChild).not.toHaveClass('MuiChip-colorError');`,
  }),
};

/** One test file has the tests of two consecutive kinds. */
const KINDS = [counter, form, list, toggle, basket, tabs, panel, deadline];

const namesOf = (topic: string) => topic[0]!.toUpperCase() + topic.slice(1);

function components(): Files {
  return Object.fromEntries(
    TOPICS.flatMap((topic, index) =>
      KINDS.map(({name, component}) => [
        `src/components/${namesOf(topic)}${name}.tsx`,
        component(topic, namesOf(topic), index),
      ]),
    ),
  );
}

/** The names that a component's tests import from the barrel. */
function importsOf(kind: Kind, topic: string): string[] {
  const component = namesOf(topic) + kind.name;
  if (kind === toggle) return [component, `use${component}`];
  if (kind === basket) return [component, `${topic}Slice`, `${topic}Total`];
  return [component];
}

function testFile(index: number): string {
  const topic = TOPICS[index % TOPICS.length]!;
  const pair = Math.floor(index / TOPICS.length) * 2;
  const kinds = [KINDS[pair]!, KINDS[pair + 1]!];
  const blocks = kinds.map(kind => {
    const tests = Object.entries(kind.tests(topic, namesOf(topic), index % TOPICS.length));
    const bodies = tests.map(([name, body]) => `  test('${name}', async () => {${body}\n  });\n`);
    return `describe('${namesOf(topic)}${kind.name}', () => {\n${bodies.join('\n')}});\n`;
  });
  return `import {act, fireEvent, render, renderHook, screen, waitForElementToBeRemoved} from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {Provider} from 'react-redux';
import {${kinds.flatMap(kind => importsOf(kind, topic)).join(', ')}} from '../components';
import {makeStore} from '../store';

${blocks.join('\n')}`;
}

export function react(): SpeedSuite {
  const slices = TOPICS.map(topic => `${topic}Slice`);
  return {
    name: '40 files over 80 React components',
    files: {
      'jest.config.json': JSON.stringify({
        cacheDirectory: '<rootDir>/.cache',
        testEnvironment: 'jsdom',
        setupFilesAfterEnv: ['@testing-library/jest-dom'],
      }),
      'babel.config.json': JSON.stringify({
        presets: [
          ['@babel/preset-env', {targets: {node: 'current'}}],
          ['@babel/preset-react', {runtime: 'automatic'}],
          '@babel/preset-typescript',
        ],
      }),
      ...components(),
      'src/components/index.ts': Object.keys(components())
        .map(path => `export * from './${/(\w+)\.tsx$/.exec(path)![1]}';\n`)
        .join(''),
      'src/store.ts': `import {configureStore} from '@reduxjs/toolkit';
import {${slices.join(', ')}} from './components';

export const makeStore = () =>
  configureStore({reducer: {${slices.map(slice => `[${slice}.name]: ${slice}.reducer`).join(', ')}} as Record<string, any>});
`,
      ...numbered(FILES, index => [`src/tests/file${index}.test.tsx`, testFile(index)]),
    },
    tests: 200,
    args: ['-w', '2'],
    rounds: 3,
    dependencies: jest => ({
      'babel-jest': jest,
      'jest-environment-jsdom': jest,
      '@babel/core': '7.29.13',
      '@babel/preset-env': '7.29.14',
      '@babel/preset-react': '7.29.7',
      '@babel/preset-typescript': '7.29.7',
      '@emotion/react': '11.14.0',
      '@emotion/styled': '11.14.1',
      '@mui/material': '9.5.0',
      '@reduxjs/toolkit': '2.15.0',
      '@testing-library/dom': '10.4.2',
      '@testing-library/jest-dom': '6.9.1',
      '@testing-library/react': '16.3.3',
      '@testing-library/user-event': '14.6.13',
      'date-fns': '4.4.0',
      lodash: '4.18.1',
      react: '19.3.1',
      'react-dom': '19.3.1',
      'react-redux': '9.3.1',
    }),
  };
}
