/** The timeline: what each worker did when. It is moved with the mouse and with the keyboard. */
import type {ReportModel} from '../model';
import {button, element, section} from './dom';
import {count, time} from './format';
import {geometry, GUTTER, moved, sessionsOf, zoomed, type Geometry, type Range, type Session} from './geometry';
import {coloursOf, paint, type Colours} from './paint';

const KEYS =
  'Arrow keys choose what a worker did; Enter opens the file; + and − zoom, 0 shows the whole run; Page Up and ' +
  'Page Down move.';

const LEGEND = [
  ['loading', 'loading'],
  ['hooks', 'hooks'],
  ['tests', 'tests'],
  ['failed', 'failed'],
  ['starting', 'starting'],
  ['idle', 'idle'],
  ['fixture', 'fixture'],
  ['join', 'joins a file'],
  ['steal', 'takes a file over'],
  ['death', 'death'],
  ['replaced', 'new process'],
] as const;

export function timeline(model: ReportModel, open: (file: number) => void): HTMLElement | null {
  if (model.lanes.length === 0) return null;
  return new TimelineView(model, open).section;
}

class TimelineView {
  readonly section: HTMLElement;
  readonly #model: ReportModel;
  readonly #open: (file: number) => void;
  readonly #sessions: readonly (readonly Session[])[];
  readonly #whole: Range;
  readonly #canvas = element('canvas', {
    tabindex: '0',
    role: 'application',
    'aria-label': 'Timeline of the workers',
    'aria-describedby': 'timeline-keys timeline-said',
  });
  readonly #said = element('p', {id: 'timeline-said', class: 'said', role: 'status', 'aria-live': 'polite'});
  readonly #search = element('input', {type: 'search', placeholder: 'Find a file or test', 'aria-label': 'Find'});
  #geometry: Geometry;
  #colours: Colours | null = null;
  #range: Range;
  #selected: Session | null = null;
  #found: Set<number> | null = null;
  #asked = false;

  constructor(model: ReportModel, open: (file: number) => void) {
    this.#model = model;
    this.#open = open;
    this.#sessions = sessionsOf(model);
    this.#whole = {from: model.run.from, to: Math.max(model.run.from + 1, model.run.ms)};
    this.#range = this.#whole;
    this.#geometry = geometry(model, 800);
    this.section = section(
      'timeline',
      'Timeline',
      element(
        'div',
        {class: 'tools'},
        this.#search,
        button('−', () => this.#zoom(1 / 2), {'aria-label': 'Zoom out'}),
        button('+', () => this.#zoom(2), {'aria-label': 'Zoom in'}),
        button('Whole run', () => this.#show(this.#whole)),
      ),
      element('div', {class: 'canvas'}, this.#canvas),
      this.#said,
      legend(),
      element('p', {id: 'timeline-keys', class: 'note'}, KEYS),
    );
    this.#listen();
  }

  #listen(): void {
    const canvas = this.#canvas;
    new ResizeObserver(() => this.#resize()).observe(canvas.parentElement ?? canvas);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', () => this.#recolour());
    addEventListener('beforeprint', () => {
      this.#range = this.#whole;
      this.#recolour();
      this.#paint();
    });
    canvas.addEventListener('keydown', event => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey && this.#key(event.key)) event.preventDefault();
    });
    canvas.addEventListener(
      'wheel',
      event => {
        if (event.ctrlKey || event.metaKey) {
          event.preventDefault();
          this.#zoom(Math.exp(-event.deltaY / 200), this.#at(event.offsetX));
        } else if (event.deltaX !== 0 || event.shiftKey) {
          event.preventDefault();
          this.#move((event.deltaX || event.deltaY) * this.#msPerPixel());
        }
      },
      {passive: false},
    );
    this.#drag();
    this.#search.addEventListener('input', () => this.#find());
    this.#search.addEventListener('keydown', event => {
      if (event.key === 'Enter') this.#nextFound();
    });
  }

  /** A drag moves the timeline; a click that does not move opens the file. */
  #drag(): void {
    const canvas = this.#canvas;
    let from: {x: number; range: Range; hasMoved: boolean} | null = null;
    canvas.addEventListener('pointerdown', event => {
      from = {x: event.offsetX, range: this.#range, hasMoved: false};
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', event => {
      if (from === null) {
        const session = this.#sessionAt(event.offsetX, event.offsetY);
        canvas.style.cursor = session?.span.type === 'file' ? 'pointer' : 'default';
        const test = session?.tests.find(({at, ms}) => within(this.#at(event.offsetX), at, at + ms));
        canvas.title = session === null ? this.#fixtureAt(event.offsetY) : this.#describe(session, test?.name ?? null);
        return;
      }
      from.hasMoved ||= Math.abs(event.offsetX - from.x) > 3;
      if (!from.hasMoved) return;
      canvas.style.cursor = 'grabbing';
      this.#show(moved(from.range, (from.x - event.offsetX) * this.#msPerPixel(), this.#whole));
    });
    canvas.addEventListener('pointerup', event => {
      const moving = from?.hasMoved === true;
      from = null;
      if (moving) return;
      const session = this.#sessionAt(event.offsetX, event.offsetY);
      this.#select(session);
      if (session?.span.type === 'file') this.#open(session.span.file);
    });
    canvas.addEventListener('pointercancel', () => (from = null));
    canvas.addEventListener('dblclick', event => this.#zoom(4, this.#at(event.offsetX)));
  }

  /** @returns whether the key does something */
  #key(key: string): boolean {
    const length = this.#range.to - this.#range.from;
    switch (key) {
      case 'ArrowRight':
        this.#step(1);
        return true;
      case 'ArrowLeft':
        this.#step(-1);
        return true;
      case 'ArrowDown':
        this.#changeLane(1);
        return true;
      case 'ArrowUp':
        this.#changeLane(-1);
        return true;
      case 'Enter':
        if (this.#selected?.span.type === 'file') this.#open(this.#selected.span.file);
        return true;
      case '+':
      case '=':
        this.#zoom(2);
        return true;
      case '-':
        this.#zoom(1 / 2);
        return true;
      case '0':
        this.#show(this.#whole);
        return true;
      case 'PageDown':
        this.#move(length / 2);
        return true;
      case 'PageUp':
        this.#move(-length / 2);
        return true;
      default:
        return false;
    }
  }

  #step(by: 1 | -1): void {
    const lane = this.#sessions[this.#selected?.lane ?? 0] ?? [];
    const at = this.#selected === null ? (by === 1 ? -1 : lane.length) : lane.indexOf(this.#selected);
    const next = lane[at + by];
    if (next !== undefined) this.#select(next);
  }

  /** Chooses what the next worker did at the same time. */
  #changeLane(by: 1 | -1): void {
    const {lane, span} = this.#selected ?? {lane: -1, span: null};
    const middle = span === null ? this.#range.from : (span.from + span.to) / 2;
    for (let next = lane + by; this.#sessions[next] !== undefined; next += by) {
      const nearest = [...(this.#sessions[next] ?? [])].sort(
        (a, b) => distance(a.span, middle) - distance(b.span, middle),
      )[0];
      if (nearest !== undefined) return this.#select(nearest);
    }
  }

  #select(session: Session | null): void {
    this.#selected = session;
    this.#said.textContent = session === null ? '' : this.#describe(session, null);
    if (session !== null) this.#reveal(session);
    this.#ask();
  }

  #reveal({span}: Session): void {
    const {from, to} = this.#range;
    if (span.to >= from && span.from <= to) return;
    this.#show(moved(this.#range, (span.from + span.to) / 2 - (from + to) / 2, this.#whole));
  }

  #describe({span, lane, tests}: Session, test: string | null): string {
    const name = this.#model.lanes[lane]?.name ?? '';
    const when = `${time(span.to - span.from)}, from ${time(span.from)}`;
    switch (span.type) {
      case 'starting':
        return `${name} starts: ${when}`;
      case 'idle':
        return `${name} is idle: ${span.reason}${span.detail === '' ? '' : ` (${span.detail})`}: ${when}`;
      case 'file': {
        const {path, status} = this.#model.files[span.file] ?? {path: '', status: 'not-run'};
        const how = span.joins ? 'joins' : 'runs';
        const which = test === null ? count(tests.length, 'test') : test;
        const on = span.node === null ? '' : ` on ${span.node}`;
        return `${name} ${how} ${path}${on}, ${status}: ${when}; ${which}`;
      }
    }
  }

  /** What there is to say of the fixture of this row; '': the row has none. */
  #fixtureAt(y: number): string {
    const {fixturesTop, fixtureHeight} = this.#geometry;
    const fixture = this.#model.fixtures[Math.floor((y - fixturesTop) / fixtureHeight)];
    if (fixture === undefined) return '';
    const {name, from, up, down, to, failed} = fixture;
    const end = to ?? this.#model.run.ms;
    const parts = [
      up === null
        ? `${failed ? 'its setup failed' : 'it was not up'} after ${time(end - from)}`
        : `setup ${time(up - from)}, up for ${time((down ?? end) - up)}`,
      ...(down === null || to === null ? [] : [`teardown ${time(to - down)}`]),
    ];
    return `${name}: ${parts.join(', ')}`;
  }

  #find(): void {
    const asked = this.#search.value.trim().toLowerCase();
    if (asked === '') {
      this.#found = null;
      this.#said.textContent = '';
    } else {
      const {files} = this.#model;
      const matches = files.flatMap(({path, tests}, file) =>
        path.toLowerCase().includes(asked) || tests.some(([titles]) => titles.join(' › ').toLowerCase().includes(asked))
          ? [file]
          : [],
      );
      this.#found = new Set(matches);
      this.#said.textContent = `${count(matches.length, 'file')} found. Enter chooses the next.`;
    }
    this.#ask();
  }

  #nextFound(): void {
    const all = this.#sessions
      .flat()
      .filter(({span}) => span.type === 'file' && this.#found?.has(span.file) === true)
      .sort((a, b) => a.span.from - b.span.from);
    const at = this.#selected === null ? -1 : all.indexOf(this.#selected);
    this.#select(all[at + 1] ?? all[0] ?? null);
  }

  #zoom(factor: number, about?: number): void {
    const {from, to} = this.#range;
    const {span} = this.#selected ?? {span: null};
    const inView = span !== null && span.to > from && span.from < to;
    const middle = inView ? (Math.max(from, span.from) + Math.min(to, span.to)) / 2 : (from + to) / 2;
    this.#show(zoomed(this.#range, factor, about ?? middle, this.#whole));
  }

  #move(ms: number): void {
    this.#show(moved(this.#range, ms, this.#whole));
  }

  #show(range: Range): void {
    this.#range = range;
    this.#ask();
  }

  #msPerPixel(): number {
    return (this.#range.to - this.#range.from) / Math.max(1, this.#geometry.width - GUTTER);
  }

  #at(x: number): number {
    return this.#range.from + (x - GUTTER) * this.#msPerPixel();
  }

  #sessionAt(x: number, y: number): Session | null {
    const {tops, laneHeight} = this.#geometry;
    const lane = tops.findIndex(top => within(y, top, top + laneHeight));
    if (x < GUTTER || lane === -1) return null;
    const at = this.#at(x);
    const slack = this.#msPerPixel() * 2;
    const near = (this.#sessions[lane] ?? []).filter(({span}) => within(at, span.from - slack, span.to + slack));
    return near.sort((a, b) => distance(a.span, at) - distance(b.span, at))[0] ?? null;
  }

  #resize(): void {
    const width = this.#canvas.parentElement?.clientWidth ?? 0;
    if (width === 0) return;
    this.#geometry = geometry(this.#model, width);
    const {height} = this.#geometry;
    const scale = devicePixelRatio;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    this.#canvas.style.width = `${width}px`;
    this.#canvas.style.height = `${height}px`;
    this.#paint();
  }

  #recolour(): void {
    this.#colours = null;
    this.#ask();
  }

  /** Paints at most once for each frame. */
  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    this.#asked = false;
    const context = this.#canvas.getContext('2d');
    if (context === null) return;
    const scale = devicePixelRatio;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#colours ??= coloursOf(document.documentElement);
    paint(context, {
      model: this.#model,
      sessions: this.#sessions,
      geometry: this.#geometry,
      range: this.#range,
      colours: this.#colours,
      selected: this.#selected,
      found: this.#found,
    });
  }
}

function within(at: number, from: number, to: number): boolean {
  return from <= at && at <= to;
}

function distance({from, to}: Range, at: number): number {
  return Math.max(0, from - at, at - to);
}

function legend(): HTMLElement {
  const items = LEGEND.map(([kind, text]) =>
    element('li', {}, element('span', {class: `swatch ${kind}`, 'aria-hidden': 'true'}), text),
  );
  return element('ul', {class: 'legend inline'}, ...items);
}
