/** Paints the timeline on a canvas. */
import type {ReportModel} from '../model';
import {baseName, percent, time} from './format';
import {GUTTER, ticks, type Geometry, type Range, type Session} from './geometry';

/** Colours of the style sheet, by the names of its custom properties. */
export type Colours = ReadonlyMap<string, string>;

const NAMES = [
  'ground',
  'text',
  'muted',
  'rule',
  'file',
  'file-failed',
  'loading',
  'hooks',
  'tests',
  'failed',
  'idle',
  'idle-line',
  'starting',
  'load',
  'accent',
  'fixture',
] as const;

const FLOOR_LABEL = 'lower bound';

interface FloorLabel {
  /** The end of a run that takes as long as the lower bound. The label ends there. */
  readonly x: number;
  readonly from: number;
}

export function coloursOf(root: HTMLElement): Colours {
  const style = getComputedStyle(root);
  return new Map(NAMES.map(name => [name, style.getPropertyValue(`--${name}`).trim()]));
}

export interface Scene {
  readonly model: ReportModel;
  readonly sessions: readonly (readonly Session[])[];
  readonly geometry: Geometry;
  readonly range: Range;
  readonly colours: Colours;
  readonly selected: Session | null;
  /** The files that a search found; null: nobody searches. */
  readonly found: ReadonlySet<number> | null;
}

export function paint(context: CanvasRenderingContext2D, scene: Scene): void {
  new Painter(context, scene).all();
}

class Painter {
  readonly #c: CanvasRenderingContext2D;
  readonly #scene: Scene;
  readonly #font: string;

  constructor(context: CanvasRenderingContext2D, scene: Scene) {
    this.#c = context;
    this.#scene = scene;
    this.#font = getComputedStyle(context.canvas).fontFamily;
  }

  all(): void {
    const c = this.#c;
    const {geometry: g, model, sessions} = this.#scene;
    c.fillStyle = this.#colour('ground');
    c.fillRect(0, 0, g.width, g.height);
    c.textBaseline = 'middle';
    const floor = this.#floorLabel();
    this.#axis(floor);
    c.save();
    c.beginPath();
    c.rect(GUTTER, 0, g.width - GUTTER, g.height);
    c.clip();
    this.#load();
    for (const lane of sessions) for (const session of lane) this.#session(session);
    for (const lane of sessions) for (const session of lane) this.#join(session);
    this.#steals();
    this.#lives();
    this.#fixtures();
    if (floor !== null) this.#floor(floor);
    this.#selection();
    c.restore();
    this.#names(model);
  }

  #colour(name: (typeof NAMES)[number]): string {
    return this.#scene.colours.get(name) ?? '#888';
  }

  #x(at: number): number {
    const {geometry: g, range} = this.#scene;
    return GUTTER + ((at - range.from) / (range.to - range.from)) * (g.width - GUTTER);
  }

  #top(lane: number): number {
    return this.#scene.geometry.tops[lane] ?? 0;
  }

  #axis(floor: FloorLabel | null): void {
    const c = this.#c;
    const {geometry: g, range} = this.#scene;
    this.#text(11);
    for (const at of ticks(range, g.width - GUTTER)) {
      const x = Math.round(this.#x(at)) + 0.5;
      c.strokeStyle = this.#colour('rule');
      c.beginPath();
      c.moveTo(x, 18);
      c.lineTo(x, g.height);
      c.stroke();
      c.fillStyle = this.#colour('muted');
      const label = at === 0 ? '0' : time(at);
      const end = x + 4 + c.measureText(label).width;
      const meetsFloor = floor !== null && end + 4 > floor.from && x < floor.x;
      if (end <= g.width && !meetsFloor) c.fillText(label, x + 4, 11);
    }
  }

  #text(pixels: number, weight = 400): void {
    this.#c.font = `${weight} ${pixels}px ${this.#font}`;
  }

  /** How busy the machine was, behind the axis. */
  #load(): void {
    const c = this.#c;
    const {geometry: g, model} = this.#scene;
    if (g.load === null) return;
    const bottom = g.load.top + g.load.height;
    const y = (busy: number) => bottom - busy * (g.load?.height ?? 0);
    c.beginPath();
    c.moveTo(this.#x(0), bottom);
    let before = 0;
    for (const [at, busy] of model.load) {
      c.lineTo(this.#x(before), y(busy));
      c.lineTo(this.#x(at), y(busy));
      before = at;
    }
    c.lineTo(this.#x(before), bottom);
    c.closePath();
    c.fillStyle = this.#colour('load');
    c.fill();
  }

  #session(session: Session): void {
    const {span, lane} = session;
    const {geometry: g, range, found} = this.#scene;
    if (span.to < range.from || span.from > range.to) return;
    const c = this.#c;
    const x = this.#x(span.from);
    const width = Math.max(0.75, this.#x(span.to) - x);
    const top = this.#top(lane) + 3;
    const height = g.laneHeight - 6;
    if (span.type === 'idle') return this.#idle(x, top, width, height, span.reason);
    if (span.type === 'starting') {
      c.fillStyle = this.#colour('starting');
      c.fillRect(x, top + height / 2 - 1.5, width, 3);
      return;
    }
    c.globalAlpha = found === null || found.has(span.file) ? 1 : 0.18;
    this.#file(session, x, top, width, height);
    c.globalAlpha = 1;
  }

  #idle(x: number, top: number, width: number, height: number, reason: string): void {
    const c = this.#c;
    c.fillStyle = this.#colour('idle');
    c.fillRect(x, top, width, height);
    if (width < 6) return;
    c.save();
    c.beginPath();
    c.rect(x, top, width, height);
    c.clip();
    c.strokeStyle = this.#colour('idle-line');
    c.beginPath();
    const first = Math.max(x - height, GUTTER - height);
    const last = Math.min(x + width, this.#scene.geometry.width);
    for (let from = Math.floor(first / 7) * 7; from < last; from += 7) {
      c.moveTo(from, top + height);
      c.lineTo(from + height, top);
    }
    c.stroke();
    c.restore();
    if (height > 14) this.#label(reason, x, top + height / 2, width, 'muted', true);
  }

  #file({span, tests}: Session, x: number, top: number, width: number, height: number): void {
    if (span.type !== 'file') return;
    const c = this.#c;
    const {geometry: g, model} = this.#scene;
    const file = model.files[span.file];
    const failed = file?.status === 'failed';
    const gap = width > 3 ? 1 : 0;
    const right = x + width - gap;
    const nameHeight = g.named ? 15 : 4;
    c.fillStyle = this.#colour(failed ? 'file-failed' : 'file');
    c.fillRect(x, top, width - gap, height);
    const from = top + nameHeight;
    const bodyHeight = height - nameHeight;
    const until = (at: number) => Math.min(right, this.#x(at));
    if (span.phases !== null) {
      const loaded = until(span.phases.modules);
      c.fillStyle = this.#colour('loading');
      const begins = until(span.phases.process);
      c.fillRect(begins, from, loaded - begins, bodyHeight);
      c.fillStyle = this.#colour('hooks');
      const firstTest = tests[0]?.at ?? span.phases.tests;
      const hooks = Math.max(loaded, this.#x(firstTest - span.phases.hooksMs));
      c.fillRect(hooks, from, Math.max(0, until(span.phases.tests) - hooks), bodyHeight);
    }
    const room = width / Math.max(1, tests.length);
    let painted = -Infinity;
    for (const {at, ms, failed: testFailed} of tests) {
      const testX = this.#x(at);
      const testRight = Math.max(testX + 0.6, this.#x(at + ms));
      if (testRight <= painted && !testFailed) continue;
      c.fillStyle = this.#colour(testFailed ? 'failed' : 'tests');
      const space = room > 4 && testRight - testX > 2 ? 0.75 : 0;
      const least = testFailed ? 2 : 0.6;
      c.fillRect(testX, from, Math.max(least, Math.min(right, testRight) - testX - space), bodyHeight);
      painted = testRight;
    }
    if (failed) {
      c.fillStyle = this.#colour('failed');
      c.fillRect(x, top, width - gap, 2);
    }
    if (!g.named) return;
    const name = baseName(file?.path ?? '').replace(/\.(test|spec)\.\w+$/, '');
    const shown = span.node === null ? name : `${name} · ${span.node}`;
    this.#label(shown, x, top + nameHeight / 2 + 0.5, width - gap, 'text', false);
  }

  #label(text: string, x: number, y: number, width: number, colour: 'text' | 'muted', plate: boolean): void {
    const c = this.#c;
    const left = Math.max(x, GUTTER);
    const room = x + width - left - 8;
    if (room < 24) return;
    this.#text(11);
    let shown = text;
    let length = c.measureText(shown).width;
    if (length > room) {
      const fits = Math.floor((room / length) * text.length) - 1;
      if (fits < 3) return;
      shown = `${text.slice(0, fits)}…`;
      length = c.measureText(shown).width;
    }
    if (plate) {
      c.fillStyle = this.#colour('idle');
      c.fillRect(left + 2, y - 8, length + 8, 16);
    }
    c.fillStyle = this.#colour(colour);
    c.fillText(shown, left + 5, y);
  }

  /** From the file's lane to the worker that joined it. */
  #join({span, lane}: Session): void {
    if (span.type !== 'file' || !span.joins) return;
    const {sessions, geometry: g} = this.#scene;
    const owner = sessions.findIndex(others =>
      others.some(
        ({span: other}) =>
          other.type === 'file' &&
          other !== span &&
          other.file === span.file &&
          !other.joins &&
          other.from <= span.from &&
          span.from < other.to,
      ),
    );
    if (owner === -1) return;
    const c = this.#c;
    const x = this.#x(span.from);
    const [from, to] = [this.#top(owner) + g.laneHeight / 2, this.#top(lane) + g.laneHeight / 2];
    c.strokeStyle = this.#colour('accent');
    c.fillStyle = this.#colour('accent');
    c.lineWidth = 1.5;
    c.beginPath();
    c.moveTo(x, from);
    c.lineTo(x, to);
    c.stroke();
    c.lineWidth = 1;
    c.beginPath();
    c.arc(x, from, 2.5, 0, 7);
    c.fill();
    c.beginPath();
    c.moveTo(x, to - 5);
    c.lineTo(x + 7, to);
    c.lineTo(x, to + 5);
    c.fill();
  }

  #steals(): void {
    const c = this.#c;
    const {model, geometry: g} = this.#scene;
    c.strokeStyle = this.#colour('accent');
    c.fillStyle = this.#colour('accent');
    c.setLineDash([3, 2]);
    for (const {from, to} of model.steals) {
      const [x1, y1] = [this.#x(from.at), this.#top(from.lane) + g.laneHeight / 2];
      const [x2, y2] = [this.#x(to.at), this.#top(to.lane) + g.laneHeight / 2];
      c.beginPath();
      c.moveTo(x1, y1);
      c.quadraticCurveTo(x1 - 14, (y1 + y2) / 2, x2, y2);
      c.stroke();
      c.beginPath();
      c.arc(x2, y2, 2.5, 0, 7);
      c.fill();
    }
    c.setLineDash([]);
  }

  /** Deaths, and the processes that replaced others. */
  #lives(): void {
    const c = this.#c;
    const {model, geometry: g} = this.#scene;
    for (const [lane, {replacements}] of model.lanes.entries()) {
      c.strokeStyle = this.#colour('accent');
      for (const at of replacements) {
        c.beginPath();
        c.arc(this.#x(at), this.#top(lane) + g.laneHeight / 2, 4, 0, 7);
        c.fillStyle = this.#colour('ground');
        c.fill();
        c.stroke();
      }
    }
    for (const {lane, at} of model.deaths) {
      const [x, y] = [this.#x(at), this.#top(lane) + g.laneHeight / 2];
      c.fillStyle = this.#colour('failed');
      c.beginPath();
      c.arc(x, y, 7, 0, 7);
      c.fill();
      c.strokeStyle = this.#colour('ground');
      c.lineWidth = 1.75;
      c.beginPath();
      c.moveTo(x - 2.75, y - 2.75);
      c.lineTo(x + 2.75, y + 2.75);
      c.moveTo(x + 2.75, y - 2.75);
      c.lineTo(x - 2.75, y + 2.75);
      c.stroke();
      c.lineWidth = 1;
    }
  }

  #fixtures(): void {
    const c = this.#c;
    const {model, geometry: g} = this.#scene;
    for (const [index, {name, from, up, down, to, failed}] of model.fixtures.entries()) {
      const top = g.fixturesTop + index * g.fixtureHeight + 1.5;
      const height = g.fixtureHeight - 3;
      const end = to ?? model.run.ms;
      c.fillStyle = this.#colour(failed ? 'failed' : 'hooks');
      c.fillRect(this.#x(from), top, Math.max(1, this.#x(end) - this.#x(from)), height);
      if (up !== null) {
        c.fillStyle = this.#colour('fixture');
        c.fillRect(this.#x(up), top, Math.max(1, this.#x(down ?? end) - this.#x(up)), height);
      }
      this.#fixtureName(name, this.#x(from), this.#x(end), top + height / 2 + 0.5);
    }
  }

  /** In the bar, or beside it if the bar is short: nothing else is in this row. */
  #fixtureName(name: string, left: number, right: number, y: number): void {
    const {width} = this.#scene.geometry;
    this.#text(11);
    const needed = this.#c.measureText(name).width + 10;
    const shownLeft = Math.max(left, GUTTER);
    const shownRight = Math.min(right, width);
    if (shownRight < GUTTER || shownLeft > width) return;
    const fitsInside = shownRight - shownLeft >= needed;
    const fitsBehind = width - shownRight >= needed;
    const x = fitsInside ? shownLeft : fitsBehind ? shownRight : Math.max(GUTTER, shownLeft - needed);
    this.#c.fillStyle = this.#colour('text');
    this.#c.fillText(name, x + 5, y);
  }

  /** @returns null: there is no bound */
  #floorLabel(): FloorLabel | null {
    const {floor, lanes} = this.#scene.model;
    if (floor === null) return null;
    const starts = lanes.flatMap(({spans}) => spans[0]?.from ?? []);
    const x = Math.round(this.#x(Math.min(...starts) + floor.ms)) + 0.5;
    this.#text(11, 600);
    return {x, from: x - this.#c.measureText(FLOOR_LABEL).width - 4};
  }

  #floor(label: FloorLabel): void {
    const c = this.#c;
    c.strokeStyle = this.#colour('text');
    c.setLineDash([2, 3]);
    c.beginPath();
    c.moveTo(label.x, 20);
    c.lineTo(label.x, this.#scene.geometry.height);
    c.stroke();
    c.setLineDash([]);
    this.#text(11, 600);
    c.fillStyle = this.#colour('text');
    c.fillText(FLOOR_LABEL, label.from, 11);
  }

  #selection(): void {
    const {selected, geometry: g} = this.#scene;
    if (selected === null) return;
    const c = this.#c;
    const x = this.#x(selected.span.from);
    c.strokeStyle = this.#colour('text');
    c.lineWidth = 2;
    const width = Math.max(4, this.#x(selected.span.to) - x);
    c.strokeRect(x, this.#top(selected.lane) + 2, width, g.laneHeight - 4);
    c.lineWidth = 1;
  }

  #names({lanes, fixtures}: ReportModel): void {
    const c = this.#c;
    const {geometry: g} = this.#scene;
    if (g.load !== null) {
      this.#text(11);
      c.fillStyle = this.#colour('muted');
      const busy = this.#scene.model.load.reduce((all, [, one]) => all + one, 0) / this.#scene.model.load.length;
      c.fillText(`CPU ${percent(busy)}`, 0, g.load.top + g.load.height / 2);
    }
    this.#text(12, 600);
    c.fillStyle = this.#colour('muted');
    for (const {text, at} of g.headings) c.fillText(text, 0, at + 2, g.width);
    for (const [lane, {label: name, node}] of lanes.entries()) {
      const y = this.#top(lane) + g.laneHeight / 2;
      const hasNode = node !== null && g.named;
      this.#text(g.named ? 12 : 10, 600);
      c.fillStyle = this.#colour('text');
      c.fillText(name, 0, hasNode ? y - 6 : y, GUTTER - 8);
      if (!hasNode) continue;
      this.#text(10);
      c.fillStyle = this.#colour('muted');
      c.fillText(node, 0, y + 7, GUTTER - 8);
    }
    this.#text(10);
    c.fillStyle = this.#colour('muted');
    for (const [index, {lane}] of fixtures.entries()) {
      const owner = lane === null ? '' : ` of ${lanes[lane]?.name ?? ''}`;
      c.fillText(`fixture${owner}`, 0, g.fixturesTop + (index + 0.5) * g.fixtureHeight, GUTTER - 8);
    }
  }
}
